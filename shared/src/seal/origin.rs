//! The identity that a re-sealed file had before, so that it stays the same registration.
//!
//! A registration's identity is the SHA-256 of the file that the phone sealed. Re-sealing changes the header and leaves
//! the payload, byte for byte. So the new header carries, in a stanza that every age tool passes over, how far SHA-256 had
//! come at the end of the old header; over the payload, it comes to the old identity again. Nobody needs to be believed:
//! whoever wants a payload of their own to come to a given SHA-256 from a state of their choice has to invert its
//! compression function. The old header itself stays away: the old keys could open it.
//!
//! ```text
//! -> amanat-origin LIST        LIST: 32 bytes, whom the file is sealed to now
//! STATE LENGTH TAIL            8 × 32 bits; 64 bits, bytes of the old header; those behind its last whole block
//! ```

use base64ct::{Base64Unpadded, Encoding};
use sha2::block_api::compress256;

use super::writer::Stanza;
use crate::envelope::{self, Header, MAX_HEADER_BYTES, Refusal};

const START: &[u8] = b"age-encryption.org/v1\n-> amanat-origin ";
const TAG: &str = "amanat-origin";
const BLOCK: usize = 64;
/// FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] = [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The end of an old header, as SHA-256 saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    state: [u32; 8],
    bytes: u64,
    tail: Vec<u8>,
    list: [u8; 32],
}

impl Origin {
    /// The origin of the file that begins with this header, before it is re-sealed to `list`.
    pub fn new(header: &[u8], list: [u8; 32]) -> Self {
        let (blocks, tail) = header.as_chunks::<BLOCK>();
        let mut state = INITIAL;
        compress256(&mut state, blocks);
        Self { state, bytes: header.len() as u64, tail: tail.to_vec(), list }
    }

    /// The same, when the file is re-sealed once more, to `list`.
    #[must_use]
    pub fn again(self, list: [u8; 32]) -> Self {
        Self { list, ..self }
    }

    /// SHA-256 of the list of recipients that the file was re-sealed to. The header's MAC covers it.
    pub const fn list(&self) -> [u8; 32] {
        self.list
    }

    /// SHA-256 of the old header and `payload`: the registration's identity.
    pub fn sha256(&self, payload: &[u8]) -> [u8; 32] {
        let mut state = self.state;
        let (first, rest) = payload.split_at(payload.len().min(BLOCK - self.tail.len()));
        let mut end = [&self.tail[..], first].concat();
        if end.len() == BLOCK {
            compress256(&mut state, end.as_chunks::<BLOCK>().0);
            let (blocks, last) = rest.as_chunks::<BLOCK>();
            compress256(&mut state, blocks);
            end = last.to_vec();
        }
        // Padding: a bit, zeros, the length in bits (section 5.1.1).
        end.push(0x80);
        end.resize((end.len() + 8).next_multiple_of(BLOCK) - 8, 0);
        end.extend(((self.bytes + payload.len() as u64) * 8).to_be_bytes());
        compress256(&mut state, end.as_chunks::<BLOCK>().0);
        let mut out = [0; 32];
        for (word, out) in state.iter().zip(out.as_chunks_mut::<4>().0) {
            *out = word.to_be_bytes();
        }
        out
    }

    pub(super) fn stanza(&self) -> Stanza {
        let state = self.state.iter().flat_map(|word| word.to_be_bytes());
        let body = state.chain(self.bytes.to_be_bytes()).chain(self.tail.iter().copied()).collect();
        Stanza { tag: TAG, argument: self.list.to_vec(), more: "", body }
    }

    /// The stanza at the very beginning of a file, and what stands behind it. `None`: it has not ended yet.
    fn read(start: &[u8]) -> Result<Option<(Self, &[u8])>, Refusal> {
        let mut rest = &start[START.len()..];
        let (mut argument, mut body, mut lines) = (None, Vec::new(), 0);
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            lines += 1;
            let Some(list) = argument else {
                argument = Some(decoded(line)?.try_into().map_err(|_| Refusal::NotSealed)?);
                continue;
            };
            body.extend(decoded(line)?);
            match line.len() {
                BLOCK if lines < 5 => {}
                0..BLOCK => return Self::from_body(&body, list).map(|origin| Some((origin, rest))),
                _ => return Err(Refusal::NotSealed),
            }
        }
        if start.len() >= MAX_HEADER_BYTES { Err(Refusal::NotSealed) } else { Ok(None) }
    }

    fn from_body(body: &[u8], list: [u8; 32]) -> Result<Self, Refusal> {
        let (state, rest) = body.split_first_chunk::<32>().ok_or(Refusal::NotSealed)?;
        let (bytes, tail) = rest.split_first_chunk::<8>().ok_or(Refusal::NotSealed)?;
        let bytes = u64::from_be_bytes(*bytes);
        // A state from anywhere but the end of a header is not taken.
        if bytes > MAX_HEADER_BYTES as u64 || tail.len() as u64 != bytes % BLOCK as u64 {
            return Err(Refusal::NotSealed);
        }
        let mut words = [0; 8];
        for (word, bytes) in words.iter_mut().zip(state.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        Ok(Self { state: words, bytes, tail: tail.to_vec(), list })
    }
}

fn decoded(line: &[u8]) -> Result<Vec<u8>, Refusal> {
    str::from_utf8(line).ok().and_then(|line| Base64Unpadded::decode_vec(line).ok()).ok_or(Refusal::NotSealed)
}

