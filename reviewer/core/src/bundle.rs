//! A bundle: the folder that `pull` wrote as one file, to be dropped on the desk. It is a tar (POSIX.1-1988 ustar, GNU or pax),
//! as `bundle` and any `tar` write it; nothing is packed tighter, since what is sealed does not shrink.
//!
//! [`Walk`] reads no file by itself: it says which bytes it wants next, so that of a bundle of gigabytes only the headers are
//! read, in a browser too.

use std::ops::Range;

/// The end of a bundle's name.
pub const SUFFIX: &str = ".tar";
/// Ends of the names of other archives, which are not read.
const OTHER_SUFFIXES: [&str; 8] = [".zip", ".gz", ".tgz", ".xz", ".bz2", ".zst", ".7z", ".rar"];

const BLOCK_BYTES: usize = 512;
const BLOCK: u64 = BLOCK_BYTES as u64;
/// Most bytes of an entry that holds nothing but the long name of another one.
const MOST_BESIDE: u64 = 64 * 1024;

/// The reason why a bundle is not read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum BundleError {
    /// Bytes are missing at its end.
    #[error("the bundle ends before its last file does")]
    #[diagnostic(help("It was not copied whole: copy it again. What stands before the missing part is listed."))]
    Cut,
    /// The sum of a header is wrong.
    #[error("the bundle is damaged")]
    #[diagnostic(help("Copy it again, or make it again with `amanat-reviewer bundle`. What stands before the damage is listed."))]
    Damaged,
    /// The file is a zip or another kind of archive.
    #[error("files that are packed like this are not read here")]
    #[diagnostic(help("Unpack it first, or make a bundle (.tar) with `amanat-reviewer bundle`."))]
    OtherKind,
}

/// Whether this is a bundle, by its name; an error for other kinds of archives.
pub fn is_bundle(name: &str) -> Result<bool, BundleError> {
    let name = name.to_ascii_lowercase();
    if OTHER_SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) {
        return Err(BundleError::OtherKind);
    }
    Ok(name.ends_with(SUFFIX))
}

/// A file in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name without folders. The author of the bundle chose it: it may hold anything.
    pub name: String,
    /// The range of its bytes.
    pub bytes: Range<u64>,
}

/// The part of the bundle that the walk wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    Header,
    /// The next member's name, as GNU's tar writes a long one.
    LongName,
    /// The next member's records, as pax writes them.
    Records,
}

/// Goes through a bundle from its beginning.
///
/// ```
/// # use amanat_reviewer_core::bundle::{BundleError, Member, Walk};
/// # fn names(bundle: &[u8]) -> Result<Vec<String>, BundleError> {
/// let (mut walk, mut names) = (Walk::new(bundle.len() as u64), Vec::new());
/// while let Some(range) = walk.wants()? {
///     let bytes = &bundle[range.start as usize..range.end as usize];
///     names.extend(walk.take(bytes)?.map(|member: Member| member.name));
/// }
/// # Ok(names)
/// # }
/// # assert_eq!(names(&[0; 1024]), Ok(vec![]));
/// ```
#[derive(Clone, Debug)]
pub struct Walk {
    length: u64,
    wanted: Range<u64>,
    next: Next,
    /// The offset of the header after this member.
    after: u64,
    long_name: Option<Vec<u8>>,
    passed_over: u64,
    ended: bool,
}

impl Walk {
    /// Begins with a bundle of this length.
    pub fn new(length: u64) -> Self {
        Self { length, wanted: 0..BLOCK, next: Next::Header, after: BLOCK, long_name: None, passed_over: 0, ended: false }
    }

    /// The bytes to bring to [`Walk::take`]; `None` at the end.
    pub fn wants(&self) -> Result<Option<Range<u64>>, BundleError> {
        if self.ended {
            return Ok(None);
        }
        if self.wanted.end > self.length {
            return Err(BundleError::Cut);
        }
        Ok(Some(self.wanted.clone()))
    }

    /// Takes the bytes that were wanted; a file, if they announce one.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Option<Member>, BundleError> {
        match self.next {
            Next::Header => return self.header(bytes),
            Next::LongName => {
                self.long_name = Some(bytes.split(|&byte| byte == 0).next().unwrap_or_default().to_vec());
            }
            Next::Records => self.long_name = path_record(bytes).or(self.long_name.take()),
        }
        self.go_to_header();
        Ok(None)
    }

    /// The number of links, devices and other entries that are no files, so far.
    pub fn passed_over(&self) -> u64 {
        self.passed_over
    }

    fn go_to_header(&mut self) {
        self.next = Next::Header;
        self.wanted = self.after..self.after.saturating_add(BLOCK);
    }

    fn header(&mut self, block: &[u8]) -> Result<Option<Member>, BundleError> {
        let block: &[u8; BLOCK_BYTES] = block.try_into().map_err(|_| BundleError::Cut)?;
        if block.iter().all(|&byte| byte == 0) {
            self.ended = true;
            return Ok(None);
        }
        let bytes = length(block).ok_or(BundleError::Damaged)?;
        let start = self.wanted.end;
        let end = start.checked_add(bytes).ok_or(BundleError::Damaged)?;
        self.after = end.checked_next_multiple_of(BLOCK).ok_or(BundleError::Damaged)?;
        self.go_to_header();
        if end > self.length {
            return Err(BundleError::Cut);
        }
        match block[156] {
            b'0' | 0 => {
                let long = self.long_name.take();
                let short = || block[..100].split(|&byte| byte == 0).next().unwrap_or_default().to_vec();
                let name = String::from_utf8_lossy(&long.unwrap_or_else(short)).into_owned();
                let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
                return Ok((!name.is_empty()).then_some(Member { name, bytes: start..end }));
            }
            kind @ (b'L' | b'x') if bytes <= MOST_BESIDE => {
                self.next = if kind == b'L' { Next::LongName } else { Next::Records };
                self.wanted = start..end;
            }
            // Folders, what belongs to the whole archive, a link's target.
            b'5' => self.long_name = None,
            b'g' | b'K' => {}
            _ => {
                self.long_name = None;
                self.passed_over += 1;
            }
        }
        Ok(None)
    }
}

/// The length of what follows a header, if the header's sum is right.
fn length(block: &[u8; BLOCK_BYTES]) -> Option<u64> {
    let sum: u64 = block.iter().enumerate().map(|(at, &byte)| u64::from(if (148..156).contains(&at) { b' ' } else { byte })).sum();
    (number(&block[148..156])? == sum).then(|| number(&block[124..136])).flatten()
}

/// Octal digits; or, above their reach, GNU's binary with the first bit set.
fn number(field: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        let first = u64::from(first & 0x7f);
        return rest.iter().try_fold(first, |value, &byte| value.checked_mul(256)?.checked_add(u64::from(byte)));
    }
    let digits = field.split(|&byte| byte == 0 || byte == b' ').find(|part| !part.is_empty())?;
    digits.iter().try_fold(0_u64, |value, &digit| {
        matches!(digit, b'0'..=b'7').then(|| value.checked_mul(8)?.checked_add(u64::from(digit - b'0'))).flatten()
    })
}

/// The path among a pax header's records, `LENGTH KEY=VALUE\n` each.
fn path_record(mut records: &[u8]) -> Option<Vec<u8>> {
    let mut path = None;
    while let Some(space) = records.iter().position(|&byte| byte == b' ') {
        let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
        let record = records.get(space + 1..length)?;
        if let Some(value) = record.strip_prefix(b"path=") {
            path = Some(value.strip_suffix(b"\n")?.to_vec());
        }
        records = &records[length..];
    }
    path
}

#[cfg(test)]
mod tests;
