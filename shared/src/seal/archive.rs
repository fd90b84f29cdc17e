//! The archive inside a sealed file: ustar (POSIX.1-1988), regular files with names of ours, zeros up to a bucket.

use std::io::{self, Read};

use super::ustar::{self, BLOCK};

/// Most files in an archive that is read.
const MAX_ENTRIES: usize = 100;

/// The archive is none of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// A name that we never give.
    #[error("a file in the archive has a name that this program never gives")]
    Name,
    /// A link, a folder, a device: anything but a plain file.
    #[error("the archive holds something that is not a plain file")]
    NotAFile,
    /// A header that does not add up.
    #[error("the archive is damaged")]
    Damaged,
    /// The same name twice.
    #[error("the archive holds two files of one name")]
    Twice,
    /// More than a hundred files.
    #[error("the archive holds too many files")]
    TooMany,
    /// `registration.json` does not come first.
    #[error("the archive does not begin with registration.json")]
    NoRegistration,
    /// A file is longer than announced or allowed.
    #[error("a file in the archive is too long")]
    TooLong,
    /// A file has not got all its bytes yet.
    #[error("a file in the archive is not complete")]
    Incomplete,
    /// Something follows the archive's end that is not a zero.
    #[error("something is hidden behind the archive's end")]
    Trailing,
}

/// `registration.json`, or `attachments/` with two digits and one of our extensions.
fn is_ours(name: &str) -> bool {
    name == super::REGISTRATION
        || name.strip_prefix("attachments/").is_some_and(|file| {
            matches!(file.as_bytes(), [a, b, b'.', extension @ ..]
                if a.is_ascii_digit() && b.is_ascii_digit() && matches!(extension, b"jpg" | b"png" | b"pdf"))
        })
}

/// The header block of one of our files.
pub(super) fn header(name: &str, bytes: u64) -> Result<[u8; BLOCK], ArchiveError> {
    if is_ours(name) || name == super::DRAFT { ustar::header(name, bytes) } else { Err(ArchiveError::Name) }
}

/// One file of an archive that is being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// One of our names; nothing else gets through.
    pub name: String,
    /// Length.
    pub bytes: u64,
}

/// Reads an archive from somebody who may be hostile: plain files with names of ours only, each once, nothing after the
/// end but zeros. Reading from it yields the bytes of the present file.
pub struct Unpacker<R> {
    inner: R,
    left: u64,
    padding: usize,
    seen: Vec<String>,
    ended: bool,
}

impl<R: Read> Unpacker<R> {
    /// Reads an archive.
    pub fn new(inner: R) -> Self {
        Self { inner, left: 0, padding: 0, seen: Vec::new(), ended: false }
    }

    /// The next file; `None` after the last, once everything behind it has been seen to be zeros.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, super::OpenError> {
        if self.ended {
            return Ok(None);
        }
        io::copy(self, &mut io::sink())?;
        let mut block = [0; BLOCK];
        if self.padding > 0 {
            let padding = self.padding;
            self.inner.read_exact(&mut block[..padding])?;
            self.padding = 0;
        }
        self.inner.read_exact(&mut block)?;
        if block.iter().all(|&byte| byte == 0) {
            self.ended = true;
            let mut piece = vec![0; 64 * 1024];
            loop {
                match self.inner.read(&mut piece)? {
                    0 => return Ok(None),
                    read if piece[..read].iter().any(|&byte| byte != 0) => return Err(ArchiveError::Trailing.into()),
                    _ => {}
                }
            }
        }
        let entry = parse(&block)?;
        if self.seen.contains(&entry.name) {
            return Err(ArchiveError::Twice.into());
        }
        if self.seen.len() == MAX_ENTRIES {
            return Err(ArchiveError::TooMany.into());
        }
        self.seen.push(entry.name.clone());
        self.left = entry.bytes;
        let over = usize::try_from(entry.bytes % BLOCK as u64).expect("a remainder of 512 fits");
        self.padding = (BLOCK - over) % BLOCK;
        Ok(Some(entry))
    }
}

impl<R: Read> Read for Unpacker<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        match self.inner.read(&mut buffer[..most])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.left -= read as u64;
                Ok(read)
            }
        }
    }
}

