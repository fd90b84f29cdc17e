//! A reviewer's two keys: one opens files and stays offline, the other fetches them and opens nothing.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use amanat_shared::seal::{HybridIdentity, Kind};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use ed25519_dalek::{SECRET_KEY_LENGTH, SigningKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::files;
use crate::identities::{Identities, IdentityFault, IdentityFile};
use crate::terminal;

/// Name of the decryption identity's file.
pub const IDENTITY: &str = "identity.key";
/// Name of the access key's file.
pub const ACCESS: &str = "access.key";
/// Name of the file with the public halves.
pub const TO_SEND: &str = "send-to-coalition.txt";
const MAX_KEY_BYTES: u64 = 64 * 1024;

/// What is wrong with keys: what happened, then what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key of that name is there.
    #[error("{} is there already, and a key is never overwritten\nName another folder for the new keys.", terminal::path(.0))]
    Exists(PathBuf),
    /// The folder or a file could not be written.
    #[error("{} could not be written: {}\nName a folder on a disk with room that you may write to.", terminal::path(.path), .error)]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file could not be read.
    #[error("the key file {} could not be read: {}\nName the file that `keygen` wrote.", terminal::path(.path), .error)]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is no identity.
    #[error("{}: {fault}", terminal::path(.path))]
    Identity {
        /// Which.
        path: PathBuf,
        /// Why.
        fault: IdentityFault,
    },
    /// A decryption identity was given where the access key is wanted.
    #[error(
        "{} is a decryption identity, and this computer is about to go online with it\nTake it off this computer, tell the coalition, and give the other one, {ACCESS}.",
        terminal::path(.0)
    )]
    IsIdentity(PathBuf),
    /// Not an Ed25519 private key.
    #[error("{} is not an Ed25519 private key (PKCS#8, PEM)\nGive the file {ACCESS} that `keygen` wrote, unchanged.", terminal::path(.0))]
    NotAnAccessKey(PathBuf),
}

/// Reads an age identity file.
pub fn identities(path: &Path) -> Result<Identities, KeyError> {
    let bytes = read(path)?;
    let failed = |fault| KeyError::Identity { path: path.to_owned(), fault };
    match IdentityFile::read(&bytes).map_err(failed)? {
        IdentityFile::Ready(identities) => Ok(identities),
        IdentityFile::Locked(_) => Err(failed(IdentityFault::WrongPassphrase)),
    }
}

/// The key that speaks to the server.
pub struct AccessKey {
    /// PKCS#8, DER.
    pkcs8: Zeroizing<Vec<u8>>,
    public: String,
}

impl AccessKey {
    /// Reads a PKCS#8 PEM file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let bytes = read(path)?;
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        if text.contains("AGE-SECRET-KEY-") {
            return Err(KeyError::IsIdentity(path.to_owned()));
        }
        let key = SigningKey::from_pkcs8_pem(&text).map_err(|_| KeyError::NotAnAccessKey(path.to_owned()))?;
        Ok(Self::new(&key))
    }

    fn new(key: &SigningKey) -> Self {
        let der = key.to_pkcs8_der().expect("an Ed25519 key always has a PKCS#8 form");
        Self { pkcs8: Zeroizing::new(der.as_bytes().to_vec()), public: public_text(key) }
    }

    /// As it stands in the pack: 32 bytes, base64url without padding.
    pub fn public(&self) -> &str {
        &self.public
    }

    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessKey({}, …)", self.public)
    }
}

/// Makes both keys in `folder` and says what to do with them: what [`TO_SEND`] holds, too.
pub fn generate(folder: &Path, kind: Kind) -> Result<String, KeyError> {
    for name in [IDENTITY, ACCESS, TO_SEND] {
        if files::is_there(&folder.join(name)) {
            return Err(KeyError::Exists(folder.join(name)));
        }
    }
    let (secret, recipient) = match kind {
        Kind::Hybrid => {
            let identity = HybridIdentity::from_seed(*random());
            (identity.to_text(), identity.recipient().to_string())
        }
        Kind::X25519 => {
            let identity = age::x25519::Identity::generate();
            (Zeroizing::new(identity.to_string().expose_secret().to_owned()), identity.to_public().to_string())
        }
    };
    let identity = Zeroizing::new(format!(
        "# Amanat: a reviewer's decryption identity. It never touches an online computer.\n# public key: {recipient}\n{}\n",
        *secret
    ));
    let seed = random();
    // Without the public half, as older OpenSSL wants it (RFC 8410, section 7).
    let access = KeypairBytes { secret_key: *seed, public_key: None }
        .to_pkcs8_pem(LineEnding::LF)
        .expect("an Ed25519 key always has a PKCS#8 form");
    let public = public_text(&SigningKey::from_bytes(&seed));
    let to_send = format!(
        "recipient = \"{recipient}\"\naccess_key = \"{public}\"\n# To compare by voice: {}\n",
        fingerprint(&[recipient.as_str(), public.as_str()])
    );

    files::folder(folder).map_err(|error| KeyError::Write { path: folder.to_owned(), error })?;
    for (name, bytes) in [(IDENTITY, identity.as_bytes()), (ACCESS, access.as_bytes()), (TO_SEND, to_send.as_bytes())] {
        let path = folder.join(name);
        files::write_new(&path, bytes).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => KeyError::Exists(path),
            _ => KeyError::Write { path, error },
        })?;
    }
    Ok(to_send)
}

