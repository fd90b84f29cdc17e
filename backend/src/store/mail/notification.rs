//! What one mail says, when it is due, and to which server it belongs meanwhile.

use std::fmt;

use sha2::{Digest, Sha256};

use super::super::deletions::{AnnouncedDeletion, needs_announcement};

/// For how long a server may send a mail before another takes over.
pub const LEASE_SECS: i64 = 300;
/// Longest wait between two attempts to send it.
pub const LONGEST_RETRY_SECS: i64 = 3600;

/// A server, as far as leases need to know: 128 random bits for each start of the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LeaseHolder(pub(super) [u8; 16]);

/// What one mail says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The tick of the fixed clock that it belongs to.
    pub slot: i64,
    /// Of how many files it speaks.
    pub files: u64,
    /// How many of them are in quarantine.
    pub quarantined: u64,
    /// Of how many it warns that nobody has acknowledged them, and that they will be deleted soon.
    pub expiring: u64,
    /// Which deletions it announces.
    pub deletions: Vec<AnnouncedDeletion>,
    /// What its Message-ID is made of: see [`batch_id`].
    pub id: [u8; 32],
    /// How often in succession it failed so far.
    pub failures: u32,
}

/// What is to be looked for when a reviewer's mail may be due.
#[derive(Clone, Copy, Debug)]
pub struct MailContext<'a> {
    /// The present time.
    pub now: i64,
    /// The fixed clock's last tick.
    pub slot: i64,
    /// Whether that is its first of a day (UTC).
    pub first_of_day: bool,
    /// Whether there is a mail even if nothing waits.
    pub even_if_none: bool,
    /// How many files are to be warned of: see [`super::Store::expiring`].
    pub expiring: u64,
    /// Which deletions are to be announced: see [`super::Store::announced`].
    pub deletions: &'a [AnnouncedDeletion],
}

/// How the mail to one reviewer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailState {
    /// Who.
    pub reviewer: String,
    /// The last slot that is done with.
    pub done: i64,
    /// The slot whose mail is on its way, if one is.
    pub slot: Option<i64>,
    /// How often in succession that failed.
    pub failures: u32,
    /// When it is tried again.
    pub retry_at: i64,
    /// Until when it is some server's.
    pub held_until: i64,
    /// What the last attempt failed with; empty once a mail has gone out.
    pub code: String,
}

/// Later times than these no server writes, unless its clock is wrong by minutes: once it is right, they hold nothing up.
pub(super) struct TimeBounds {
    pub done: i64,
    pub held_until: i64,
    pub retry_at: i64,
}

impl MailContext<'_> {
    /// Whether there is a mail even if nothing new waits, because something may be lost: no more than once a day, or when the
    /// last mail has not announced it.
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
    /// A new one.
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
    /// When a server may next have something to send, if the fixed clock ticks next at `next_slot`.
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

/// What the Message-ID of the mail to a reviewer at a slot is made of, which speaks of these files: SHA-256 of `amanat mail`,
/// a zero, the reviewer's name, a zero, the slot (64 bits, big-endian) and the files' SHA-256, sorted.
pub fn notification_id(reviewer: &str, slot: i64, files: &[[u8; 32]]) -> [u8; 32] {
    let mut files = files.to_vec();
    files.sort_unstable();
    let hash =
        Sha256::new().chain_update(b"amanat mail\0").chain_update(reviewer).chain_update([0]).chain_update(slot.to_be_bytes());
    hash.chain_update(files.concat()).finalize().into()
}
