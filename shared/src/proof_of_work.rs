//! Proof of work: an upload brings a little always, and more while the server is asked for very many.
//!
//! `OPTIONS` of [`crate::api::UPLOADS`] is answered with `Proof-Of-Work: BITS CHALLENGE`, and so is a `POST` that brings no
//! proof or too little (429, code `proof_of_work`). The client looks for a counter such that Argon2id (version 0x13, 1 MiB, one
//! pass, one lane, 32 bytes; RFC 9106) of SHA-256(file) ‖ counter (8 bytes, big-endian), with the challenge's characters as
//! salt, begins with BITS zero bits. It sends the `POST` with `Proof-Of-Work: CHALLENGE COUNTER` and the file's SHA-256 in the
//! metadata ([`crate::api::META_SHA256`]). A challenge is good once, for one file, for half an hour, and for no more work than
//! was done: if much more is asked for when it is spent, the server asks again. Memory rather than arithmetic, so that a
//! graphics card is worth few phones.

use argon2::{Algorithm, Argon2, Block, Params, Version};

/// The header, both ways.
pub const HEADER: &str = "proof-of-work";
/// Most zero bits that are ever asked for: a thousand tries, seconds on a cheap phone.
pub const MOST_BITS: u32 = 10;

const MEMORY_KIB: u32 = 1024;

/// A challenge, for one file.
pub struct Puzzle {
    challenge: String,
    file_sha256: [u8; 32],
    argon2: Argon2<'static>,
    memory: Vec<Block>,
}

impl Puzzle {
    /// Takes a challenge as it came in the header. `None` if it is none ([`is_challenge`]).
    pub fn new(challenge: &str, file_sha256: [u8; 32]) -> Option<Self> {
        if !is_challenge(challenge) {
            return None;
        }
        let params = Params::new(MEMORY_KIB, 1, 1, Some(32)).ok()?;
        let memory = vec![Block::default(); params.block_count()];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Some(Self { challenge: challenge.to_owned(), file_sha256, argon2, memory })
    }

    /// Whether this counter gives so many zero bits. Takes 1 MiB and about a millisecond.
    pub fn is_solved_by(&mut self, counter: u64, bits: u32) -> bool {
        let mut secret = [0; 40];
        secret[..32].copy_from_slice(&self.file_sha256);
        secret[32..].copy_from_slice(&counter.to_be_bytes());
        let mut hash = [0; 32];
        let hashed =
            self.argon2.hash_password_into_with_memory(&secret, self.challenge.as_bytes(), &mut hash, self.memory.as_mut_slice());
        hashed.is_ok() && leading_zeros(&hash) >= bits
    }

    /// The value of the header that solves it.
    pub fn answer(&self, counter: u64) -> String {
        format!("{} {counter}", self.challenge)
    }
}

/// Whether a text can be a challenge: as long as a salt may be.
pub fn is_challenge(text: &str) -> bool {
    (16..=128).contains(&text.len())
}

fn leading_zeros(hash: &[u8]) -> u32 {
    let zeros = hash.iter().take_while(|&&byte| byte == 0).count();
    let next = hash.get(zeros).map_or(0, |byte| byte.leading_zeros());
    u32::try_from(zeros).unwrap_or(u32::MAX) * 8 + next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_solves_one_challenge_for_one_file() {
        let mut puzzle = Puzzle::new("0123456789abcdef", [1; 32]).unwrap();
        let counter = (0..10_000).find(|&counter| puzzle.is_solved_by(counter, 5)).unwrap();
        assert_eq!(puzzle.answer(counter), format!("0123456789abcdef {counter}"));
        assert!(puzzle.is_solved_by(counter, 0) && !puzzle.is_solved_by(counter, 200));
        // Another one is solved by the same counter once in 32 times; all of eight are not.
        let others = (0..8).filter(|&other| {
            let mut puzzle = Puzzle::new(&format!("0123456789abcde{other}"), [2; 32]).unwrap();
            puzzle.is_solved_by(counter, 5)
        });
        assert!(others.count() < 4);
    }

    #[test]
    fn the_hash_is_argon2id_as_written() {
        let mut puzzle = Puzzle::new("0123456789abcdef", [0; 32]).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(1024, 1, 1, None).unwrap());
        let (mut hash, secret) = ([0; 32], [[0; 32].as_slice(), &7_u64.to_be_bytes()].concat());
        argon2.hash_password_into(&secret, b"0123456789abcdef", &mut hash).unwrap();
        let zeros = leading_zeros(&hash);
        assert!(puzzle.is_solved_by(7, zeros) && !puzzle.is_solved_by(7, zeros + 1));
    }

    #[test]
    fn what_is_no_salt_is_no_challenge() {
        assert!(Puzzle::new("short", [0; 32]).is_none() && Puzzle::new(&"x".repeat(129), [0; 32]).is_none());
        assert_eq!((leading_zeros(&[0, 0x1f, 0]), leading_zeros(&[0x80]), leading_zeros(&[0; 2])), (11, 0, 16));
    }
}
