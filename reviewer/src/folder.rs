//! All cases of a folder: opened in memory, on all cores.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::cases::{self, Case, Desk};
use crate::disk::{self, SealedError};
use crate::identities::Identities;
use crate::terminal;

/// A folder's cases.
#[derive(Debug)]
pub struct Cases {
    /// In the order in which a human should look.
    pub cases: Vec<Case>,
    /// Files that could not be opened, in the order of their names.
    pub failures: Vec<SealedError>,
}

/// The folder could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the folder {} could not be read: {}\nName the folder that `pull` wrote.", terminal::path(.path), .error)]
pub struct FolderError {
    path: PathBuf,
    error: io::Error,
}

/// Opens every `*.age` in `folder`, of each only its answers.
pub fn read(folder: &Path, identities: &Identities, desk: Desk<'_>) -> Result<Cases, FolderError> {
    let files = sealed_files(folder).map_err(|error| FolderError { path: folder.to_owned(), error })?;
    let next = AtomicUsize::new(0);
    let found = Mutex::new((Vec::with_capacity(files.len()), Vec::new()));
    let work = || {
        let (mut opened, mut failures) = (Vec::new(), Vec::new());
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            match disk::answers(path, identities) {
                Ok(registration) => opened.push(cases::case(stem(path), &registration, desk)),
                Err(error) => failures.push((path, error)),
            }
        }
        let mut all = found.lock().expect("no worker panics while it holds the lock");
        all.0.extend(opened);
        all.1.extend(failures);
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, std::num::NonZero::get).min(files.len()) {
            scope.spawn(work);
        }
    });
    let (mut cases, mut failures) = found.into_inner().expect("no worker panics while it holds the lock");
    cases.sort_by_cached_key(cases::order);
    failures.sort_by_key(|(path, _)| *path);
    Ok(Cases { cases, failures: failures.into_iter().map(|(_, error)| error).collect() })
}

fn sealed_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "age") {
            files.push(path);
        }
    }
    Ok(files)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
