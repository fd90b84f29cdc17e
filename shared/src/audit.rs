//! The log of what was done to sealed files: who listed, fetched and acknowledged, and what was deleted. Each entry holds
//! the hash of the one before, so that whoever has seen its end notices when anything earlier was changed, cut off or put in.
//!
//! An entry's hash is SHA-256 over: the ASCII text `amanat audit 1` and a line feed; the previous entry's hash (32 bytes, zeros
//! before the first); `seq` and `hour` (8 bytes each, big-endian, two's complement); then `reviewer`, `action`, `subject` and
//! `request` as they stand in the entry (UTF-8), each after its length in bytes (4 bytes, big-endian).

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::api::{from_hex, hex};

const DOMAIN: &[u8] = b"amanat audit 1\n";

/// One entry: on the wire, and a line of the server's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// 1, 2, 3, …
    pub seq: u64,
    /// Unix time at which the hour of it began.
    pub hour: i64,
    /// The reviewer's name in the pack; empty where the server did it.
    pub reviewer: String,
    /// The words of an [`Action`]; a newer server may know more.
    pub action: String,
    /// SHA-256 of the sealed file, hex; empty where it was about none.
    pub subject: String,
    /// The `jti` of the request's token, hex, so that who sent it knows it again; empty where there was none.
    pub request: String,
    /// See the module.
    pub hash: String,
}

/// An action that the log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A page of the list was given out.
    List,
    /// A sealed file was asked for, or a part of it.
    Fetch,
    /// A file was acknowledged with its delete proof, for the first time by this reviewer.
    Acknowledge,
    /// A reviewer said that a file opens for nobody, for the first time.
    Discard,
    /// A reviewer objected to a file's deletion, for the first time.
    Object,
    /// A reviewer withdrew an objection: acknowledgements and discards of that file have to be made anew.
    Withdraw,
    /// Acknowledgements, discards or objections were sent, and none was new and right.
    Attempt,
    /// A page of this log was given out.
    Audit,
    /// A file was deleted, since enough reviewers had acknowledged it.
    DeleteAcknowledged,
    /// A file was deleted, since enough reviewers had said that it opens for nobody.
    DeleteDiscarded,
    /// A file was deleted, since it had been kept for as long as any may be.
    DeleteExpired,
}

impl Action {
    const ALL: [Self; 11] = [
        Self::List,
        Self::Fetch,
        Self::Acknowledge,
        Self::Discard,
        Self::Object,
        Self::Withdraw,
        Self::Attempt,
        Self::Audit,
        Self::DeleteAcknowledged,
        Self::DeleteDiscarded,
        Self::DeleteExpired,
    ];

    /// Its word in an entry.
    pub const fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Fetch => "fetch",
            Self::Acknowledge => "acknowledge",
            Self::Discard => "discard",
            Self::Object => "object",
            Self::Withdraw => "withdraw",
            Self::Attempt => "attempt",
            Self::Audit => "audit",
            Self::DeleteAcknowledged => "delete_acknowledged",
            Self::DeleteDiscarded => "delete_discarded",
            Self::DeleteExpired => "delete_expired",
        }
    }

    /// The action of a word; `None` for one that only a newer version knows.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == word)
    }
}

/// The end of a chain: its last entry's number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// 0 before the first entry.
    pub seq: u64,
    /// Zeros before the first entry.
    pub hash: [u8; 32],
}

/// An entry that does not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// Another number comes than the next.
    #[error("entry {found} stands where entry {wanted} should")]
    Number {
        /// The next.
        wanted: u64,
        /// The number that came.
        found: u64,
    },
    /// Its hash is not what its content and the entry before it give.
    #[error("entry {0} does not carry the hash that follows from the entries before it")]
    Hash(u64),
}

impl Head {
    /// Before the first entry.
    pub const START: Self = Self { seq: 0, hash: [0; 32] };

    /// The hash that this entry has to carry behind this head.
    pub fn hash_of(&self, entry: &Entry) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        hash.update(self.hash);
        hash.update(entry.seq.to_be_bytes());
        hash.update(entry.hour.to_be_bytes());
        for text in [&entry.reviewer, &entry.action, &entry.subject, &entry.request] {
            // A longer one is refused where it comes in.
            hash.update(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            hash.update(text);
        }
        hash.finalize().into()
    }

