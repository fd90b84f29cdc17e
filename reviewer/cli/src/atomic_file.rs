//! Files that are there whole or not at all, that nobody else may read, and that are never written through a link.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

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
        // The rest of it would pass for whole. An error of the removal would change nothing.
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

/// Opens a file to write behind its end, and makes it for its owner only where it is not there.
pub fn append(path: &Path) -> io::Result<File> {
    open_itself(path, OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE)
}

/// Opens a file that is there, to write over its bytes.
pub fn open_to_overwrite(path: &Path) -> io::Result<File> {
    open_itself(path, OFlags::RDWR)
}

/// Reads as [`read`] does a file that these tools have written: a link of its name is not followed.
pub fn read_itself(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    bounded(open_itself(path, OFlags::RDONLY)?, most)
}

/// Opens a plain file and nothing else of its name: no link is followed, no pipe waits for another program.
fn open_itself(path: &Path, flags: OFlags) -> io::Result<File> {
    let invalid = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
    let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP) => return Err(invalid("it is a link, which is not followed")),
        // A pipe that nobody reads, and a folder.
        Err(Errno::NXIO | Errno::ISDIR) => return Err(invalid("it is not a file")),
        Err(error) => return Err(error.into()),
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(invalid("it is not a file")) }
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
    bounded(File::open(path)?, most)
}

fn bounded(file: File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {most} bytes")));
    }
    Ok(bytes)
}

/// Reads a text as [`read`] does.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    text(read(path, most)?)
}

/// Reads a text as [`read_itself`] does.
pub fn read_text_itself(path: &Path, most: u64) -> io::Result<String> {
    text(read_itself(path, most)?)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not a text"))
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

    #[test]
    fn files_of_our_own_are_neither_read_nor_written_through_a_link_or_a_pipe() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link, pipe) = (dir.path().join("target"), dir.path().join("link"), dir.path().join("pipe"));
        fs::write(&target, "kept").unwrap();
        symlink(&target, &link).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
        for path in [&link, &pipe, dir.path()] {
            for opened in [append(path), open_to_overwrite(path)] {
                assert_eq!(opened.unwrap_err().kind(), io::ErrorKind::InvalidInput, "{}", path.display());
            }
            assert_eq!(read_itself(path, 9).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{}", path.display());
        }
        assert_eq!(fs::read(&target).unwrap(), b"kept");
        let missing = dir.path().join("missing");
        symlink(&missing, dir.path().join("dangling")).unwrap();
        assert!(append(&dir.path().join("dangling")).is_err() && !is_there(&missing));
        append(&missing).unwrap().write_all(b"one").unwrap();
        append(&missing).unwrap().write_all(b"two").unwrap();
        assert_eq!(read_itself(&missing, 6).unwrap(), b"onetwo");
        assert_eq!(read_itself(&missing, 5).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(fs::metadata(&missing).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
