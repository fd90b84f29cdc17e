//! One registration: resumed where it broke off, and named only once its hash is right.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use amanat_shared::api::{self, Listed, REGISTRATIONS};
use sha2::{Digest, Sha256};
use ureq::Body;
use ureq::http::Response;

use super::PullError;
use crate::atomic_file;
use crate::online::Online;

/// A download that breaks off is taken up again this often, as long as it moves.
const ATTEMPTS: usize = 5;

/// Whether it had to be fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fetched {
    New,
    Known,
    /// The registration could not be fetched.
    Not,
}

/// The path of the file that is being written.
struct Part<'a> {
    path: PathBuf,
    listed: &'a Listed,
}

/// Fetches one registration into `out`, unless it is there or has more than `most` bytes.
pub(super) fn fetch(online: &Online, listed: &Listed, out: &Path, most: u64) -> Result<Fetched, PullError> {
    // The name is 64 hexadecimal digits: `list` saw to it.
    let path = out.join(format!("{}.age", listed.sha256));
    if atomic_file::is_there(&path) {
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
        let mut file = atomic_file::append(&self.path).map_err(|error| self.disk(error))?;
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
