//! Making both keys.

use std::io;
use std::path::Path;

use age::secrecy::ExposeSecret;
use amanat_reviewer_core::identities::{self, Identities, WORK, lock};
use amanat_reviewer_core::newest_pack;
use amanat_shared::envelope::RecipientKind;
use amanat_shared::seal::HybridIdentity;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes};
use ed25519_dalek::{SECRET_KEY_LENGTH, SigningKey};
use zeroize::Zeroizing;

use super::{ACCESS, IDENTITY, KeyError, NEWEST_PACK, TO_SEND};
use crate::atomic_file;

/// Makes both keys in `folder`, the identity without a passphrase, and gives back what [`TO_SEND`] holds. `newest_pack` is the
/// newest serial that its reviewer has seen; zero: none.
pub fn generate(folder: &Path, kind: RecipientKind, newest_pack: u64) -> Result<String, KeyError> {
    make(folder, kind, None, newest_pack)
}

/// Makes both keys as [`generate`] does, and locks the identity with a passphrase.
pub fn generate_locked(folder: &Path, kind: RecipientKind, passphrase: &str, newest_pack: u64) -> Result<String, KeyError> {
    make(folder, kind, Some(passphrase), newest_pack)
}

/// Refuses a folder that holds keys, before anybody has thought of a passphrase.
pub fn is_free(folder: &Path) -> Result<(), KeyError> {
    match [IDENTITY, ACCESS, TO_SEND, NEWEST_PACK]
        .map(|name| folder.join(name))
        .into_iter()
        .find(|path| atomic_file::is_there(path))
    {
        Some(path) => Err(KeyError::Exists(path)),
        None => Ok(()),
    }
}

fn make(folder: &Path, kind: RecipientKind, passphrase: Option<&str>, newest_pack: u64) -> Result<String, KeyError> {
    is_free(folder)?;
    let (secret, recipient) = match kind {
        RecipientKind::Hybrid => {
            let identity = HybridIdentity::from_seed(*random());
            (identity.to_text(), identity.recipient().to_string())
        }
        RecipientKind::X25519 => {
            let identity = age::x25519::Identity::generate();
            (Zeroizing::new(identity.to_string().expose_secret().to_owned()), identity.to_public().to_string())
        }
    };
    let plain = Zeroizing::new(format!(
        "# Amanat: a reviewer's decryption identity. It never touches an online computer.\n# public key: {recipient}\n{}\n{}\n",
        identities::NEWEST_PACK_MARK,
        *secret
    ));
    let identity = match passphrase {
        Some(passphrase) => {
            let locked = lock(plain.as_bytes(), passphrase, WORK);
            locked.map(Zeroizing::new).map_err(|error| KeyError::Write { path: folder.join(IDENTITY), error })?
        }
        None => Zeroizing::new(plain.as_bytes().to_vec()),
    };
    let seed = random();
    // Without the public half, as older OpenSSL wants it (RFC 8410, section 7).
    let access = KeypairBytes { secret_key: *seed, public_key: None }
        .to_pkcs8_pem(LineEnding::LF)
        .expect("an Ed25519 key always has a PKCS#8 form");
    let public = super::access::public_text(&SigningKey::from_bytes(&seed));
    let to_send = super::to_send(&recipient, Some(&public));

    let keys = Identities::parse(plain.as_bytes()).map_err(KeyError::identity(&folder.join(IDENTITY)))?;
    let record = newest_pack::record(newest_pack, &keys);

    atomic_file::folder(folder).map_err(|error| KeyError::Write { path: folder.to_owned(), error })?;
    let all =
        [(NEWEST_PACK, record.as_bytes()), (IDENTITY, &identity[..]), (ACCESS, access.as_bytes()), (TO_SEND, to_send.as_bytes())];
    for (name, bytes) in all {
        let path = folder.join(name);
        atomic_file::write_new(&path, bytes).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => KeyError::Exists(path),
            _ => KeyError::Write { path, error },
        })?;
    }
    Ok(to_send)
}

fn random() -> Zeroizing<[u8; SECRET_KEY_LENGTH]> {
    let mut bytes = Zeroizing::new([0; SECRET_KEY_LENGTH]);
    getrandom::fill(&mut *bytes).expect("a system without randomness cannot make keys");
    bytes
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;
    use crate::keys::{AccessKey, identities};
    use amanat_reviewer_core::identities::IdentityFile;

    #[test]
    fn keys_are_made_once_for_their_owner_only_and_read_back() {
        for kind in [RecipientKind::Hybrid, RecipientKind::X25519] {
            let dir = tempfile::tempdir().unwrap();
            let folder = dir.path().join("keys");
            let to_send = generate(&folder, kind, 0).unwrap();
            for name in [IDENTITY, ACCESS, TO_SEND] {
                assert_eq!(fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
            }
            assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
            assert!(identities(&folder.join(IDENTITY)).is_ok());
            let access = AccessKey::load(&folder.join(ACCESS)).unwrap();
            assert_eq!(URL_SAFE_NO_PAD.decode(access.public()).unwrap().len(), 32);
            assert!(to_send.contains(access.public()) && !to_send.contains("SECRET"));
            assert_eq!(fs::read_to_string(folder.join(TO_SEND)).unwrap(), to_send);
            assert!(matches!(generate(&folder, kind, 0), Err(KeyError::Exists(_))));
        }
    }

    #[test]
    fn the_identity_is_in_the_format_of_the_age_tool() {
        let dir = tempfile::tempdir().unwrap();
        let to_send = generate(dir.path(), RecipientKind::Hybrid, 0).unwrap();
        let text = fs::read_to_string(dir.path().join(IDENTITY)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let public = lines[1].strip_prefix("# public key: ").unwrap();
        assert!(public.starts_with("age1pq1") && to_send.contains(public));
        assert!(
            lines[..3].iter().all(|line| line.starts_with('#')) && lines[3].starts_with("AGE-SECRET-KEY-PQ-1") && lines.len() == 4
        );
    }

    #[test]
    fn a_locked_identity_shows_nothing_of_itself_on_the_disk_and_is_the_one_that_is_sent() {
        let dir = tempfile::tempdir().unwrap();
        let to_send = generate_locked(dir.path(), RecipientKind::Hybrid, "copper rabbit ladder melon", 0).unwrap();
        let bytes = fs::read(dir.path().join(IDENTITY)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with("age-encryption.org/v1\n-> scrypt ") && !text.contains("age1pq1") && !text.contains("SECRET"));
        let IdentityFile::Locked(locked) = IdentityFile::read(&bytes).unwrap() else { panic!("it is not locked") };
        let keys = locked.unlock("copper rabbit ladder melon").unwrap().recipients();
        assert!(keys.len() == 1 && to_send.contains(&keys[0]));
        assert!(matches!(AccessKey::load(&dir.path().join(IDENTITY)), Err(KeyError::IsIdentity(_))));
    }
}