/// Enough of a SHA-256 to compare by voice: 80 bits in groups of four digits.
fn fingerprint(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\n"));
    let groups: Vec<String> = digest[..10].chunks(2).map(amanat_shared::api::hex).collect();
    groups.join(" ")
}

fn public_text(key: &SigningKey) -> String {
    URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes())
}

fn random() -> Zeroizing<[u8; SECRET_KEY_LENGTH]> {
    let mut bytes = Zeroizing::new([0; SECRET_KEY_LENGTH]);
    getrandom::fill(&mut *bytes).expect("a system without randomness cannot make keys");
    bytes
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let failed = |error| KeyError::Read { path: path.to_owned(), error };
    files::read(path, MAX_KEY_BYTES).map(Zeroizing::new).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_are_made_once_for_their_owner_only_and_read_back() {
        for kind in [Kind::Hybrid, Kind::X25519] {
            let dir = tempfile::tempdir().unwrap();
            let folder = dir.path().join("keys");
            let to_send = generate(&folder, kind).unwrap();
            for name in [IDENTITY, ACCESS, TO_SEND] {
                assert_eq!(fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
            }
            assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
            assert!(identities(&folder.join(IDENTITY)).is_ok());
            let access = AccessKey::load(&folder.join(ACCESS)).unwrap();
            assert_eq!(URL_SAFE_NO_PAD.decode(access.public()).unwrap().len(), 32);
            assert!(to_send.contains(access.public()) && !to_send.contains("SECRET"));
            assert_eq!(fs::read_to_string(folder.join(TO_SEND)).unwrap(), to_send);
            assert!(matches!(generate(&folder, kind), Err(KeyError::Exists(_))));
        }
    }

    #[test]
    fn the_identity_is_in_the_format_of_the_age_tool() {
        let dir = tempfile::tempdir().unwrap();
        let to_send = generate(dir.path(), Kind::Hybrid).unwrap();
        let text = fs::read_to_string(dir.path().join(IDENTITY)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let public = lines[1].strip_prefix("# public key: ").unwrap();
        assert!(public.starts_with("age1pq1") && to_send.contains(public));
        assert!(lines[0].starts_with('#') && lines[2].starts_with("AGE-SECRET-KEY-PQ-1") && lines.len() == 3);
    }

    #[test]
    fn the_wrong_one_of_two_keys_is_named_and_secrets_stay_out_of_debug_and_errors() {
        let dir = tempfile::tempdir().unwrap();
        generate(dir.path(), Kind::Hybrid).unwrap();
        let (identity, access) = (dir.path().join(IDENTITY), dir.path().join(ACCESS));
        assert!(matches!(identities(&access), Err(KeyError::Identity { fault: IdentityFault::IsAccess, .. })));
        assert!(matches!(AccessKey::load(&identity), Err(KeyError::IsIdentity(_))));
        let broken = dir.path().join("broken");
        fs::write(&broken, "# a comment\nAGE-SECRET-KEY-PQ-1NOPE\n").unwrap();
        let error = identities(&broken).unwrap_err();
        assert!(
            matches!(error, KeyError::Identity { fault: IdentityFault::NotAnIdentity(2), .. })
                && !error.to_string().contains("NOPE")
        );
        fs::write(&broken, "age-encryption.org/v1\n-> scrypt").unwrap();
        assert!(matches!(identities(&broken), Err(KeyError::Identity { fault: IdentityFault::Damaged, .. })));
        assert_eq!(format!("{:?}", identities(&identity).unwrap()), "Identities(…)");
        let access = AccessKey::load(&access).unwrap();
        assert_eq!(format!("{access:?}"), format!("AccessKey({}, …)", access.public()));
    }
}
