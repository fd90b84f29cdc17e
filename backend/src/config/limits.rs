//! The `[limits]` table.

use std::num::NonZeroU32;
use std::str::FromStr;

use amanat_shared::proof_of_work::MOST_BITS;
use serde::{Deserialize, Deserializer, de};

/// A number of bytes: a whole number with `KiB`, `MiB`, `GiB` or `TiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// The limits that a deployment sets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Requests of one address in a minute. As many may come at once.
    pub requests_per_minute: NonZeroU32,
    /// New uploads of one address in an hour before it must bring more work. As many may come at once.
    pub uploads_per_hour: NonZeroU32,
    /// Zero bits of the proof of work that every new upload brings, even without load.
    pub proof_of_work_bits: u32,
    /// New uploads of all addresses in a minute before they must bring more work than that.
    pub free_uploads_per_minute: NonZeroU32,
    /// New uploads through the onion service in a minute before they must bring more work. All of its users count as one.
    pub free_onion_uploads_per_minute: NonZeroU32,
    /// Registrations of one hour before further ones go into quarantine. They are kept in the same way, marked, and fetched
    /// last.
    pub registrations_per_hour: NonZeroU32,
    /// Maximum of unfinished uploads. Beyond it, those with the least progress are evicted.
    pub open_uploads: u64,
    /// Size of the database from which on it accepts nothing new.
    pub database: ByteSize,
    /// Disk space reserved for uploads that have begun, but never more than a twentieth of the disk.
    pub reserve: ByteSize,
}

impl Default for LimitSettings {
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MAX);
        Self {
            requests_per_minute: number(3000),
            uploads_per_hour: number(600),
            proof_of_work_bits: 4,
            free_uploads_per_minute: number(120),
            free_onion_uploads_per_minute: number(30),
            registrations_per_hour: number(200),
            open_uploads: 20_000,
            database: ByteSize(1 << 40),
            reserve: ByteSize(512 << 20),
        }
    }
}

impl LimitSettings {
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        let invalid = |key: &str, message: String| Err((format!("limits.{key}"), message));
        if self.proof_of_work_bits > MOST_BITS {
            return invalid("proof_of_work_bits", format!("is more than {MOST_BITS}, which takes a cheap phone many seconds"));
        }
        if self.open_uploads == 0 {
            return invalid("open_uploads", "is 0: then nobody could send anything".to_owned());
        }
        Ok(())
    }
}

impl FromStr for ByteSize {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
        let shift = match text[digits.len()..].trim() {
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            "TiB" => 40,
            _ => 64,
        };
        let bytes = digits.parse::<u32>().ok().and_then(|number| u64::from(number).checked_mul(1_u64.checked_shl(shift)?));
        bytes.filter(|&bytes| bytes > 0).map(Self).ok_or("a whole number and KiB, MiB, GiB or TiB are needed, such as \"512MiB\"")
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_sizes_are_parsed_with_their_unit() {
        assert_eq!("512MiB".parse(), Ok(ByteSize(512 << 20)));
        assert_eq!("2 GiB".parse(), Ok(ByteSize(2 << 30)));
        for invalid in ["", "5", "5MB", "MiB", "-1MiB", "0KiB", "99999999999TiB", "1.5GiB", "5MiBx"] {
            assert!(invalid.parse::<ByteSize>().is_err(), "{invalid}");
        }
    }
}
