//! Numbers as words, to be read over the phone or written on paper.
//!
//! The list is BIP-39's English one (<https://github.com/bitcoin/bips/blob/master/bip-0039/english.txt>, MIT licence), as
//! the `age` tools have it too: 2048 common words, 11 bits each, no two with the same first four letters.

use sha2::{Digest, Sha256};

const LIST: &str = include_str!("fingerprint/english.txt");
/// Bits that a word stands for.
pub const WORD_BITS: usize = 11;
/// Words of a fingerprint: 88 bits, so that nobody finds other keys with the same words.
pub const FINGERPRINT_WORDS: usize = 8;

/// All words, in order.
pub fn word_list() -> impl Iterator<Item = &'static str> {
    LIST.lines()
}

/// As many words as whole elevens of bits, the highest first. What is left of the last byte counts for nothing.
pub fn to_words(bytes: &[u8]) -> Vec<&'static str> {
    let list: Vec<&str> = LIST.lines().collect();
    let bit = |at: usize| usize::from(bytes[at / 8] >> (7 - at % 8) & 1);
    let number = |word: usize| (word * WORD_BITS..(word + 1) * WORD_BITS).fold(0, |number, at| number << 1 | bit(at));
    (0..bytes.len() * 8 / WORD_BITS).map(|word| list[number(word)]).collect()
}

/// The words that two people compare by voice: the first 88 bits of the SHA-256 of public keys, in this order, a line feed
/// between two. A reviewer's fingerprint covers the recipient, then the access key.
pub fn fingerprint(public: &[&str]) -> String {
    let digest = Sha256::digest(public.join("\n"));
    to_words(&digest[..FINGERPRINT_WORDS * WORD_BITS / 8]).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::hex;

    #[test]
    fn the_list_is_the_known_one() {
        assert_eq!(hex(&Sha256::digest(LIST)), "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
        assert_eq!(LIST.lines().count(), 1 << WORD_BITS);
    }

    #[test]
    fn bits_become_words_as_in_bip_39() {
        // Its test vectors, without the word that holds the checksum.
        assert_eq!(to_words(&[0; 16]), ["abandon"; 11]);
        assert_eq!(to_words(&[0x7f; 16]).join(" "), "legal winner thank year wave sausage worth useful legal winner thank");
        assert_eq!(to_words(&[0x80; 16]).join(" "), "letter advice cage absurd amount doctor acoustic avoid letter advice cage");
        assert_eq!(to_words(&[0xff; 16]), ["zoo"; 11]);
        assert_eq!(to_words(&[0]), [""; 0]);
    }

    #[test]
    fn a_fingerprint_is_eight_words_that_every_key_and_the_order_change() {
        let both = fingerprint(&["age1pq1", "key"]);
        assert_eq!(both.split(' ').count(), FINGERPRINT_WORDS);
        for other in [&["age1pq1"][..], &["key", "age1pq1"], &["age1pq1", "kez"], &["age1pq", "1key"]] {
            assert_ne!(fingerprint(other), both);
        }
    }
}
