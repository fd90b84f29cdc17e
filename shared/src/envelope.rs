//! The server may know two things of a sealed file: its header and its length.
//!
//! The header is parsed as it arrives, byte for byte as <https://c2sp.org/age> defines it: so plaintext, or a file sealed
//! to keys that no pack holds, is refused before anything of it is kept.

use base64ct::{Base64Unpadded, Encoding};

use crate::padding::is_bucket;

/// Longest header that is looked at: twenty hybrid stanzas and grease fit.
pub const MAX_HEADER_BYTES: usize = 40 * 1024;
/// Most bytes of the one grease stanza, all its lines.
const MAX_GREASE_BYTES: usize = 300;
/// The type of the stanza that binds the delete proof. Its words tell whoever finds a sealed file nothing of this form.
pub(crate) const COMMITMENT: &str = "commitment";
const CHUNK: u64 = 64 * 1024;
const TAG: u64 = 16;
const NONCE: u64 = 16;

/// The kind of key. The two are not mixed in one file: the weaker would decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecipientKind {
    /// `age1pq1…`, stanza `mlkem768x25519`.
    Hybrid,
    /// `age1…`, stanza `X25519`.
    X25519,
}

/// Why a file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not an age v1 file with stanzas of one kind.
    #[error("not a sealed registration")]
    NotSealed,
    /// No accepted pack has this number of recipients of this kind.
    #[error("sealed to keys that no pack holds")]
    Recipients,
    /// Nobody has said how its deletion is proven, or two have said different things.
    #[error("the hash of the delete proof is missing, or another than the file's header binds")]
    DeleteProof,
    /// The payload's length is no bucket's.
    #[error("the length is none that padding gives")]
    Length,
}

/// The contents of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Kind of its recipients.
    pub kind: RecipientKind,
    /// The number of stanzas.
    pub recipients: usize,
    /// Length of the header, with the line of its MAC.
    pub bytes: usize,
    /// SHA-256 of the delete proof, which the sealer has bound. Files of other programs have none.
    pub commitment: Option<[u8; 32]>,
}

/// Reads a header from the beginning of a file. `None`: so far it is one, and it has not ended yet.
pub fn header(start: &[u8]) -> Result<Option<Header>, Refusal> {
    let mut lines = Lines { rest: start, read: 0 };
    match lines.next() {
        Some(line) if line == b"age-encryption.org/v1" => {}
        Some(_) => return Err(Refusal::NotSealed),
        None => return unfinished(start, b"age-encryption.org/v1\n"),
    }
    let (mut kind, mut recipients, mut greased, mut commitment) = (None, 0, false, None);
    loop {
        let from = lines.read;
        let Some(line) = lines.next() else { return pending(start) };
        if let Some(mac) = line.strip_prefix(b"--- ") {
            let Some(kind) = kind else { return Err(Refusal::NotSealed) };
            return match decoded_length(mac) {
                Some(32) => Ok(Some(Header { kind, recipients, bytes: lines.read, commitment })),
                _ => Err(Refusal::NotSealed),
            };
        }
        let stanza = line.strip_prefix(b"-> ").ok_or(Refusal::NotSealed)?;
        let mut body = 0;
        loop {
            let Some(line) = lines.next() else {
                return if greased_too_long(stanza, start.len() - from) { Err(Refusal::NotSealed) } else { pending(start) };
            };
            body += decoded_length(line).ok_or(Refusal::NotSealed)?;
            match line.len() {
                64 => {}
                0..64 => break,
                _ => return Err(Refusal::NotSealed),
            }
        }
        let mut words = stanza.split(|&byte| byte == b' ');
        let tag = words.next().unwrap_or_default();
        let arguments: Vec<&[u8]> = words.collect();
        let (this, argument_bytes) = match tag {
            b"mlkem768x25519" => (RecipientKind::Hybrid, 1120),
            b"X25519" => (RecipientKind::X25519, 32),
            _ if tag == COMMITMENT.as_bytes() && commitment.is_none() && body == 0 => {
                let [argument] = arguments[..] else { return Err(Refusal::NotSealed) };
                commitment = Some(decoded(argument).and_then(|hash| hash.try_into().ok()).ok_or(Refusal::NotSealed)?);
                continue;
            }
            _ if tag.ends_with(b"-grease") && !greased && !greased_too_long(stanza, lines.read - from) => {
                greased = true;
                continue;
            }
            _ => return Err(Refusal::NotSealed),
        };
        let right = matches!(arguments[..], [argument] if decoded_length(argument) == Some(argument_bytes)) && body == 32;
        if !right || kind.is_some_and(|kind| kind != this) {
            return Err(Refusal::NotSealed);
        }
        kind = Some(this);
        recipients += 1;
    }
}

