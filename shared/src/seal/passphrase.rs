//! Drafts: sealed on the phone under words that were drawn by chance, and opened there. The format is age's own for
//! passphrases (a `scrypt` stanza, <https://c2sp.org/age>), with one fixed work factor.

use base64ct::{Base64Unpadded, Encoding};
use chacha20poly1305::aead::{Aead, AeadInOut};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use hmac::Mac;
use scrypt::{Params, scrypt};
use zeroize::Zeroizing;

use super::ustar::BLOCK;
use super::writer::{CHUNK, FILE_KEY_BYTES, Stanza, count, header_mac, payload_key, random};
use super::{DRAFT, SealError};
use crate::text::match_key;

/// 2^15 rounds and 32 MiB: a third of a second on a desktop's browser, some seconds on an old phone.
const LOG_N: u8 = 15;
/// As it stands in the header.
const FACTOR: &str = " 15";
const SALT_BYTES: usize = 16;
const TAG_BYTES: usize = 16;
/// Words that lock a draft, as they count: letters that keyboards confuse are one, and neither spaces, case nor marks
/// matter ([`match_key`]). A tool of somebody else's that opens the draft has to be given exactly that.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Words as somebody typed them.
    pub fn typed(words: &str) -> Self {
        Self(Zeroizing::new(match_key(words)))
    }

    pub(super) fn wrap(&self, file_key: &[u8; FILE_KEY_BYTES]) -> Result<Vec<Stanza>, SealError> {
        let mut salt = [0; SALT_BYTES];
        random(&mut salt)?;
        let body = self.key(&salt).encrypt(&[0; 12].into(), &file_key[..]).map_err(|_| SealError::Encrypt)?;
        Ok(vec![Stanza { tag: "scrypt", argument: salt.to_vec(), more: FACTOR, body }])
    }

    fn key(&self, salt: &[u8]) -> ChaCha20Poly1305 {
        let labelled = [b"age-encryption.org/v1/scrypt", salt].concat();
        let params = Params::new(LOG_N, 8, 1).expect("these parameters are within scrypt's bounds");
        let mut key = Zeroizing::new([0; 32]);
        scrypt(self.0.as_bytes(), &labelled, &params, &mut *key).expect("32 bytes are an output that scrypt gives");
        ChaCha20Poly1305::new_from_slice(&*key).expect("the key is 32 bytes long")
    }
}

/// The contents of a draft: [`DRAFT`]'s bytes, then each attached file's name and bytes.
pub type Contents = (Vec<u8>, Vec<(String, Vec<u8>)>);

/// Opens a draft.
///
/// `None`: other words, or damaged. Only what is written here is read: one `scrypt` stanza with this work factor. A file
/// with a larger one, which would hold the phone up for hours, is not tried.
pub fn open_draft(file: &[u8], words: &Passphrase) -> Option<Contents> {
    let rest = file.strip_prefix(b"age-encryption.org/v1\n-> scrypt ")?;
    let (salt, rest) = decoded(rest, SALT_BYTES)?;
    let rest = rest.strip_prefix(FACTOR.as_bytes())?.strip_prefix(b"\n")?;
    let (body, rest) = decoded(rest, FILE_KEY_BYTES + TAG_BYTES)?;
    let rest = rest.strip_prefix(b"\n---")?;
    let header = &file[..file.len() - rest.len()];
    let (mac, rest) = decoded(rest.strip_prefix(b" ")?, 32)?;
    let (salt_of_payload, payload) = rest.strip_prefix(b"\n")?.split_at_checked(16)?;

    let file_key = Zeroizing::new(words.key(&salt).decrypt(&[0; 12].into(), &body[..]).ok()?);
    header_mac(&file_key, header).verify_slice(&mac).ok()?;
    let key = payload_key(&file_key, salt_of_payload);
    let (mut plaintext, mut nonce, mut chunk) = (Vec::with_capacity(payload.len()), [0; 12], Vec::new());
    let chunks = payload.chunks(CHUNK + TAG_BYTES);
    let last = chunks.len().checked_sub(1)?;
    for (index, sealed) in chunks.enumerate() {
        nonce[11] = u8::from(index == last);
        chunk.clear();
        chunk.extend_from_slice(sealed);
        key.decrypt_in_place(&nonce.into(), b"", &mut chunk).ok()?;
        plaintext.append(&mut chunk);
        count(&mut nonce);
    }
    unpacked(&plaintext)
}

