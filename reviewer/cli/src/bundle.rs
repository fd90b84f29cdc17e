//! Making a bundle of a folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::arrival_times::RECEIVED;
use amanat_reviewer_core::forms::{MAX_SIGNATURES, PACK, is_of_earlier_pack};
use amanat_reviewer_core::leftovers::stem_of_sealed;
use amanat_reviewer_core::safe_text;

use crate::scan::FolderError;

/// The reason why there is no bundle.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BundleWriteError {
    /// The folder.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Folder(#[from] FolderError),
    /// The folder holds no sealed file.
    #[error("there is no sealed file in {}", safe_text::path(.0))]
    #[diagnostic(help("Name the folder that `pull` wrote."))]
    Empty(PathBuf),
    /// The output is there.
    #[error("{} is there already, and is not overwritten", safe_text::path(.0))]
    #[diagnostic(help("Name another file for --out."))]
    Exists(PathBuf),
    /// The output could not be written.
    #[error("{} could not be written: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name a file on a disk with room that you may write to."))]
    Output {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// A file could not be put into it.
    #[error("{} did not go into the bundle, so none was made: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("See that it can be read, and that the disk has room."))]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

/// Puts what the desk takes from the folder that `pull` wrote into a new file: sealed files and notebooks, the pack with its
/// signatures, the times of receipt. Nothing else goes: not a key that lies there by mistake. Gives back how many files went.
pub fn write(folder: &Path, out: &Path) -> Result<usize, BundleWriteError> {
    let files = files(folder).map_err(|error| FolderError { path: folder.to_owned(), error })?;
    if !files.iter().any(|name| is_sealed(name)) {
        return Err(BundleWriteError::Empty(folder.to_owned()));
    }
    write_files(folder, &files, out).map(|()| files.len())
}

fn write_files(folder: &Path, files: &[String], out: &Path) -> Result<(), BundleWriteError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => BundleWriteError::Exists(out.to_owned()),
        _ => BundleWriteError::Output { path: out.to_owned(), error },
    };
    // Last week's bundle is made anew; whatever else has this name stays.
    if is_a_bundle(out) {
        fs::remove_file(out).map_err(failed)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(out).map_err(failed)?;
    let written = (|| {
        let mut bundle = tar::Builder::new(io::BufWriter::new(file));
        for name in files {
            let path = folder.join(name);
            add(&mut bundle, &path, name).map_err(|error| BundleWriteError::File { path, error })?;
        }
        let file = bundle.into_inner().and_then(|inner| inner.into_inner().map_err(io::IntoInnerError::into_error));
        file.and_then(|file| file.sync_all()).map_err(failed)
    })();
    if written.is_err() {
        // A part would be refused by the desk, not pass for whole; that it cannot be removed changes nothing.
        let _ = fs::remove_file(out);
    }
    written
}

/// One file, as everybody's looks: no owner, no time.
fn add(bundle: &mut tar::Builder<impl Write>, path: &Path, name: &str) -> io::Result<()> {
    let file = File::open(path)?;
    let mut header = tar::Header::new_ustar();
    header.set_size(file.metadata()?.len());
    header.set_mode(0o600);
    bundle.append_data(&mut header, name, file)
}

/// Whether a plain file begins as a bundle does: with an archive's header that names a file of those that go into one.
fn is_a_bundle(path: &Path) -> bool {
    let mut header = tar::Header::new_ustar();
    let read = File::open(path).and_then(|mut file| io::Read::read_exact(&mut file, header.as_mut_bytes()));
    let is_plain = path.symlink_metadata().is_ok_and(|meta| meta.is_file());
    let name = || header.path().ok().map(|name| name.to_string_lossy().into_owned());
    is_plain && read.is_ok() && header.as_ustar().is_some() && name().is_some_and(|name| is_sealed(&name) || name == PACK)
}

fn is_sealed(name: &str) -> bool {
    stem_of_sealed(name).is_some()
}

/// Names of the files that go, in their order.
fn files(folder: &Path) -> io::Result<Vec<String>> {
    let signatures: Vec<String> = (1..=MAX_SIGNATURES).map(|number| format!("{PACK}.{number}.minisig")).collect();
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let goes = is_sealed(&name) || name == PACK || name == RECEIVED || signatures.contains(&name) || is_of_earlier_pack(&name);
        // A link is not followed: it could lead to a key.
        if goes && entry.file_type()?.is_file() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_the_desk_takes_goes_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, out) = (dir.path().join("sealed"), dir.path().join("week.tar"));
        fs::create_dir(&folder).unwrap();
        assert!(matches!(write(&folder, &out), Err(BundleWriteError::Empty(_))));
        for name in ["aa.age", "ali.notebook.age", "pack.json", "pack.json.1.minisig", "received.json", "identity.key", ".audit"] {
            fs::write(folder.join(name), name).unwrap();
        }
        symlink(folder.join("identity.key"), folder.join("link.age")).unwrap();
        assert_eq!(write(&folder, &out).unwrap(), 5);
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
        let mut read = tar::Archive::new(File::open(&out).unwrap());
        let seen: Vec<_> = read.entries().unwrap().map(|it| it.unwrap().path().unwrap().display().to_string()).collect();
        assert_eq!(seen, ["aa.age", "ali.notebook.age", "pack.json", "pack.json.1.minisig", "received.json"]);
        // Next week's takes its place, and nothing else that is there goes.
        write(&folder, &out).unwrap();
        fs::write(&out, "a letter").unwrap();
        assert!(matches!(write(&folder, &out), Err(BundleWriteError::Exists(_))));
        assert!(matches!(write(&dir.path().join("none"), &out), Err(BundleWriteError::Folder(_))));
    }

    #[test]
    fn a_file_that_cannot_be_read_leaves_no_bundle() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("aa.age"), "x").unwrap();
        let nowhere = dir.path().join("no-such-folder/week.tar");
        assert!(matches!(write(dir.path(), &nowhere), Err(BundleWriteError::Output { .. })));
        let out = dir.path().join("week.tar");
        let written = write_files(dir.path(), &["aa.age".to_owned(), "gone.age".to_owned()], &out);
        assert!(matches!(written, Err(BundleWriteError::File { .. })));
        assert!(!out.exists());
    }
}