/// Whether a whole file of `total_bytes` with this header can be a registration sealed to a pack of one of these shapes.
pub fn accept(header: &Header, total_bytes: u64, shapes: &[(RecipientKind, usize)]) -> Result<(), Refusal> {
    if !shapes.contains(&(header.kind, header.recipients)) {
        return Err(Refusal::Recipients);
    }
    let payload = total_bytes.checked_sub(header.bytes as u64 + NONCE).ok_or(Refusal::Length)?;
    let chunks = payload.div_ceil(CHUNK + TAG);
    match payload.checked_sub(chunks * TAG) {
        Some(plaintext) if is_bucket(plaintext) && plaintext.div_ceil(CHUNK) == chunks => Ok(()),
        _ => Err(Refusal::Length),
    }
}

/// Length of the whole sealed file, given its header's and its (padded) plaintext's.
pub const fn sealed_bytes(header_bytes: u64, plaintext_bytes: u64) -> u64 {
    header_bytes + NONCE + plaintext_bytes + plaintext_bytes.div_ceil(CHUNK) * TAG
}

fn greased_too_long(stanza: &[u8], bytes: usize) -> bool {
    stanza.split(|&byte| byte == b' ').next().is_some_and(|tag| tag.ends_with(b"-grease")) && bytes > MAX_GREASE_BYTES
}

fn pending(start: &[u8]) -> Result<Option<Header>, Refusal> {
    if start.len() >= MAX_HEADER_BYTES { Err(Refusal::NotSealed) } else { Ok(None) }
}

fn unfinished(start: &[u8], wanted: &[u8]) -> Result<Option<Header>, Refusal> {
    if wanted.starts_with(start) { Ok(None) } else { Err(Refusal::NotSealed) }
}

/// Length of canonical unpadded base64, decoded; `None` if it is not that.
fn decoded_length(text: &[u8]) -> Option<usize> {
    decoded(text).map(|bytes| bytes.len())
}

fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    Base64Unpadded::decode_vec(std::str::from_utf8(text).ok()?).ok()
}

struct Lines<'a> {
    rest: &'a [u8],
    read: usize,
}

impl<'a> Lines<'a> {
    /// The next whole line, without its end.
    fn next(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|&byte| byte == b'\n')?;
        let line = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        self.read += end + 1;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{HybridIdentity, Recipients, Sealer};

    /// A whole header for one recipient, and where the stanza of its commitment stands.
    fn sealed() -> (String, std::ops::Range<usize>) {
        let key = HybridIdentity::from_seed([1; 32]).recipient().to_string();
        let sealer = Sealer::new(&Recipients::parse(std::iter::once(&*key)).unwrap(), &[7; 32], Vec::new()).unwrap();
        let file = sealer.finish().unwrap();
        let end = header(&file).unwrap().unwrap().bytes;
        let text = String::from_utf8(file[..end].to_vec()).unwrap();
        let from = text.find("-> commitment ").unwrap();
        let to = from + text[from..].find("--- ").unwrap();
        (text, from..to)
    }

    #[test]
    fn the_header_says_the_hash_that_the_sealer_bound() {
        use sha2::{Digest, Sha256};
        let (text, stanza) = sealed();
        let read = header(text.as_bytes()).unwrap().unwrap();
        assert_eq!((read.recipients, read.commitment), (1, Some(Sha256::digest([7; 32]).into())));
        let without = [&text[..stanza.start], &text[stanza.end..]].concat();
        assert_eq!(header(without.as_bytes()).unwrap().unwrap().commitment, None);
        for length in 0..text.len() {
            assert_eq!(header(&text.as_bytes()[..length]), Ok(None), "{length}");
        }
    }

    #[test]
    fn a_commitment_that_is_none_is_refused() {
        let (text, stanza) = sealed();
        let with = |other: &str| header([&text[..stanza.start], other, &text[stanza.end..]].concat().as_bytes());
        let hash = &text[stanza.start + "-> commitment ".len()..stanza.end - 2];
        assert_eq!(hash.len(), 43);
        let right = format!("-> commitment {hash}\n\n");
        assert!(with(&right).is_ok());
        for other in [
            right.repeat(2),
            "-> commitment\n\n".to_owned(),
            format!("-> commitment {}\n\n", &hash[1..]),
            format!("-> commitment {hash}A\n\n"),
            format!("-> commitment {hash}=\n\n"),
            format!("-> commitment {hash} {hash}\n\n"),
            format!("-> commitment {hash}\n{hash}\n"),
            format!("-> Commitment {hash}\n\n"),
            format!("-> commitment {hash}\n"),
        ] {
            assert_eq!(with(&other), Err(Refusal::NotSealed), "{other}");
        }
    }
}
