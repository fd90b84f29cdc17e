//! Fetching ciphertext: only what is new, resumed where it stopped, and never under another name than its own hash.

mod fetch;
mod hours;

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use amanat_shared::api::{self, Listed, REGISTRATIONS};

use self::fetch::{Fetched, fetch};
use self::hours::Hours;
use crate::files;
use crate::online::{Online, OnlineError};
use crate::terminal;

const LIST_PAGE: usize = 500;
const MAX_LIST_BYTES: u64 = 1024 * 1024;
/// Most registrations in one run: a server that lists without end is stopped.
const MAX_LISTED: usize = 1_000_000;

/// Why something was not fetched: what happened, then what to do.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The server.
    #[error(transparent)]
    Online(#[from] OnlineError),
    /// The disk.
    #[error("{} could not be written: {}\n{}", terminal::path(.path), .error, advice(.error))]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The server listed something that is no registration.
    #[error(
        "the server's list holds a name that is no SHA-256\nNothing was written under it. Tell the coalition: the server is broken or hostile."
    )]
    Name,
    /// The list does not end.
    #[error("the server's list does not end\nTell the coalition: the server is broken or hostile.")]
    Endless,
    /// Longer than allowed.
    #[error("registration {} is {} bytes long, more than is allowed\nIf it is meant to be that long, run again with --max-bytes.", short(.sha256), .bytes)]
    TooLong {
        /// Which.
        sha256: String,
        /// How long the server says that it is.
        bytes: u64,
    },
    /// What came has another hash, or another length.
    #[error("registration {} came with other bytes than its name says\nIt was thrown away. Run again; if it stays so, tell the coalition.", short(.0))]
    OtherBytes(String),
    /// It broke off and did not move any more.
    #[error("registration {} broke off after {} of {} bytes\nRun the same again: it goes on from there.", short(.sha256), .came, .bytes)]
    BrokeOff {
        /// Which.
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

/// What a run did.
#[derive(Debug, Default)]
pub struct Pulled {
    /// Written now.
    pub new: usize,
    /// There from earlier runs.
    pub known: usize,
    /// What did not succeed.
    pub failures: Vec<PullError>,
}

/// Fetches what is new into `out`, files of at most `most` bytes. What fails does not hold up the rest, unless the rest
/// would fail too.
pub fn pull(online: &Online, out: &Path, most: u64) -> Pulled {
    let mut pulled = Pulled::default();
    if let Err(error) = files::folder(out) {
        pulled.failures.push(PullError::Disk { path: out.to_owned(), error });
        return pulled;
    }
    let mut hours = Hours::read(out);
    let mut seen = HashSet::new();
    let mut after: Option<String> = None;
    loop {
        let page = match list(online, after.as_deref()) {
            Ok(page) => page,
            Err(error) => {
                pulled.failures.push(error);
                break;
            }
        };
        let before = seen.len();
        for listed in &page {
            if !seen.insert(listed.sha256.clone()) {
                continue;
            }
            hours.note(listed);
            match fetch(online, listed, out, most) {
                Ok(Fetched::New) => pulled.new += 1,
                Ok(Fetched::Known) => pulled.known += 1,
                Err(error) => {
                    let last = error.is_final();
                    pulled.failures.push(error);
                    if last {
                        pulled.failures.extend(hours.write().err());
                        return pulled;
                    }
                }
            }
        }
        let Some(last) = page.last() else { break };
        if seen.len() == before || seen.len() > MAX_LISTED {
            pulled.failures.push(PullError::Endless);
            break;
        }
        after = Some(last.sha256.clone());
    }
    pulled.failures.extend(hours.write().err());
    // The names are durable only once the folder is; where it cannot be synced, the next run sees what is missing.
    let _ = File::open(out).and_then(|folder| folder.sync_all());
    pulled
}

fn list(online: &Online, after: Option<&str>) -> Result<Vec<Listed>, PullError> {
    let after = after.map_or_else(String::new, |after| format!("&after={after}"));
    let response = online.get(&format!("{REGISTRATIONS}?limit={LIST_PAGE}{after}"), 0)?;
    let page: Vec<Listed> = online.json(response, MAX_LIST_BYTES)?;
    if page.iter().all(|listed| api::from_hex::<32>(&listed.sha256).is_some()) { Ok(page) } else { Err(PullError::Name) }
}
