//! Fetching ciphertext: only what is new, resumed where it stopped, and never under another name than its own hash.

mod hours;

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use amanat_shared::api::{self, Listed, REGISTRATIONS};
use sha2::{Digest, Sha256};
use ureq::Body;
use ureq::http::Response;

use self::hours::Hours;
use crate::files;
use crate::online::{Online, OnlineError};
use crate::terminal;

const LIST_PAGE: usize = 500;
const MAX_LIST_BYTES: u64 = 1024 * 1024;
/// Most registrations in one run: a server that lists without end is stopped.
const MAX_LISTED: usize = 1_000_000;
/// A download that breaks off is taken up again this often, as long as it moves.
const ATTEMPTS: usize = 5;

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

enum Fetched {
    New,
    Known,
}

/// Where one registration is being written.
struct Part<'a> {
    path: PathBuf,
    listed: &'a Listed,
}

fn fetch(online: &Online, listed: &Listed, out: &Path, most: u64) -> Result<Fetched, PullError> {
    // The name is 64 hexadecimal digits: `list` saw to it.
    let path = out.join(format!("{}.age", listed.sha256));
    if files::is_there(&path) {
        return Ok(Fetched::Known);
    }
    if listed.bytes > most {
        return Err(PullError::TooLong { sha256: listed.sha256.clone(), bytes: listed.bytes });
    }
    let part = Part { path: out.join(format!("{}.age.part", listed.sha256)), listed };
    let resumed = part.bytes()? > 0;
    part.download(online)?;
    let mut right = part.is_right()?;
    if !right && resumed {
        // Perhaps it was the earlier half that was wrong.
        part.remove()?;
        part.download(online)?;
        right = part.is_right()?;
    }
    if !right {
        part.remove()?;
        return Err(PullError::OtherBytes(listed.sha256.clone()));
    }
    fs::rename(&part.path, &path).map_err(|error| PullError::Disk { path, error })?;
    Ok(Fetched::New)
}

impl Part<'_> {
    fn disk(&self, error: io::Error) -> PullError {
        PullError::Disk { path: self.path.clone(), error }
    }

    /// Bytes that are there. A link or a folder of this name is refused: we never made it.
    fn bytes(&self) -> Result<u64, PullError> {
        match self.path.symlink_metadata() {
            Ok(meta) if meta.is_file() && meta.len() <= self.listed.bytes => Ok(meta.len()),
            Ok(meta) if meta.is_file() => self.remove().map(|()| 0),
            Ok(_) => Err(self.disk(io::Error::new(io::ErrorKind::AlreadyExists, "something that is not a file has this name"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(self.disk(error)),
        }
    }

    fn remove(&self) -> Result<(), PullError> {
        fs::remove_file(&self.path).map_err(|error| self.disk(error))
    }

    /// Fetches until all bytes are there.
    fn download(&self, online: &Online) -> Result<(), PullError> {
        for _ in 0..ATTEMPTS {
            let before = self.bytes()?;
            if before == self.listed.bytes {
                break;
            }
            let path = format!("{REGISTRATIONS}/{}", self.listed.sha256);
            let response = online.get(&path, before)?;
            let from = match response.status().as_u16() {
                206 if starts_at(&response, before) => before,
                200 => 0,
                // 416, or another part than was asked for.
                _ => {
                    if before > 0 {
                        self.remove()?;
                    }
                    continue;
                }
            };
            let lost = self.append(response, from)?;
            if let Some(error) = lost.filter(|_| self.bytes().is_ok_and(|now| now <= before)) {
                return Err(online.failed(&ureq::Error::Io(error)).into());
            }
        }
        let came = self.bytes()?;
        if came == self.listed.bytes {
            Ok(())
        } else {
            Err(PullError::BrokeOff { sha256: self.listed.sha256.clone(), came, bytes: self.listed.bytes })
        }
    }

    /// Writes what comes behind byte `from`; gives back the network's error if it broke off.
    fn append(&self, response: Response<Body>, from: u64) -> Result<Option<io::Error>, PullError> {
        let mut options = OpenOptions::new();
        if files::is_there(&self.path) {
            options.append(true)
        } else {
            options.write(true).create_new(true).mode(0o600)
        };
        let mut file = options.open(&self.path).map_err(|error| self.disk(error))?;
        if from == 0 {
            file.set_len(0).map_err(|error| self.disk(error))?;
        }
        // One byte more than there should be: then the length is wrong, and is seen to be.
        let mut body = response.into_body().into_with_config().limit(u64::MAX).reader().take(self.listed.bytes - from + 1);
        let mut piece = vec![0; 64 * 1024];
        let lost = loop {
            match body.read(&mut piece) {
                Ok(0) => break None,
                Ok(read) => file.write_all(&piece[..read]).map_err(|error| self.disk(error))?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
        };
        if file.metadata().map_err(|error| self.disk(error))?.len() > self.listed.bytes {
            self.remove()?;
            return Err(PullError::OtherBytes(self.listed.sha256.clone()));
        }
        file.sync_all().map_err(|error| self.disk(error))?;
        Ok(lost)
    }

    fn is_right(&self) -> Result<bool, PullError> {
        let mut hasher = Sha256::new();
        let mut file = File::open(&self.path).map_err(|error| self.disk(error))?;
        let mut piece = vec![0; 64 * 1024];
        loop {
            match file.read(&mut piece).map_err(|error| self.disk(error))? {
                0 => break,
                read => hasher.update(&piece[..read]),
            }
        }
        Ok(api::hex(&hasher.finalize()) == self.listed.sha256)
    }
}

/// `Content-Range: bytes 100-199/200`.
fn starts_at(response: &Response<Body>, from: u64) -> bool {
    let range = response.headers().get("content-range").and_then(|range| range.to_str().ok());
    range.and_then(|range| range.strip_prefix("bytes ")).is_some_and(|range| range.starts_with(&format!("{from}-")))
}
