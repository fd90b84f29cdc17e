//! A reviewer's two keys: one opens files and stays offline, the other fetches them and opens nothing.

mod access;
mod make;
mod newest_pack_record;
mod protect;

pub use access::AccessKey;
pub use make::{generate, generate_locked, is_free};
pub use newest_pack_record::{newest_pack, newest_pack_path, remember_pack, set_newest_pack};
pub use protect::protect;

use std::io;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::identities::{self, Identities, IdentityFault, IdentityFile};
use amanat_reviewer_core::safe_text;
use amanat_shared::fingerprint;
use zeroize::Zeroizing;

use crate::atomic_file;
use crate::passphrase::{PassphraseError, Source};

/// Name of the decryption identity's file.
pub const IDENTITY: &str = "identity.key";
/// Name of the file that remembers the newest pack beside a new identity.
pub const NEWEST_PACK: &str = "identity.key.serial";
/// Name of the access key's file.
pub const ACCESS: &str = "access.key";
/// Name of the file with the public halves.
pub const TO_SEND: &str = "send-to-coalition.txt";
const MAX_KEY_BYTES: u64 = identities::MAX_BYTES as u64;

/// A fault of a key file.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum KeyError {
    /// A key of that name is there.
    #[error("{} is there already, and a key is never overwritten", safe_text::path(.0))]
    #[diagnostic(help("Name another folder for the new keys."))]
    Exists(PathBuf),
    /// The folder or a file could not be written.
    #[error("{} could not be written: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name a folder on a disk with room that you may write to."))]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The file could not be read.
    #[error("the key file {} could not be read: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name the file that `keygen` wrote."))]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// It is no identity.
    #[error("{}: {fault}", safe_text::path(.path))]
    #[diagnostic(forward(fault))]
    Identity {
        /// The file.
        path: PathBuf,
        /// The fault.
        fault: IdentityFault,
    },
    /// The file that remembers the newest pack is not there.
    #[error(
        "{} is missing: it remembers the newest pack that this identity has seen, and an older list of reviewers would not be noticed",
        safe_text::path(.0)
    )]
    #[diagnostic(help(
        "Bring it from where the identity came from. If it is lost, ask the coalition by voice for the newest pack's serial, then: amanat-reviewer keys newest-pack --identity FILE --set SERIAL"
    ))]
    NoRecord(PathBuf),
    /// That file holds something else.
    #[error("{}: {fault}", safe_text::path(.path))]
    #[diagnostic(forward(fault))]
    Record {
        /// The file.
        path: PathBuf,
        /// The fault.
        fault: amanat_reviewer_core::newest_pack::ForeignRecord,
    },
    /// There is no passphrase to be had.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Passphrase(#[from] PassphraseError),
    /// The new file does not open again.
    #[error("{} was not changed: its new form did not open again with the new passphrase", safe_text::path(.0))]
    #[diagnostic(help("Run the same again; if it stays so, the disk is broken."))]
    NotTheSame(PathBuf),
    /// A decryption identity was given where the access key is wanted.
    #[error("{} is a decryption identity, and this computer is about to go online with it", safe_text::path(.0))]
    #[diagnostic(help("Take it off this computer, tell the coalition, and give the other one, {ACCESS}."))]
    IsIdentity(PathBuf),
    /// The file is no Ed25519 private key.
    #[error("{} is not an Ed25519 private key (PKCS#8, PEM)", safe_text::path(.0))]
    #[diagnostic(help("Give the file {ACCESS} that `keygen` wrote, unchanged."))]
    NotAnAccessKey(PathBuf),
}

impl KeyError {
    fn identity(path: &Path) -> impl Fn(IdentityFault) -> Self {
        move |fault| Self::Identity { path: path.to_owned(), fault }
    }
}

/// Reads an identity file that is not locked.
pub fn identities(path: &Path) -> Result<Identities, KeyError> {
    Identities::parse(&read(path)?).map_err(KeyError::identity(path))
}

/// Reads an identity file, and asks `passphrase` if it is locked.
pub fn unlock(path: &Path, passphrase: &Source) -> Result<Identities, KeyError> {
    match IdentityFile::read(&read(path)?).map_err(KeyError::identity(path))? {
        IdentityFile::Ready(identities) => Ok(identities),
        IdentityFile::Locked(locked) => locked.unlock(&passphrase.typed(path)?).map_err(KeyError::identity(path)),
    }
}

/// The public halves as lines to send, and what to compare by voice: as `amanat pack show` says it of a pack that holds
/// them.
pub fn to_send(recipient: &str, access: Option<&str>) -> String {
    let access_line = access.map_or_else(String::new, |access| format!("access_key = \"{access}\"\n"));
    let voice = fingerprint::fingerprint(&[recipient].into_iter().chain(access).collect::<Vec<_>>());
    format!("recipient = \"{recipient}\"\n{access_line}# To compare by voice: {voice}\n")
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let failed = |error| KeyError::Read { path: path.to_owned(), error };
    atomic_file::read(path, MAX_KEY_BYTES).map(Zeroizing::new).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use amanat_shared::envelope::RecipientKind;

    use super::*;

    #[test]
    fn the_wrong_one_of_two_keys_is_named_and_secrets_stay_out_of_debug_and_errors() {
        let dir = tempfile::tempdir().unwrap();
        generate(dir.path(), RecipientKind::Hybrid, 0).unwrap();
        let (identity, access) = (dir.path().join(IDENTITY), dir.path().join(ACCESS));
        let unlock = |path: &Path| unlock(path, &Source::Terminal);
        assert!(matches!(unlock(&access), Err(KeyError::Identity { fault: IdentityFault::IsAccess, .. })));
        assert!(matches!(AccessKey::load(&identity), Err(KeyError::IsIdentity(_))));
        let broken = dir.path().join("broken");
        fs::write(&broken, "# a comment\nAGE-SECRET-KEY-PQ-1NOPE\n").unwrap();
        let error = unlock(&broken).unwrap_err();
        assert!(
            matches!(error, KeyError::Identity { fault: IdentityFault::NotAnIdentity(2), .. })
                && !error.to_string().contains("NOPE")
        );
        fs::write(&broken, "age-encryption.org/v1\n-> scrypt").unwrap();
        assert!(matches!(unlock(&broken), Err(KeyError::Identity { fault: IdentityFault::Damaged, .. })));
        assert_eq!(format!("{:?}", unlock(&identity).unwrap()), "Identities(…)");
        let access = AccessKey::load(&access).unwrap();
        assert_eq!(format!("{access:?}"), format!("AccessKey({}, …)", access.public()));
    }

    #[test]
    fn the_words_are_those_of_the_lines_that_are_sent() {
        let both = to_send("age1pq1x", Some("y"));
        assert_eq!(
            both,
            format!(
                "recipient = \"age1pq1x\"\naccess_key = \"y\"\n# To compare by voice: {}\n",
                fingerprint::fingerprint(&["age1pq1x", "y"])
            )
        );
        assert!(to_send("age1pq1x", None).ends_with(&format!("voice: {}\n", fingerprint::fingerprint(&["age1pq1x"]))));
    }
}
