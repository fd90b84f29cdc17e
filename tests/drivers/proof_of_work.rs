//! Proofs of work as `docs/openapi.json` describes them, without the project's own code.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// The header of the server's request and of the client's proof.
pub(crate) const HEADER: &str = "proof-of-work";
const MEMORY_KIB: u32 = 1024;

/// Solves `Proof-Of-Work: BITS CHALLENGE`, and returns the header's value for the request.
pub(crate) fn solve(asked: &str, file: &[u8]) -> String {
    let (bits, challenge) = asked.split_once(' ').expect("the header has two parts");
    let bits: u32 = bits.parse().expect("bits are a number");
    let params = Params::new(MEMORY_KIB, 1, 1, Some(32)).expect("these parameters are good");
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let file_sha256 = Sha256::digest(file);
    let is_solved_by = |counter: &u64| {
        let (mut hash, secret) = ([0; 32], [&file_sha256[..], &counter.to_be_bytes()].concat());
        argon2
            .hash_password_into_with_memory(&secret, challenge.as_bytes(), &mut hash, memory.as_mut_slice())
            .expect("a challenge is a salt");
        u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]).leading_zeros() >= bits
    };
    let counter = (0..=u64::MAX).find(is_solved_by).expect("some counter solves it");
    format!("{challenge} {counter}")
}

/// Returns the part of the upload's metadata that binds a proof of work to the file.
pub(crate) fn metadata(file: &[u8]) -> String {
    format!("sha256 {}", STANDARD.encode(Sha256::digest(file)))
}
