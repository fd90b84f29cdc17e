//! Whom a registration is sealed to, and who opens it.

use crate::envelope::RecipientKind;

use super::writer::{FILE_KEY_BYTES, Stanza};
use super::{ClassicRecipient, HybridIdentity, HybridRecipient, SealError};

/// Keys that cannot be sealed to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// There is none.
    #[error("there is no recipient to seal to")]
    None,
    /// More than twenty.
    #[error("more than {MOST} recipients")]
    TooMany,
    /// Neither `age1pq1…` nor `age1…`. Position from 1.
    #[error("recipient {0} is not an age key (age1pq1… or age1…)")]
    Malformed(usize),
    /// Both kinds.
    #[error("post-quantum (age1pq1…) and classic (age1…) recipients cannot be mixed")]
    Mixed,
    /// The same key twice. Position from 1.
    #[error("recipient {0} is there twice")]
    Twice(usize),
}

const MOST: usize = 20;

/// Recipients of one kind, at least one.
#[derive(Clone)]
pub enum Recipients {
    /// Post-quantum.
    Hybrid(Vec<HybridRecipient>),
    /// Classic.
    X25519(Vec<ClassicRecipient>),
}

/// Looks at keys from outside: how many there are, that each is there once, and that all look like one kind's.
pub fn look_at<'a>(keys: impl Iterator<Item = &'a str>) -> Result<RecipientKind, RecipientError> {
    let keys: Vec<&str> = keys.collect();
    if keys.len() > MOST {
        return Err(RecipientError::TooMany);
    }
    let mut kinds = [false; 2];
    for (index, key) in keys.iter().enumerate() {
        if keys[..index].contains(key) {
            return Err(RecipientError::Twice(index + 1));
        }
        if !key.starts_with("age1") {
            return Err(RecipientError::Malformed(index + 1));
        }
        kinds[usize::from(key.starts_with("age1pq1"))] = true;
    }
    match kinds {
        [false, false] => Err(RecipientError::None),
        [true, true] => Err(RecipientError::Mixed),
        [false, true] => Ok(RecipientKind::Hybrid),
        [true, false] => Ok(RecipientKind::X25519),
    }
}

impl Recipients {
    /// Reads keys, all of one kind, each once.
    pub fn parse<'a>(keys: impl Iterator<Item = &'a str> + Clone) -> Result<Self, RecipientError> {
        fn all<'a, R>(keys: impl Iterator<Item = &'a str>, parse: fn(&str) -> Option<R>) -> Result<Vec<R>, RecipientError> {
            keys.enumerate().map(|(index, key)| parse(key).ok_or(RecipientError::Malformed(index + 1))).collect()
        }
        match look_at(keys.clone())? {
            RecipientKind::Hybrid => all(keys, HybridRecipient::parse).map(Self::Hybrid),
            RecipientKind::X25519 => all(keys, ClassicRecipient::parse).map(Self::X25519),
        }
    }

    /// Their kind.
    pub const fn kind(&self) -> RecipientKind {
        match self {
            Self::Hybrid(_) => RecipientKind::Hybrid,
            Self::X25519(_) => RecipientKind::X25519,
        }
    }

    /// The number of recipients.
    #[expect(clippy::len_without_is_empty, reason = "there is always at least one")]
    pub fn len(&self) -> usize {
        match self {
            Self::Hybrid(keys) => keys.len(),
            Self::X25519(keys) => keys.len(),
        }
    }

    /// Wraps a file key for each of them.
    pub(super) fn wrap(&self, file_key: &[u8; FILE_KEY_BYTES]) -> Result<Vec<Stanza>, SealError> {
        match self {
            Self::Hybrid(keys) => keys.iter().map(|key| key.wrap(file_key)).collect(),
            Self::X25519(keys) => keys.iter().map(|key| key.wrap(file_key)).collect(),
        }
    }
}

/// Secret keys that open files.
#[derive(Default)]
pub struct Identities {
    hybrid: Vec<HybridIdentity>,
    classic: Vec<age::x25519::Identity>,
}

impl Identities {
    /// Reads an age identity file: one key a line, `#` begins a comment. The error is the number of the first line, from
    /// 1, that is no key; 0 when there is no key at all.
    pub fn parse(file: &str) -> Result<Self, usize> {
        let mut identities = Self::default();
        for (index, line) in file.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
            } else if let Some(identity) = HybridIdentity::parse(line) {
                identities.hybrid.push(identity);
            } else {
                identities.classic.push(line.parse().map_err(|_| index + 1)?);
            }
        }
        if identities.hybrid.is_empty() && identities.classic.is_empty() { Err(0) } else { Ok(identities) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hybrid(seed: u8) -> String {
        HybridIdentity::from_seed([seed; 32]).recipient().to_string()
    }

    #[test]
    fn the_two_kinds_do_not_mix() {
        let classic = age::x25519::Identity::generate().to_public().to_string();
        let parse = |keys: &[&str]| Recipients::parse(keys.iter().copied()).map(|recipients| (recipients.kind(), recipients.len()));
        assert_eq!(parse(&[&hybrid(1), &classic]), Err(RecipientError::Mixed));
        assert_eq!(parse(&[]), Err(RecipientError::None));
        assert_eq!(parse(&[&classic, &classic]), Err(RecipientError::Twice(2)));
        assert_eq!(parse(&["age1xyz"]), Err(RecipientError::Malformed(1)));
        assert_eq!(parse(&[&hybrid(1), &hybrid(2)]), Ok((RecipientKind::Hybrid, 2)));
        assert_eq!(parse(&[&classic]), Ok((RecipientKind::X25519, 1)));
    }

    #[test]
    fn an_identity_file_may_have_comments_and_names_the_line_that_is_no_key() {
        let key = HybridIdentity::from_seed([1; 32]).to_text();
        assert!(Identities::parse(&format!("# created\n\n{}\n", *key)).is_ok());
        assert_eq!(Identities::parse("# nothing\n").err(), Some(0));
        assert_eq!(Identities::parse(&format!("{}\nwhat\n", *key)).err(), Some(2));
    }
}
