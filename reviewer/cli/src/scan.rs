//! All cases of a folder: opened in memory, on all cores.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use amanat_reviewer_core::arrival_times::{ArrivalTimes, MAX_RECEIVED_BYTES, RECEIVED};
use amanat_reviewer_core::cases::{Case, CaseList, CaseListBuilder, RowContext, Source};
use amanat_reviewer_core::decrypt::Fault;
use amanat_reviewer_core::forms::Forms;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::leftovers::stem_of_sealed;
use amanat_reviewer_core::notebook::file::is_notebook;
use amanat_reviewer_core::unopened::OpenAttempts;
use amanat_reviewer_core::{decrypt, safe_text};

use crate::atomic_file;
use crate::sealed_file::{self, SealedError, stem};

/// The cases of a folder, and its other files.
#[derive(Debug)]
pub struct Cases {
    /// The cases, the most urgent first.
    pub cases: Vec<Case>,
    /// Files that did not open, by name, and second copies of those that did.
    pub failures: Vec<SealedError>,
    /// Files that are notebooks, under whatever name.
    pub notebooks: Vec<PathBuf>,
    /// Registrations that the server has listed, and that no file here is.
    pub missing: usize,
}

/// The folder could not be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("the folder {} could not be read: {}", safe_text::path(.path), .error)]
#[diagnostic(help("Name the folder that `pull` wrote."))]
pub struct FolderError {
    pub(crate) path: PathBuf,
    pub(crate) error: io::Error,
}

/// Opens every `*.age` in `folder` but notebooks, of each only its answers.
pub fn read(folder: &Path, identities: &Identities, context: RowContext<'_>) -> Result<Cases, FolderError> {
    read_watched(folder, identities, context, &|_, _| {})
}

/// Reads as [`read`] does; `watch` gets the number of files that are done and of all, from several threads.
pub fn read_watched(
    folder: &Path,
    identities: &Identities,
    context: RowContext<'_>,
    watch: &(dyn Fn(usize, usize) + Sync),
) -> Result<Cases, FolderError> {
    let files = sealed_files(folder).map_err(|error| FolderError { path: folder.to_owned(), error })?;
    let times = received(folder);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found = Mutex::new((Vec::with_capacity(files.len()), Vec::new(), Vec::new()));
    let work = || {
        let (mut opened, mut failures, mut notebooks) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            match one(path, identities, &times, context) {
                Ok(case) => opened.push(case),
                Err(error) if sealed_file::holds_a_notebook(path, &error.fault, identities) => notebooks.push(path.clone()),
                Err(error) => failures.push((path, error)),
            }
            watch(done.fetch_add(1, Ordering::Relaxed) + 1, files.len());
        }
        let mut all = found.lock().expect("no worker panics while it holds the lock");
        all.0.extend(opened);
        all.1.extend(failures);
        all.2.extend(notebooks);
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, std::num::NonZero::get).min(files.len()) {
            scope.spawn(work);
        }
    });
    let (cases, mut failures, mut notebooks) = found.into_inner().expect("no worker panics while it holds the lock");
    failures.sort_by_key(|(path, _)| *path);
    notebooks.sort_unstable();
    let mut list = CaseListBuilder::new(&times, context.forms.pack());
    for case in cases {
        list.add(case);
    }
    for (path, error) in failures {
        list.add_failure(stem(path), error.fault);
    }
    let names: BTreeMap<String, &PathBuf> = files.iter().map(|path| (stem(path), path)).collect();
    let CaseList { cases, failures, missing } = list.build(names.keys().map(String::as_str), &identities.recipients());
    let failures = failures.into_iter().map(|(name, fault)| SealedError { path: names[&name].clone(), fault }).collect();
    Ok(Cases { cases, failures, notebooks, missing })
}

fn one(path: &Path, identities: &Identities, times: &ArrivalTimes, context: RowContext<'_>) -> Result<Case, SealedError> {
    let read = sealed_file::answers(path, identities)?;
    let sha256 = identity(path).map_err(|error| SealedError { path: path.to_owned(), fault: Fault::Read(error) })?;
    let received = times.get(&sha256).cloned();
    Ok(Case::new(Source { file: stem(path), sha256, received }, &read, context))
}

/// The identity of the registration in a file: as its name tells ([`decrypt::identity_in_name`]), or else as its bytes do.
fn identity(path: &Path) -> io::Result<String> {
    let name = stem(path);
    match decrypt::identity_in_name(&name) {
        Some(sha256) => Ok(sha256.to_owned()),
        None => atomic_file::read(path, u64::MAX).map(|sealed| decrypt::identity(&sealed)),
    }
}

