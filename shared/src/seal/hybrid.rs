//! The age specification's post-quantum hybrid recipient, `mlkem768x25519` (`age1pq1…`).
//!
//! HPKE (RFC 9180, base mode) with X-Wing (ML-KEM-768 and X25519), HKDF-SHA256 and ChaCha20-Poly1305 wraps the file key.
//! Source: <https://c2sp.org/age>, section "The hybrid recipient type".

use std::collections::HashSet;

use age::{DecryptError, EncryptError};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use base64ct::{Base64Unpadded, Encoding};
use bech32::primitives::decode::CheckedHrpstring;
use bech32::primitives::iter::{ByteIterExt, Fe32IterExt};
use bech32::{Bech32, Checksum, Hrp};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::{Zeroize, Zeroizing};

use super::{SealError, writer};

/// The stanza's type.
pub(crate) const TAG: &str = "mlkem768x25519";
/// Length of X-Wing's encapsulation.
pub(crate) const ENCAPSULATION_BYTES: usize = 1120;
/// Length of a wrapped file key: the key and a Poly1305 tag.
pub(crate) const WRAPPED_BYTES: usize = FILE_KEY_BYTES + 16;

const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const LABEL: &str = "postquantum";
const RECIPIENT_PREFIX: &str = "age1pq";
const IDENTITY_PREFIX: &str = "age-secret-key-pq-";

/// The public half.
#[derive(Clone)]
pub struct HybridRecipient(<XWing as Kem>::PublicKey);

/// The secret half: a 32-byte seed.
pub struct HybridIdentity(Zeroizing<[u8; 32]>);

impl HybridRecipient {
    /// Reads `age1pq1…`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = decode(text, RECIPIENT_PREFIX)?;
        <XWing as Kem>::PublicKey::from_bytes(&bytes).ok().map(Self)
    }
}

impl std::fmt::Display for HybridRecipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&encode(RECIPIENT_PREFIX, &self.0.to_bytes()))
    }
}

impl HybridIdentity {
    /// The identity of this seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(Zeroizing::new(seed))
    }

    /// Reads `AGE-SECRET-KEY-PQ-1…`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(decode(text, IDENTITY_PREFIX)?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// `AGE-SECRET-KEY-PQ-1…`, to be written to a key file.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut lower = encode(IDENTITY_PREFIX, self.0.as_slice());
        let text = Zeroizing::new(lower.to_ascii_uppercase());
        lower.zeroize();
        text
    }

    /// The public half.
    pub fn recipient(&self) -> HybridRecipient {
        HybridRecipient(XWing::sk_to_pk(&self.secret()))
    }

    fn secret(&self) -> <XWing as Kem>::PrivateKey {
        <XWing as Kem>::PrivateKey::from_bytes(self.0.as_slice()).expect("a seed is 32 bytes, and any 32 bytes are a seed")
    }
}

impl std::fmt::Debug for HybridIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HybridIdentity(…)")
    }
}

impl HybridRecipient {
    /// Wraps a file key.
    pub(super) fn wrap(&self, file_key: &[u8; FILE_KEY_BYTES]) -> Result<writer::Stanza, SealError> {
        let (encapsulation, mut sender) = hpke::setup_sender::<ChaCha20Poly1305, HkdfSha256, XWing>(&OpModeS::Base, &self.0, INFO)
            .map_err(|_| SealError::Encrypt)?;
        let body = sender.seal(file_key, b"").map_err(|_| SealError::Encrypt)?;
        Ok(writer::Stanza { tag: TAG, argument: encapsulation.to_bytes().to_vec(), more: "", body })
    }
}

/// For other programs that write age files with the `age` crate.
impl age::Recipient for HybridRecipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let broken = |_| EncryptError::Io(std::io::Error::other("the hybrid key cannot be used"));
        let stanza = self.wrap(file_key.expose_secret()).map_err(broken)?;
        let stanza = Stanza { tag: TAG.to_owned(), args: vec![Base64Unpadded::encode_string(&stanza.argument)], body: stanza.body };
        Ok((vec![stanza], HashSet::from([LABEL.to_owned()])))
    }
}

impl age::Identity for HybridIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != TAG {
            return None;
        }
        let [argument] = &stanza.args[..] else { return Some(Err(DecryptError::InvalidHeader)) };
        let encapsulation = match Base64Unpadded::decode_vec(argument) {
            Ok(bytes) if bytes.len() == ENCAPSULATION_BYTES && stanza.body.len() == WRAPPED_BYTES => bytes,
            _ => return Some(Err(DecryptError::InvalidHeader)),
        };
        let Ok(encapsulation) = <XWing as Kem>::EncappedKey::from_bytes(&encapsulation) else {
            return Some(Err(DecryptError::InvalidHeader));
        };
        // A stanza for somebody else fails to open; that is no error, the next one may be ours.
        let mut receiver =
            hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, XWing>(&OpModeR::Base, &self.secret(), &encapsulation, INFO)
                .ok()?;
        let opened = Zeroizing::new(receiver.open(&stanza.body, b"").ok()?);
        Some(Ok(FileKey::init_with_mut(|key| key.copy_from_slice(&opened))))
    }
}

/// Bech32 as age uses it: for keys longer than its error correction was made for.
enum AgeBech32 {}

impl Checksum for AgeBech32 {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

pub(super) fn encode(prefix: &str, bytes: &[u8]) -> String {
    let prefix = Hrp::parse_unchecked(prefix);
    bytes.iter().copied().bytes_to_fes().with_checksum::<AgeBech32>(&prefix).chars().collect()
}

pub(super) fn decode(text: &str, prefix: &str) -> Option<Vec<u8>> {
    let checked = CheckedHrpstring::new::<AgeBech32>(text).ok()?;
    let is_right = checked.hrp() == Hrp::parse_unchecked(prefix);
    is_right.then(|| checked.byte_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_from_their_texts() {
        let identity = HybridIdentity::from_seed([7; 32]);
        let text = identity.to_text();
        assert!(text.starts_with("AGE-SECRET-KEY-PQ-1"));
        let recipient = identity.recipient().to_string();
        assert!(recipient.starts_with("age1pq1") && recipient.len() > 1900);
        assert_eq!(HybridIdentity::parse(&text).unwrap().recipient().to_string(), recipient);
        assert_eq!(HybridRecipient::parse(&recipient).unwrap().to_string(), recipient);
        assert!(HybridRecipient::parse(&recipient[..recipient.len() - 1]).is_none());
        assert!(HybridIdentity::parse(&recipient).is_none());
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", HybridIdentity::from_seed([7; 32])), "HybridIdentity(…)");
    }
}
