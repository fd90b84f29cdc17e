//! Our own requests, by which a reviewer's own use of the access key is told from a stranger's.
//!
//! Every command notes each request before it is sent, in up to two places: beside the access key, which knows what this
//! computer did with any folder, and in the folder that `pull` writes to, which travels on a stick from computer to computer.
//! A place is a file with one line a request: its token's `jti`, and when that expires.
//!
//! Each place also holds secrets, `secret HEX`, which places take over from each other. Half of a `jti` is made with one of
//! them. So a copy of the folder, and another computer with one, are recognized even where their lines are elsewhere. A thief
//! who has the access key alone cannot make such a `jti`; one who copied the folder too can, so these uses are told as well,
//! without an alarm.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use amanat_shared::api::{from_hex, hex};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::atomic_file;

/// The file's name in the folder that `pull` writes to.
pub const REQUESTS: &str = ".amanat-requests";
/// The suffix of the file beside the access key, behind the key's name.
const SUFFIX: &str = ".requests";
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// Once its token has expired for this long, whatever the clocks, a request that is not in the log never arrived.
const LOST_SECS: u64 = 24 * 3600;
/// Beside the access key a request is kept for this long: another folder may not have seen it in the log yet.
const KEPT_SECS: u64 = 400 * 86_400;
const SECRET: &str = "secret";
const HALF: usize = 8;

/// The places where requests are noted. Without any, nothing is noted.
#[derive(Clone, Debug, Default)]
pub struct RequestLedger {
    folder: Option<PathBuf>,
    key: Option<PathBuf>,
    /// The secret that makes half of a `jti`.
    secret: Option<[u8; 32]>,
}

/// A place that could not be read or written.
#[derive(Debug)]
pub struct LedgerError {
    /// The file.
    pub path: PathBuf,
    /// The cause.
    pub error: io::Error,
}

/// The requests and secrets of all places.
#[derive(Debug, Default)]
pub struct Own {
    requests: HashSet<String>,
    secrets: BTreeSet<[u8; 32]>,
}

impl Own {
    /// Whether a request was sent from here.
    pub fn sent(&self, jti: &str) -> bool {
        self.requests.contains(jti)
    }

    /// Whether a request was sent by somebody who has a copy of this folder.
    pub fn sent_by_a_copy(&self, jti: &str) -> bool {
        let Some(jti) = from_hex::<16>(jti) else { return false };
        let (random, tag) = jti.split_at(HALF);
        self.secrets.iter().any(|secret| tag_of(secret, random) == tag)
    }
}

#[cfg(test)]
impl Own {
    /// These requests, and no secret.
    pub(crate) fn of(requests: &[&str]) -> Self {
        Self { requests: requests.iter().map(|&jti| jti.to_owned()).collect(), secrets: BTreeSet::new() }
    }
}

/// The file of this name that lies beside an access key.
pub fn beside(access: &Path) -> PathBuf {
    // If the path is a link, the requests lie beside the file that it leads to.
    let access = fs::canonicalize(access).unwrap_or_else(|_| access.to_owned());
    let mut name = access.file_name().unwrap_or_default().to_owned();
    name.push(SUFFIX);
    access.with_file_name(name)
}

impl RequestLedger {
    /// Notes in the folder that `pull` writes to, which must be there, and beside the access key. A key may lie where nobody
    /// can write: then the folder alone knows, and without a folder that is an error.
    pub fn open(folder: Option<&Path>, access: Option<&Path>) -> Result<Self, LedgerError> {
        let mut ledger = Self { folder: folder.map(|folder| folder.join(REQUESTS)), key: access.map(beside), secret: None };
        let writable = |path: &PathBuf| atomic_file::append(path).map_err(|error| LedgerError { path: path.clone(), error });
        ledger.folder.as_ref().map(writable).transpose()?;
        match ledger.key.as_ref().map(writable).transpose() {
            Err(error) if ledger.folder.is_none() => return Err(error),
            Err(_) => ledger.key = None,
            Ok(_) => {}
        }
        ledger.share_secrets()?;
        Ok(ledger)
    }

    fn places(&self) -> impl Iterator<Item = &PathBuf> {
        self.folder.iter().chain(&self.key)
    }

