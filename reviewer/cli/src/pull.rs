//! Fetching ciphertext: only what is new, resumed where it stopped, and never under another name than its own hash.

mod arrival_log;
mod fetch;
mod listing;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::deletions::Deletions;
use amanat_reviewer_core::safe_text;

pub use self::listing::{Walked, walk};

use self::arrival_log::ArrivalLog;
use self::fetch::{Fetched, fetch};
use crate::atomic_file;
use crate::online::{Online, OnlineError};

/// The reason why something was not fetched.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum PullError {
    /// The server.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Online(#[from] OnlineError),
    /// The disk.
    #[error("{} could not be written: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("{}", advice(.error)))]
    Disk {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The server listed something that is no registration.
    #[error("the server's list holds a name that is no SHA-256")]
    #[diagnostic(help("Nothing was written under it. Tell the coalition: the server is broken or hostile."))]
    Name,
    /// The list does not end.
    #[error("the server's list does not end")]
    #[diagnostic(help("Tell the coalition: the server is broken or hostile."))]
    Endless,
    /// Longer than allowed.
    #[error("registration {} is {} bytes long, more than is allowed", short(.sha256), .bytes)]
    #[diagnostic(help("If it is meant to be that long, run again with --max-bytes."))]
    TooLong {
        /// The registration.
        sha256: String,
        /// The length that the server states.
        bytes: u64,
    },
    /// The bytes that came have another hash, or another length.
    #[error("registration {} came with other bytes than its name says", short(.0))]
    #[diagnostic(help("It was thrown away. Run again; if it stays so, tell the coalition."))]
    OtherBytes(String),
    /// The transfer broke off and could not go on.
    #[error("registration {} broke off after {} of {} bytes", short(.sha256), .came, .bytes)]
    #[diagnostic(help("Run the same again: it goes on from there."))]
    BrokeOff {
        /// The registration.
        sha256: String,
        /// Bytes on the disk.
        came: u64,
        /// Bytes of the whole.
        bytes: u64,
    },
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "The disk is full: make room and run the same again. What is complete stays."
        }
        _ => "Name a folder that you may write to, and run the same again.",
    }
}

fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or_default()
}

impl PullError {
    /// Whether the next registration would fail as well.
    fn is_final(&self) -> bool {
        match self {
            Self::Online(error) => error.is_final(),
            Self::Disk { .. } | Self::Name | Self::Endless => true,
            Self::TooLong { .. } | Self::OtherBytes(_) | Self::BrokeOff { .. } => false,
        }
    }
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Pulled {
    /// Written now.
    pub new: usize,
    /// There from earlier runs.
    pub known: usize,
    /// The number of new ones that the server has in quarantine.
    pub quarantined: usize,
    /// The deletions that reviewers have asked for, and the objections to them.
    pub deletions: Deletions,
    /// The errors.
    pub failures: Vec<PullError>,
}

/// Fetches what is new into `out`, files of at most `most` bytes; what is in quarantine last. What fails does not hold up the
/// rest, unless the rest would fail too.
pub fn pull(online: &Online, out: &Path, most: u64) -> Pulled {
    let mut pulled = Pulled::default();
    if let Err(error) = atomic_file::folder(out) {
        pulled.failures.push(PullError::Disk { path: out.to_owned(), error });
        return pulled;
    }
    let mut hours = ArrivalLog::read(out);
    let mut quarantine = Vec::new();
    let listed = walk(online, |listed| {
        hours.note(&listed);
        pulled.deletions.note(&listed);
        if listed.quarantine {
            quarantine.push(listed);
            return true;
        }
        pulled.take(fetch(online, &listed, out, most)).is_some()
    });
    match listed {
        Ok(Walked::Stopped) => {
            pulled.failures.extend(hours.write().err());
            return pulled;
        }
        Ok(Walked::All) => {}
        Err(error) => pulled.failures.push(error),
    }
    for listed in &quarantine {
        match pulled.take(fetch(online, listed, out, most)) {
            Some(Fetched::New) => pulled.quarantined += 1,
            Some(_) => {}
            None => break,
        }
    }
    pulled.failures.extend(hours.write().err());
    // The names are durable only once the folder is; where it cannot be synced, the next run sees what is missing.
    let _ = File::open(out).and_then(|folder| folder.sync_all());
    pulled
}

impl Pulled {
    /// Counts what became of one registration; `None` if the next one would fail as well.
    fn take(&mut self, fetched: Result<Fetched, PullError>) -> Option<Fetched> {
        match fetched {
            Ok(Fetched::New) => self.new += 1,
            Ok(_) => self.known += 1,
            Err(error) => {
                let last = error.is_final();
                self.failures.push(error);
                return (!last).then_some(Fetched::Not);
            }
        }
        fetched.ok()
    }
}
