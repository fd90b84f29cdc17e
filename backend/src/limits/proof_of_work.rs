//! The proof of work of a new upload ([`amanat_shared::proof_of_work`]).
//!
//! The servers of one database sign challenges with a shared key, so a challenge is stored only once it is answered, which
//! makes it good once.

use std::sync::{Mutex, PoisonError};

use amanat_shared::proof_of_work::{MOST_BITS, Puzzle};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::{OnceCell, Semaphore};

use crate::peer::Peer;
use crate::store::Store;

use super::ceilings::UploadSlots;
use super::{LimitError, RequiredWork};
use crate::config::LimitSettings;

/// A slow phone on a slow network answers within this time.
const VALID_SECS: u64 = 30 * 60;
/// Bits that are required when the load has just passed the free rate. Each doubling of the load adds one.
const FIRST_BITS: u32 = 4;
/// Bits that are required of an address beyond its share.
pub(super) const BEYOND_SHARE_BITS: u32 = 8;
/// A proof may have this many bits fewer than are required when it arrives, because the load may have grown while a slow phone
/// worked. Proofs that were hoarded under low load are refused under high load.
const TOLERATED_BITS: u32 = 2;
/// Proofs that are checked at once. Each takes a megabyte.
const MAX_CONCURRENT_CHECKS: usize = 2;
const KEY_PURPOSE: &str = "challenges";
const NONCE_BYTES: usize = 16;
const SIGNED_BYTES: usize = NONCE_BYTES + 8 + 1;
const MAC_BYTES: usize = 16;

/// Computes the required work and checks proofs.
pub struct ProofOfWork {
    addresses: UploadRate,
    onion: UploadRate,
    key: OnceCell<[u8; 32]>,
    checking: Semaphore,
}

impl ProofOfWork {
    pub(super) fn new(_: &LimitSettings) -> Self {
        Self {
            addresses: UploadRate::default(),
            onion: UploadRate::default(),
            key: OnceCell::new(),
            checking: Semaphore::new(MAX_CONCURRENT_CHECKS),
        }
    }

    /// Returns the zero bits that an upload must bring now, if its address is within its share.
    pub(super) fn bits(&self, peer: Option<Peer>, now: i64, slots: UploadSlots, settings: &LimitSettings) -> u32 {
        let free = match peer {
            Some(Peer::Onion) => settings.free_onion_uploads_per_minute,
            Some(Peer::Address(_)) | None => settings.free_uploads_per_minute,
        };
        let load = self.load(peer).in_a_minute(now) / free;
        let for_load = if load > 0 { FIRST_BITS + load.ilog2() } else { 0 };
        settings.proof_of_work_bits.max(for_load).max(scarcity_bits(slots)).min(MOST_BITS)
    }

    /// Counts an admitted upload.
    pub(super) fn admitted(&self, peer: Option<Peer>, now: i64) {
        self.load(peer).count(now);
    }

    fn load(&self, peer: Option<Peer>) -> &UploadRate {
        match peer {
            Some(Peer::Onion) => &self.onion,
            Some(Peer::Address(_)) | None => &self.addresses,
        }
    }

    /// Checks the proof of a request. If it is missing or bad, the error holds a new challenge.
    pub(super) async fn check(
        &self,
        store: &Store,
        proof: Option<&str>,
        sha256: Option<[u8; 32]>,
        bits: u32,
        now: i64,
    ) -> Result<(), LimitError> {
        let key = self.key(store).await?;
        let now = now.unsigned_abs();
        if let (Some(proof), Some(sha256)) = (proof, sha256)
            && let Some((text, counter)) = proof.split_once(' ')
            && let Some(challenge) = Challenge::read(text, &key, now)
            && let Ok(counter) = counter.parse()
            && self.solves(text, sha256, counter, challenge.bits.max(bits.saturating_sub(TOLERATED_BITS))).await
            // This check is last, so that only a client that has worked can make the database write.
            && store.answer_once(challenge.nonce, challenge.expires).await?
        {
            return Ok(());
        }
        let challenge = Self::fresh(&key, bits, now)?;
        Err(LimitError::ProofOfWork(RequiredWork { bits, challenge }))
    }

