//! What is kept of a referral.

use serde::{Deserialize, Serialize};

use super::consent::Asked;
use super::partner::PartnerKind;

/// One case in the log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggedCase {
    /// SHA-256 of its sealed file, hex.
    pub sha256: String,
    /// What the partner calls it.
    pub reference: String,
}

/// What is kept of a referral: who gave what to whom. No answer is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// The operator.
    pub who: String,
    /// Seconds since 1970.
    pub when: u64,
    /// The partner's name.
    pub partner: String,
    /// Of what kind.
    pub kind: PartnerKind,
    /// Its key's fingerprint.
    pub key: String,
    /// The cases that went.
    pub cases: Vec<LoggedCase>,
    /// Keys of the columns.
    pub columns: Vec<String>,
    /// Persons.
    pub rows: usize,
    /// Attached pictures.
    pub pictures: usize,
    /// Why there were more than [`MOST_ROWS`](super::MOST_ROWS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Which persons were asked, when and by whom.
    pub asked: Vec<Asked>,
    /// SHA-256 of what was made, hex.
    pub file: String,
}