/// Base64 of so many bytes at the beginning, and what stands behind it.
fn decoded(text: &[u8], bytes: usize) -> Option<(Vec<u8>, &[u8])> {
    let (this, rest) = text.split_at_checked((bytes * 8).div_ceil(6))?;
    Some((Base64Unpadded::decode_vec(std::str::from_utf8(this).ok()?).ok()?, rest))
}

/// The files of an archive that was written here: its seal says so.
fn unpacked(mut archive: &[u8]) -> Option<Contents> {
    let (mut draft, mut files) = (None, Vec::new());
    loop {
        let (header, rest) = archive.split_at_checked(BLOCK)?;
        let name: Vec<u8> = header[..100].iter().copied().take_while(|&byte| byte != 0).collect();
        if name.is_empty() {
            return Some((draft?, files));
        }
        let digits = std::str::from_utf8(&header[124..135]).ok()?;
        let length = usize::from_str_radix(digits, 8).ok()?;
        let bytes = rest.get(..length)?.to_vec();
        archive = rest.get(length.next_multiple_of(BLOCK)..)?;
        if name == DRAFT.as_bytes() { draft = Some(bytes) } else { files.push((String::from_utf8(name).ok()?, bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::super::Sealer;
    use super::*;

    const WORDS: &str = "انار کوزه باران خروس";

    fn sealed(words: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut sealer = Sealer::draft(&Passphrase::typed(words), Vec::new()).unwrap();
        for (name, bytes) in files {
            sealer.entry(name, bytes.len() as u64).unwrap();
            sealer.write(bytes).unwrap();
        }
        sealer.finish().unwrap()
    }

    #[test]
    fn a_draft_opens_with_its_words_in_any_habit_of_writing_and_with_no_others() {
        let photo: Vec<u8> = (0..200_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let file = sealed(WORDS, &[(DRAFT, b"[]"), ("attachments/01.jpg", &photo)]);
        for words in [WORDS, "  انار   كوزه باران\u{200c}خروس\n"] {
            let (draft, files) = open_draft(&file, &Passphrase::typed(words)).unwrap();
            assert_eq!((&draft[..], &files[..]), (&b"[]"[..], &[("attachments/01.jpg".to_owned(), photo.clone())][..]));
        }
        assert!(open_draft(&file, &Passphrase::typed("انار کوزه باران")).is_none());
    }

    #[test]
    fn the_age_crate_opens_a_draft() {
        let file = sealed("copper rabbit ladder melon", &[(DRAFT, b"[\"x\"]")]);
        let identity = age::scrypt::Identity::new("copperrabbitladdermelon".to_owned().into());
        let mut plaintext = Vec::new();
        let decryptor = age::Decryptor::new(&file[..]).unwrap();
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).unwrap().read_to_end(&mut plaintext).unwrap();
        assert_eq!(tar::Archive::new(&plaintext[..]).entries().unwrap().count(), 1);
    }

    #[test]
    fn a_draft_with_another_work_factor_or_a_changed_byte_is_not_opened() {
        let file = sealed(WORDS, &[(DRAFT, b"[]")]);
        let words = Passphrase::typed(WORDS);
        let factor = file.windows(4).position(|window| window == b" 15\n").unwrap();
        for other in ["16", "22", "14"] {
            let mut changed = file.clone();
            changed[factor + 1..factor + 3].copy_from_slice(other.as_bytes());
            assert!(open_draft(&changed, &words).is_none());
        }
        for at in [0, 40, 100, 150, 200, file.len() - 1] {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(open_draft(&changed, &words).is_none(), "{at}");
        }
        for length in [0, 30, 100, 190, 215, file.len() - 1] {
            assert!(open_draft(&file[..length], &words).is_none(), "{length}");
        }
    }
}
