//! One mail's contents, due time and lease.

use std::fmt;

use sha2::{Digest, Sha256};

use super::super::deletions::{AnnouncedDeletion, needs_announcement};

/// Time for which a server may send a mail before another takes over.
pub const LEASE_SECS: i64 = 300;
/// Longest wait between two attempts.
pub const LONGEST_RETRY_SECS: i64 = 3600;

/// A server as the holder of leases: 128 random bits for each start of the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LeaseHolder(pub(super) [u8; 16]);

/// The contents of one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The slot of the mail.
    pub slot: i64,
    /// Number of files that it announces.
    pub files: u64,
    /// Number of those that are in quarantine.
    pub quarantined: u64,
    /// Number of unacknowledged files that will be deleted soon.
    pub expiring: u64,
    /// The deletions that it announces.
    pub deletions: Vec<AnnouncedDeletion>,
    /// The source of its Message-ID: see [`notification_id`].
    pub id: [u8; 32],
    /// Number of failures in succession.
    pub failures: u32,
}

/// The present slot and the contents that a mail would have.
#[derive(Clone, Copy, Debug)]
pub struct MailContext<'a> {
    /// The present time.
    pub now: i64,
    /// The last slot.
    pub slot: i64,
    /// Whether the slot is the first of its day (UTC).
    pub first_of_day: bool,
    /// Whether mail goes out even if nothing waits.
    pub even_if_none: bool,
    /// Number of files to warn of: see [`super::Store::expiring`].
    pub expiring: u64,
    /// Deletions to announce: see [`super::Store::announced`].
    pub deletions: &'a [AnnouncedDeletion],
}

/// The state of the mail to one reviewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailState {
    /// The reviewer's name.
    pub reviewer: String,
    /// The last slot that is done.
    pub done: i64,
    /// The slot whose mail is under way.
    pub slot: Option<i64>,
    /// Number of failures in succession.
    pub failures: u32,
    /// Time of the next attempt.
    pub retry_at: i64,
    /// Time at which the present lease ends.
    pub held_until: i64,
    /// Code of the last failure, or empty after a success.
    pub code: String,
}

/// Upper bounds of stored times. Later times come from a server whose clock was wrong, and are ignored.
pub(super) struct TimeBounds {
    pub done: i64,
    pub held_until: i64,
    pub retry_at: i64,
}

impl MailContext<'_> {
    /// Checks whether a mail is due without new notices, because data may be lost: at most once a day, or when the last mail
    /// did not announce it.
    pub(super) fn is_reminder(self, announced_before: &[AnnouncedDeletion]) -> bool {
        (self.first_of_day && self.expiring > 0)
            || needs_announcement(self.deletions, announced_before, self.slot, self.first_of_day)
    }

    pub(super) fn time_bounds(self) -> TimeBounds {
        let wrong = self.now + LEASE_SECS;
        TimeBounds { done: wrong, held_until: wrong + LEASE_SECS, retry_at: wrong + LONGEST_RETRY_SECS }
    }
}

impl LeaseHolder {
    /// Creates a holder from random bits.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits)?;
        Ok(Self(bits))
    }
}

impl fmt::Debug for LeaseHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holder(…)")
    }
}

impl MailState {
    /// Returns when a server may next have something to send. `next_slot` is the clock's next tick.
    pub fn due_at(&self, context: MailContext<'_>, next_slot: i64) -> i64 {
        let bounds = context.time_bounds();
        if self.slot.is_none() && (context.slot..=bounds.done).contains(&self.done) {
            return next_slot;
        }
        let held = if self.held_until > bounds.held_until { 0 } else { self.held_until };
        let retry = if self.retry_at > bounds.retry_at { 0 } else { self.retry_at };
        held.max(retry)
    }
}

/// Computes the source of the Message-ID of a reviewer's mail at a slot about these files: SHA-256 of `amanat mail`, a zero,
/// the reviewer's name, a zero, the slot (64 bits, big-endian) and the files' SHA-256, sorted.
pub fn notification_id(reviewer: &str, slot: i64, files: &[[u8; 32]]) -> [u8; 32] {
    let mut files = files.to_vec();
    files.sort_unstable();
    let hash =
        Sha256::new().chain_update(b"amanat mail\0").chain_update(reviewer).chain_update([0]).chain_update(slot.to_be_bytes());
    hash.chain_update(files.concat()).finalize().into()
}
