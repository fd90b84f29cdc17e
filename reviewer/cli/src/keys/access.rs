//! The key that speaks to the server.

use std::fmt;
use std::path::Path;

use amanat_reviewer_core::text_file;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use zeroize::Zeroizing;

use super::KeyError;

/// The key that speaks to the server, and opens nothing.
pub struct AccessKey {
    /// PKCS#8, DER.
    pkcs8: Zeroizing<Vec<u8>>,
    public: String,
}

impl AccessKey {
    /// Reads a PKCS#8 PEM file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let bytes = super::read(path)?;
        let text = text_file::text(&bytes).unwrap_or_else(|_| text_file::latin_1(&bytes));
        // Locked or not, it has no business on a computer that goes online.
        if text.contains("AGE-SECRET-KEY-") || text.starts_with("age-encryption.org/") || text.contains("AGE ENCRYPTED FILE") {
            return Err(KeyError::IsIdentity(path.to_owned()));
        }
        let lines: Vec<&str> = text.lines().map(text_file::trimmed).filter(|line| !line.is_empty()).collect();
        let pem = Zeroizing::new(lines.join("\n") + "\n");
        let key = SigningKey::from_pkcs8_pem(&pem).map_err(|_| KeyError::NotAnAccessKey(path.to_owned()))?;
        Ok(Self::new(&key))
    }

    fn new(key: &SigningKey) -> Self {
        let der = key.to_pkcs8_der().expect("an Ed25519 key always has a PKCS#8 form");
        Self { pkcs8: Zeroizing::new(der.as_bytes().to_vec()), public: public_text(key) }
    }

    /// The public half as it stands in the pack: 32 bytes, base64url without padding.
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

pub(super) fn public_text(key: &SigningKey) -> String {
    URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes())
}
