//! Writing one opened registration into a folder of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::decrypt::Opened;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::safe_text;
use amanat_shared::seal::REGISTRATION;

use crate::atomic_file;
use crate::sealed_file::{self, SealedError};

/// The result for one file.
#[derive(Debug, PartialEq, Eq)]
pub enum OpenOutcome {
    /// Its folder was written.
    Written {
        /// `OUT/SHA256`.
        folder: PathBuf,
        /// Attachments whose first bytes are not what their names say, numbered from 1.
        disguised: Vec<usize>,
        /// The number of attachments.
        attachments: usize,
    },
    /// Its folder is there from an earlier time, and was left as it is.
    AlreadyThere(PathBuf),
}

/// The reason why nothing was written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum OpenError {
    /// It could not be opened.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sealed(#[from] SealedError),
    /// The disk refused.
    #[error("{} could not be written: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name a folder on a disk with room that you may write to; nothing of this file was left there."))]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

/// Opens one sealed file, at most `most` bytes long, into `out/SHA256/`.
///
/// Everything is checked in memory before the first byte is written; then it is written into a fresh folder beside, which
/// gets its name only when it is whole.
pub fn open(path: &Path, identities: &Identities, out: &Path, most: u64) -> Result<OpenOutcome, OpenError> {
    let opened = sealed_file::open(path, identities, most)?;
    let folder = out.join(&opened.sha256);
    if atomic_file::is_there(&folder) {
        return Ok(OpenOutcome::AlreadyThere(folder));
    }
    let failed = |error| OpenError::Write { path: folder.clone(), error };
    atomic_file::folder(out).map_err(failed)?;
    let fresh = out.join(format!(".{}.opening", opened.sha256));
    // Left over when the power went. This is never followed if it is a link.
    match fs::symlink_metadata(&fresh) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(&fresh).map_err(failed)?,
        Ok(_) => fs::remove_file(&fresh).map_err(failed)?,
        Err(_) => {}
    }
    atomic_file::new_folder(&fresh).map_err(failed)?;
    if let Err(error) = write(&opened, &fresh).and_then(|()| fs::rename(&fresh, &folder)) {
        // If this fails as well, the next attempt clears it.
        let _ = fs::remove_dir_all(&fresh);
        return Err(failed(error));
    }
    let disguised = (1..)
        .zip(opened.registration.attachments.iter().zip(&opened.files))
        .filter(|(_, (attachment, bytes))| !looks_right(&attachment.name, bytes));
    Ok(OpenOutcome::Written { disguised: disguised.map(|(number, _)| number).collect(), attachments: opened.files.len(), folder })
}

fn write(opened: &Opened, fresh: &Path) -> io::Result<()> {
    atomic_file::write_new(&fresh.join(REGISTRATION), &opened.json)?;
    atomic_file::new_folder(&fresh.join("attachments"))?;
    for (attachment, bytes) in opened.registration.attachments.iter().zip(&opened.files) {
        // The names are those of the archive's entries, and those are ours: `attachments/01.jpg`.
        atomic_file::write_new(&fresh.join(&attachment.name), bytes)?;
    }
    fs::File::open(fresh)?.sync_all()
}

/// A viewer may go by a file's first bytes rather than by its name.
fn looks_right(name: &str, bytes: &[u8]) -> bool {
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("jpg") => bytes.starts_with(&[0xff, 0xd8, 0xff]),
        Some("png") => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        Some("pdf") => bytes.starts_with(b"%PDF-"),
        _ => false,
    }
}
