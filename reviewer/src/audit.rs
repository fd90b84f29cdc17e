//! The server's log of what was done, followed from where this folder last saw its end: nothing is fetched from a server that
//! has cut it off, changed it or started it anew. It also shows what other reviewers did, and whether somebody else uses our
//! access key.
//!
//! Two files in the folder: [`HEAD`], the end that was seen last, as `SEQ HASH`; [`REQUESTS`], what this folder asked since,
//! one line a request: the `jti` of its token, and when that expires.

mod news;

pub use news::{Deeds, News};

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use amanat_shared::api::AUDIT;
use amanat_shared::audit::{Action, Break, Entry, Head};

use crate::files;
use crate::online::{Online, OnlineError};
use crate::terminal;

/// Where the log's end is remembered.
pub const HEAD: &str = ".amanat-audit";
/// Where our own requests are remembered until they have been found in the log.
pub const REQUESTS: &str = ".amanat-requests";

const PAGE: usize = 1000;
const MAX_PAGE_BYTES: u64 = 2 * 1024 * 1024;
/// A log that does not end is stopped.
const MAX_ENTRIES: usize = 5_000_000;
const MAX_HEAD_BYTES: u64 = 128;
const MAX_REQUESTS_BYTES: u64 = 256 * 1024 * 1024;
/// Once its token has expired for this long, whatever the clocks, a request that is not in the log never arrived.
const LOST_SECS: u64 = 24 * 3600;

/// What to do about a log that is not the one that was seen.
const HOSTILE: &str = "Nothing was fetched. Tell the coalition at once: the server may be in other hands. Only if it tells you by voice that the server was restored without its journal: pull --accept-restored.";

/// Why nothing was fetched: what happened, then what to do.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The server.
    #[error(transparent)]
    Online(#[from] OnlineError),
    /// An entry does not follow.
    #[error("the server's log does not go on from what was seen before: {0}\n{HOSTILE}")]
    Broken(#[from] Break),
    /// It ends before the end that was seen, or without the request that asked for it.
    #[error("the server's log is shorter than it must be: it ends with entry {ends}, and entry {wanted} must be there\n{HOSTILE}")]
    Shorter {
        /// What must be there.
        wanted: u64,
        /// What came.
        ends: u64,
    },
    /// The file that remembers the log's end is not one.
    #[error("{} does not hold the end of a log\nPut a copy of it back. If there is none, tell the coalition; pull --accept-restored then begins anew.", terminal::path(.0))]
    Head(PathBuf),
    /// The disk.
    #[error("{} could not be read or written: {}\nName a folder on a disk with room that you may write to, and run the same again.", terminal::path(.path), .error)]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Whether a log that does not go on from what was seen is taken for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// It is refused.
    Refuse,
    /// The coalition has said that the server was restored: it is followed from its first entry.
    Accept,
}

/// A request of ours: its token's `jti`, and when that expires.
type Own = (String, u64);

/// Fetches what the log holds beyond the end that this folder saw, verifies that it follows, and remembers the new end.
/// `online` has to note its requests in the same folder.
pub fn follow(online: &Online, out: &Path, restored: Restored) -> Result<News, AuditError> {
    let path = out.join(HEAD);
    let seen = match restored {
        Restored::Refuse => remembered(&path)?,
        Restored::Accept => None,
    };
    let start = seen.unwrap_or(Head::START);
    let (entries, head) = fetch(online, start)?;
    let requests = out.join(REQUESTS);
    let own = own_requests(&requests)?;
    let ours: HashSet<&str> = own.iter().map(|(jti, _)| jti.as_str()).collect();
    // The request for the last page is the end of it: a server that leaves it out shows something old.
    let ends_with_us = entries.last().filter(|last| last.action == Action::Audit.word() && ours.contains(last.request.as_str()));
    let Some(last) = ends_with_us else { return Err(AuditError::Shorter { wanted: start.seq + 1, ends: head.seq }) };
    let news = News::of(&entries, &last.reviewer, &ours, seen.is_none());
    let disk = |error| AuditError::Disk { path: path.clone(), error };
    files::replace(&path, format!("{head}\n").as_bytes()).map_err(disk)?;
    File::open(out).and_then(|folder| folder.sync_all()).map_err(disk)?;
    let in_log: HashSet<&str> = entries.iter().map(|entry| entry.request.as_str()).collect();
    forget(&requests, own.iter().filter(|(jti, _)| !in_log.contains(jti.as_str())))?;
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

/// `None` where there is no such file yet.
fn remembered(path: &Path) -> Result<Option<Head>, AuditError> {
    match files::read_text_itself(path, MAX_HEAD_BYTES) {
        Ok(text) => Head::parse(&text).map(Some).ok_or_else(|| AuditError::Head(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::FileTooLarge) => {
            Err(AuditError::Head(path.to_owned()))
        }
        Err(error) => Err(AuditError::Disk { path: path.to_owned(), error }),
    }
}

/// Notes a request before it is sent: the answer may never come, and the server may have it in its log all the same.
pub fn note(path: &Path, jti: &str, expires: u64) -> io::Result<()> {
    let mut file = files::append(path)?;
    // On a line of its own, also after one that a full disk has cut off.
    file.write_all(format!("\n{jti} {expires}\n").as_bytes())
}

fn own_requests(path: &Path) -> Result<Vec<Own>, AuditError> {
    match files::read_text_itself(path, MAX_REQUESTS_BYTES) {
        // A line that was cut off belongs to a request that was never sent.
        Ok(text) => Ok(text
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(jti, expires)| Some((jti.to_owned(), expires.parse().ok()?)))
            .collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(AuditError::Disk { path: path.to_owned(), error }),
    }
}

/// Keeps only requests that may still arrive.
fn forget<'a>(path: &Path, missing: impl Iterator<Item = &'a Own>) -> Result<(), AuditError> {
    let now = crate::clock::now();
    let mut text = String::new();
    for (jti, expires) in missing.filter(|(_, expires)| expires.saturating_add(LOST_SECS) > now) {
        text.extend([jti, " ", &expires.to_string(), "\n"]);
    }
    files::replace(path, text.as_bytes()).map_err(|error| AuditError::Disk { path: path.to_owned(), error })
}
