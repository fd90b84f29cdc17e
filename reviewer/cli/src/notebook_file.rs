//! A notebook's file: changed as a whole or not at all, and never lost.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::notebook::file::{self, MOST_SEALED_BYTES, NotebookFault, Readers, SUFFIX};
use amanat_reviewer_core::notebook::{Author, Notebook, WriteFault};
use amanat_reviewer_core::safe_text;

use crate::atomic_file;

/// The reason why a notebook's file was not read or not changed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NotebookError {
    /// It could not be read.
    #[error("the notebook {} could not be read: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name the file that you write in, ending in .notebook.age."))]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// It could not be written.
    #[error("the notebook {} could not be written: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name a place on a disk with room that you may write to. What was noted before is still there."))]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// Its content is faulty.
    #[error("{}: {fault}", safe_text::path(.path))]
    #[diagnostic(forward(fault))]
    Notebook {
        /// The file.
        path: PathBuf,
        /// The fault.
        fault: NotebookFault,
    },
    /// The file's name is not a notebook's.
    #[error("{} does not end in {SUFFIX}", safe_text::path(.0))]
    #[diagnostic(help("Name it so, e.g. ali{SUFFIX}: by that it is told from registrations."))]
    Name(PathBuf),
    /// The entry was refused.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Refused(#[from] WriteFault),
    /// The disk does not give back what was written.
    #[error("the notebook {} was written, and is not what comes back from the disk", safe_text::path(.0))]
    #[diagnostic(help("Nothing was noted; what was there before is there again. Use another disk, and check this one."))]
    NotKept(PathBuf),
    /// Another program changed it meanwhile.
    #[error("the notebook {} was changed by another program meanwhile", safe_text::path(.0))]
    #[diagnostic(help("Nothing was written. Run the same again."))]
    Changed(PathBuf),
}

/// The path of a notebook as its file is spelled. Capitals make no other notebook: where there is no file of exactly this name,
/// the one that differs in capitals alone is meant.
pub fn spelled(path: &Path) -> PathBuf {
    let wanted = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    if atomic_file::is_there(path) {
        return path.to_owned();
    }
    let entries = fs::read_dir(atomic_file::folder_of(path)).into_iter().flatten().filter_map(Result::ok);
    let same = |name: &OsString| name.to_string_lossy().to_lowercase() == wanted;
    entries.map(|entry| entry.file_name()).filter(same).min().map_or_else(|| path.to_owned(), |name| path.with_file_name(name))
}

/// Opens a notebook; `None` if there is no such file.
pub fn load(path: &Path, identities: &Identities, now: u64) -> Result<Option<Notebook>, NotebookError> {
    let path = &spelled(path);
    let Some(sealed) = bytes(path)? else { return Ok(None) };
    open(path, &sealed, identities, now).map(Some)
}

/// Opens a notebook that has to be there.
pub fn load_existing(path: &Path, identities: &Identities, now: u64) -> Result<Notebook, NotebookError> {
    let missing = || NotebookError::Read { path: path.to_owned(), error: io::ErrorKind::NotFound.into() };
    load(path, identities, now)?.ok_or_else(missing)
}

/// The reviewer whose name the notebook's file has, if it is one.
pub fn owner(path: &Path) -> Result<Option<Author>, NotebookError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.len().checked_sub(SUFFIX.len()).and_then(|at| name.split_at_checked(at));
    let owner = stem.filter(|(_, end)| end.eq_ignore_ascii_case(SUFFIX)).map(|(owner, _)| Author::new(owner));
    owner.ok_or_else(|| NotebookError::Name(path.to_owned()))
}

