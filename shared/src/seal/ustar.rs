//! Writing headers of ustar (POSIX.1-1988), which `tar x` everywhere reads.

use super::ArchiveError;

/// A header takes one block, and each file is filled up to whole ones; two empty blocks end an archive.
pub const BLOCK: usize = 512;
/// Bytes of a name that a header takes without its prefix, and a zero.
const MOST_NAME: usize = 99;

/// The header of one plain file, the same for everybody: owner 0, mode 0600, no time. Names have at most 99 bytes, files
/// less than 8 GiB.
pub fn header(name: &str, bytes: u64) -> Result<[u8; BLOCK], ArchiveError> {
    if name.len() > MOST_NAME {
        return Err(ArchiveError::Name);
    }
    if bytes >= 1 << 33 {
        return Err(ArchiveError::TooLong);
    }
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{bytes:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    put(329, b"0000000\0");
    put(337, b"0000000\0");
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tar_crate_reads_a_header_of_the_longest_name_and_file_and_no_longer_one_is_made() {
        let name = "n".repeat(MOST_NAME);
        let block = header(&name, (1 << 33) - 1).unwrap();
        let read = tar::Header::from_byte_slice(&block);
        assert_eq!((read.path().unwrap().to_str(), read.size().unwrap()), (Some(name.as_str()), (1 << 33) - 1));
        assert_eq!((read.mode().unwrap(), read.mtime().unwrap(), read.entry_type()), (0o600, 0, tar::EntryType::Regular));
        let sum: u32 = (0..).zip(&block).map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u32::from(byte) }).sum();
        assert_eq!(read.cksum().unwrap(), sum);
        assert_eq!(header(&format!("{name}n"), 0), Err(ArchiveError::Name));
        assert_eq!(header("n", 1 << 33), Err(ArchiveError::TooLong));
    }
}
