//! What is kept of a referral.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::consent::Asked;
use super::partner::PartnerKind;

/// One case that went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggedCase {
    /// SHA-256 of its sealed file, hex.
    pub sha256: String,
    /// What the partner calls it.
    pub reference: String,
}

/// What left the desk, sealed to a partner, as a notebook keeps it. No answer is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Referral {
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
    pub rows: u64,
    /// Why there were more than [`MOST_ROWS`](super::MOST_ROWS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Which persons were asked first, when and by whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
    /// SHA-256 of what was made, hex.
    pub file: String,
}

/// Who gave what to whom, as it is printed once. A notebook's entry has its own time and author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The operator.
    pub who: String,
    /// Seconds since 1970.
    pub when: u64,
    /// Attached pictures.
    pub pictures: usize,
    /// What left the desk.
    pub referral: Referral,
}

/// One flat object. That nobody was asked is said there, too.
impl Serialize for LogLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Referral { partner, kind, key, cases, columns, rows, reason, asked, file } = &self.referral;
        let mut line = serializer.serialize_struct("LogLine", 11 + usize::from(reason.is_some()))?;
        line.serialize_field("who", &self.who)?;
        line.serialize_field("when", &self.when)?;
        line.serialize_field("partner", partner)?;
        line.serialize_field("kind", kind)?;
        line.serialize_field("key", key)?;
        line.serialize_field("cases", cases)?;
        line.serialize_field("columns", columns)?;
        line.serialize_field("rows", rows)?;
        line.serialize_field("pictures", &self.pictures)?;
        if let Some(reason) = reason {
            line.serialize_field("reason", reason)?;
        }
        line.serialize_field("asked", asked)?;
        line.serialize_field("file", file)?;
        line.end()
    }
}
