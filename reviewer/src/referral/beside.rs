//! What lies in the folders of a referral's files: see [`Others`].

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Others;
use crate::disk;
use crate::files::folder_of;
use crate::identities::Identities;
use crate::notebook::file::is_notebook;

/// Updates and requests for deletion among all files in the folders of `files`; and how many of those do not open: a request
/// may be among them.
pub fn read(files: &[PathBuf], identities: &Identities) -> io::Result<(Others, usize)> {
    let folders: BTreeSet<&Path> = files.iter().map(|file| folder_of(file)).collect();
    let (mut others, mut unopened) = (Others::default(), 0);
    for folder in folders {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let is_notebook = path.file_name().is_some_and(|name| is_notebook(&name.to_string_lossy()));
            if is_notebook || path.extension().is_none_or(|extension| extension != "age") {
                continue;
            }
            match disk::answers(&path, identities) {
                Ok(read) => others.note(&read.registration, read.proven.as_ref()),
                Err(_) => unopened += 1,
            }
        }
    }
    Ok((others, unopened))
}
