//! A sealed file that the person saved, to be sent later, by whomever: the sealed file, and behind it what the server is told
//! beside it. Without the trailer it is a plain age file.

use crate::envelope::header;

/// SHA-256 of the delete proof, and the pack's serial, big-endian.
pub const TRAILER_BYTES: usize = 32 + 8;

/// What goes behind a sealed file.
pub fn trailer(proof_sha256: &[u8; 32], pack_serial: u64) -> [u8; TRAILER_BYTES] {
    let mut trailer = [0; TRAILER_BYTES];
    trailer[..32].copy_from_slice(proof_sha256);
    trailer[32..].copy_from_slice(&pack_serial.to_be_bytes());
    trailer
}

/// Length of the sealed file in a saved one, the hash of its delete proof and its pack's serial. `None` if it does not begin
/// as a sealed registration does; the server looks at the rest.
pub fn saved(file: &[u8]) -> Option<(usize, [u8; 32], u64)> {
    let sealed = file.len().checked_sub(TRAILER_BYTES)?;
    header(&file[..sealed]).ok()??;
    let (proof, serial) = file[sealed..].split_at(32);
    Some((sealed, proof.try_into().ok()?, u64::from_be_bytes(serial.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{HybridIdentity, REGISTRATION, Recipients, Sealer};

    #[test]
    fn what_is_saved_reads_back_and_nothing_else_does() {
        let key = HybridIdentity::from_seed([1; 32]).recipient().to_string();
        let mut sealer = Sealer::new(&Recipients::parse(std::iter::once(&*key)).unwrap(), Vec::new()).unwrap();
        sealer.entry(REGISTRATION, 0).unwrap();
        let age_file = sealer.finish().unwrap();
        let file = [&age_file[..], &trailer(&[7; 32], 300)].concat();
        assert_eq!(saved(&file), Some((age_file.len(), [7; 32], 300)));
        for other in [&b""[..], b"%PDF-1.7", &[0; 4096], &file[1..], &age_file[..100]] {
            assert_eq!(saved(other), None);
        }
    }
}
