//! The record of a referral in the notebook's log. No answer of a person is in it.

use std::fmt;

use amanat_shared::dates::Day;
use serde::{Deserialize, Serialize};

/// The kind of partner: it decides which permission of the person is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartnerKind {
    /// UNHCR or a resettlement organisation.
    Partner,
    /// A resettlement government.
    Government,
    /// An association of prosecutors, judges or lawyers, to check who somebody is.
    Association,
}

impl fmt::Display for PartnerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Partner => "partner",
            Self::Government => "government",
            Self::Association => "association",
        })
    }
}

/// Days for which a yes counts of a person who wants to be asked each time.
pub const ASKED_DAYS: i64 = 30;

/// "Asked, and they said yes": what the operator confirms for one case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// SHA-256 of the case's sealed file, hex.
    pub case: String,
    /// The day on which the person said yes.
    pub on: Day,
    /// The reviewer who asked.
    pub by: String,
}

impl Asked {
    /// Whether a yes of that day counts today.
    pub fn counts(on: Day, today: Day) -> bool {
        (0..=ASKED_DAYS).contains(&today.days_since(on))
    }
}

/// One case that went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggedCase {
    /// SHA-256 of its sealed file, hex.
    pub sha256: String,
    /// The partner's reference for it.
    pub reference: String,
}

/// A referral that left the desk, as a notebook keeps it. No answer is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Referral {
    /// The partner's name.
    pub partner: String,
    /// The partner's kind.
    pub kind: PartnerKind,
    /// Its key's fingerprint.
    pub key: String,
    /// The cases that went.
    pub cases: Vec<LoggedCase>,
    /// Keys of the columns.
    pub columns: Vec<String>,
    /// Persons.
    pub rows: u64,
    /// The reason for more than [`MOST_ROWS`](crate::referral::MOST_ROWS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The persons who were asked first, when and by whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
    /// SHA-256 of what was made, hex.
    pub file: String,
}
