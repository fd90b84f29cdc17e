//! The log: what left the desk, and what else was done.

use amanat_shared::api::from_hex;
use amanat_shared::text::{clean, clean_lines};
use serde::{Deserialize, Serialize};

use super::file::LAST_SECOND;
use super::{Author, MOST_NOTE_CHARS, Referral};

/// An event in the log.
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
    /// The author.
    pub author: Author,
    /// The event.
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
            && self.time <= LAST_SECOND
            && match &self.event {
                Event::Did(words) => short(words) && clean_lines(words) == *words,
                Event::Referred(referral) => {
                    line(&referral.partner)
                        && line(&referral.key)
                        && referral.columns.iter().all(|column| line(column))
                        && referral.reason.as_deref().is_none_or(line)
                        && referral.cases.iter().all(|case| is_hash(&case.sha256) && line(&case.reference))
                        && referral.asked.iter().all(|asked| is_hash(&asked.case) && line(&asked.by))
                        && is_hash(&referral.file)
                }
            }
    }

    /// Whether it tells of this registration (SHA-256, hex).
    pub fn tells_of(&self, sha256: &str) -> bool {
        matches!(&self.event, Event::Referred(referral) if referral.cases.iter().any(|case| case.sha256 == sha256))
    }
}
