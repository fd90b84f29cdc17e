//! The reviewers' notebook: the status, the assignment and the notes of each case; and a log of what left the desk.
//!
//! Each reviewer writes in a notebook of their own, one age file sealed to the reviewers of the pack ([`file`]). Notebooks
//! are carried from one to another and merged: in any order, any number of times, with the same result. Of a single field
//! the one written last counts, and what two wrote without knowing of each other is shown as a conflict ([`Field`]); notes and
//! the log are kept, all of them.
//!
//! "Last" is by [`Written::time`], and clocks of computers that are never online go wrong. So whoever writes over a value
//! gets a time after it, whatever the clock says, as hybrid logical clocks do (Kulkarni and others, "Logical Physical
//! Clocks", 2014): who has seen a value can always replace it, be a clock ahead or behind. A time that is absurd, more
//! than ten years ahead, is read as the beginning of time ([`AHEAD_SECS`]), or else a forged one would stay for ever.
//!
//! An age file does not prove who made it. Merging is therefore an act of a reviewer's, never done on the way, and says
//! whose words it brought.

mod author;
mod field;
pub mod file;
mod log;
mod merge;
mod referral;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use amanat_shared::api::{from_hex, hex};
use amanat_shared::dates::Day;
use amanat_shared::text::{clean_lines, match_key};

pub use author::{Author, Stamp};
pub use field::Field;
pub use log::{Event, Logged};
pub use merge::MergeSummary;
pub use referral::{ASKED_DAYS, Asked, LoggedCase, PartnerKind, Referral};
pub use work::{Note, Status, Work, Written};

/// Most characters of a note, and of an entry of the log.
pub const MOST_NOTE_CHARS: usize = 4_000;
/// A field's time that is further ahead of the clock than this is no time.
pub const AHEAD_SECS: u64 = 10 * 366 * 86_400;

/// The reason why something was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum WriteFault {
    /// No text.
    #[error("the note is empty")]
    #[diagnostic(help("Write at least one word."))]
    Empty,
    /// Too long.
    #[error("the note is longer than {MOST_NOTE_CHARS} characters")]
    #[diagnostic(help("Make it shorter, or write several."))]
    TooLong,
    /// The text is not the hash of a registration.
    #[error("notes belong to registrations, and this is not the hash of one")]
    #[diagnostic(help("Name the file as `pull` wrote it, or the beginning of its hash."))]
    NotARegistration,
    /// Text that no notebook is read with.
    #[error("what is to be noted has a text in it that the notebook cannot keep")]
    #[diagnostic(help("Write names and reasons in one plain line each."))]
    NotALine,
}

/// A reviewers' notebook.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Notebook {
    cases: BTreeMap<String, Work>,
    log: BTreeSet<Logged>,
    /// Zero: none.
    newest_pack: u64,
}

impl fmt::Debug for Notebook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notebook({} cases, {} in the log)", self.cases.len(), self.log.len())
    }
}

impl Notebook {
    /// The entries about a registration (SHA-256, hex).
    pub fn work(&self, sha256: &str) -> Option<&Work> {
        self.cases.get(sha256)
    }

    /// All registrations that have entries, by their hashes.
    pub fn cases(&self) -> impl Iterator<Item = (&str, &Work)> {
        self.cases.iter().map(|(sha256, work)| (sha256.as_str(), work))
    }

    /// The newest serial of a pack that was seen by whoever wrote here; zero: none.
    pub fn newest_pack(&self) -> u64 {
        self.newest_pack
    }

    /// Remembers a pack that was seen.
    pub fn see_pack(&mut self, serial: u64) {
        self.newest_pack = self.newest_pack.max(serial);
    }

    /// Forgets newer packs than this one: after the coalition has said by voice which is the newest, and a notebook that was
    /// taken in says otherwise.
    pub fn set_newest_pack(&mut self, serial: u64) {
        self.newest_pack = serial;
    }

    /// The log, in order of time.
    pub fn log(&self) -> impl DoubleEndedIterator<Item = &Logged> {
        self.log.iter()
    }

    /// Whether this very entry is in the log.
    pub fn has_logged(&self, entry: &Logged) -> bool {
        self.log.contains(entry)
    }

    /// The registrations (SHA-256, hex) that went to partners.
    pub fn referred(&self) -> BTreeSet<&str> {
        let referrals = self.log.iter().filter_map(|entry| match &entry.event {
            Event::Referred(referral) => Some(&referral.cases),
            Event::Did(_) => None,
        });
        referrals.flatten().map(|case| case.sha256.as_str()).collect()
    }

    /// The partner's reference for a case, from the latest referral to a key with this fingerprint or to this name.
    pub fn reference(&self, fingerprint: &str, name: &str, sha256: &str) -> Option<&str> {
        let is_same = |referral: &Referral| referral.key == fingerprint || match_key(&referral.partner) == match_key(name);
        let latest = self.log.iter().rev().filter_map(|entry| match &entry.event {
            Event::Referred(referral) if is_same(referral) => Some(&referral.cases),
            _ => None,
        });
        latest.flatten().find(|case| case.sha256 == sha256).map(|case| case.reference.as_str())
    }

