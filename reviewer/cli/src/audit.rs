//! The server's log of what was done, followed from where this folder last saw its end: nothing is fetched from a server that
//! has cut it off, changed it or started it anew. It also shows what other reviewers did, and whether somebody else uses our
//! access key.
//!
//! The folder remembers the end that was seen last in [`HEAD`], as `SEQ HASH`; a [`RequestLedger`](crate::request_ledger::RequestLedger) remembers what was asked from here.

mod summary;

pub use summary::{Activity, AuditSummary};

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::safe_text;
use amanat_shared::api::AUDIT;
use amanat_shared::audit::{Action, Break, Entry, Head};

use crate::atomic_file;
use crate::online::{Online, OnlineError};
use crate::request_ledger::LedgerError;

/// The file that remembers the log's end.
pub const HEAD: &str = ".amanat-audit";

const PAGE: usize = 1000;
const MAX_PAGE_BYTES: u64 = 2 * 1024 * 1024;
/// A log that does not end is stopped.
const MAX_ENTRIES: usize = 5_000_000;
const MAX_HEAD_BYTES: u64 = 128;

/// The advice about a log that is not the one that was seen.
const HOSTILE: &str = "Nothing was fetched. Tell the coalition at once: the server may be in other hands. Only if it tells you by voice that the server was restored without its journal: pull --accept-restored.";

/// The reason why nothing was fetched.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum AuditError {
    /// The server.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Online(#[from] OnlineError),
    /// An entry does not follow.
    #[error("the server's log does not go on from what was seen before: {0}")]
    #[diagnostic(help("{HOSTILE}"))]
    Broken(#[from] Break),
    /// It ends before the end that was seen, or without the request that asked for it.
    #[error("the server's log is shorter than it must be: it ends with entry {ends}, and entry {wanted} must be there")]
    #[diagnostic(help("{HOSTILE}"))]
    Shorter {
        /// The entry that must be there.
        wanted: u64,
        /// The last entry that came.
        ends: u64,
    },
    /// The file that remembers the log's end is not one.
    #[error("{} does not hold the end of a log", safe_text::path(.0))]
    #[diagnostic(help("Put a copy of it back. If there is none, tell the coalition; pull --accept-restored then begins anew."))]
    Head(PathBuf),
    /// The disk.
    #[error("{} could not be read or written: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name a folder on a disk with room that you may write to, and run the same again."))]
    Disk {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

impl From<LedgerError> for AuditError {
    fn from(LedgerError { path, error }: LedgerError) -> Self {
        Self::Disk { path, error }
    }
}

/// Whether a log that does not go on from what was seen is taken for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// It is refused.
    Refuse,
    /// The coalition has said that the server was restored: it is followed from its first entry.
    Accept,
}

/// Fetches what the log holds beyond the end that this folder saw, verifies that it follows, and remembers the new end.
/// `online` has to note its requests, in the same folder or beside its key.
pub fn follow(online: &Online, out: &Path, restored: Restored) -> Result<AuditSummary, AuditError> {
    let path = out.join(HEAD);
    let seen = match restored {
        Restored::Refuse => remembered(&path)?,
        Restored::Accept => None,
    };
    let start = seen.unwrap_or(Head::START);
    let (entries, head) = fetch(online, start)?;
    let own = online.ledger().own()?;
    // The request for the last page is the end of it: a server that leaves it out shows something old.
    let ends_with_us = entries.last().filter(|last| last.action == Action::Audit.word() && own.sent(&last.request));
    let Some(last) = ends_with_us else { return Err(AuditError::Shorter { wanted: start.seq + 1, ends: head.seq }) };
    let news = AuditSummary::of(&entries, &last.reviewer, &own, seen.is_none());
    let disk = |error| AuditError::Disk { path: path.clone(), error };
    atomic_file::replace(&path, format!("{head}\n").as_bytes()).map_err(disk)?;
    File::open(out).and_then(|folder| folder.sync_all()).map_err(disk)?;
    let in_log: HashSet<&str> = entries.iter().map(|entry| entry.request.as_str()).collect();
    online.ledger().forget(&in_log, crate::clock::now())?;
    Ok(news)
}

fn fetch(online: &Online, start: Head) -> Result<(Vec<Entry>, Head), AuditError> {
    let (mut entries, mut head) = (Vec::new(), start);
    loop {
        let response = online.get(&format!("{AUDIT}?after={}&limit={PAGE}", head.seq), 0)?;
        let page: Vec<Entry> = online.json(response, MAX_PAGE_BYTES)?;
        let last = page.len() < PAGE;
        for entry in page {
            head = head.follow(&entry)?;
            entries.push(entry);
        }
        if last {
            return Ok((entries, head));
        }
        if entries.len() > MAX_ENTRIES {
            return Err(OnlineError::Nonsense("its log does not end").into());
        }
    }
}

/// The folder that `pull` writes to, if exactly one lies where a file does or in a folder beside it: on the same stick.
pub fn folder_near(file: &Path) -> Option<PathBuf> {
    let parent = atomic_file::folder_of(file);
    let is_one = |folder: &PathBuf| atomic_file::is_there(&folder.join(HEAD));
    if is_one(&parent.to_owned()) {
        return Some(parent.to_owned());
    }
    let mut found = fs::read_dir(parent).ok()?.filter_map(Result::ok).map(|entry| entry.path()).filter(is_one);
    found.next().filter(|_| found.next().is_none())
}

/// `None` where there is no such file yet.
fn remembered(path: &Path) -> Result<Option<Head>, AuditError> {
    match atomic_file::read_text_itself(path, MAX_HEAD_BYTES) {
        Ok(text) => Head::parse(&text).map(Some).ok_or_else(|| AuditError::Head(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::FileTooLarge) => {
            Err(AuditError::Head(path.to_owned()))
        }
        Err(error) => Err(AuditError::Disk { path: path.to_owned(), error }),
    }
}
