//! Re-sealing what lies on a disk to a changed list of reviewers.
//!
//! A file keeps its name, its payload and, if it is a registration, its identity ([`Origin`]). It is replaced only after
//! its new form has been read back from the disk and opened with a key that the new list holds, and what came out is the
//! same to the last byte. Whoever runs it again after a power cut goes on where it stopped.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::decrypt::{self, Fault};
use amanat_reviewer_core::safe_text;
use amanat_shared::pack::Pack;
use amanat_shared::seal::{self, Origin, RecipientError, Recipients};
use sha2::{Digest, Sha256};

use crate::atomic_file;

mod find_files;

pub use find_files::{Found, WalkError, find_files};

/// The reason why nothing was re-sealed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RekeyError {
    /// The pack's keys are none.
    #[error("the pack's keys cannot be sealed to: {0}")]
    #[diagnostic(help("Tell the coalition: it signed a pack that does not work."))]
    Recipients(#[from] RecipientError),
    /// The reviewer who re-seals could not open the files afterwards.
    #[error("the pack does not name this identity, so you could open nothing afterwards, and nothing could be checked")]
    #[diagnostic(help("Bring the pack that names its public half (`keys show` prints it)."))]
    NotListed,
}

/// The reason why one file was not re-sealed, to stand behind its name. The file is as it was.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RekeyFault {
    /// It could not be opened.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sealed(#[from] Fault),
    /// The disk refused.
    #[error("its new form could not be written: {0}")]
    #[diagnostic(help("Make room or name a disk that you may write to, and run the same again; the file is as it was."))]
    Write(io::Error),
    /// The new header could not be made.
    #[error("its new form could not be made: {0}")]
    #[diagnostic(help("Run the same again; the file is as it was."))]
    Seal(seal::ResealError),
    /// The new file does not hold the same content.
    #[error("its new form did not open to the same again")]
    #[diagnostic(help("Run the same again; if it stays so, the disk is broken. The file is as it was."))]
    NotTheSame,
}

/// One file that was not re-sealed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{}: {fault}", safe_text::path(.path))]
#[diagnostic(forward(fault))]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// The fault.
    pub fault: RekeyFault,
}

/// A list of reviewers.
#[derive(Clone)]
pub struct Target {
    keys: Vec<String>,
    recipients: Recipients,
    /// SHA-256 of the keys in order, a line feed between two: packs that differ in something else need no new sealing.
    list: [u8; 32],
}

impl Target {
    /// Those whom this pack names.
    pub fn new(pack: &Pack) -> Result<Self, RekeyError> {
        let recipients = pack.recipients()?;
        let mut keys: Vec<String> = pack.recipients.iter().map(|recipient| recipient.key.clone()).collect();
        keys.sort_unstable();
        let list = Sha256::digest(keys.join("\n")).into();
        Ok(Self { keys, recipients, list })
    }

    /// Public halves, sorted.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }
}

/// The keys of the reviewer who re-seals.
#[derive(Clone, Copy)]
pub struct OpeningKeys<'a> {
    /// The keys that open the files as they are.
    all: &'a [&'a dyn age::Identity],
    /// Those of them that the new list holds.
    listed: &'a [&'a dyn age::Identity],
}

impl<'a> OpeningKeys<'a> {
    pub(crate) fn new(all: &'a [&'a dyn age::Identity], listed: &'a [&'a dyn age::Identity]) -> Result<Self, RekeyError> {
        if listed.is_empty() { Err(RekeyError::NotListed) } else { Ok(Self { all, listed }) }
    }
}

/// The result for one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOutcome {
    /// It is sealed to the list now.
    Resealed,
    /// It was sealed to the list already.
    Already,
}

/// The result for all files.
#[derive(Debug, Default)]
pub struct Report {
    /// Sealed to the list now.
    pub resealed: usize,
    /// Were already.
    pub already: usize,
    /// Files that were left as they were.
    pub failures: Vec<FileError>,
}

/// Re-seals with one identity, which the list must hold; files of at most `most` bytes. What fails does not hold up the
/// rest. `each` is called after every file.
pub fn run(
    paths: &[PathBuf],
    identities: &amanat_reviewer_core::identities::Identities,
    target: &Target,
    most: u64,
    each: impl FnMut(),
) -> Result<Report, RekeyError> {
    let (all, listed): (Vec<_>, _) = (identities.as_age().collect(), identities.listed(target.keys()));
    Ok(run_with(paths, OpeningKeys::new(&all, &listed)?, target, most, each))
}

pub(crate) fn run_with(paths: &[PathBuf], keys: OpeningKeys<'_>, target: &Target, most: u64, mut each: impl FnMut()) -> Report {
    let mut report = Report::default();
    for path in paths {
        match file(path, keys, target, most) {
            Ok(FileOutcome::Resealed) => report.resealed += 1,
            Ok(FileOutcome::Already) => report.already += 1,
            Err(fault) => report.failures.push(FileError { path: path.clone(), fault }),
        }
        each();
    }
    report
}

/// Re-seals one file in its place.
fn file(path: &Path, keys: OpeningKeys<'_>, target: &Target, most: u64) -> Result<FileOutcome, RekeyFault> {
    // A notebook may be written in meanwhile.
    let _lock = atomic_file::lock_folder(path).map_err(RekeyFault::Write)?;
    let old = read(path, most)?;
    let (header, origin) = seal::look_inside(&old).ok().flatten().ok_or(Fault::NotSealed)?;
    let before = decrypt::contents(&old, keys.all.iter().copied())?;
    let done = origin.as_ref().is_some_and(|origin| origin.list() == target.list)
        && (header.kind, header.recipients) == (target.recipients.kind(), target.recipients.len());
    // Only the content proves that the writer of the header held the file's key.
    if done && decrypt::contents(&old, keys.listed.iter().copied()).is_ok_and(|now| now == before) {
        return Ok(FileOutcome::Already);
    }
    let origin = match origin {
        Some(origin) => Some(origin.again(target.list)),
        None => before.registration.then(|| Origin::new(&old[..header.bytes], target.list)),
    };
    let new = seal::reseal(&old, keys.all, &target.recipients, origin.as_ref()).map_err(RekeyFault::Seal)?;
    let beside = beside(path);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(RekeyFault::Write(error)),
        _ => {}
    }
    atomic_file::write_new(&beside, &new).map_err(RekeyFault::Write)?;
    let again = read(&beside, u64::MAX)?;
    let same = again == new
        && decrypt::contents(&again, keys.listed.iter().copied()).is_ok_and(|after| after == before)
        && (!before.registration || decrypt::identity(&again) == decrypt::identity(&old));
    if !same {
        // The file itself is untouched; what is left of its new form is of no use.
        let _ = fs::remove_file(&beside);
        return Err(RekeyFault::NotTheSame);
    }
    fs::rename(&beside, path).and_then(|()| atomic_file::sync_folder(path)).map_err(RekeyFault::Write)?;
    Ok(FileOutcome::Resealed)
}

/// Plain files only: what a link leads to may lie outside.
fn read(path: &Path, most: u64) -> Result<Vec<u8>, Fault> {
    if path.symlink_metadata().map_err(Fault::Read)?.is_symlink() {
        return Err(Fault::Read(io::Error::new(io::ErrorKind::InvalidInput, "it is a link, which is not followed")));
    }
    atomic_file::read(path, most).map_err(Fault::Read)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".resealing");
    path.with_file_name(name)
}