    /// Returns a challenge to a client that asks before an upload.
    pub(super) async fn challenge(&self, store: &Store, bits: u32, now: i64) -> Result<String, LimitError> {
        Self::fresh(&self.key(store).await?, bits, now.unsigned_abs())
    }

    fn fresh(key: &[u8; 32], bits: u32, now: u64) -> Result<String, LimitError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| LimitError::Random)?;
        Ok(Challenge { nonce, expires: now + VALID_SECS, bits }.text(key))
    }

    async fn key(&self, store: &Store) -> Result<[u8; 32], LimitError> {
        let make = async || {
            let mut fresh = [0; 32];
            getrandom::fill(&mut fresh).map_err(|_| LimitError::Random)?;
            Ok::<_, LimitError>(store.shared_key(KEY_PURPOSE, fresh).await?)
        };
        self.key.get_or_try_init(make).await.copied()
    }

    async fn solves(&self, challenge: &str, sha256: [u8; 32], counter: u64, bits: u32) -> bool {
        let Ok(_permit) = self.checking.acquire().await else { return false };
        let Some(mut puzzle) = Puzzle::new(challenge, sha256) else { return false };
        tokio::task::spawn_blocking(move || puzzle.is_solved_by(counter, bits)).await.unwrap_or(false)
    }
}

/// Returns the bits that are required because slots are scarce. Each halving of the free slots adds one.
fn scarcity_bits(slots: UploadSlots) -> u32 {
    let free = slots.total.saturating_sub(slots.used);
    let halvings = (slots.total / free.max(1)).checked_ilog2().unwrap_or(0);
    if free == 0 {
        MOST_BITS
    } else if halvings == 0 {
        0
    } else {
        FIRST_BITS + halvings
    }
}

/// The signed contents of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Challenge {
    nonce: [u8; NONCE_BYTES],
    /// Unix time.
    expires: u64,
    bits: u32,
}

impl Challenge {
    fn text(self, key: &[u8; 32]) -> String {
        let signed = self.signed();
        let mac = mac(key, &signed).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&signed[..], &mac[..MAC_BYTES]].concat())
    }

    fn signed(self) -> [u8; SIGNED_BYTES] {
        let mut signed = [0; SIGNED_BYTES];
        signed[..NONCE_BYTES].copy_from_slice(&self.nonce);
        signed[NONCE_BYTES..SIGNED_BYTES - 1].copy_from_slice(&self.expires.to_be_bytes());
        signed[SIGNED_BYTES - 1] = u8::try_from(self.bits).unwrap_or(u8::MAX);
        signed
    }

    /// Parses a challenge, and checks its signature and expiry.
    fn read(text: &str, key: &[u8; 32], now: u64) -> Option<Self> {
        let bytes: [u8; SIGNED_BYTES + MAC_BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (signed, tag) = bytes.split_at(SIGNED_BYTES);
        mac(key, signed).verify_truncated_left(tag).ok()?;
        let challenge = Self {
            nonce: signed[..NONCE_BYTES].try_into().ok()?,
            expires: u64::from_be_bytes(signed[NONCE_BYTES..SIGNED_BYTES - 1].try_into().ok()?),
            bits: u32::from(signed[SIGNED_BYTES - 1]),
        };
        (challenge.expires > now).then_some(challenge)
    }
}

fn mac(key: &[u8; 32], signed: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length").chain_update(signed)
}

/// Counts the uploads admitted in this minute and the one before.
#[derive(Default)]
struct UploadRate(Mutex<MinuteCounts>);

#[derive(Clone, Copy, Default)]
struct MinuteCounts {
    minute: i64,
    now: u32,
    before: u32,
}

