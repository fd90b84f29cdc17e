//! Which unfinished uploads make room when their ceiling nears.
//!
//! The first to go are those of which nothing has come for [`STALE_SECS`]. Then goes the upload with the least progress for the
//! longest: the fewest bytes for each second of silence. Slow is not bad, since silence begins anew with every step of
//! progress. Some places are reserved: a flood of one kind of upload evicts its own kind, and leaves those of the others.

use std::cmp::Ordering;

use crate::store::UnfinishedUpload;

use super::progress::ProgressRecord;

/// An upload of which nothing has come for so long loses nothing when it begins anew.
pub(super) const STALE_SECS: i64 = 10 * 60;
/// A phone at the edge of 2G sends its first piece within this time after it has announced an upload.
const NEW_SECS: i64 = 2 * 60;
/// The form without photos, and with one of them, is not longer.
const SMALL_BYTES: u64 = 256 * 1024;

/// What places are reserved for, and for which part of all places.
const RESERVES: [(Reserve, usize); 3] = [(Reserve::Small, 4), (Reserve::Onion, 8), (Reserve::New, 8)];

/// A kind of upload that a flood of others cannot evict.
#[derive(Clone, Copy, Debug)]
enum Reserve {
    /// Uploads that announce few bytes.
    Small,
    /// Uploads through the onion service.
    Onion,
    /// Uploads that have just begun, and could not make any progress yet.
    New,
}

/// An unfinished upload, and what this server has seen of it.
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

    /// The one that goes first is the least.
    fn compare(&self, other: &Self, now: i64) -> Ordering {
        let rate = |one: &Self, silence: u64| u128::from(one.seen.bytes) * u128::from(silence);
        let (own, others) = (self.silence_secs(now), other.silence_secs(now));
        // Bytes divided by silence, without the division.
        rate(self, others)
            .cmp(&rate(other, own))
            .then_with(|| others.cmp(&own))
            .then_with(|| self.seen.number.cmp(&other.seen.number))
    }
}

/// Those that go, first the first: all stale ones, and others until `wanted` go, where there are `places` for all.
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
