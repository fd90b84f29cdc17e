//! Searches the folders of a referral's files for updates and requests for deletion; see [`Superseding`].

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::referral::Superseding;

use crate::atomic_file::folder_of;
use crate::scan::is_sealed;
use crate::sealed_file;

/// Updates and requests for deletion among all files in the folders of `files`; and how many of those do not open: a request
/// may be among them.
pub fn read(files: &[PathBuf], identities: &Identities) -> io::Result<(Superseding, usize)> {
    let folders: BTreeSet<&Path> = files.iter().map(|file| folder_of(file)).collect();
    let (mut others, mut unopened) = (Superseding::default(), 0);
    for folder in folders {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if !is_sealed(&entry.file_name()) {
                continue;
            }
            match sealed_file::answers(&entry.path(), identities) {
                Ok(read) => others.note(&read.registration, read.proven.as_ref()),
                Err(error) if sealed_file::holds_a_notebook(&entry.path(), &error.fault, identities) => {}
                Err(_) => unopened += 1,
            }
        }
    }
    Ok((others, unopened))
}