    /// The head after this entry, if it follows.
    pub fn follow(&self, entry: &Entry) -> Result<Self, Break> {
        let wanted = self.seq + 1;
        if entry.seq != wanted {
            return Err(Break::Number { wanted, found: entry.seq });
        }
        let hash = self.hash_of(entry);
        if from_hex(&entry.hash) == Some(hash) { Ok(Self { seq: wanted, hash }) } else { Err(Break::Hash(wanted)) }
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, hash) = text.trim_end_matches('\n').split_once(' ')?;
        Some(Self { seq: seq.parse().ok()?, hash: from_hex(hash)? })
    }
}

/// `SEQ HASH`.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.seq, hex(&self.hash))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(head: &Head, reviewer: &str, action: &str) -> Entry {
        let mut entry = Entry {
            seq: head.seq + 1,
            hour: 1_795_413_600,
            reviewer: reviewer.to_owned(),
            action: action.to_owned(),
            subject: hex(&[1; 32]),
            request: hex(&[2; 16]),
            hash: String::new(),
        };
        entry.hash = hex(&head.hash_of(&entry));
        entry
    }

    #[test]
    fn the_hash_is_what_the_documentation_says() {
        let first = entry(&Head::START, "one", "fetch");
        let mut bytes = b"amanat audit 1\n".to_vec();
        bytes.extend([0; 32]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.extend(1_795_413_600_i64.to_be_bytes());
        for text in ["one", "fetch", &"01".repeat(32), &"02".repeat(16)] {
            bytes.extend([0, 0, 0, u8::try_from(text.len()).unwrap()]);
            bytes.extend(text.as_bytes());
        }
        assert_eq!(first.hash, hex(&Sha256::digest(bytes)));
        assert_eq!(first.hash, "9a176aa72c482f0196da3d1659c14cc9064d8a7d3ae59b93d1c1726dfa04a9ec");
    }

    #[test]
    fn a_gap_and_every_changed_field_break_the_chain() {
        let first = entry(&Head::START, "one", "fetch");
        let head = Head::START.follow(&first).unwrap();
        let second = entry(&head, "two", "acknowledge");
        assert_eq!(head.follow(&second).unwrap().seq, 2);
        assert_eq!(Head::START.follow(&second), Err(Break::Number { wanted: 1, found: 2 }));
        let changes: [fn(&mut Entry); 7] = [
            |entry| entry.hour += 3600,
            |entry| entry.reviewer.push('x'),
            |entry| entry.action = "list".to_owned(),
            |entry| entry.subject = hex(&[9; 32]),
            |entry| entry.request.clear(),
            |entry| entry.hash = hex(&[0; 32]),
            // A byte that moves from one field to the next makes another entry.
            |entry| {
                let moved = entry.action.remove(0);
                entry.reviewer.push(moved);
            },
        ];
        for change in changes {
            let mut altered = second.clone();
            change(&mut altered);
            assert_eq!(head.follow(&altered), Err(Break::Hash(2)), "{altered:?}");
        }
        // An honest entry behind another past.
        let other = Head::START.follow(&entry(&Head::START, "three", "fetch")).unwrap();
        assert_eq!(other.follow(&second), Err(Break::Hash(2)));
    }

    #[test]
    fn every_action_has_a_word_of_its_own() {
        for action in Action::ALL {
            assert_eq!(Action::of(action.word()), Some(action));
        }
        assert_eq!(Action::of("steal"), None);
    }

    proptest! {
        #[test]
        fn a_head_is_read_as_it_was_written(seq: u64, hash: [u8; 32]) {
            let head = Head { seq, hash };
            prop_assert_eq!(Head::parse(&format!("{head}\n")), Some(head));
        }

        #[test]
        fn any_text_is_a_head_or_none(text in ".{0,90}") {
            if let Some(head) = Head::parse(&text) {
                prop_assert_eq!(Head::parse(&head.to_string()), Some(head));
            }
        }
    }
}
