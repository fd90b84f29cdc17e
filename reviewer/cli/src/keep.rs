//! The copy on the offline computer: made from the stick, and checked before anything is acknowledged, since the server deletes
//! what is acknowledged.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::arrival_times::RECEIVED;
use amanat_reviewer_core::decrypt::RESEALED_SUFFIX;
use amanat_reviewer_core::decrypt::{Damage, Fault, is_whole};
use amanat_reviewer_core::forms::{MAX_SIGNATURES, PACK};
use amanat_reviewer_core::notebook::file::is_notebook;
use amanat_reviewer_core::safe_text;
use amanat_shared::seal;

use crate::atomic_file;
use crate::earlier_packs::signature_path;
use crate::packs::{self, SERIAL};
use crate::scan::{self, FolderError, is_sealed};
use crate::sealed_file::{self, SealedError, stem};

const MOST_PACK_BYTES: u64 = 8 * 1024 * 1024;

/// The reason why a file was not copied.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum KeepError {
    /// The folder on the stick.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Folder(#[from] FolderError),
    /// A file on the stick.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sealed(#[from] SealedError),
    /// The disk of this computer.
    #[error("{} could not be written or read back: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Make room, or name a folder on another disk, and run the same again. Acknowledge nothing before."))]
    Disk {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The disk gives back something else than was written.
    #[error("{} is not what was written", safe_text::path(.0))]
    #[diagnostic(help("The disk is broken: use another one. Acknowledge nothing before."))]
    NotKept(PathBuf),
    /// The pack on the stick.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Pack(#[from] sealed_file::FormsError),
    /// The list on the stick is an older one.
    #[error("the pack on the stick, {served}, is older than pack {newest}, which is in the folder here")]
    #[diagnostic(help("The newer one stays. If somebody gave you the older one, tell the coalition."))]
    OlderPack {
        /// On the stick.
        served: u64,
        /// Here.
        newest: u64,
    },
    /// A notebook of the same name is here and holds something else.
    #[error("the notebook {} is not the one of the same name in the folder here, which was left as it is", safe_text::path(.0))]
    #[diagnostic(help("If a colleague brought it, take it in: amanat-reviewer merge"))]
    Notebook(PathBuf),
}

/// The result of copying a folder.
#[derive(Debug, Default)]
pub struct KeepReport {
    /// Registrations that were copied, and read back.
    pub copied: usize,
    /// Registrations of which a whole copy was there.
    pub already: usize,
    /// The files that were not copied as they should be.
    pub failures: Vec<KeepError>,
}

/// Copies what `pull` wrote and what is not in `to` yet, reads every copy back, and overwrites nothing that is whole.
pub fn keep(from: &Path, to: &Path, most: u64) -> Result<KeepReport, KeepError> {
    let mut names: Vec<String> = fs::read_dir(from)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .map_err(|error| FolderError { path: from.to_owned(), error })?
        .into_iter()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    atomic_file::folder(to).map_err(|error| KeepError::Disk { path: to.to_owned(), error })?;
    let mut kept = KeepReport::default();
    for name in names {
        let path = from.join(&name);
        let done = if is_notebook(&name) {
            notebook(&path, &to.join(&name), most)
        } else if is_sealed(name.as_ref()) {
            registration(&path, to, most, &mut kept)
        } else {
            Ok(())
        };
        kept.failures.extend(done.err());
    }
    kept.failures.extend(pack(from, to).err());
    kept.failures.extend(times(from, to).err());
    fs::File::open(to).and_then(|folder| folder.sync_all()).map_err(|error| KeepError::Disk { path: to.to_owned(), error })?;
    Ok(kept)
}

/// Whether a file lies on another disk than the identity, which never leaves the offline computer: on a stick, as a rule.
pub fn is_on_another_disk(path: &Path, identity: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.dev() != fs::metadata(identity)?.dev())
}

