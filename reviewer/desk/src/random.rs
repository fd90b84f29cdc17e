//! The browser's randomness.

/// Fills a buffer with the browser's randomness.
pub fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("a browser has randomness: nothing was opened without");
}
