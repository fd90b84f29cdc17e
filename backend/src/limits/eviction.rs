//! Chooses the unfinished uploads to evict when their ceiling nears.
//!
//! Uploads without any bytes after [`STALE_SECS`] are evicted first. Then follow those with the fewest bytes per second of
//! silence. A slow upload is safe, since its silence starts again with every step of progress. Some slots are reserved: a flood
//! of one kind of upload evicts its own kind, and leaves the others.

use std::cmp::Ordering;

use crate::store::UnfinishedUpload;

use super::progress::ProgressRecord;

/// An upload that received nothing for this long loses nothing when it begins again.
pub(super) const STALE_SECS: i64 = 10 * 60;
/// A phone at the edge of 2G sends its first bytes within this time after it announced an upload.
const NEW_SECS: i64 = 2 * 60;
/// The form without photos, or with one, is not longer than this.
const SMALL_BYTES: u64 = 256 * 1024;

/// The reserved kinds, each with the part of all slots that is reserved for it.
const RESERVES: [(Reserve, usize); 3] = [(Reserve::Small, 4), (Reserve::Onion, 8), (Reserve::New, 8)];

/// A kind of upload that a flood of other kinds cannot evict.
#[derive(Clone, Copy, Debug)]
enum Reserve {
    /// Uploads that announce few bytes.
    Small,
    /// Uploads through the onion service.
    Onion,
    /// Uploads that have just begun, and have had no time for progress.
    New,
}

/// An unfinished upload with its progress.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub upload: UnfinishedUpload,
    seen: ProgressRecord,
}

impl Candidate {
    pub fn of(upload: UnfinishedUpload, seen: ProgressRecord) -> Self {
        Self { upload, seen: ProgressRecord { bytes: seen.bytes.max(upload.received), ..seen } }
    }

    fn belongs_to(&self, reserve: Reserve, now: i64) -> bool {
        match reserve {
            Reserve::Small => self.upload.length <= SMALL_BYTES,
            Reserve::Onion => self.seen.onion,
            Reserve::New => self.seen.bytes == 0 && now - self.seen.began < NEW_SECS,
        }
    }

    fn is_stale(&self, now: i64) -> bool {
        self.seen.bytes == 0 && now - self.seen.progress >= STALE_SECS
    }

    fn silence_secs(&self, now: i64) -> u64 {
        u64::try_from(now - self.seen.progress).unwrap_or(0).max(1)
    }

    /// Orders candidates. The least is evicted first.
    fn compare(&self, other: &Self, now: i64) -> Ordering {
        let rate = |one: &Self, silence: u64| u128::from(one.seen.bytes) * u128::from(silence);
        let (own, others) = (self.silence_secs(now), other.silence_secs(now));
        // This compares bytes divided by silence, without the division.
        rate(self, others)
            .cmp(&rate(other, own))
            .then_with(|| others.cmp(&own))
            .then_with(|| self.seen.number.cmp(&other.seen.number))
    }
}

/// Returns the uploads to evict, in order: all stale ones, and then others until there are `wanted`. `places` is the number of
/// slots.
pub(super) fn victims(mut candidates: Vec<Candidate>, places: usize, wanted: usize, now: i64) -> Vec<UnfinishedUpload> {
    let (stale, mut rest): (Vec<_>, Vec<_>) = candidates.drain(..).partition(|candidate| candidate.is_stale(now));
    let mut victims: Vec<UnfinishedUpload> = stale.into_iter().map(|candidate| candidate.upload).collect();
    if victims.len() >= wanted {
        return victims;
    }
    let mut above: Vec<(Reserve, usize)> = RESERVES
        .iter()
        .map(|&(reserve, part)| {
            let there = rest.iter().filter(|candidate| candidate.belongs_to(reserve, now)).count();
            (reserve, there.saturating_sub(places / part))
        })
        .collect();
    rest.sort_unstable_by(|one, other| one.compare(other, now));
    for candidate in rest {
        if victims.len() >= wanted {
            break;
        }
        if above.iter().all(|&(reserve, above)| above > 0 || !candidate.belongs_to(reserve, now)) {
            for (reserve, above) in &mut above {
                *above -= usize::from(candidate.belongs_to(*reserve, now));
            }
            victims.push(candidate.upload);
        }
    }
    victims
}

#[cfg(test)]
mod tests;
