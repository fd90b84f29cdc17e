//! The age specification's X25519 recipient (`age1…`), for packs whose reviewers use keys of older tools.
//!
//! The `age` crate has one too; it brings a second curve library with 30 KB of tables, which no brotli makes smaller, to
//! the phone. This one shares the curve with X-Wing. Source: <https://c2sp.org/age>, section "The X25519 recipient type".

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::SealError;
use super::hybrid::decode;
use super::writer::{FILE_KEY_BYTES, Stanza, derive, random};

const PREFIX: &str = "age";
const LABEL: &[u8] = b"age-encryption.org/v1/X25519";

/// The public half.
#[derive(Clone)]
pub struct ClassicRecipient(PublicKey);

impl ClassicRecipient {
    /// Reads `age1…`. A point of low order is no key: every phone would find that out only after the form is filled in.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = decode(text, PREFIX)?.try_into().ok()?;
        let key = PublicKey::from(bytes);
        StaticSecret::from([1; 32]).diffie_hellman(&key).was_contributory().then_some(Self(key))
    }

    /// Wraps a file key.
    pub(super) fn wrap(&self, file_key: &[u8; FILE_KEY_BYTES]) -> Result<Stanza, SealError> {
        let mut seed = Zeroizing::new([0; 32]);
        random(&mut *seed)?;
        let ephemeral = StaticSecret::from(*seed);
        let share = PublicKey::from(&ephemeral);
        let secret = ephemeral.diffie_hellman(&self.0);
        if !secret.was_contributory() {
            return Err(SealError::Encrypt);
        }
        let key = derive(&[share.as_bytes().as_slice(), self.0.as_bytes()].concat(), secret.as_bytes(), LABEL);
        let mut body = file_key.to_vec();
        let cipher = ChaCha20Poly1305::new_from_slice(&*key).expect("the key is derived as 32 bytes");
        cipher.encrypt_in_place(&[0; 12].into(), b"", &mut body).map_err(|_| SealError::Encrypt)?;
        Ok(Stanza { tag: "X25519", argument: share.as_bytes().to_vec(), more: "", body })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::seal::{Recipients, writer::AgeWriter};

    #[test]
    fn the_age_crate_opens_what_it_seals() {
        let identity = age::x25519::Identity::generate();
        let recipients = Recipients::parse(std::iter::once(identity.to_public().to_string().as_str())).unwrap();
        let mut writer = AgeWriter::new(|key| recipients.wrap(key), Vec::new()).unwrap();
        writer.write(b"secret").unwrap();
        let sealed = writer.finish().unwrap();
        let mut opened = Vec::new();
        let decryptor = age::Decryptor::new(&sealed[..]).unwrap();
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).unwrap().read_to_end(&mut opened).unwrap();
        assert_eq!(opened, b"secret");
    }

    #[test]
    fn a_point_of_low_order_is_refused() {
        let low = crate::seal::hybrid::encode(PREFIX, &[0; 32]);
        assert!(ClassicRecipient::parse(&low).is_none());
        assert!(ClassicRecipient(PublicKey::from([0; 32])).wrap(&[0; FILE_KEY_BYTES]).is_err());
    }
}
