//! The line about a referral that is printed once.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::notebook::Referral;

/// The line about a referral that is printed once. A notebook's entry has its own time and author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The operator.
    pub who: String,
    /// Seconds since 1970.
    pub when: u64,
    /// Attached pictures.
    pub pictures: usize,
    /// The record for the notebook.
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
