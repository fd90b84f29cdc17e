//! What lies in the folders of a referral's files: see [`Others`].

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Others;
use crate::disk;
use crate::identities::Identities;

/// Updates and requests for deletion among all files in the folders of `files`. Files that do not open say nothing.
pub fn read(files: &[PathBuf], identities: &Identities) -> io::Result<Others> {
    let folder_of =
        |file: &'_ PathBuf| file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")).to_owned();
    let folders: BTreeSet<PathBuf> = files.iter().map(folder_of).collect();
    let mut others = Others::default();
    for folder in folders {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "age")
                && let Ok(registration) = disk::answers(&path, identities)
            {
                others.note(&registration);
            }
        }
    }
    Ok(others)
}
