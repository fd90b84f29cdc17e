//! Decryption identities, as they are read from a file.

use std::fmt;

use amanat_shared::seal::HybridIdentity;

/// Why bytes are no identity, to stand behind the file's name: what happened, then what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    /// The identity is itself an age file.
    #[error(
        "it is itself an age file, sealed with a passphrase or to another key\nOpen it first with `age -d -o identity.key FILE`, into a folder that you wipe afterwards."
    )]
    Sealed,
    /// The access key was given where the identity is wanted.
    #[error("it is an access key, which opens nothing\nGive the other one, identity.key.")]
    IsAccess,
    /// Not an age identity file. Line from 1; 0 when it has no key at all.
    #[error("line {0} is no age key\nGive the file identity.key that `keygen` wrote, unchanged.")]
    NotAnIdentity(usize),
}

/// What opens sealed files.
pub struct Identities(Vec<Box<dyn age::Identity + Send + Sync>>);

impl Identities {
    /// Reads an age identity file: one key a line, `#` begins a comment.
    pub fn parse(file: &[u8]) -> Result<Self, IdentityFault> {
        // An age file is no text behind its header; only the beginning matters then.
        let text = zeroize::Zeroizing::new(String::from_utf8_lossy(file).into_owned());
        if text.starts_with("age-encryption.org/") || text.trim_start().starts_with("-----BEGIN AGE ENCRYPTED FILE-----") {
            return Err(IdentityFault::Sealed);
        }
        if text.contains("-----BEGIN PRIVATE KEY-----") {
            return Err(IdentityFault::IsAccess);
        }
        let mut keys: Vec<Box<dyn age::Identity + Send + Sync>> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(identity) = HybridIdentity::parse(line) {
                keys.push(Box::new(identity));
            } else if let Ok(identity) = line.parse::<age::x25519::Identity>() {
                keys.push(Box::new(identity));
            } else {
                return Err(IdentityFault::NotAnIdentity(index + 1));
            }
        }
        if keys.is_empty() { Err(IdentityFault::NotAnIdentity(0)) } else { Ok(Self(keys)) }
    }

    pub(crate) fn as_age(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|key| &**key as &dyn age::Identity)
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identities(…)")
    }
}
