//! What is kept of a referral.

use serde::{Deserialize, Serialize};

use super::consent::Asked;
use super::partner::PartnerKind;
use crate::notebook::{self, Handed, Referral};

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

impl From<&LogLine> for Referral {
    fn from(line: &LogLine) -> Self {
        Self {
            partner: line.partner.clone(),
            key: line.key.clone(),
            kind: line.kind.to_string(),
            cases: line
                .cases
                .iter()
                .map(|case| Handed { sha256: case.sha256.clone(), reference: case.reference.clone() })
                .collect(),
            columns: line.columns.clone(),
            rows: line.rows as u64,
            reason: line.reason.clone(),
            asked: line
                .asked
                .iter()
                .map(|asked| notebook::Asked { case: asked.case.clone(), on: asked.on, by: asked.by.clone() })
                .collect(),
            file: line.file.clone(),
        }
    }
}
