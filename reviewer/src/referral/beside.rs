//! Requests for deletion among the files that lie beside those of a referral.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::consent;
use crate::disk;
use crate::identities::Identities;

/// The mailboxes (hex) for which some file in the folders of `files` asks deletion. Files that do not open say nothing.
pub fn deletions(files: &[PathBuf], identities: &Identities) -> io::Result<BTreeSet<String>> {
    let folders: BTreeSet<&Path> =
        files.iter().map(|file| file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))).collect();
    let mut found = BTreeSet::new();
    for folder in folders {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "age")
                && let Ok(registration) = disk::answers(&path, identities)
            {
                found.extend(consent::asks_deletion_of(&registration.answers).map(str::to_owned));
            }
        }
    }
    Ok(found)
}
