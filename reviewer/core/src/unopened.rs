//! Explains a file that did not open, once all files beside it were tried.

use amanat_shared::dates::Day;
use amanat_shared::pack::Pack;

use crate::arrival_times::{ArrivalTimes, Received};
use crate::decrypt::{self, Fault};
use crate::message::Message;

/// Facts from the files that opened, and from the pack, that explain those that did not.
#[derive(Debug)]
pub struct OpenAttempts<'a> {
    times: &'a ArrivalTimes,
    opened: Vec<&'a str>,
    since: Since<'a>,
}

/// The time from which phones have sealed to this identity.
#[derive(Debug)]
enum Since<'a> {
    /// At the latest since the first file came that opens.
    First(&'a Received),
    /// Nothing opens. At the latest since this day, from which a pack holds that names this identity.
    Pack(Day),
    /// The time is unknown.
    Unknown,
}

impl<'a> OpenAttempts<'a> {
    /// `opened` are the registrations (SHA-256, hex) that opened with the identity whose public halves are `own`.
    pub fn new(times: &'a ArrivalTimes, opened: impl Iterator<Item = &'a str>, pack: Option<&Pack>, own: &[String]) -> Self {
        let opened: Vec<&str> = opened.collect();
        let first = opened.iter().filter_map(|sha256| times.get(sha256)).min();
        let issued = || {
            let pack = pack.filter(|pack| pack.recipients.iter().any(|recipient| own.contains(&recipient.key)))?;
            pack.issued_day().ok()
        };
        let since = match first {
            Some(first) => Since::First(first),
            None if opened.is_empty() => issued().map_or(Since::Unknown, Since::Pack),
            None => Since::Unknown,
        };
        Self { times, opened, since }
    }

    /// The fault of the file of this name (without `.age`) as it is to be told; `None` if the same registration opened in
    /// another file.
    pub fn judge(&self, name: &str, fault: Fault) -> Option<Fault> {
        match fault {
            Fault::OtherKeys | Fault::BeforeYou if decrypt::identity_in_name(name).is_some_and(|it| self.opened.contains(&it)) => {
                None
            }
            Fault::OtherKeys if self.came_before(name) => Some(Fault::BeforeYou),
            fault => Some(fault),
        }
    }

    fn came_before(&self, name: &str) -> bool {
        let Some(received) = self.times.get(name) else { return false };
        match self.since {
            Since::First(first) => received < first,
            // A file that came on that day was sealed to the pack before it, or it would open.
            Since::Pack(issued) => Day::from_iso(received.day()).is_some_and(|day| day <= issued),
            Since::Unknown => false,
        }
    }
}

/// The message above files that were sealed before this identity was in the pack.
pub fn before_you(files: usize) -> Option<Message> {
    let what = format!(
        "Sealed before you joined, or before you renewed your identity: {files} of these files, so that only the others can open them."
    );
    (files > 0).then(|| Message { what, ..Message::of(&Fault::BeforeYou) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(number: u8) -> String {
        format!("{number:02x}").repeat(32)
    }

    fn times(all: &[(u8, &str)]) -> ArrivalTimes {
        let all: serde_json::Map<_, _> = all.iter().map(|(number, hour)| (name(*number), json!(hour))).collect();
        ArrivalTimes::read(serde_json::Value::Object(all).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn what_came_before_the_first_that_opens_was_sealed_before_one_joined_and_what_came_later_was_not() {
        let times = times(&[(1, "2026-11-20T05:00Z"), (2, "2026-11-21T05:00Z"), (3, "2026-11-21T06:00Z")]);
        let opens = name(2);
        let tried = OpenAttempts::new(&times, std::iter::once(opens.as_str()), None, &[]);
        assert!(matches!(tried.judge(&name(1), Fault::OtherKeys), Some(Fault::BeforeYou)));
        for other in [3, 4] {
            assert!(matches!(tried.judge(&name(other), Fault::OtherKeys), Some(Fault::OtherKeys)));
        }
        assert!(tried.judge(&opens, Fault::OtherKeys).is_none(), "it opens in another file");
        assert!(matches!(tried.judge(&name(1), Fault::NotSealed), Some(Fault::NotSealed)));
        let nothing_known = OpenAttempts::new(&times, std::iter::empty(), None, &[]);
        assert!(matches!(nothing_known.judge(&name(1), Fault::OtherKeys), Some(Fault::OtherKeys)));
    }
}
