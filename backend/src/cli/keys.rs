//! The demo's keys, which it reads or creates.

use std::fs;
use std::io;
use std::path::Path;

use amanat_backend::files::{self, Readers};
use amanat_shared::dates::Day;
use amanat_shared::pack::{AccessKey, Recipient};
use amanat_shared::seal::HybridIdentity;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use zeroize::Zeroizing;

use super::Failure;

/// Returns the public halves of one reviewer's keys: `NAME.key` (an age identity file) and `access-N.key` (Ed25519, PKCS#8) in
/// `dir`.
pub fn reviewer(dir: &Path, number: u8, today: Day) -> Result<(Recipient, AccessKey), Failure> {
    let name = format!("reviewer-{number}");
    let recipient = recipient(&dir.join(format!("{name}.key")), today)?;
    let access = access(&dir.join(format!("access-{number}.key")))?;
    Ok((Recipient { name: name.clone(), key: recipient }, AccessKey { name, key: access }))
}

fn recipient(path: &Path, today: Day) -> Result<String, Failure> {
    if let Some(text) = read(path)? {
        let key = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        let identity = key.and_then(HybridIdentity::parse).ok_or_else(|| {
            Failure::new(
                format!("{} is no post-quantum age identity (AGE-SECRET-KEY-PQ-1…).", path.display()),
                "Move it away, and another is made; or name another folder with --dir.",
            )
        })?;
        return Ok(identity.recipient().to_string());
    }
    let identity = HybridIdentity::from_seed(*random()?);
    let recipient = identity.recipient().to_string();
    let secret = identity.to_text();
    let file = Zeroizing::new(format!("# created: {}\n# public key: {recipient}\n{}\n", today.iso(), *secret));
    files::write_new(path, file.as_bytes(), Readers::Owner).map_err(|error| Failure::write(path, &error))?;
    Ok(recipient)
}

fn access(path: &Path) -> Result<String, Failure> {
    let key = if let Some(text) = read(path)? {
        SigningKey::from_pkcs8_pem(&text).map_err(|_| {
            Failure::new(
                format!("{} is no Ed25519 key (PKCS#8, PEM).", path.display()),
                "Move it away, and another is made; or name another folder with --dir.",
            )
        })?
    } else {
        let key = SigningKey::from_bytes(&*random()?);
        // OpenSSL reads PKCS#8 without the public half only.
        let pair = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
        let pem = pair.to_pkcs8_pem(LineEnding::LF).expect("32 bytes always fit into PKCS#8");
        files::write_new(path, pem.as_bytes(), Readers::Owner).map_err(|error| Failure::write(path, &error))?;
        key
    };
    Ok(URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes()))
}

fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::read(path, &error)),
    }
}

/// Returns 32 random bytes from the system.
fn random() -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| {
        Failure::new("The system gave no random numbers.", "Start the program outside a sandbox that forbids them.")
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_created_once_with_mode_0600() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let made = reviewer(dir.path(), 1, Day(20_000)).unwrap();
        assert_eq!(reviewer(dir.path(), 1, Day(20_001)).unwrap(), made);
        let text = fs::read_to_string(dir.path().join("reviewer-1.key")).unwrap();
        assert!(text.starts_with("# created: 2024-10-04\n# public key: age1pq1"), "{}", &text[..60]);
        assert!(amanat_shared::seal::Identities::parse(&text).is_ok());
        for name in ["reviewer-1.key", "access-1.key"] {
            assert_eq!(fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_reported_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("reviewer-1.key"), "hello").unwrap();
        let failure = reviewer(dir.path(), 1, Day(20_000)).unwrap_err().to_string();
        assert!(failure.contains("reviewer-1.key is no post-quantum age identity"), "{failure}");
        assert_eq!(fs::read_to_string(dir.path().join("reviewer-1.key")).unwrap(), "hello");
    }
}
