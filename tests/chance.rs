//! Chance that can be repeated: whoever uses it prints the seed, and `AMANAT_SEED` gives it again.

use std::{
    env,
    hash::{BuildHasher, RandomState},
    ops::Range,
    time::Duration,
};

/// `SplitMix64`: good enough to choose moments and to fill files.
pub(crate) struct Chance(u64);

impl Chance {
    /// From `AMANAT_SEED`, or of this moment. The seed goes to the test's output, which a failing test shows.
    pub(crate) fn of_this_run() -> Self {
        let seed = match env::var("AMANAT_SEED") {
            Ok(seed) => seed.parse().expect("AMANAT_SEED is a number"),
            Err(_) => RandomState::new().hash_one("seed"),
        };
        eprintln!("to repeat: AMANAT_SEED={seed}");
        Self(seed)
    }

    /// Another that goes its own way: one a thread.
    pub(crate) fn branch(&mut self) -> Self {
        Self(self.number())
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in a range.
    pub(crate) fn among(&mut self, range: Range<usize>) -> usize {
        let width = u64::try_from(range.len()).expect("a range fits");
        range.start + usize::try_from(self.number() % width).expect("it is smaller than the range")
    }

    /// `true` one time in so many.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.among(0..times) == 0
    }

    /// A time in a range of milliseconds.
    pub(crate) fn millis(&mut self, range: Range<usize>) -> Duration {
        Duration::from_millis(self.among(range) as u64)
    }

    /// Bytes like those of a sealed file.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend(self.number().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}
