//! A field that several reviewers write apart from each other: what counts, and what is in conflict.
//!
//! A writer replaces the values that they see, and the field keeps which those were. So a merge can tell a value that was
//! replaced from one that was written without knowledge of the other: of the latter both stay, and are shown as a conflict,
//! until somebody writes again. (A multi-value register: Shapiro and others, "Conflict-free Replicated Data Types", 2011.)

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Stamp, Written};

/// A field. Empty until somebody has written it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Either<T>", bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de> + Ord"))]
pub struct Field<T: Ord> {
    /// Values that nobody has replaced.
    now: BTreeSet<Written<T>>,
    /// Values that somebody has replaced.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    was: BTreeSet<Written<T>>,
    /// Values before this time were replaced: formats 1 and 2 kept nothing but the value written last.
    #[serde(skip_serializing_if = "is_zero")]
    since: u64,
}

/// A field as a notebook of any format stores it.
#[derive(Deserialize)]
#[serde(untagged, bound(deserialize = "T: Deserialize<'de> + Ord"))]
enum Either<T: Ord> {
    Last(Written<T>),
    All(All<T>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de> + Ord"))]
struct All<T: Ord> {
    now: BTreeSet<Written<T>>,
    #[serde(default = "BTreeSet::new")]
    was: BTreeSet<Written<T>>,
    #[serde(default)]
    since: u64,
}

impl<T: Ord> From<Either<T>> for Field<T> {
    fn from(either: Either<T>) -> Self {
        match either {
            Either::Last(last) => Self { since: last.time, now: BTreeSet::from([last]), was: BTreeSet::new() },
            Either::All(All { now, was, since }) => Self { now, was, since },
        }
    }
}

#[cfg_attr(target_pointer_width = "64", expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so"))]
fn is_zero(time: &u64) -> bool {
    *time == 0
}

impl<T: Ord> Default for Field<T> {
    fn default() -> Self {
        Self { now: BTreeSet::new(), was: BTreeSet::new(), since: 0 }
    }
}

impl<T: Ord + Clone> Field<T> {
    /// Whether nobody has written it.
    pub fn is_empty(&self) -> bool {
        self.now.is_empty() && self.was.is_empty()
    }

    /// The value that counts: of several the one written last; at the same second the author and then the value decide, so
    /// that every computer decides alike.
    pub fn last(&self) -> Option<&Written<T>> {
        self.now.last()
    }

    /// Different values that were written without knowledge of each other, the latest first; empty where there is no conflict.
    pub fn conflict(&self) -> Vec<&Written<T>> {
        let mut all: Vec<&Written<T>> = Vec::new();
        for written in self.now.iter().rev() {
            if !all.iter().any(|other| other.value == written.value) {
                all.push(written);
            }
        }
        if all.len() > 1 { all } else { Vec::new() }
    }

    /// The values that nobody has replaced.
    pub(crate) fn now(&self) -> &BTreeSet<Written<T>> {
        &self.now
    }

    /// Writes a value over all that are there, with a time after each of theirs, whatever the clock says.
    pub(super) fn write(&mut self, value: T, stamp: &Stamp) {
        let times = self.now.iter().chain(&self.was).map(|written| written.time.saturating_add(1));
        let time = times.fold(stamp.now.max(self.since), u64::max);
        self.was.append(&mut self.now);
        self.now.insert(Written { time, author: stamp.author.clone(), value });
    }

    /// Merges another field. In any order, any number of times, the result is the same.
    pub(crate) fn merge(&mut self, other: Self) {
        self.since = self.since.max(other.since);
        self.now.extend(other.now);
        self.was.extend(other.was);
        let (was, since) = (&self.was, self.since);
        self.now.retain(|written| written.time >= since && !was.contains(written));
        self.was.retain(|written| written.time >= since);
    }

    /// Reads times that are later than this as the beginning of time.
    pub(super) fn bound(&mut self, latest: u64) {
        let bounded = |all: &BTreeSet<Written<T>>| {
            let time = |time| if time > latest { 0 } else { time };
            all.iter().map(|written| Written { time: time(written.time), ..written.clone() }).collect()
        };
        (self.now, self.was) = (bounded(&self.now), bounded(&self.was));
        self.since = if self.since > latest { 0 } else { self.since };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::{Author, Status};

    fn stamp(name: &str, now: u64) -> Stamp {
        Stamp { author: Author::new(name).unwrap(), now }
    }

    fn merged(mut one: Field<Status>, other: &Field<Status>) -> Field<Status> {
        one.merge(other.clone());
        one
    }

    #[test]
    fn what_two_wrote_apart_is_a_conflict_until_somebody_who_has_seen_both_writes() {
        let mut base = Field::default();
        base.write(Status::New, &stamp("Zia", 1));
        let (mut ali, mut karima) = (base.clone(), base);
        ali.write(Status::Checking, &stamp("Ali", 10));
        karima.write(Status::Verified, &stamp("Karima", 12));
        let both = merged(ali.clone(), &karima);
        assert_eq!(both, merged(karima, &ali));
        let values: Vec<Status> = both.conflict().iter().map(|written| written.value).collect();
        assert_eq!(values, [Status::Verified, Status::Checking]);
        let mut settled = both.clone();
        // Her clock is behind, and what she writes counts all the same.
        settled.write(Status::Checking, &stamp("Karima", 3));
        for other in [&both, &ali] {
            let again = merged(settled.clone(), other);
            assert!(again.conflict().is_empty() && again.last().unwrap().value == Status::Checking, "{again:?}");
        }
    }

    #[test]
    fn who_has_seen_the_other_value_is_in_no_conflict_and_the_same_value_twice_is_none() {
        let mut first = Field::default();
        first.write(Status::Checking, &stamp("Ali", 10));
        let mut later = first.clone();
        later.write(Status::Verified, &stamp("Karima", 5));
        assert!(merged(first.clone(), &later).conflict().is_empty());
        let mut same = Field::default();
        same.write(Status::Checking, &stamp("Karima", 11));
        assert!(merged(first, &same).conflict().is_empty());
    }

    #[test]
    fn of_notebooks_that_keep_only_the_last_value_the_last_one_counts_as_it_did() {
        let read = |json: &str| serde_json::from_str::<Field<Status>>(json).unwrap();
        let (early, late) =
            (read(r#"{"time":5,"author":"Ali","value":"checking"}"#), read(r#"{"time":9,"author":"Karima","value":"verified"}"#));
        let both = merged(early.clone(), &late);
        assert_eq!(both, merged(late, &early));
        assert!(both.conflict().is_empty() && both.last().unwrap().value == Status::Verified);
        let written = serde_json::to_string(&both).unwrap();
        assert_eq!(written, r#"{"now":[{"time":9,"author":"Karima","value":"verified"}],"since":9}"#);
        assert_eq!(read(&written), both);
    }
}