    /// Notes a referral, and says of each of its cases that it was referred, but for those that are done.
    pub fn add_referral(&mut self, id: [u8; 16], referral: Referral, stamp: &Stamp) -> Result<(), WriteFault> {
        let cases: Vec<String> = referral.cases.iter().map(|case| case.sha256.clone()).collect();
        self.add_event(id, Event::Referred(referral), stamp)?;
        for sha256 in cases {
            if !self.work(&sha256).is_some_and(|work| work.status().is_done()) {
                self.set_status(&sha256, Status::Referred, stamp)?;
            }
        }
        Ok(())
    }

    /// Sets the status of a case.
    pub fn set_status(&mut self, sha256: &str, status: Status, stamp: &Stamp) -> Result<(), WriteFault> {
        self.of(sha256)?.status.write(status, stamp);
        Ok(())
    }

    /// Assigns a case; `None` ends the assignment.
    pub fn assign(&mut self, sha256: &str, to: Option<Author>, stamp: &Stamp) -> Result<(), WriteFault> {
        self.of(sha256)?.assigned.write(to, stamp);
        Ok(())
    }

    /// Adds a note; `id` is 16 random bytes.
    pub fn add_note(&mut self, sha256: &str, id: [u8; 16], text: &str, stamp: &Stamp) -> Result<(), WriteFault> {
        let text = clean_lines(text);
        match text.chars().count() {
            0 => return Err(WriteFault::Empty),
            chars if chars > MOST_NOTE_CHARS => return Err(WriteFault::TooLong),
            _ => {}
        }
        let (work, id) = (self.of(sha256)?, hex(&id));
        // An erased note stays erased, whatever its text.
        if !work.erased.contains(&id) {
            work.notes.insert(Note { time: stamp.now, author: stamp.author.clone(), text, id });
        }
        Ok(())
    }

    /// Erases all notes about a registration, here and in whatever is merged with this: a person who asks for deletion means
    /// what was written about them too. Only who has a note can erase it: its id is random.
    pub fn erase_notes(&mut self, sha256: &str) -> Result<(), WriteFault> {
        let work = self.of(sha256)?;
        work.erased.extend(std::mem::take(&mut work.notes).into_iter().map(|note| note.id));
        Ok(())
    }

    /// Adds to the log; `id` is 16 random bytes. What could not be read back is refused.
    pub fn add_event(&mut self, id: [u8; 16], event: Event, stamp: &Stamp) -> Result<(), WriteFault> {
        let logged = Logged { time: stamp.now, author: stamp.author.clone(), event, id: hex(&id) };
        if !logged.is_ours() {
            return Err(WriteFault::NotALine);
        }
        self.log.insert(logged);
        Ok(())
    }

    fn of(&mut self, sha256: &str) -> Result<&mut Work, WriteFault> {
        from_hex::<32>(sha256).ok_or(WriteFault::NotARegistration)?;
        Ok(self.cases.entry(sha256.to_owned()).or_default())
    }
}

/// Seconds since 1970 for people: `2026-11-23 06:14 UTC`.
pub fn when(unix_secs: u64) -> String {
    let day = Day(i32::try_from(unix_secs / 86_400).unwrap_or(i32::MAX));
    format!("{day} {:02}:{:02} UTC", unix_secs % 86_400 / 3_600, unix_secs % 3_600 / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "abababababababababababababababababababababababababababababababab";

    fn stamp(name: &str, now: u64) -> Stamp {
        Stamp { author: Author::new(name).unwrap(), now }
    }

    #[test]
    fn who_replaces_a_value_comes_after_it_be_a_clock_ahead_or_behind() {
        for (first, second) in [(2_000_000_000, 1_800_000_000), (1_800_000_000, 5)] {
            let mut notebook = Notebook::default();
            notebook.set_status(CASE, Status::Checking, &stamp("Ali", first)).unwrap();
            let earlier = notebook.clone();
            notebook.set_status(CASE, Status::Verified, &stamp("Karima", second)).unwrap();
            notebook.merge(earlier);
            assert_eq!(notebook.work(CASE).unwrap().status(), Status::Verified);
        }
    }

    #[test]
    fn empty_and_endless_notes_and_cases_that_are_none_are_refused() {
        let (mut notebook, stamp) = (Notebook::default(), stamp("Ali", 1));
        assert_eq!(notebook.add_note(CASE, [1; 16], " \u{200c}\n ", &stamp), Err(WriteFault::Empty));
        assert_eq!(notebook.add_note(CASE, [1; 16], &"x".repeat(4_001), &stamp), Err(WriteFault::TooLong));
        assert_eq!(notebook.set_status("../../etc", Status::Closed, &stamp), Err(WriteFault::NotARegistration));
        assert!(notebook.add_note(CASE, [1; 16], &"x".repeat(4_000), &stamp).is_ok());
    }

    #[test]
    fn a_time_is_read_by_people() {
        assert_eq!(when(1_795_414_440), "2026-11-23 06:14 UTC");
        assert!(!when(u64::MAX).is_empty());
    }

    #[test]
    fn nothing_that_was_written_is_in_its_debug_text() {
        let mut notebook = Notebook::default();
        notebook.add_note(CASE, [1; 16], "hides in Quetta", &stamp("Ali", 1)).unwrap();
        assert_eq!(format!("{notebook:?}"), "Notebook(1 cases, 0 in the log)");
    }
}
