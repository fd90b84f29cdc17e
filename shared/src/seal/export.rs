//! A sealed file that the person saved, to be sent later, by whomever: the sealed file, and behind it what the server is told
//! beside it. Without the trailer it is a plain age file. Whoever carries it can change the trailer, so nothing stands there
//! on which deletion depends: the header binds the delete proof.

use crate::envelope::header;

/// The pack's serial, big-endian.
pub const TRAILER_BYTES: usize = 8;

/// The bytes that go behind a sealed file.
pub const fn trailer(pack_serial: u64) -> [u8; TRAILER_BYTES] {
    pack_serial.to_be_bytes()
}

/// Length of the sealed file in a saved one, and its pack's serial. `None` if it does not begin as a registration of this
/// form does; the server looks at the rest.
pub fn split_export(file: &[u8]) -> Option<(usize, u64)> {
    let sealed = file.len().checked_sub(TRAILER_BYTES)?;
    header(&file[..sealed]).ok()??.commitment?;
    Some((sealed, u64::from_be_bytes(file[sealed..].try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{HybridIdentity, REGISTRATION, Recipients, Sealer};

    #[test]
    fn what_is_saved_reads_back_and_nothing_else_does() {
        let key = HybridIdentity::from_seed([1; 32]).recipient().to_string();
        let mut sealer = Sealer::new(&Recipients::parse(std::iter::once(&*key)).unwrap(), &[7; 32], Vec::new()).unwrap();
        sealer.entry(REGISTRATION, 0).unwrap();
        let age_file = sealer.finish().unwrap();
        let file = [&age_file[..], &trailer(300)].concat();
        assert_eq!(split_export(&file), Some((age_file.len(), 300)));
        for other in [&b""[..], b"%PDF-1.7", &[0; 4096], &file[1..], &age_file[..100]] {
            assert_eq!(split_export(other), None);
        }
    }
}
