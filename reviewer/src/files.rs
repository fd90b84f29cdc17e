//! Files that are there whole or not at all, that nobody else may read, and that are never written through a link.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// A sealed file or an attachment may be this long, unless asked otherwise.
pub const DEFAULT_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Makes a folder that only its owner may enter, and its parents; one that is there already is left as it is.
pub fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a folder that was not there.
pub fn new_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Writes a file that was not there, for its owner only, as far as the disk.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // What is left of it would pass for whole; that it cannot be removed either changes nothing.
        let _ = fs::remove_file(path);
    }
    written
}

/// Writes a file in the place of one that may be there.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    write_new(&new, bytes)?;
    fs::rename(&new, path)
}

/// Writes zeros over a file's bytes, as far as the disk. Through a link that has another name, too: it is the bytes that go.
pub fn wipe(file: &mut File) -> io::Result<()> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    io::copy(&mut io::repeat(0).take(length), file)?;
    file.sync_all()
}

/// Keeps other programs of ours that change files in the folder of `path` waiting, until it is dropped. Where a disk knows no
/// locks, nobody waits.
pub fn lock_folder(path: &Path) -> io::Result<File> {
    let folder = File::open(folder_of(path))?;
    match folder.lock() {
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
        _ => Ok(folder),
    }
}

/// The folder that a path is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a rename durable: syncs the folder that holds `path`.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// Reads a plain file of at most `most` bytes. Folders, pipes and devices are `InvalidInput`; longer is `FileTooLarge`.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let meta = fs::metadata(path)?;
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {most} bytes")));
    }
    Ok(bytes)
}

/// As [`read`], for text.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not a text"))
}

/// Whether there is anything of this name, a broken link too.
pub fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn new_files_are_their_owners_only_and_never_written_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link, plain) = (dir.path().join("target"), dir.path().join("link"), dir.path().join("plain"));
        symlink(&target, &link).unwrap();
        assert_eq!(write_new(&link, b"x").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        symlink(&target, dir.path().join("plain.new")).unwrap();
        replace(&plain, b"x").unwrap();
        assert!(!is_there(&target));
        assert_eq!(fs::metadata(&plain).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read(&plain, 1).unwrap(), b"x");
        assert_eq!(read(&plain, 0).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(dir.path(), 9).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