/// As [`envelope::header`], for who opens files: a re-sealed one has its origin before the stanzas. The server takes none
/// of those.
pub fn look_inside(start: &[u8]) -> Result<Option<(Header, Option<Origin>)>, Refusal> {
    let start = &start[..start.len().min(MAX_HEADER_BYTES)];
    if !start.starts_with(START) {
        return Ok(envelope::header(start)?.map(|header| (header, None)));
    }
    let Some((origin, rest)) = Origin::read(start)? else { return Ok(None) };
    let without = [&START[..START.len() - TAG.len() - 4], rest].concat();
    let header = envelope::header(&without)?;
    let bytes = |header: Header| Header { bytes: header.bytes + start.len() - without.len(), ..header };
    Ok(header.map(|header| (bytes(header), Some(origin))))
}

/// The identity of a registration from its sealed file, re-sealed or not: the SHA-256 of what the phone sealed.
pub fn identity(sealed: &[u8]) -> [u8; 32] {
    match look_inside(sealed) {
        Ok(Some((header, Some(origin)))) => origin.sha256(&sealed[header.bytes..]),
        _ => <sha2::Sha256 as sha2::Digest>::digest(sealed).into(),
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::super::{HybridIdentity, Recipients, Sealer, reseal};
    use super::*;

    fn sealed() -> (Vec<u8>, HybridIdentity) {
        let identity = HybridIdentity::from_seed([1; 32]);
        let key = identity.recipient().to_string();
        let mut sealer = Sealer::new(&Recipients::parse(std::iter::once(&*key)).unwrap(), &[7; 32], Vec::new()).unwrap();
        sealer.entry("registration.json", 2).unwrap();
        sealer.write(b"{}").unwrap();
        (sealer.finish().unwrap(), identity)
    }

    fn resealed() -> (Vec<u8>, Vec<u8>, Recipients) {
        let (file, identity) = sealed();
        let header = look_inside(&file).unwrap().unwrap().0;
        let keys: Vec<String> = (2..5).map(|seed| HybridIdentity::from_seed([seed; 32]).recipient().to_string()).collect();
        let recipients = Recipients::parse(keys.iter().map(String::as_str)).unwrap();
        let origin = Origin::new(&file[..header.bytes], [7; 32]);
        let again = reseal(&file, &[&identity], &recipients, Some(&origin)).unwrap();
        (file, again, recipients)
    }

    #[test]
    fn a_resealed_file_is_still_the_registration_that_it_was_however_often() {
        let (file, once, recipients) = resealed();
        assert_ne!(file, once);
        assert_eq!(identity(&once)[..], Sha256::digest(&file)[..]);
        let (header, origin) = look_inside(&once).unwrap().unwrap();
        assert_eq!((header.recipients, origin.as_ref().unwrap().list()), (3, [7; 32]));
        let origin = origin.unwrap().again([8; 32]);
        let twice = reseal(&once, &[&HybridIdentity::from_seed([3; 32])], &recipients, Some(&origin)).unwrap();
        assert_eq!(identity(&twice)[..], Sha256::digest(&file)[..]);
    }

    #[test]
    fn another_payload_or_another_origin_is_another_registration() {
        let (file, again, _) = resealed();
        let whole = look_inside(&again).unwrap().unwrap().0.bytes;
        for at in [whole, whole + 20, again.len() - 1] {
            let mut changed = again.clone();
            changed[at] ^= 1;
            assert_ne!(identity(&changed)[..], Sha256::digest(&file)[..]);
        }
        assert_ne!(identity(&again[..again.len() - 1])[..], Sha256::digest(&file)[..]);
    }

    #[test]
    fn the_server_takes_no_resealed_file() {
        let (_, again, _) = resealed();
        assert_eq!(envelope::header(&again), Err(Refusal::NotSealed));
    }

    #[test]
    fn origins_that_are_none_are_refused() {
        let (_, again, _) = resealed();
        let header = look_inside(&again).unwrap().unwrap().0;
        for length in 0..header.bytes {
            assert_eq!(look_inside(&again[..length]), Ok(None), "{length}");
        }
        let stanza = |list: &str, body: &str| look_inside(&[START, list.as_bytes(), b"\n", body.as_bytes(), b"\n"].concat());
        let list = "A".repeat(43);
        let body = |bytes: &[u8]| Base64Unpadded::encode_string(bytes);
        let of = |length: u64, tail: usize| {
            let all = body(&[&[0; 32][..], &length.to_be_bytes(), &vec![0; tail]].concat());
            all.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(stanza(&list, &of(64 * 100 + 3, 3)), Ok(None));
        for (list, body) in [
            (&*"A".repeat(42), of(6403, 3)),
            ("", of(6403, 3)),
            (&list, of(6403, 4)),
            (&list, of(6400 + 63, 62)),
            (&list, of(1 << 40, 0)),
            (&list, of(6403, 200)),
            (&list, String::new()),
            (&list, "A".repeat(65)),
            (&list, "!".repeat(54)),
        ] {
            assert_eq!(stanza(list, &body), Err(Refusal::NotSealed), "{body}");
        }
        assert_eq!(stanza(&list, &"A".repeat(MAX_HEADER_BYTES)), Err(Refusal::NotSealed));
    }

    proptest::proptest! {
        #[test]
        fn a_hash_in_two_halves_is_the_hash(
            header in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
            payload in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
        ) {
            let whole = Sha256::digest([&header[..], &payload].concat());
            proptest::prop_assert_eq!(&Origin::new(&header, [0; 32]).sha256(&payload)[..], &whole[..]);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..512), list in "[A-Za-z0-9+/\n]{0,400}") {
            let _ = identity(&[START, &bytes].concat());
            let _ = identity(&[START, list.as_bytes()].concat());
        }
    }
}
