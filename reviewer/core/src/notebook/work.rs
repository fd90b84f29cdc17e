//! The entries about one registration: each field has its time and author, so that two notebooks can be merged.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Author, Field, when};
use crate::safe_text;

/// Most values of a conflict that are shown.
const MOST_VALUES: usize = 4;

/// The status of a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No reviewer has looked at it.
    #[default]
    New,
    /// A reviewer is checking it.
    Checking,
    /// She is who she says.
    Verified,
    /// Handed to a partner.
    Referred,
    /// The work is finished.
    Closed,
    /// Another registration of the same person's is worked on.
    Duplicate,
    /// Deleted because the person asked for it.
    DeletedOnRequest,
}

impl Status {
    /// Each, in order.
    pub const ALL: [Self; 7] =
        [Self::New, Self::Checking, Self::Verified, Self::Referred, Self::Closed, Self::Duplicate, Self::DeletedOnRequest];

    /// The status in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Checking => "checking",
            Self::Verified => "verified",
            Self::Referred => "referred",
            Self::Closed => "closed",
            Self::Duplicate => "duplicate",
            Self::DeletedOnRequest => "deleted on request",
        }
    }

    /// The word that stands for it in JSON and on the command line.
    pub const fn key(self) -> &'static str {
        match self {
            Self::DeletedOnRequest => "deleted_on_request",
            other => other.words(),
        }
    }

    /// Reads [`Status::key`].
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.key() == key)
    }

    /// Whether nobody needs to look any more.
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Closed | Self::Duplicate | Self::DeletedOnRequest)
    }
}

/// One field, with who wrote it and when. In the order in which a merge prefers them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written<T> {
    /// Seconds since 1970; at least one more than that of the value that it replaced.
    pub time: u64,
    /// The author.
    pub author: Author,
    /// The value.
    pub value: T,
}

/// A note. Notes are never changed, and erased only with all others of their case, where a person asks for deletion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Seconds since 1970, by the clock of who wrote it.
    pub time: u64,
    /// The author.
    pub author: Author,
    /// The text, in lines.
    pub text: String,
    /// 16 random bytes, hex: two notes of the same words are two.
    pub id: String,
}

/// The entries about one registration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// The status.
    #[serde(default, skip_serializing_if = "Field::is_empty")]
    pub status: Field<Status>,
    /// The assignment; a value of `None` ends it.
    #[serde(default, skip_serializing_if = "Field::is_empty")]
    pub assigned: Field<Option<Author>>,
    /// The notes, in the order in which they were written.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub notes: BTreeSet<Note>,
    /// Ids of notes that were erased, so that no merge brings them back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub erased: BTreeSet<String>,
}

impl Work {
    /// The status.
    pub fn status(&self) -> Status {
        self.status.last().map_or_else(Status::default, |written| written.value)
    }

    /// The reviewer to whom it is assigned.
    pub fn assigned(&self) -> Option<&Author> {
        self.assigned.last().and_then(|written| written.value.as_ref())
    }

    /// Conflicting entries of two reviewers, in words that are safe to show: a line for each such field, with
    /// all values.
    pub fn conflicts(&self) -> Vec<String> {
        let by = |author: &Author, time| format!("({}, {})", safe_text::isolated(author.as_str()), when(time));
        let statuses = self.status.conflict();
        let statuses = statuses.iter().map(|it| format!("{} {}", it.value.words(), by(&it.author, it.time)));
        let owner = |to: &Option<Author>| to.as_ref().map_or_else(|| "nobody".to_owned(), |to| safe_text::isolated(to.as_str()));
        let owners = self.assigned.conflict();
        let owners = owners.iter().map(|it| format!("{} {}", owner(&it.value), by(&it.author, it.time)));
        [("status", statuses.collect::<Vec<_>>()), ("taken by", owners.collect())]
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(field, values)| format!("CONFLICT, {field}: {}", values[..values.len().min(MOST_VALUES)].join(" or ")))
            .collect()
    }

    /// The time of the last entry.
    pub fn updated(&self) -> Option<u64> {
        let fields = [self.status.last().map(|written| written.time), self.assigned.last().map(|written| written.time)];
        fields.into_iter().flatten().chain(self.notes.iter().map(|note| note.time)).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_typed_as_it_is_kept() {
        for status in Status::ALL {
            assert_eq!(Status::from_key(status.key()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.key());
        }
    }
}
