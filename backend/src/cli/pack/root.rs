//! Root keys, in minisign's format.

use std::fs;
use std::path::Path;

use amanat_backend::files::{self, Readers};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minisign::{KeyPair, PublicKey, PublicKeyBox, SecretKey, SecretKeyBox};
use zeroize::Zeroizing;

use crate::cli::Failure;
use crate::cli::output::say;

/// Length of the checksum at the end of a secret key.
const CHECKSUM_BYTES: usize = 32;

/// A root's secret key and its public half.
pub struct RootKey {
    pub(super) secret: SecretKey,
    pub(super) public: PublicKey,
}

impl RootKey {
    /// Generates a key pair in memory.
    pub fn generate() -> Result<Self, Failure> {
        KeyPair::generate_unencrypted_keypair().map(|pair| Self { secret: pair.sk, public: pair.pk }).map_err(|_| {
            Failure::new(
                "No key could be made.",
                "The system gave no random numbers: start it outside a sandbox that forbids them.",
            )
        })
    }

    /// Reads a secret key, and asks for its password at the terminal if it has one.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|error| Failure::read(path, &error))?;
        let secret = SecretKeyBox::from_string(&text)
            .and_then(SecretKeyBox::into_unencrypted_secret_key)
            .or_else(|error| without_checksum(&text).ok_or(error))
            .or_else(|_| SecretKeyBox::from_string(&text).and_then(|key| key.into_secret_key(None)));
        let key = secret.and_then(|secret| PublicKey::from_secret_key(&secret).map(|public| Self { secret, public }));
        key.map_err(|_| {
            Failure::new(
                format!("{} is no secret root key, or the password is not its.", path.display()),
                "Name the .key file that `amanat pack new-root` (or `minisign -G`) wrote, and type its password at a terminal.",
            )
        })
    }

    /// Writes the secret half with its present protection.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = self.secret.to_box(Some("minisign secret key")).map(|key| Zeroizing::new(key.into_string()));
        let text = text.map_err(|_| Failure::new("The key could not be encoded.", "Try again; if it happens again, report it."))?;
        files::write_new(path, text.as_bytes(), Readers::Owner).map_err(|error| Failure::write(path, &error))
    }

    /// Writes the public half.
    pub fn write_public(&self, path: &Path) -> Result<(), Failure> {
        let text = self.public.to_box().map(PublicKeyBox::into_string);
        let text = text.map_err(|_| Failure::new("The key could not be encoded.", "Try again; if it happens again, report it."))?;
        files::replace(path, text.as_bytes(), Readers::Anybody).map_err(|error| Failure::write(path, &error))
    }

    /// Returns the public half as `roots.toml` holds it.
    pub fn public_base64(&self) -> String {
        self.public.to_base64()
    }
}

/// Runs `amanat pack new-root`.
pub(super) fn new_root(out: &Path, no_password: bool) -> Result<(), Failure> {
    let (secret, public) = (with_extension(out, "key"), with_extension(out, "pub"));
    for path in [&secret, &public] {
        if path.symlink_metadata().is_ok() {
            return Err(Failure::write(path, &std::io::ErrorKind::AlreadyExists.into()));
        }
    }
    let root = if no_password {
        RootKey::generate()?
    } else {
        let pair = KeyPair::generate_encrypted_keypair(None).map_err(|_| {
            Failure::new(
                "No password was typed twice alike at a terminal, so no key was made.",
                "Run it again at a terminal; or, for a key that is protected otherwise, with --no-password.",
            )
        })?;
        RootKey { secret: pair.sk, public: pair.pk }
    };
    root.write(&secret)?;
    root.write_public(&public)?;
    say(format_args!("Wrote {} (keep it offline) and {}.", secret.display(), public.display()));
    say("Its public half, which is compiled into the program:");
    say(format_args!("    \"{}\"", root.public_base64()));
    say("`amanat pack roots --help` writes roots.toml from those of all roots; then: make release ROOT=roots.toml");
    Ok(())
}

/// Reads a public key's file and returns the key in base64.
pub fn public_key(path: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::read(path, &error))?;
    let key =
        PublicKeyBox::from_string(&text).and_then(PublicKeyBox::into_public_key).or_else(|_| PublicKey::from_base64(text.trim()));
    key.map(|key| key.to_base64()).map_err(|_| {
        Failure::new(
            format!("{} is no public root key.", path.display()),
            "Name the .pub file that `amanat pack new-root` (or `minisign -G`) wrote.",
        )
    })
}

/// Parses a key that the stock `minisign -G -W` wrote, which without a password has no checksum either. A damaged key shows
/// when its signature does not verify.
fn without_checksum(text: &str) -> Option<SecretKey> {
    let bytes = Zeroizing::new(STANDARD.decode(text.lines().nth(1)?.trim()).ok()?);
    let (algorithm, checksum) = (bytes.get(2..4)?, bytes.get(bytes.len().checked_sub(CHECKSUM_BYTES)?..)?);
    let bare = algorithm.iter().chain(checksum).all(|byte| *byte == 0);
    bare.then(|| SecretKey::from_bytes(&bytes).ok())?
}

/// Appends an extension, even if the name has a dot.
fn with_extension(path: &Path, extension: &str) -> std::path::PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_with_a_checksum_and_without_one_as_minisign_writes_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = RootKey::generate().unwrap();
        let path = dir.path().join("root.key");
        root.write(&path).unwrap();
        assert_eq!(RootKey::read(&path).unwrap().public_base64(), root.public_base64());

        let text = fs::read_to_string(&path).unwrap();
        let mut bytes = STANDARD.decode(text.lines().nth(1).unwrap()).unwrap();
        let start = bytes.len() - CHECKSUM_BYTES;
        bytes[start..].fill(0);
        fs::write(&path, format!("untrusted comment: minisign encrypted secret key\n{}\n", STANDARD.encode(&bytes))).unwrap();
        assert_eq!(RootKey::read(&path).unwrap().public_base64(), root.public_base64());

        bytes[start] = 1;
        fs::write(&path, format!("untrusted comment: x\n{}\n", STANDARD.encode(&bytes))).unwrap();
        assert!(RootKey::read(&path).is_err(), "a wrong checksum is no missing one");
    }
}
