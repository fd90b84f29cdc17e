//! The age specification's X25519 recipient (`age1…`), for packs whose reviewers use keys of older tools.
//!
//! The `age` crate has one too; it brings a second curve library with 30 KB of tables, which no brotli makes smaller, to
//! the phone. This one shares the curve with X-Wing. Source: <https://c2sp.org/age>, section "The X25519 recipient type".

use std::collections::HashSet;

use age::EncryptError;
use age_core::format::{FileKey, Stanza};
use age_core::primitives::{aead_encrypt, hkdf};
use age_core::secrecy::ExposeSecret;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::hybrid::decode;

const PREFIX: &str = "age";
const LABEL: &[u8] = b"age-encryption.org/v1/X25519";

/// The public half.
#[derive(Clone)]
pub struct ClassicRecipient(PublicKey);

impl ClassicRecipient {
    /// Reads `age1…`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = decode(text, PREFIX)?.try_into().ok()?;
        Some(Self(PublicKey::from(bytes)))
    }
}

impl age::Recipient for ClassicRecipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let broken = || EncryptError::Io(std::io::Error::from(std::io::ErrorKind::InvalidData));
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *random).map_err(|_| broken())?;
        let ephemeral = StaticSecret::from(*random);
        let share = PublicKey::from(&ephemeral);
        let secret = ephemeral.diffie_hellman(&self.0);
        if !secret.was_contributory() {
            return Err(broken());
        }
        let key = Zeroizing::new(hkdf(&[share.as_bytes().as_slice(), self.0.as_bytes()].concat(), LABEL, secret.as_bytes()));
        let body = aead_encrypt(&key, file_key.expose_secret());
        let stanza = Stanza { tag: "X25519".to_owned(), args: vec![STANDARD_NO_PAD.encode(share.as_bytes())], body };
        Ok((vec![stanza], HashSet::new()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn the_age_crate_opens_what_it_seals() {
        let identity = age::x25519::Identity::generate();
        let recipient = ClassicRecipient::parse(&identity.to_public().to_string()).unwrap();
        let mut sealed = Vec::new();
        let mut writer =
            age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap().wrap_output(&mut sealed).unwrap();
        writer.write_all(b"secret").unwrap();
        writer.finish().unwrap();
        let mut opened = Vec::new();
        let decryptor = age::Decryptor::new(&sealed[..]).unwrap();
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).unwrap().read_to_end(&mut opened).unwrap();
        assert_eq!(opened, b"secret");
    }

    #[test]
    fn a_point_of_low_order_is_refused() {
        assert!(age::Recipient::wrap_file_key(&ClassicRecipient(PublicKey::from([0; 32])), &FileKey::new(Box::new([0; 16]))).is_err());
    }
}
