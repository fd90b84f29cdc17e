//! Reads the files that `push` sends.

use std::path::{Path, PathBuf};

use amanat_reviewer_core::outgoing::Outgoing;
use amanat_reviewer_core::safe_text;

use crate::atomic_file;

const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The reason why a file is not sent.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{} could not be read as what `ack` or `discard` writes: {}", safe_text::path(.path), .reason)]
#[diagnostic(help("Give the file that one of them wrote, unchanged."))]
pub struct OutgoingError {
    path: PathBuf,
    reason: String,
}

/// Reads what `ack` or `discard` wrote.
pub fn read(path: &Path) -> Result<Outgoing, OutgoingError> {
    let refused = |reason| OutgoingError { path: path.to_owned(), reason };
    let json = atomic_file::read(path, MAX_FILE_BYTES).map_err(|error| refused(error.to_string()))?;
    Outgoing::parse(&json).map_err(refused)
}

/// Reads the list that an earlier run wrote to `path`; `None` if there is no such file.
pub fn read_if_there(path: &Path) -> Result<Option<Outgoing>, OutgoingError> {
    if atomic_file::is_there(path) { read(path).map(Some) } else { Ok(None) }
}
