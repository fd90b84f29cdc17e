//! Decryption identities, as they are read from a file: ready, or locked with a passphrase.

mod locked;

pub use locked::{Locked, WORK, lock};

use std::fmt;

use age::secrecy::ExposeSecret;
use amanat_shared::seal::HybridIdentity;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use self::locked::{ARMOR, MAX_WORK, VERSION, binary};
use crate::text_file;

/// The comment in an identity file beside which the newest pack is remembered; see [`crate::newest_pack`].
pub const NEWEST_PACK_MARK: &str = "# newest pack: remembered beside this file, under its name and .serial";
/// Longest identity file, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The reason why bytes are no identity, to stand behind the file's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum IdentityFault {
    /// The identity is itself an age file, which no passphrase opens.
    #[error("it is an age file that is sealed to a key, and no passphrase opens it")]
    #[diagnostic(help("Give the file identity.key that `keygen` wrote, unchanged."))]
    Sealed,
    /// The words do not open it.
    #[error("the passphrase does not open it")]
    #[diagnostic(help("Type it again: capitals, spaces and the keyboard's language matter."))]
    WrongPassphrase,
    /// Opening it would hold the computer up.
    #[error("opening it would take 2^{0} rounds of work, more than 2^{MAX_WORK}")]
    #[diagnostic(help("`keygen` makes no such file. Give the file identity.key that it wrote, unchanged."))]
    Work(u32),
    /// Locked, but cut short or changed.
    #[error("it is damaged or cut short")]
    #[diagnostic(help("Take the copy of it that you keep elsewhere."))]
    Damaged,
    /// Longer than any identity file.
    #[error("it is longer than {MAX_BYTES} bytes, and no identity is")]
    #[diagnostic(help("Give the file identity.key that `keygen` wrote, unchanged."))]
    TooLong,
    /// The access key was given where the identity is wanted.
    #[error("it is an access key, which opens nothing")]
    #[diagnostic(help("Give the other one, identity.key."))]
    IsAccess,
    /// Not an age identity file. Line from 1; 0 when it has no key at all.
    #[error("it is not an identity (line {0} is no age key)")]
    #[diagnostic(help("Give the file identity.key that `keygen` wrote, unchanged."))]
    NotAnIdentity(usize),
}

/// An identity file: ready, or locked with a passphrase.
#[derive(Debug)]
pub enum IdentityFile {
    /// It opens files.
    Ready(Identities),
    /// It wants its passphrase first.
    Locked(Locked),
}

impl IdentityFile {
    /// Looks at a file of at most [`MAX_BYTES`].
    pub fn read(bytes: &[u8]) -> Result<Self, IdentityFault> {
        if bytes.len() > MAX_BYTES {
            return Err(IdentityFault::TooLong);
        }
        match binary(bytes)? {
            Some(binary) => Locked::new(binary).map(Self::Locked),
            None => Identities::parse(bytes).map(Self::Ready),
        }
    }
}

enum Key {
    Hybrid(HybridIdentity),
    Classic(age::x25519::Identity),
}

impl Key {
    fn recipient(&self) -> String {
        match self {
            Self::Hybrid(key) => key.recipient().to_string(),
            Self::Classic(key) => key.to_public().to_string(),
        }
    }

    fn secret(&self) -> Zeroizing<String> {
        match self {
            Self::Hybrid(key) => key.to_text(),
            Self::Classic(key) => Zeroizing::new(key.to_string().expose_secret().to_owned()),
        }
    }

    fn as_age(&self) -> &dyn age::Identity {
        match self {
            Self::Hybrid(key) => key,
            Self::Classic(key) => key,
        }
    }
}

/// The keys that open sealed files.
pub struct Identities {
    /// Never empty.
    keys: Vec<Key>,
    /// Whether the file says that the newest pack is remembered beside it.
    remembers: bool,
}

impl Identities {
    /// Reads an age identity file that is not locked: one key a line, `#` begins a comment.
    pub fn parse(file: &[u8]) -> Result<Self, IdentityFault> {
        // An age file is no text behind its header.
        if file.starts_with(VERSION.as_bytes()) {
            return Err(IdentityFault::Sealed);
        }
        let text = text_file::text(file).unwrap_or_else(|_| text_file::latin_1(file));
        if text.starts_with(VERSION) || text_file::trimmed(&text).starts_with(ARMOR) {
            return Err(IdentityFault::Sealed);
        }
        if text.contains("-----BEGIN PRIVATE KEY-----") {
            return Err(IdentityFault::IsAccess);
        }
        let (mut keys, mut remembers) = (Vec::new(), false);
        for (index, line) in text.lines().enumerate() {
            let line = text_file::trimmed(line);
            remembers |= line == NEWEST_PACK_MARK;
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(identity) = HybridIdentity::parse(line) {
                keys.push(Key::Hybrid(identity));
            } else if let Ok(identity) = line.parse::<age::x25519::Identity>() {
                keys.push(Key::Classic(identity));
            } else {
                return Err(IdentityFault::NotAnIdentity(index + 1));
            }
        }
        if keys.is_empty() { Err(IdentityFault::NotAnIdentity(0)) } else { Ok(Self { keys, remembers }) }
    }

    /// The public halves, in the order of the file: `age1pq1…` or `age1…`. Who seals something to oneself needs them.
    pub fn recipients(&self) -> Vec<String> {
        self.keys.iter().map(Key::recipient).collect()
    }

    /// Whether the newest pack is remembered beside this identity's file: then that record has to be there.
    pub fn remembers_packs(&self) -> bool {
        self.remembers
    }

    /// A tag of a pack's serial that only this identity can make: HKDF-SHA256 of its first secret key.
    pub(crate) fn newest_pack_tag(&self, serial: u64) -> [u8; 32] {
        let secret = self.keys.first().expect("an identity has at least one key").secret();
        let mut tag = [0; 32];
        Hkdf::<Sha256>::new(None, secret.as_bytes())
            .expand_multi_info(&[b"amanat newest pack", &serial.to_be_bytes()], &mut tag)
            .expect("HKDF makes 32 bytes");
        tag
    }

    /// The identities as `age` takes them.
    pub fn as_age(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.keys.iter().map(Key::as_age)
    }

    /// Those keys whose public halves are on this list.
    pub fn listed(&self, list: &[String]) -> Vec<&dyn age::Identity> {
        self.keys.iter().filter(|key| list.contains(&key.recipient())).map(Key::as_age).collect()
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identities(…)")
    }
}
