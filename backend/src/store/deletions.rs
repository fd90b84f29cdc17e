//! Deletions that reviewers have requested: by registration, and as totals for the mail that announces them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use amanat_shared::dates::Day;
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, array};
use crate::config::RetentionRules;

const HOUR_SECS: i64 = 3600;
const DAY_SECS: i64 = 24 * HOUR_SECS;
/// Deletions within this time are announced again.
const REMINDER_SECS: i64 = 2 * DAY_SECS;
/// The range of all registrations.
const ALL: RangeInclusive<[u8; 32]> = [0; 32]..=[0xff; 32];

/// The requests of reviewers about one registration, each list in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deletion {
    /// Reviewers who have acknowledged it.
    pub acknowledged: Vec<String>,
    /// Reviewers who say that it opens for nobody.
    pub discarded: Vec<String>,
    /// Reviewers who object to its deletion.
    pub objected: Vec<String>,
    /// The hour from which on it is deleted, if enough reviewers asked and none objects.
    pub due: Option<i64>,
    /// Whether enough reviewers asked, regardless of objections.
    pub wanted: bool,
}

/// Registrations that share a fate, for the same reviewers' sake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedDeletion {
    /// The common fate.
    pub fate: DeletionFate,
    /// The reviewers who asked or object, by their names in the pack.
    pub by: Vec<String>,
    /// The number of registrations.
    pub files: u64,
}

/// The announced fate of registrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionFate {
    /// They are deleted on this day (UTC), because these reviewers have acknowledged them.
    Acknowledged(i32),
    /// They are deleted on this day, because these reviewers say that they open for nobody.
    Discarded(i32),
    /// They are kept, because these reviewers object.
    Kept,
}

impl DeletionFate {
    const fn day(self) -> Option<Day> {
        match self {
            Self::Acknowledged(day) | Self::Discarded(day) => Some(Day(day)),
            Self::Kept => None,
        }
    }
}

/// Formats one line, without a line feed.
impl fmt::Display for AnnouncedDeletion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The roots signed the names, but a name must not add lines.
        let by: Vec<String> = self.by.iter().map(|name| name.replace(char::is_control, " ")).collect();
        let by = by.join(", ");
        let (files, object) = match self.files {
            1 => ("1 file".to_owned(), if self.by.len() == 1 { "objects to its" } else { "object to its" }),
            many => (format!("{many} files"), if self.by.len() == 1 { "objects to their" } else { "object to their" }),
        };
        let opens = if self.files == 1 { "opens" } else { "open" };
        match self.fate {
            DeletionFate::Acknowledged(day) => {
                write!(f, "{files} will be deleted on {}: acknowledged by {by}.", Day(day).iso())
            }
            DeletionFate::Discarded(day) => {
                write!(f, "{files} will be deleted on {}: {opens} for nobody, as {by} say.", Day(day).iso())
            }
            DeletionFate::Kept => write!(f, "{files} will not be deleted: {by} {object} deletion."),
        }
    }
}

/// Checks whether deletions are worth a mail of their own at this time, after the last mail announced `said`. They are if some
/// are new or, once a day, near.
pub(super) fn needs_announcement(
    announced: &[AnnouncedDeletion],
    announced_before: &[AnnouncedDeletion],
    at: i64,
    first_of_day: bool,
) -> bool {
    let known = |one: &AnnouncedDeletion| {
        let before = announced_before.iter().find(|other| other.fate == one.fate && other.by == one.by);
        before.is_some_and(|before| before.files >= one.files)
    };
    let soon = |one: &AnnouncedDeletion| one.fate.day().is_some_and(|day| i64::from(day.0) * DAY_SECS <= at + REMINDER_SECS);
    announced.iter().any(|one| !known(one) || (first_of_day && soon(one)))
}

impl Store {
    /// Returns the requests about a range of registrations, by SHA-256.
    pub async fn deletions(
        &self,
        rules: &RetentionRules,
        range: RangeInclusive<[u8; 32]>,
    ) -> Result<BTreeMap<[u8; 32], Deletion>, StoreError> {
        type RequestRow = (Vec<u8>, i64, String, i64);
        let rows: Vec<RequestRow> = sqlx::query_as(
            "SELECT sha256, CAST(1 AS BIGINT) AS kind, reviewer, hour FROM acknowledgements WHERE sha256 BETWEEN $1 AND $2 \
             UNION ALL SELECT sha256, CAST(2 AS BIGINT), reviewer, hour FROM discards WHERE sha256 BETWEEN $1 AND $2 \
             UNION ALL SELECT sha256, CAST(3 AS BIGINT), reviewer, hour FROM objections WHERE sha256 BETWEEN $1 AND $2 \
             ORDER BY 1, 2, 4, 3",
        )
        .bind(&range.start()[..])
        .bind(&range.end()[..])
        .fetch_all(&self.pool)
        .await?;
        let mut hours: BTreeMap<[u8; 32], (Deletion, [Vec<i64>; 2])> = BTreeMap::new();
        for (sha256, kind, reviewer, hour) in rows {
            let (deletion, [acknowledged, discarded]) = hours.entry(array(sha256)?).or_default();
            match kind {
                1 => {
                    deletion.acknowledged.push(reviewer);
                    acknowledged.push(hour);
                }
                2 => {
                    deletion.discarded.push(reviewer);
                    discarded.push(hour);
                }
                _ => deletion.objected.push(reviewer),
            }
        }
        let decided = |(sha256, (deletion, [acknowledged, discarded])): ([u8; 32], (Deletion, [Vec<i64>; 2]))| {
            let nth = |hours: &[i64], wanted: u32| hours.get((wanted as usize).saturating_sub(1)).copied();
            let decisive = nth(&acknowledged, rules.acknowledgements)
                .or_else(|| nth(&discarded, rules.discards).filter(|_| acknowledged.is_empty()));
            // Hours are rounded down, so the deletion waits for one more: see `apply_retention`.
            let due = decisive.map(|hour| hour + rules.after_secs + HOUR_SECS).filter(|_| deletion.objected.is_empty());
            (sha256, Deletion { due, wanted: decisive.is_some(), ..deletion })
        };
        Ok(hours.into_iter().map(decided).collect())
    }

    /// Returns the early deletions and the objections against them, by day, reason and names.
    pub async fn announced(&self, rules: &RetentionRules) -> Result<Vec<AnnouncedDeletion>, StoreError> {
        let mut sums: BTreeMap<(DeletionFate, Vec<String>), u64> = BTreeMap::new();
        for (_, mut deletion) in self.deletions(rules, ALL).await? {
            let day = |due: i64| i32::try_from(due.div_euclid(DAY_SECS)).unwrap_or(i32::MAX);
            let (fate, mut by) = match deletion.due {
                Some(due) if deletion.acknowledged.is_empty() => (DeletionFate::Discarded(day(due)), deletion.discarded),
                Some(due) => (DeletionFate::Acknowledged(day(due)), deletion.acknowledged),
                None if deletion.wanted => (DeletionFate::Kept, std::mem::take(&mut deletion.objected)),
                None => continue,
            };
            by.sort_unstable();
            *sums.entry((fate, by)).or_default() += 1;
        }
        Ok(sums.into_iter().map(|((fate, by), files)| AnnouncedDeletion { fate, by, files }).collect())
    }
}

#[cfg(test)]
mod tests;
