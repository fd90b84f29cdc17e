//! The lengths to which plaintexts are padded, so that a sealed file's length says little.

/// The bucket that a plaintext of this length is padded to: 32 KiB, then two an octave (48, 64, 96, 128 … KiB).
pub const fn bucket(bytes: u64) -> u64 {
    let mut size = 32 * 1024;
    loop {
        if bytes <= size {
            return size;
        }
        if bytes <= size + size / 2 {
            return size + size / 2;
        }
        size *= 2;
    }
}

/// Whether a plaintext of exactly this length may exist.
pub const fn is_bucket(bytes: u64) -> bool {
    bytes > 0 && bucket(bytes) == bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_two_an_octave_from_32_kib() {
        assert_eq!(
            [0, 1, 32_768, 32_769, 49_152, 49_153, 65_537, 98_305].map(bucket),
            [32_768, 32_768, 32_768, 49_152, 49_152, 65_536, 98_304, 131_072]
        );
        assert!(is_bucket(98_304) && !is_bucket(98_303) && !is_bucket(0));
    }
}
