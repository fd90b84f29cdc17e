//! What the server may know of a sealed file: its header and its length.
//!
//! The header is parsed as it arrives, byte for byte as <https://c2sp.org/age> defines it: so plaintext, or a file sealed
//! to keys that no pack holds, is refused before anything of it is kept.

use base64ct::{Base64Unpadded, Encoding};

use crate::seal::{Kind, is_bucket};

/// Longest header that is looked at: twenty hybrid stanzas and grease fit.
pub const MAX_HEADER_BYTES: usize = 40 * 1024;
/// Most bytes of the one grease stanza, all its lines.
const MAX_GREASE_BYTES: usize = 300;
const CHUNK: u64 = 64 * 1024;
const TAG: u64 = 16;
const NONCE: u64 = 16;

/// Why a file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not an age v1 file with stanzas of one kind.
    #[error("not a sealed registration")]
    NotSealed,
    /// No accepted pack has this number of recipients of this kind.
    #[error("sealed to keys that no pack holds")]
    Recipients,
    /// The payload's length is no bucket's.
    #[error("the length is none that padding gives")]
    Length,
}

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Kind of its recipients.
    pub kind: Kind,
    /// How many.
    pub recipients: usize,
    /// Length of the header, with the line of its MAC.
    pub bytes: usize,
}

/// Reads a header from the beginning of a file. `None`: so far it is one, and it has not ended yet.
pub fn header(start: &[u8]) -> Result<Option<Header>, Refusal> {
    let mut lines = Lines { rest: start, read: 0 };
    match lines.next() {
        Some(line) if line == b"age-encryption.org/v1" => {}
        Some(_) => return Err(Refusal::NotSealed),
        None => return unfinished(start, b"age-encryption.org/v1\n"),
    }
    let (mut kind, mut recipients, mut greased) = (None, 0, false);
    loop {
        let from = lines.read;
        let Some(line) = lines.next() else { return pending(start) };
        if let Some(mac) = line.strip_prefix(b"--- ") {
            let Some(kind) = kind else { return Err(Refusal::NotSealed) };
            return match decoded_length(mac) {
                Some(32) => Ok(Some(Header { kind, recipients, bytes: lines.read })),
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
            b"mlkem768x25519" => (Kind::Hybrid, 1120),
            b"X25519" => (Kind::X25519, 32),
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
pub fn accept(header: &Header, total_bytes: u64, shapes: &[(Kind, usize)]) -> Result<(), Refusal> {
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
    Base64Unpadded::decode_vec(std::str::from_utf8(text).ok()?).ok().map(|bytes| bytes.len())
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
