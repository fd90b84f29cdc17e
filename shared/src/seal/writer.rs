//! Writing an age v1 file: header and payload as <https://c2sp.org/age> defines them.
//!
//! The `age` crate does this too, and opens what is written here; but on the phone it brings a second set of every
//! primitive beside those of X-Wing.

use std::io::Write;

use base64ct::{Base64Unpadded, Encoding};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::SealError;

/// Length of the key that the recipients' stanzas wrap.
pub(super) const FILE_KEY_BYTES: usize = 16;
pub(super) const CHUNK: usize = 64 * 1024;
const COLUMNS: usize = 64;

/// One recipient's part of the header.
pub(super) struct Stanza {
    /// Its type.
    pub(super) tag: &'static str,
    /// Its first argument, before base64.
    pub(super) argument: Vec<u8>,
    /// The text behind that: nothing, or a space and a second argument.
    pub(super) more: &'static str,
    /// The wrapped file key.
    pub(super) body: Vec<u8>,
}

/// Encrypts what is written to it, in chunks of 64 KiB (the STREAM construction).
pub(super) struct AgeWriter<W> {
    out: W,
    key: ChaCha20Poly1305,
    chunk: Vec<u8>,
    /// 11 bytes of counter, big-endian, and one that is 1 in the last chunk.
    nonce: [u8; 12],
}

impl<W: Write> AgeWriter<W> {
    /// Writes the header, with whatever stanzas wrap the file's key.
    pub(super) fn new(
        wrap: impl FnOnce(&[u8; FILE_KEY_BYTES]) -> Result<Vec<Stanza>, SealError>,
        mut out: W,
    ) -> Result<Self, SealError> {
        let mut file_key = Zeroizing::new([0; FILE_KEY_BYTES]);
        random(&mut *file_key)?;
        let mut header = header(&file_key, &wrap(&file_key)?);
        let mut salt = [0; 16];
        random(&mut salt)?;
        header.extend_from_slice(&salt);
        out.write_all(&header)?;
        let key = payload_key(&file_key[..], &salt);
        Ok(Self { out, key, chunk: Vec::with_capacity(CHUNK + 16), nonce: [0; 12] })
    }

    /// Takes plaintext.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), SealError> {
        while !bytes.is_empty() {
            // A full chunk waits for the next byte: it might be the last.
            if self.chunk.len() == CHUNK {
                self.put()?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Writes the last chunk and gives the output back.
    pub(super) fn finish(mut self) -> Result<W, SealError> {
        self.nonce[11] = 1;
        self.put()?;
        Ok(self.out)
    }

    fn put(&mut self) -> Result<(), SealError> {
        self.key.encrypt_in_place(&self.nonce.into(), b"", &mut self.chunk).map_err(|_| SealError::Encrypt)?;
        self.out.write_all(&self.chunk)?;
        self.chunk.clear();
        count(&mut self.nonce);
        Ok(())
    }
}

/// A whole header, its MAC with it.
pub(super) fn header(file_key: &[u8; FILE_KEY_BYTES], stanzas: &[Stanza]) -> Vec<u8> {
    let mut header = b"age-encryption.org/v1\n".to_vec();
    for stanza in stanzas {
        header.extend_from_slice(b"-> ");
        header.extend_from_slice(stanza.tag.as_bytes());
        header.push(b' ');
        header.extend_from_slice(Base64Unpadded::encode_string(&stanza.argument).as_bytes());
        header.extend_from_slice(stanza.more.as_bytes());
        header.push(b'\n');
        let body = Base64Unpadded::encode_string(&stanza.body);
        for line in body.as_bytes().chunks(COLUMNS) {
            header.extend_from_slice(line);
            header.push(b'\n');
        }
        if body.len() % COLUMNS == 0 {
            header.push(b'\n'); // the last line of a body is a short one
        }
    }
    header.extend_from_slice(b"---");
    let mac = header_mac(file_key, &header);
    header.push(b' ');
    header.extend_from_slice(Base64Unpadded::encode_string(&mac.finalize().into_bytes()).as_bytes());
    header.push(b'\n');
    header
}

/// The nonce of the next chunk.
pub(super) fn count(nonce: &mut [u8; 12]) {
    for byte in nonce[..11].iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
}

/// The MAC of a header up to and with its `---`.
pub(super) fn header_mac(file_key: &[u8], header: &[u8]) -> Hmac<Sha256> {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(&*derive(&[], file_key, b"header")).expect("HMAC takes keys of any length");
    mac.update(header);
    mac
}

/// The key of the payload, which begins with this salt.
pub(super) fn payload_key(file_key: &[u8], salt: &[u8]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new_from_slice(&*derive(salt, file_key, b"payload")).expect("the key is derived as 32 bytes")
}

/// HKDF-SHA256 to 32 bytes.
pub(super) fn derive(salt: &[u8], key: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), key).expand(info, &mut *out).expect("HKDF-SHA256 yields up to 8,160 bytes");
    out
}

/// Fills from the system's, or the browser's, source of randomness.
pub(super) fn random(bytes: &mut [u8]) -> Result<(), SealError> {
    getrandom::fill(bytes).map_err(|_| SealError::Random)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::seal::{HybridIdentity, Recipients};

    fn round_trip(length: usize) {
        let identities = [HybridIdentity::from_seed([1; 32]), HybridIdentity::from_seed([2; 32])];
        let keys: Vec<String> = identities.iter().map(|identity| identity.recipient().to_string()).collect();
        let recipients = Recipients::parse(keys.iter().map(String::as_str)).unwrap();
        let plaintext: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let mut writer = AgeWriter::new(|key| recipients.wrap(key), Vec::new()).unwrap();
        for piece in plaintext.chunks(10_007) {
            writer.write(piece).unwrap();
        }
        let sealed = writer.finish().unwrap();
        for identity in &identities {
            let mut opened = Vec::new();
            let decryptor = age::Decryptor::new(&sealed[..]).unwrap();
            decryptor.decrypt(std::iter::once(identity as &dyn age::Identity)).unwrap().read_to_end(&mut opened).unwrap();
            assert_eq!(opened, plaintext, "{length}");
        }
    }

    #[test]
    fn the_age_crate_opens_files_of_every_length_around_a_chunk() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 300 * CHUNK + 17] {
            round_trip(length);
        }
    }
}
