//! Reads the files that `push` sends.

use std::path::{Path, PathBuf};

use amanat_reviewer_core::outgoing::Outgoing;
use amanat_reviewer_core::terminal;

use crate::files;

const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Why a file is not sent: what happened, then what to do.
#[derive(Debug, thiserror::Error)]
#[error("{} could not be read as what `ack` or `discard` writes: {}\nGive the file that one of them wrote, unchanged.", terminal::path(.path), .reason)]
pub struct OutgoingError {
    path: PathBuf,
    reason: String,
}

/// Reads what `ack` or `discard` wrote.
pub fn read(path: &Path) -> Result<Outgoing, OutgoingError> {
    let refused = |reason| OutgoingError { path: path.to_owned(), reason };
    let json = files::read(path, MAX_FILE_BYTES).map_err(|error| refused(error.to_string()))?;
    Outgoing::parse(&json).map_err(refused)
}