fn bytes(path: &Path) -> Result<Option<Vec<u8>>, NotebookError> {
    match atomic_file::read(path, MOST_SEALED_BYTES) {
        Ok(sealed) => Ok(Some(sealed)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(NotebookError::Read { path: path.to_owned(), error }),
    }
}

fn open(path: &Path, sealed: &[u8], identities: &Identities, now: u64) -> Result<Notebook, NotebookError> {
    file::open(sealed, identities, now).map_err(|fault| NotebookError::Notebook { path: path.to_owned(), fault })
}

/// Changes a notebook, and remembers in it the pack that names its readers; one that is not there begins empty. A notebook
/// that has seen a newer pack stays as it is. Two programs that do this at once wait for each other. The
/// former file stays beside it, ending in `.old`, until the new one has been read back from the disk.
pub fn change<T>(
    path: &Path,
    identities: &Identities,
    readers: &Readers,
    now: u64,
    change: impl FnOnce(&mut Notebook) -> Result<T, NotebookError>,
) -> Result<T, NotebookError> {
    let path = &spelled(path);
    let write = |error| NotebookError::Write { path: path.to_owned(), error };
    atomic_file::folder(atomic_file::folder_of(path)).map_err(write)?;
    // The folder, not the file, which is replaced. Where a disk knows no locks, the comparison below is what is left.
    let lock = atomic_file::lock_folder(path).map_err(write)?;
    let before = bytes(path)?;
    let former = before.as_ref().map(|sealed| open(path, sealed, identities, now)).transpose()?;
    let mut notebook = former.clone().unwrap_or_default();
    let fault = |fault| NotebookError::Notebook { path: path.to_owned(), fault };
    readers.admit(&notebook).map_err(|older| fault(older.into()))?;
    let result = change(&mut notebook)?;
    readers.admit(&notebook).map_err(|older| fault(older.into()))?;
    readers.noted_in(&mut notebook);
    if former.as_ref() == Some(&notebook) {
        return Ok(result);
    }
    let sealed = file::seal(&notebook, readers).map_err(fault)?;
    if bytes(path)? != before {
        return Err(NotebookError::Changed(path.to_owned()));
    }
    let old = before.map(|_| set_aside(path)).transpose().map_err(write)?;
    atomic_file::replace(path, &sealed).and_then(|()| lock.sync_all()).map_err(write)?;
    let kept = load(path, identities, now).ok().flatten();
    match (kept.as_ref() == Some(&notebook), old) {
        (true, Some(old)) => fs::remove_file(old).map_err(write)?,
        (true, None) => {}
        (false, old) => {
            match old {
                Some(old) => fs::rename(old, path).map_err(write)?,
                None => fs::remove_file(path).map_err(write)?,
            }
            return Err(NotebookError::NotKept(path.to_owned()));
        }
    }
    Ok(result)
}

/// Gives the file a second name, so that it is never without one. Sticks without links get a copy.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".old");
    let old = path.with_file_name(name);
    match fs::remove_file(&old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if fs::hard_link(path, &old).is_err() {
        atomic_file::write_new(&old, &atomic_file::read(path, MOST_SEALED_BYTES)?)?;
    }
    Ok(old)
}

#[cfg(test)]
mod tests {
    use amanat_shared::seal::HybridIdentity;

    use super::*;
    use amanat_reviewer_core::message::Message;
    use amanat_reviewer_core::notebook::{Author, Stamp, Status};

    const NOW: u64 = 1_795_414_440;

    fn identity(seed: u8) -> Identities {
        Identities::parse(HybridIdentity::from_seed([seed; 32]).to_text().as_bytes()).unwrap()
    }

    fn note(path: &Path, number: u8) -> Result<(), NotebookError> {
        let identities = identity(1);
        let readers = Readers::new(None, &identities.recipients()).unwrap();
        let stamp = Stamp { author: Author::new("Ali").unwrap(), now: NOW };
        change(path, &identities, &readers, NOW, |notebook| {
            Ok(notebook.add_note(&"ab".repeat(32), [number; 16], &format!("note {number}"), &stamp)?)
        })
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn writers_at_once_lose_no_note_and_leave_nothing_but_the_notebook() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ali.notebook.age");
        std::thread::scope(|scope| {
            for number in 0..12 {
                let path = &path;
                scope.spawn(move || note(path, number).unwrap());
            }
        });
        let notebook = load(&path, &identity(1), NOW).unwrap().unwrap();
        assert_eq!(notebook.work(&"ab".repeat(32)).unwrap().notes.len(), 12);
        assert_eq!(names(dir.path()), ["ali.notebook.age"]);
    }

    #[test]
    fn capitals_make_no_second_notebook() {
        let dir = tempfile::tempdir().unwrap();
        note(&dir.path().join("Ali.notebook.age"), 1).unwrap();
        note(&dir.path().join("ali.notebook.age"), 2).unwrap();
        note(&dir.path().join("ALI.Notebook.age"), 3).unwrap();
        assert_eq!(names(dir.path()), ["Ali.notebook.age"]);
        let all = load(&dir.path().join("aLi.notebook.age"), &identity(1), NOW).unwrap().unwrap();
        assert_eq!(all.work(&"ab".repeat(32)).unwrap().notes.len(), 3);
    }

    #[test]
    fn what_cannot_be_read_or_written_is_left_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ali.notebook.age");
        note(&path, 1).unwrap();
        let before = fs::read(&path).unwrap();
        let readers = Readers::new(None, &identity(2).recipients()).unwrap();
        let other = change(&path, &identity(2), &readers, NOW, |_| Ok(()));
        assert!(matches!(other, Err(NotebookError::Notebook { fault: NotebookFault::OtherKeys, .. })));
        // Sealed to somebody else alone, it would not open here: the one before is put back.
        let lost = change(&path, &identity(1), &readers, NOW, |notebook| {
            let stamp = Stamp { author: Author::new("Ali").unwrap(), now: NOW };
            Ok(notebook.set_status(&"ab".repeat(32), Status::Closed, &stamp)?)
        });
        assert!(matches!(lost, Err(NotebookError::NotKept(_))));
        let first = dir.path().join("first.notebook.age");
        let lost = change(&first, &identity(1), &readers, NOW, |notebook| {
            let stamp = Stamp { author: Author::new("Ali").unwrap(), now: NOW };
            Ok(notebook.set_status(&"ab".repeat(32), Status::Closed, &stamp)?)
        });
        assert!(matches!(lost, Err(NotebookError::NotKept(_))) && !first.exists());
        let refused = change(&path, &identity(1), &readers, NOW, |_| Err::<(), _>(WriteFault::Empty.into()));
        assert!(matches!(refused, Err(NotebookError::Refused(_))));
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(names(dir.path()), ["ali.notebook.age"]);
        fs::write(&path, &before[..before.len() / 2]).unwrap();
        assert!(Message::from(note(&path, 2).unwrap_err()).advice.contains("ends in .old"));
        assert!(load(&dir.path().join("none"), &identity(1), NOW).unwrap().is_none());
    }

    #[test]
    fn what_was_left_by_a_power_cut_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ali.notebook.age");
        note(&path, 1).unwrap();
        fs::write(dir.path().join("ali.notebook.age.old"), "half").unwrap();
        fs::write(dir.path().join("ali.notebook.age.new"), "half").unwrap();
        note(&path, 2).unwrap();
        assert_eq!(load(&path, &identity(1), NOW).unwrap().unwrap().work(&"ab".repeat(32)).unwrap().notes.len(), 2);
        assert_eq!(names(dir.path()), ["ali.notebook.age"]);
    }
}
