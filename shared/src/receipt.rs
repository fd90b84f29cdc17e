//! The receipt's code, and what is derived from it.
//!
//! 24 decimal digits: 23 random (76.4 bits) and a check digit (ISO/IEC 7064, MOD 11,10). The server never sees them.
//! Argon2id, then HKDF-SHA256, turn them into the mailbox's identity, id, read token and signing key.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Digits of a code.
pub const DIGITS: usize = 24;

/// Argon2id: 8 MiB, two passes, one lane. The code has 76 bits of its own; this only makes guessing dearer, and a cheap
/// phone must not stand still for it.
const MEMORY_KIB: u32 = 8 * 1024;
const PASSES: u32 = 2;
const SALT: &[u8] = b"amanat receipt code, version 1";

/// A code that the person writes down.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Receipt([u8; DIGITS]);

/// Not a receipt's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not 24 digits.
    #[error("a code has {DIGITS} digits")]
    Length,
    /// The check digit does not agree: a digit is wrong, or two are exchanged.
    #[error("the check digit does not agree")]
    CheckDigit,
}

/// The keys that derive from a code.
pub struct Derived {
    /// The seed of the age identity that opens replies. [`crate::seal::HybridIdentity::from_seed`] makes the identity.
    pub identity_seed: Zeroizing<[u8; 32]>,
    /// Names the mailbox.
    pub id: [u8; 16],
    /// Lets its holder read the mailbox.
    pub read_token: Zeroizing<[u8; 32]>,
    signing_key: SigningKey,
}

impl Derived {
    /// The public half of the Ed25519 key that signs for the mailbox.
    pub fn verifying_key(&self) -> [u8; 32] {
        self.signing_key.verifying_key().to_bytes()
    }

    /// Signs a message with the mailbox's Ed25519 key.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing_key.sign(message).to_bytes()
    }
}

impl Receipt {
    /// A fresh code from a source of random bytes, which is asked again until the digits are uniform.
    pub fn generate(mut random: impl FnMut(&mut [u8])) -> Self {
        let mut digits = [0; DIGITS];
        let mut filled = 0;
        let mut bytes = Zeroizing::new([0; 32]);
        while filled < DIGITS - 1 {
            random(&mut *bytes);
            // 250 is the largest multiple of ten below 256: the rest would make small digits likelier.
            for byte in bytes.iter().filter(|&&byte| byte < 250) {
                if filled < DIGITS - 1 {
                    digits[filled] = byte % 10;
                    filled += 1;
                }
            }
        }
        digits[DIGITS - 1] = check_digit(&digits[..DIGITS - 1]);
        Self(digits)
    }

    /// Reads ASCII digits; spaces and hyphens are skipped.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        let mut digits = [0; DIGITS];
        let mut count = 0;
        for character in text.chars().filter(|character| !matches!(character, ' ' | '-')) {
            let digit = character.to_digit(10).ok_or(ReceiptError::Length)?;
            *digits.get_mut(count).ok_or(ReceiptError::Length)? = u8::try_from(digit).expect("a decimal digit is below ten");
            count += 1;
        }
        if count != DIGITS {
            return Err(ReceiptError::Length);
        }
        if check_digit(&digits[..DIGITS - 1]) != digits[DIGITS - 1] {
            return Err(ReceiptError::CheckDigit);
        }
        Ok(Self(digits))
    }

    /// Derives the mailbox. Takes 8 MiB and some milliseconds.
    pub fn derive(&self) -> Derived {
        let ascii = Zeroizing::new(self.0.map(|digit| digit + b'0'));
        let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).expect("the parameters are within Argon2's bounds");
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(&*ascii, SALT, &mut *key)
            .expect("code, salt and output lengths are within Argon2's bounds");
        let hkdf = Hkdf::<Sha256>::new(None, &*key);
        let mut identity_seed = Zeroizing::new([0; 32]);
        let mut id = [0; 16];
        let mut read_token = Zeroizing::new([0; 32]);
        let mut signing_seed = Zeroizing::new([0; 32]);
        for (label, out) in [
            ("identity", &mut identity_seed[..]),
            ("id", &mut id[..]),
            ("read token", &mut read_token[..]),
            ("signing key", &mut signing_seed[..]),
        ] {
            hkdf.expand_multi_info(&[b"amanat mailbox ", label.as_bytes()], out).expect("HKDF-SHA256 yields up to 8,160 bytes");
        }
        Derived { identity_seed, id, read_token, signing_key: SigningKey::from_bytes(&signing_seed) }
    }

    /// The digits without spaces.
    pub fn digits(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.iter().map(|digit| char::from(digit + b'0')).collect())
    }
}

/// Six groups of four digits.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, digit) in self.0.iter().enumerate() {
            if index > 0 && index % 4 == 0 {
                f.write_str(" ")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt(…)")
    }
}

/// ISO/IEC 7064 hybrid system MOD 11,10.
fn check_digit(digits: &[u8]) -> u8 {
    let product = digits.iter().fold(10, |product, digit| {
        let sum = (product + digit) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Receipt {
        let mut next = 0_u8;
        Receipt::generate(|bytes| {
            for byte in bytes {
                next = next.wrapping_mul(37).wrapping_add(11);
                *byte = next;
            }
        })
    }

    #[test]
    fn the_check_digit_is_that_of_the_standard() {
        // The standard's own example: 0794 has the check digit 5.
        assert_eq!(check_digit(&[0, 7, 9, 4]), 5);
    }

    #[test]
    fn a_code_reads_back_with_spaces_and_hyphens() {
        let code = some();
        let shown = code.to_string();
        assert_eq!(shown.len(), 29);
        assert_eq!(Receipt::parse(&shown), Ok(code.clone()));
        assert_eq!(Receipt::parse(&shown.replace(' ', "-")), Ok(code.clone()));
        assert_eq!(Receipt::parse(&code.digits()), Ok(code));
        assert_eq!(Receipt::parse("1234"), Err(ReceiptError::Length));
        assert_eq!(Receipt::parse("۱۲۳۴"), Err(ReceiptError::Length));
    }

    #[test]
    fn any_one_wrong_digit_is_noticed() {
        let code = some();
        for at in 0..DIGITS {
            for add in 1..10 {
                let mut wrong = code.0;
                wrong[at] = (wrong[at] + add) % 10;
                let text: String = wrong.iter().map(|digit| char::from(digit + b'0')).collect();
                assert_eq!(Receipt::parse(&text), Err(ReceiptError::CheckDigit));
            }
        }
    }

    #[test]
    fn a_code_always_leads_to_the_same_mailbox() {
        let derived = some().derive();
        let again = some().derive();
        assert_eq!(derived.id, again.id);
        assert_eq!(derived.identity_seed, again.identity_seed);
    }

    #[test]
    fn an_old_code_finds_its_mailbox_for_ever() {
        let mut code = [0; DIGITS];
        code[DIGITS - 1] = check_digit(&code[..DIGITS - 1]);
        let derived = Receipt(code).derive();
        assert_eq!(crate::api::hex(&derived.id), "98f13314a8f97a4b043cfaba7949cda7");
        assert_eq!(crate::api::hex(&derived.verifying_key()), "cc2438803f8a6feb2a0c1c9430168c5a6ac7a33389cac51300d2d6d48339d963");
    }

    #[test]
    fn debug_shows_no_digit() {
        assert_eq!(format!("{:?}", some()), "Receipt(…)");
    }
}
