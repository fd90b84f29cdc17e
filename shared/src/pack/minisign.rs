//! minisign's signatures (Ed25519 over BLAKE2b-512, "prehashed"), verified with the curve that X-Wing has brought already.
//!
//! Formats: <https://jedisct1.github.io/minisign/>, sections "Signature format" and "Public key format".

use base64ct::{Base64, Encoding};
use blake2::{Blake2b512, Digest};
use ed25519_dalek::VerifyingKey;

const KEY_ID_BYTES: usize = 8;
const SIGNATURE_BYTES: usize = 64;

/// A public key.
pub(super) struct PublicKey {
    id: [u8; KEY_ID_BYTES],
    key: VerifyingKey,
}

/// A signature file.
pub(super) struct Signature<'a> {
    id: [u8; KEY_ID_BYTES],
    /// The signature of the file's hash.
    bytes: [u8; SIGNATURE_BYTES],
    trusted_comment: &'a str,
    /// The signature of the first signature and the trusted comment.
    global: [u8; SIGNATURE_BYTES],
}

impl PublicKey {
    /// Reads 56 characters of base64.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 42] = Base64::decode_vec(text).ok()?.try_into().ok()?;
        let (algorithm, rest) = bytes.split_at(2);
        let (id, key) = rest.split_at(KEY_ID_BYTES);
        let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
        (algorithm == b"Ed").then_some(Self { id: id.try_into().ok()?, key })
    }

    /// Whether both are one Ed25519 key, under whatever key ids.
    pub(super) fn is_same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Whether the signature is this key's, of exactly these bytes, and its trusted comment is genuine.
    pub(super) fn has_signed(&self, bytes: &[u8], signature: &Signature<'_>) -> bool {
        let good = |message: &[u8], signature: &[u8; SIGNATURE_BYTES]| {
            self.key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
        };
        self.id == signature.id
            && good(&Blake2b512::digest(bytes), &signature.bytes)
            && good(&[&signature.bytes, signature.trusted_comment.as_bytes()].concat(), &signature.global)
    }
}

impl<'a> Signature<'a> {
    /// Reads the first four lines of a `.minisig` file as `minisign -V` does: a line ends before its first carriage return, and
    /// nothing behind the fourth counts. Only prehashed signatures are taken.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut lines = text.split('\n').map(|line| line.split('\r').next().unwrap_or(line));
        lines.next()?.strip_prefix("untrusted comment: ")?;
        let bytes: [u8; 74] = Base64::decode_vec(lines.next()?).ok()?.try_into().ok()?;
        let (algorithm, rest) = bytes.split_at(2);
        let (id, signature) = rest.split_at(KEY_ID_BYTES);
        let trusted_comment = lines.next()?.strip_prefix("trusted comment: ")?;
        let global = Base64::decode_vec(lines.next()?).ok()?.try_into().ok()?;
        (algorithm == b"ED").then_some(Self { id: id.try_into().ok()?, bytes: signature.try_into().ok()?, trusted_comment, global })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(bytes: &[u8]) -> (PublicKey, String) {
        let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let signature = minisign::sign(Some(&keys.pk), &keys.sk, bytes, Some("for a test"), None).unwrap();
        (PublicKey::parse(&keys.pk.to_base64()).unwrap(), signature.into_string())
    }

    #[test]
    fn what_minisign_signs_verifies_and_nothing_else() {
        let (key, signature) = signed(b"the pack");
        let parsed = Signature::parse(&signature).unwrap();
        assert!(key.has_signed(b"the pack", &parsed));
        assert!(!key.has_signed(b"the pock", &parsed));
        assert!(!signed(b"the pack").0.has_signed(b"the pack", &parsed));
    }

    #[test]
    fn no_byte_of_a_signature_but_its_untrusted_comment_can_be_changed() {
        let (key, signature) = signed(b"the pack");
        let trusted = signature.find('\n').unwrap() + 1;
        for at in trusted..signature.trim_end().len() {
            let mut bytes = signature.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(!Signature::parse(&changed).is_some_and(|changed| key.has_signed(b"the pack", &changed)), "byte {at}");
        }
    }

    /// Each was tried with `minisign -V` 0.11, which takes the first and refuses the second.
    #[test]
    fn what_an_editor_or_a_mail_program_does_to_a_signature_is_taken_as_stock_minisign_takes_it() {
        let (key, signature) = signed(b"the pack");
        let lines: Vec<&str> = signature.lines().collect();
        let joined = |lines: &[&str], end: &str| lines.iter().flat_map(|line| [*line, end]).collect::<String>();
        let before = |at: usize, line: &str| joined(&[&lines[..at], &[line], &lines[at..]].concat(), "\n");
        let good = |text: &str| Signature::parse(text).is_some_and(|parsed| key.has_signed(b"the pack", &parsed));
        let whole = joined(&lines, "\n");
        for taken in [
            whole.clone(),
            lines.join("\n"),
            lines.join("\r\n"),
            joined(&lines, "\r\n"),
            format!("{}\r", lines.join("\n")),
            format!("{whole}\n"),
            format!("{whole}\r\n\n\n"),
            format!("{whole}more\nlines\n"),
            whole.replacen("untrusted comment: ", "untrusted comment: \u{a0}another ", 1),
        ] {
            assert!(good(&taken), "{taken:?}");
        }
        for refused in [
            format!("\u{feff}{whole}"),
            joined(&lines, "\r"),
            before(0, ""),
            before(1, ""),
            before(2, ""),
            before(3, ""),
            before(0, " "),
            joined(&lines[..3], "\n"),
            whole.replacen("for a test", "for a test ", 1),
        ] {
            assert!(!good(&refused), "{refused:?}");
        }
    }
}