fn registration(path: &Path, to: &Path, most: u64, kept: &mut KeepReport) -> Result<(), KeepError> {
    let fault = |fault| SealedError { path: path.to_owned(), fault };
    let sealed = atomic_file::read(path, most).map_err(|error| fault(Fault::Read(error)))?;
    let name = stem(path);
    if is_whole(&name, &sealed) == Some(false) {
        return Err(fault(Fault::Damaged(Damage::Changed)).into());
    }
    let copy = to.join(format!("{name}.age"));
    let place = match there(&copy, most)? {
        Some(same) if same == sealed => None,
        Some(other) if is_whole(&name, &other) == Some(true) => {
            // A colleague has sealed it anew. Which of the two opens here, only the identity tells. What was sealed anew here does.
            let beside = to.join(format!("{name}{RESEALED_SUFFIX}.age"));
            let is_new = is_resealed(&sealed) && there(&beside, most)?.is_none_or(|same| same != sealed);
            is_new.then_some(beside)
        }
        _ => Some(copy),
    };
    match place {
        Some(place) => {
            write(&place, &sealed)?;
            kept.copied += 1;
        }
        None => kept.already += 1,
    }
    Ok(())
}

fn is_resealed(sealed: &[u8]) -> bool {
    matches!(seal::look_inside(sealed), Ok(Some((_, Some(_)))))
}

fn notebook(path: &Path, copy: &Path, most: u64) -> Result<(), KeepError> {
    let read = |error| SealedError { path: path.to_owned(), fault: Fault::Read(error) };
    let sealed = atomic_file::read(path, most).map_err(read)?;
    match there(copy, most)? {
        None => write(copy, &sealed),
        Some(same) if same == sealed => Ok(()),
        Some(_) => Err(KeepError::Notebook(path.to_owned())),
    }
}

/// The pack with its signatures, if it is good and no older than the one that is there.
fn pack(from: &Path, to: &Path) -> Result<(), KeepError> {
    let (there, here) = (from.join(PACK), to.join(PACK));
    if !atomic_file::is_there(&there) {
        return Ok(());
    }
    let serial =
        |pack: &Path| Ok::<_, sealed_file::FormsError>(sealed_file::forms(Some(pack), None)?.pack().map_or(0, |pack| pack.serial));
    let served = serial(&there)?;
    let newest = packs::newest_seen(to).ok().flatten().into_iter().chain(serial(&here).ok()).max().unwrap_or_default();
    if newest > served {
        return Err(KeepError::OlderPack { served, newest });
    }
    let all = (1..=MAX_SIGNATURES).map(|number| (signature_path(&there, number), signature_path(&here, number)));
    for (there, here) in all.chain([(there.clone(), here.clone())]) {
        let disk = |error| KeepError::Disk { path: here.clone(), error };
        match atomic_file::read(&there, MOST_PACK_BYTES) {
            Ok(bytes) if atomic_file::read(&here, MOST_PACK_BYTES).is_ok_and(|same| same == bytes) => {}
            Ok(bytes) => write(&here, &bytes)?,
            Err(_) if atomic_file::is_there(&here) => fs::remove_file(&here).map_err(disk)?,
            Err(_) => {}
        }
    }
    write(&to.join(SERIAL), format!("{served}\n").as_bytes())
}

/// Merges the server's times of receipt of both folders.
fn times(from: &Path, to: &Path) -> Result<(), KeepError> {
    let (mut here, there) = (scan::received(to), scan::received(from));
    if here.take(&there) > 0 { write(&to.join(RECEIVED), &here.to_json()) } else { Ok(()) }
}

/// The bytes of a file that is there; `None` if none is.
fn there(path: &Path, most: u64) -> Result<Option<Vec<u8>>, KeepError> {
    match atomic_file::read_itself(path, most) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(KeepError::Disk { path: path.to_owned(), error }),
    }
}

/// Writes a file as far as the disk, and reads it back.
fn write(path: &Path, bytes: &[u8]) -> Result<(), KeepError> {
    let disk = |error| KeepError::Disk { path: path.to_owned(), error };
    atomic_file::replace(path, bytes).map_err(disk)?;
    let back = atomic_file::read_itself(path, bytes.len() as u64).map_err(disk)?;
    if back == bytes { Ok(()) } else { Err(KeepError::NotKept(path.to_owned())) }
}
