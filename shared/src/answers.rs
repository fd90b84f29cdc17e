//! [`Entries`] hold the text that a person typed, [`Answers`] the clean values, and each [`Fault`] names a problem.
//!
//! [`validate`] is the one way from the first to the second: it cleans and normalises, drops answers to questions that are
//! not relevant, and lists every fault. The phone shows the faults; reviewers see the answers. An answer that only warns,
//! or that has a fault but can be represented, is kept, so that nothing that a person wrote is lost on the way.

mod json;
mod validate;
mod value;

pub use validate::{Context, Validation, validate};

use serde::{Deserialize, Serialize};

use crate::codec::sorted_map::SortedMap;
use crate::dates::{DateEntry, PartialDate};
use crate::phone::Phone;

/// Holds what a person typed or chose, by question. Nothing in it is checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entries(pub SortedMap<Entry>);

/// One question's raw entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// `text`, `integer`, `phone` as typed; `select_one`: the choice's name (or free text where the list is `text`).
    Text(String),
    /// `select_multiple`: the choices' names.
    Many(Vec<String>),
    /// `acknowledge`: ticked.
    Acknowledged(bool),
    /// `date`.
    Date(DateEntry),
    /// `image`, `file`: what is attached; the bytes are kept elsewhere.
    Files(Vec<FileEntry>),
    /// `group`.
    Group(Entries),
    /// `repeat`.
    Repeat(Vec<Entries>),
}

/// One attached file as the form sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Name inside the archive, ours, e.g. `attachments/01.jpg`.
    pub name: String,
    /// `image/jpeg`, `image/png` or `application/pdf`.
    pub media_type: String,
    /// Length.
    pub bytes: u64,
}

/// Clean answers by question: what is sealed, and what reviewers see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(pub SortedMap<Answer>);

/// One clean answer. Its JSON is the natural value: a string, a number, a list, an object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// `acknowledge`: always `true`.
    Acknowledged(bool),
    /// `integer`.
    Integer(i64),
    /// `text`: cleaned; `select_one`: the choice's name.
    Text(String),
    /// `select_multiple`: names of choices in the list's order; `image`, `file`: names inside the archive.
    Many(Vec<String>),
    /// `date`.
    Date(PartialDate),
    /// `phone`.
    Phone(Phone),
    /// `repeat`: one object an item.
    Repeat(Vec<Answers>),
    /// `group`.
    Group(Answers),
}

impl Answers {
    /// The answer to a question, if there is one.
    pub fn get(&self, question: &str) -> Option<&Answer> {
        self.0.get(question)
    }

    /// The answer to a question, if it is a text or a choice.
    pub fn text(&self, question: &str) -> Option<&str> {
        match self.get(question) {
            Some(Answer::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The answer to a question, if it is a date.
    pub fn date(&self, question: &str) -> Option<&PartialDate> {
        match self.get(question) {
            Some(Answer::Date(date)) => Some(date),
            _ => None,
        }
    }
}

/// Something to say about an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The question; for a question inside a group `group/question`, inside a repeat `repeat/0/question`.
    pub path: String,
    /// The problem.
    pub code: FaultCode,
}

impl Fault {
    /// The question of a page that it belongs to: the first part of its path.
    pub fn question(&self) -> &str {
        self.path.split_once('/').map_or(&self.path, |(question, _)| question)
    }
}

/// A problem with an entry. The phone shows a text for it in its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultCode {
    /// Required and empty.
    Required,
    /// Required `select_one` without a choice, or a choice that is not offered.
    ChooseOne,
    /// Required `select_multiple` without a choice, or a choice that is not offered.
    ChooseAny,
    /// A choice that excludes others stands beside another.
    Exclusive,
    /// Required `acknowledge` not ticked; or not the choice that `must_be` demands.
    Acknowledge,
    /// Fewer characters than this.
    TooShort(usize),
    /// More characters than this.
    TooLong(usize),
    /// Warning: has signs or digits that no name has.
    Name,
    /// Warning: not in Latin letters.
    NameLatin,
    /// Warning: there is no telephone number in it.
    Phone,
    /// Warning: a telephone number whose country cannot be told, or more than one.
    PhoneUnclear,
    /// Not an email address: nothing before or behind an `@`.
    Email,
    /// Warning: an email address that cannot be right, or more than one.
    EmailUnclear,
    /// Not a whole number.
    Number,
    /// Outside these bounds.
    Range(i64, i64),
    /// No such day, or not written in digits.
    DateInvalid,
    /// A year is needed (or "not sure").
    DateYear,
    /// The year is of another calendar than the one that is chosen, or has two digits: which is meant?
    WhichYear,
    /// Warning: looks like another calendar.
    DateCalendar,
    /// Must be in the past.
    DateFuture,
    /// Ends before it starts.
    DateOrder,
    /// Age out of bounds.
    Age,
    /// Warning: under the age that the form warns at.
    Minor,
    /// Not a receipt's code.
    Receipt,
    /// Warning: not 13 digits.
    Etazkira,
    /// Warning: does not look like a passport's number.
    Passport,
    /// Must differ from another answer.
    Same,
    /// Warning: easy to guess.
    Guessable,
    /// Warning: the safe word says the same.
    GuessableWord,
    /// More items than this.
    TooMany(i64),
    /// A file is larger than this many bytes.
    FileSize(u64),
    /// All files together are larger than this many bytes.
    TotalSize(u64),
    /// Neither photo nor PDF.
    FileType,
}

impl FaultCode {
    /// Said, but does not hold anybody up.
    pub const fn is_warning(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::NameLatin
                | Self::Phone
                | Self::PhoneUnclear
                | Self::EmailUnclear
                | Self::DateCalendar
                | Self::Minor
                | Self::Etazkira
                | Self::Passport
                | Self::Guessable
                | Self::GuessableWord
        )
    }
}
