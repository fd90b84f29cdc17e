//! The log: what left the desk, and what else was done.

use amanat_shared::api::from_hex;
use amanat_shared::dates::Day;
use amanat_shared::text::{clean, clean_lines};
use serde::{Deserialize, Serialize};

use super::{Author, MOST_NOTE_CHARS};

/// One case that was handed to a partner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handed {
    /// SHA-256 of its sealed file, hex.
    pub sha256: String,
    /// What the partner calls it.
    pub reference: String,
}

/// A person who was asked first, and said yes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// SHA-256 of the case's sealed file, hex.
    pub case: String,
    /// The day on which they said it, ISO 8601.
    pub on: Day,
    /// Who asked.
    pub by: String,
}

/// Cases that left the desk, sealed to a partner. No answer is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Referral {
    /// The partner's name.
    pub partner: String,
    /// Of what kind: `partner`, `government` or `association`.
    pub kind: String,
    /// The fingerprint of the partner's key.
    pub key: String,
    /// The cases that went.
    pub cases: Vec<Handed>,
    /// Keys of the columns.
    pub columns: Vec<String>,
    /// Persons.
    pub rows: u64,
    /// Why there were more than usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who was asked first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
    /// SHA-256 of what was made, hex.
    pub file: String,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Cases left the desk.
    Referred(Referral),
    /// Anything else, in words.
    Did(String),
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logged {
    /// Seconds since 1970, by the clock of who did it.
    pub time: u64,
    /// Who.
    pub author: Author,
    /// What.
    pub event: Event,
    /// 16 random bytes, hex.
    pub id: String,
}

impl Logged {
    /// Whether a program of ours may have written it.
    pub(super) fn is_ours(&self) -> bool {
        let short = |text: &str| text.chars().count() <= MOST_NOTE_CHARS;
        let line = |text: &str| short(text) && clean(text) == text;
        let is_hash = |hash: &str| from_hex::<32>(hash).is_some();
        from_hex::<16>(&self.id).is_some()
            && match &self.event {
                Event::Did(words) => short(words) && clean_lines(words) == *words,
                Event::Referred(referral) => {
                    [&referral.partner, &referral.kind, &referral.key].into_iter().all(|text| line(text))
                        && referral.columns.iter().all(|column| line(column))
                        && referral.reason.as_deref().is_none_or(line)
                        && referral.cases.iter().all(|handed| is_hash(&handed.sha256) && line(&handed.reference))
                        && referral.asked.iter().all(|asked| is_hash(&asked.case) && line(&asked.by))
                        && is_hash(&referral.file)
                }
            }
    }

    /// Whether it tells of this registration (SHA-256, hex).
    pub fn tells_of(&self, sha256: &str) -> bool {
        matches!(&self.event, Event::Referred(referral) if referral.cases.iter().any(|handed| handed.sha256 == sha256))
    }
}