fn parse(block: &[u8; BLOCK]) -> Result<Entry, ArchiveError> {
    let sum: u64 = block.iter().enumerate().map(|(at, &byte)| u64::from(if (148..156).contains(&at) { b' ' } else { byte })).sum();
    if octal(&block[148..156]) != Some(sum) || !block[257..].starts_with(b"ustar") {
        return Err(ArchiveError::Damaged);
    }
    if !matches!(block[156], b'0' | 0) {
        return Err(ArchiveError::NotAFile);
    }
    let end = block[..100].iter().position(|&byte| byte == 0).unwrap_or(100);
    let name = std::str::from_utf8(&block[..end]).map_err(|_| ArchiveError::Name)?;
    // A prefix would put the file elsewhere.
    if !is_ours(name) || block[345] != 0 {
        return Err(ArchiveError::Name);
    }
    let bytes = octal(&block[124..136]).ok_or(ArchiveError::Damaged)?;
    Ok(Entry { name: name.to_owned(), bytes })
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.split(|&byte| byte == 0 || byte == b' ').find(|part| !part.is_empty())?;
    digits.iter().try_fold(0_u64, |value, &digit| matches!(digit, b'0'..=b'7').then(|| value << 3 | u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, bytes) in files {
            out.extend(header(name, bytes.len() as u64).unwrap());
            out.extend(*bytes);
            out.resize(out.len().next_multiple_of(BLOCK), 0);
        }
        out.extend([0; 2 * BLOCK]);
        out
    }

    #[test]
    fn the_tar_crate_reads_what_we_write() {
        let bytes = archive(&[("registration.json", b"{}"), ("attachments/01.jpg", &[7; 513])]);
        let mut reader = tar::Archive::new(&bytes[..]);
        let seen: Vec<(String, u64)> = reader
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.path().unwrap().display().to_string(), entry.size()))
            .collect();
        assert_eq!(seen, [("registration.json".to_owned(), 2), ("attachments/01.jpg".to_owned(), 513)]);
    }

    #[test]
    fn what_is_written_reads_back() {
        let bytes = archive(&[("registration.json", b"{}"), ("attachments/01.pdf", &[7; 1024]), ("attachments/02.png", b"")]);
        let mut unpacker = Unpacker::new(&bytes[..]);
        let mut lengths = Vec::new();
        while let Some(entry) = unpacker.next_entry().unwrap() {
            let mut content = Vec::new();
            unpacker.read_to_end(&mut content).unwrap();
            assert_eq!(content.len() as u64, entry.bytes);
            lengths.push(entry.bytes);
        }
        assert_eq!(lengths, [2, 1024, 0]);
    }

    #[test]
    fn hostile_archives_are_refused() {
        let hostile = |build: &dyn Fn(&mut tar::Header)| {
            let mut header = tar::Header::new_ustar();
            header.set_size(0);
            header.set_mode(0o600);
            header.set_path("attachments/01.jpg").unwrap();
            build(&mut header);
            header.set_cksum();
            let mut bytes = header.as_bytes().to_vec();
            bytes.extend([0; 2 * BLOCK]);
            Unpacker::new(&bytes[..]).next_entry().unwrap_err().to_string()
        };
        for path in
            ["../x", "/etc/passwd", "attachments/../x", "attachments/01.svg", "attachments/01.jpg/x", "registration.json\u{202e}"]
        {
            let error = hostile(&|header| {
                header.as_old_mut().name = [0; 100];
                header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            });
            assert_eq!(error, ArchiveError::Name.to_string(), "{path}");
        }
        for kind in [
            tar::EntryType::Symlink,
            tar::EntryType::Link,
            tar::EntryType::Directory,
            tar::EntryType::Char,
            tar::EntryType::XHeader,
            tar::EntryType::GNULongName,
        ] {
            assert_eq!(hostile(&|header| header.set_entry_type(kind)), ArchiveError::NotAFile.to_string());
        }
        assert_eq!(
            hostile(&|header| header.as_ustar_mut().unwrap().prefix[..3].copy_from_slice(b"../")),
            ArchiveError::Name.to_string()
        );
    }

    #[test]
    fn nothing_hides_behind_the_end_and_no_name_comes_twice() {
        let mut bytes = archive(&[("registration.json", b"{}")]);
        bytes.push(1);
        let mut unpacker = Unpacker::new(&bytes[..]);
        unpacker.next_entry().unwrap();
        assert!(unpacker.next_entry().is_err());
        let bytes = archive(&[("registration.json", b"{}"), ("registration.json", b"{}")]);
        let mut unpacker = Unpacker::new(&bytes[..]);
        unpacker.next_entry().unwrap();
        assert!(unpacker.next_entry().is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..2048)) {
            let mut unpacker = Unpacker::new(&bytes[..]);
            while let Ok(Some(_)) = unpacker.next_entry() {}
        }
    }
}
