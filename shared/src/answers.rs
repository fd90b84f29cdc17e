//! [`Entries`] hold the text that a person typed, and [`Answers`] the clean values that are sealed and that reviewers see.
//! [`crate::validate`] makes the second of the first.

mod json;

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