/// A file has the name of another registration: somebody renamed it. The list goes by names, which cost nothing to read;
/// whoever shows or notes something checks.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{} is named after another registration than the one that is in it", safe_text::path(.0))]
#[diagnostic(help("Do not rely on what `list` says of it: fetch it again with `pull`, and tell the coalition who brought it."))]
pub struct Misnamed(PathBuf);

/// Whether a file's name is that of the registration in it (`sha256`: see [`decrypt::identity`]), or no hash at all.
pub fn check_name(path: &Path, sha256: &str) -> Result<(), Misnamed> {
    match decrypt::identity_in_name(&stem(path)) {
        Some(named) if named != sha256 => Err(Misnamed(path.to_owned())),
        _ => Ok(()),
    }
}

/// Fewest characters of a hash that name a case.
const FEWEST: usize = 6;

/// The reason why a case was not found.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum FindError {
    /// The text is not the beginning of a hash.
    #[error("{} is neither a file nor the beginning of a hash", safe_text::path(.0))]
    #[diagnostic(help("Give a file ending in .age, or at least {FEWEST} characters of the reference that `list` shows."))]
    NotAReference(PathBuf),
    /// No folder to look in.
    #[error("{} is no file, and no folder was named to look for that reference", safe_text::path(.0))]
    #[diagnostic(help("Name the folder that `pull` wrote with --dir."))]
    NoFolder(PathBuf),
    /// No hash begins so.
    #[error("no registration in the folder begins with {}", safe_text::path(.0))]
    #[diagnostic(help("Compare it with what `list` shows."))]
    None(PathBuf),
    /// Several do.
    #[error("{number} registrations in the folder begin with {}", safe_text::path(.reference))]
    #[diagnostic(help("Give more characters of the reference."))]
    Several {
        /// The reference as it was given.
        reference: PathBuf,
        /// The number.
        number: usize,
    },
    /// The folder.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Folder(#[from] FolderError),
}

/// The file that a person means: a path, or the beginning of a hash among the files of `folder`.
pub fn find(folder: Option<&Path>, wanted: &Path) -> Result<PathBuf, FindError> {
    let text = wanted.to_str().unwrap_or_default();
    let is_reference = text.len() >= FEWEST && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match folder {
        _ if atomic_file::is_there(wanted) => return Ok(wanted.to_owned()),
        None if is_reference => return Err(FindError::NoFolder(wanted.to_owned())),
        // A path that is not there is said by who opens it.
        None => return Ok(wanted.to_owned()),
        Some(_) if !is_reference => return Err(FindError::NotAReference(wanted.to_owned())),
        Some(_) => {}
    }
    let folder = folder.unwrap_or(Path::new("."));
    let start = text.to_ascii_lowercase();
    let mut all = sealed_files(folder).map_err(|error| FolderError { path: folder.to_owned(), error })?;
    all.retain(|path| decrypt::identity_in_name(&stem(path)).is_some_and(|sha256| sha256.starts_with(&start)));
    match (all.pop(), all.len()) {
        (None, _) => Err(FindError::None(wanted.to_owned())),
        (Some(found), 0) => Ok(found),
        (Some(_), others) => Err(FindError::Several { reference: wanted.to_owned(), number: others + 1 }),
    }
}

/// Faults as they are to be told, given what opened (SHA-256, hex) of the same folders.
pub(crate) fn judged(failures: Vec<SealedError>, opened: &HashSet<String>, identities: &Identities) -> Vec<SealedError> {
    let own = identities.recipients();
    let mut known: BTreeMap<PathBuf, (ArrivalTimes, Forms)> = BTreeMap::new();
    let judged = |SealedError { path, fault }: SealedError| {
        let folder = atomic_file::folder_of(&path);
        let (times, forms) = known
            .entry(folder.to_owned())
            .or_insert_with(|| (received(folder), sealed_file::forms(None, Some(folder)).unwrap_or_default()));
        let fault = OpenAttempts::new(times, opened.iter().map(String::as_str), forms.pack(), &own).judge(&stem(&path), fault)?;
        Some(SealedError { path, fault })
    };
    failures.into_iter().filter_map(judged).collect()
}

/// Reads the server's times of receipt that `pull` noted; without the file none is known.
pub(crate) fn received(folder: &Path) -> ArrivalTimes {
    atomic_file::read(&folder.join(RECEIVED), MAX_RECEIVED_BYTES)
        .ok()
        .and_then(|json| ArrivalTimes::read(&json))
        .unwrap_or_default()
}

/// Whether a file of this name may be a sealed registration.
pub(crate) fn is_sealed(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    stem_of_sealed(&name).is_some() && !is_notebook(&name)
}

fn sealed_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if is_sealed(&entry.file_name()) {
            files.push(entry.path());
        }
    }
    Ok(files)
}
