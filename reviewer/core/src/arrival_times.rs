//! The server's times of receipt. They come from the server and lie on a stick: a hint for the
//! order of the list, never a proof.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use amanat_shared::api::{Listed, from_hex};
use amanat_shared::dates::Day;

/// Warns that registrations which `pull` saw are not among the files.
pub fn missing(registrations: usize) -> Option<String> {
    (registrations > 0).then(|| {
        format!("WARNING: registrations that `pull` saw and that are not among these files: {registrations}. Somebody may wait in one: unless they were deleted on purpose, fetch them again.")
    })
}

/// Name of the file beside the sealed files: a JSON object, SHA-256 of the sealed file → [`Received`].
pub const RECEIVED: &str = "received.json";
/// Longest such file that is read: a million registrations.
pub const MAX_RECEIVED_BYTES: u64 = 128 * 1024 * 1024;

/// An hour as the server said it, `2026-11-23T06:00Z`, or only a day, `2026-11-23`. In order of time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Received(String);

impl Received {
    /// Reads these two forms and refuses every other text of the server's.
    pub fn parse(text: &str) -> Option<Self> {
        let (day, hour) = text.split_at_checked(10)?;
        Day::from_iso(day)?;
        let is_hour = |hour: &str| hour.len() == 2 && hour.parse::<u8>().is_ok_and(|hour| hour < 24) && !hour.starts_with('+');
        let good = hour.is_empty() || hour.strip_prefix('T').and_then(|hour| hour.strip_suffix(":00Z")).is_some_and(is_hour);
        good.then(|| Self(text.to_owned()))
    }

    /// The text as the server sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its day, `2026-11-23`.
    pub fn day(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }

    /// Its month, `2026-11`.
    pub fn month(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The times of many registrations, by the SHA-256 of the sealed file, hex.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArrivalTimes(BTreeMap<String, Received>);

impl ArrivalTimes {
    /// Reads the file's JSON. Entries without a hash or an hour are left out; `None` if it is no such object at all.
    pub fn read(json: &[u8]) -> Option<Self> {
        let all: BTreeMap<String, String> = serde_json::from_slice(json).ok()?;
        let good = |(sha256, received): (String, String)| {
            from_hex::<32>(&sha256)?;
            Some((sha256, Received::parse(&received)?))
        };
        Some(Self(all.into_iter().filter_map(good).collect()))
    }

    /// Counts the registrations that the server has listed and that are not among `there`.
    pub fn missing<'a>(&self, there: impl Iterator<Item = &'a str>) -> usize {
        let there: BTreeSet<&str> = there.collect();
        self.0.keys().filter(|sha256| !there.contains(sha256.as_str())).count()
    }

    /// The newest day on which a registration came, `2026-11-23`.
    pub fn newest_day(&self) -> Option<&str> {
        self.0.values().map(Received::day).max()
    }

    /// The file's JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let all: BTreeMap<&str, &str> = self.0.iter().map(|(sha256, received)| (sha256.as_str(), received.as_str())).collect();
        serde_json::to_vec(&all).expect("hashes and hours are plain strings")
    }

    /// Remembers the time of a listed registration, and returns whether it was new. The first time stays: an hour does not change.
    pub fn note(&mut self, listed: &Listed) -> bool {
        if self.0.contains_key(&listed.sha256) || from_hex::<32>(&listed.sha256).is_none() {
            return false;
        }
        match Received::parse(&listed.received) {
            Some(received) => self.0.insert(listed.sha256.clone(), received).is_none(),
            None => false,
        }
    }

    /// Adds the times of another list for registrations that this one lacks, and returns their number.
    pub fn take(&mut self, other: &Self) -> usize {
        let before = self.0.len();
        for (sha256, received) in &other.0 {
            self.0.entry(sha256.clone()).or_insert_with(|| received.clone());
        }
        self.0.len() - before
    }

    /// The time at which a registration was received.
    pub fn get(&self, sha256: &str) -> Option<&Received> {
        self.0.get(sha256)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_day_or_a_full_hour_is_taken() {
        for good in ["2026-11-23", "2026-11-23T06:00Z", "2026-02-28T23:00Z"] {
            assert_eq!(Received::parse(good).unwrap().day(), &good[..10]);
        }
        for bad in [
            "",
            "2026-02-30",
            "2026-11-23T24:00Z",
            "2026-11-23T06:01Z",
            "2026-11-23T+6:00Z",
            "2026-11-23T06:00Z\u{1b}[2J",
            "۲۰۲۶-۱۱-۲۳",
        ] {
            assert_eq!(Received::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_was_said_first_stays() {
        let listed = |received: &str| Listed {
            sha256: "ab".repeat(32),
            bytes: 1,
            received: received.to_owned(),
            quarantine: false,
            deletion: None,
        };
        let mut times = ArrivalTimes::default();
        assert!(!times.note(&listed("soon")));
        assert!(times.note(&listed("2026-11-23T06:00Z")));
        assert!(!times.note(&listed("2020-01-01T06:00Z")));
        assert_eq!(times.get(&"ab".repeat(32)).unwrap().as_str(), "2026-11-23T06:00Z");
        assert_eq!(ArrivalTimes::read(&times.to_json()).unwrap(), times);
    }

    proptest! {
        #[test]
        fn whatever_lies_there_is_read_without_harm(hash in "[0-9a-f]{64}|\\PC{0,8}", hour in "\\PC{0,20}", junk in any::<Vec<u8>>()) {
            let _ = ArrivalTimes::read(&junk);
            let times = ArrivalTimes::read(serde_json::json!({ hash.clone(): hour }).to_string().as_bytes()).unwrap();
            if let Some(received) = times.get(&hash) {
                prop_assert!(received.as_str().is_ascii());
            }
        }
    }
}