impl MinuteCounts {
    fn at(self, minute: i64) -> Self {
        match minute - self.minute {
            0 => self,
            1 => Self { minute, now: 0, before: self.now },
            _ => Self { minute, now: 0, before: 0 },
        }
    }
}

impl UploadRate {
    fn count(&self, now: i64) {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *minutes = minutes.at(now.div_euclid(60));
        minutes.now = minutes.now.saturating_add(1);
    }

    /// Estimates how many uploads were admitted in the last minute.
    fn in_a_minute(&self, now: i64) -> u32 {
        let minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner).at(now.div_euclid(60));
        let left = u64::try_from(60 - now.rem_euclid(60)).unwrap_or(0);
        let before = u32::try_from(u64::from(minutes.before) * left / 60).unwrap_or(u32::MAX);
        minutes.now.saturating_add(before)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn a_challenge_is_valid_until_it_expires_and_under_its_key_only() {
        let challenge = Challenge { nonce: [5; NONCE_BYTES], expires: 1000, bits: 7 };
        let text = challenge.text(&[1; 32]);
        assert_eq!(Challenge::read(&text, &[1; 32], 999), Some(challenge));
        assert_eq!(Challenge::read(&text, &[1; 32], 1000), None);
        assert_eq!(Challenge::read(&text, &[2; 32], 999), None);
        let easier = Challenge { bits: 0, ..challenge };
        let forged =
            URL_SAFE_NO_PAD.encode([&easier.signed()[..], &URL_SAFE_NO_PAD.decode(&text).unwrap()[SIGNED_BYTES..]].concat());
        assert_eq!(Challenge::read(&forged, &[1; 32], 999), None);
        assert_eq!(Challenge::read("AAAA", &[1; 32], 999), None);
    }

    const FREE: UploadSlots = UploadSlots { used: 0, total: 20_000 };

    #[test]
    fn the_work_follows_the_load_and_is_never_zero_by_default() {
        let free = NonZeroU32::new(10).unwrap();
        let settings =
            LimitSettings { free_uploads_per_minute: free, free_onion_uploads_per_minute: free, ..LimitSettings::default() };
        let (proof_of_work, peer) = (ProofOfWork::new(&settings), Some(Peer::Address([192, 0, 2, 1].into())));
        let mut bits = Vec::new();
        for number in 0..2000 {
            if [0, 9, 10, 19, 20, 40, 1999].contains(&number) {
                bits.push(proof_of_work.bits(peer, 600, FREE, &settings));
            }
            proof_of_work.admitted(peer, 600);
        }
        assert_eq!(bits, [4, 4, 4, 4, 5, 6, 10]);
        assert_eq!(proof_of_work.bits(Some(Peer::Onion), 600, FREE, &settings), 4, "another crowd");
        assert_eq!(proof_of_work.bits(peer, 660 + 59, FREE, &settings), 5, "a sixtieth of the minute before");
        assert_eq!(proof_of_work.bits(peer, 720, FREE, &settings), 4);
        let none = LimitSettings { proof_of_work_bits: 0, ..settings };
        assert_eq!(proof_of_work.bits(peer, 720, FREE, &none), 0);
    }

    #[test]
    fn the_work_grows_as_slots_become_scarce() {
        let (settings, proof_of_work) = (LimitSettings::default(), ProofOfWork::new(&LimitSettings::default()));
        let bits = |uploads| proof_of_work.bits(None, 600, UploadSlots { used: uploads, total: 20_000 }, &settings);
        let steps = [0, 9_999, 10_000, 15_000, 17_500, 18_750, 19_375, 19_700, 20_000, 30_000];
        assert_eq!(steps.map(bits), [4, 4, 5, 6, 7, 8, 9, 10, 10, 10]);
        let few = |uploads| proof_of_work.bits(None, 600, UploadSlots { used: uploads, total: 2 }, &settings);
        assert_eq!([0, 1, 2].map(few), [4, 5, 10]);
    }
}