    /// Gives each place the other's secrets, and both a new one if there is none.
    fn share_secrets(&mut self) -> Result<(), LedgerError> {
        let places: Vec<(PathBuf, Lines)> =
            self.places().map(|path| Ok((path.clone(), Lines::read(path)?))).collect::<Result<_, LedgerError>>()?;
        // The folder's first: its copies know that one.
        let Some(secret) = places.iter().find_map(|(_, lines)| lines.secrets.first().copied()).or_else(|| {
            let mut fresh = [0; 32];
            (!places.is_empty()).then(|| getrandom::fill(&mut fresh).expect("a system without randomness speaks to no server"))?;
            Some(fresh)
        }) else {
            return Ok(());
        };
        let all: BTreeSet<[u8; 32]> = places.iter().flat_map(|(_, lines)| lines.secrets.iter().copied()).chain([secret]).collect();
        for (path, lines) in &places {
            for missing in all.iter().filter(|secret| !lines.secrets.contains(secret)) {
                append(path, &format!("{SECRET} {}", hex(missing)))?;
            }
        }
        self.secret = Some(secret);
        Ok(())
    }

    /// A `jti` for a request that is about to be sent. It is noted first: the answer may never come, and the server may have
    /// the request in its log all the same.
    pub fn note(&self, expires: u64) -> Result<String, LedgerError> {
        let mut jti = [0; 2 * HALF];
        getrandom::fill(&mut jti).expect("a system without randomness cannot speak to a server");
        if let Some(secret) = &self.secret {
            let (random, tag) = jti.split_at_mut(HALF);
            tag.copy_from_slice(&tag_of(secret, random));
        }
        let jti = hex(&jti);
        for path in self.places() {
            append(path, &format!("{jti} {expires}"))?;
        }
        Ok(jti)
    }

    /// The requests and secrets of all places.
    pub fn own(&self) -> Result<Own, LedgerError> {
        let mut own = Own::default();
        for path in self.places() {
            let lines = Lines::read(path)?;
            own.requests.extend(lines.requests.into_iter().map(|(jti, _)| jti));
            own.secrets.extend(lines.secrets);
        }
        Ok(own)
    }

    /// Forgets what is not needed any more: in the folder what it has seen in the log, beside the key what is old.
    pub fn forget(&self, seen: &HashSet<&str>, now: u64) -> Result<(), LedgerError> {
        let young = |expires: u64, secs: u64| expires.saturating_add(secs) > now;
        if let Some(path) = &self.folder {
            retain(path, |jti, expires| !seen.contains(jti) && young(expires, LOST_SECS))?;
        }
        if let Some(path) = &self.key {
            retain(path, |_, expires| young(expires, KEPT_SECS))?;
        }
        Ok(())
    }
}

fn tag_of(secret: &[u8; 32], random: &[u8]) -> [u8; HALF] {
    let mut tag = [0; HALF];
    Hkdf::<Sha256>::new(None, secret).expand_multi_info(&[b"amanat own request", random], &mut tag).expect("HKDF makes 8 bytes");
    tag
}

/// The lines of one file. Lines that are neither, such as one that a full disk has cut off, belong to requests that were never
/// sent.
#[derive(Debug, Default)]
struct Lines {
    secrets: Vec<[u8; 32]>,
    requests: Vec<(String, u64)>,
}

impl Lines {
    fn read(path: &Path) -> Result<Self, LedgerError> {
        let text = match atomic_file::read_text_itself(path, MAX_BYTES) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(LedgerError { path: path.to_owned(), error }),
        };
        let mut lines = Self::default();
        for (word, rest) in text.lines().filter_map(|line| line.split_once(' ')) {
            if word == SECRET {
                lines.secrets.extend(from_hex::<32>(rest));
            } else if let Ok(expires) = rest.parse() {
                lines.requests.push((word.to_owned(), expires));
            }
        }
        Ok(lines)
    }
}

fn append(path: &Path, line: &str) -> Result<(), LedgerError> {
    let failed = |error| LedgerError { path: path.to_owned(), error };
    let _lock = atomic_file::lock_folder(path).map_err(failed)?;
    // On a line of its own, also after one that a full disk has cut off.
    atomic_file::append(path).and_then(|mut file| file.write_all(format!("\n{line}\n").as_bytes())).map_err(failed)
}

/// Keeps the secrets and those requests. Nobody notes anything meanwhile.
fn retain(path: &Path, keep: impl Fn(&str, u64) -> bool) -> Result<(), LedgerError> {
    let failed = |error| LedgerError { path: path.to_owned(), error };
    let _lock = atomic_file::lock_folder(path).map_err(failed)?;
    let lines = Lines::read(path)?;
    if lines.requests.iter().all(|(jti, expires)| keep(jti, *expires)) {
        return Ok(());
    }
    let secrets = lines.secrets.iter().map(|secret| format!("{SECRET} {}\n", hex(secret)));
    let requests = lines.requests.iter().filter(|(jti, expires)| keep(jti, *expires));
    let text: String = secrets.chain(requests.map(|(jti, expires)| format!("{jti} {expires}\n"))).collect();
    atomic_file::replace(path, text.as_bytes()).map_err(failed)
}
