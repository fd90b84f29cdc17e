//! The hashed files of earlier builds, which phones ask for that loaded the page before an upgrade. Every server keeps those
//! of its own build in the database, for itself after the next upgrade and for the others meanwhile.
//!
//! A name holds 64 bits of SHA-256 of what is in the file (`scripts/build-site.sh`), and nothing is served under it that has
//! another hash: who can write to the database has to find a second preimage of those bits to change what a phone runs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use amanat_shared::api::hex;

use crate::http::error::Error;
use crate::store::{SiteFile, Store};

use super::Files;
use super::encoding::{self, Encoding};

/// No file of a site is longer.
const MOST_BYTES: u64 = 4 << 20;
/// Files that stay in memory once they were asked for: those of two builds.
const REMEMBERED: usize = 10;
/// Files that are unpacked at the same time.
const TOGETHER: usize = 2;
/// How every WASM file begins.
const WASM: &[u8] = b"\0asm";

/// Earlier builds' files that were asked for and have the hash of their name.
#[derive(Debug)]
pub struct Previous {
    verified: Mutex<VecDeque<Arc<Verified>>>,
    unpacking: Semaphore,
}

#[derive(Debug)]
struct Verified {
    name: String,
    plain: Bytes,
    gzip: Bytes,
    brotli: Bytes,
}

impl Default for Previous {
    fn default() -> Self {
        Self { verified: Mutex::default(), unpacking: Semaphore::new(TOGETHER) }
    }
}

/// The hashed files of this build.
pub(crate) fn current() -> Vec<SiteFile> {
    let hashed = Files::iter().filter(|name| Name::parse(name).is_some());
    hashed
        .filter_map(|name| {
            let packed = Files::get(&format!("{name}.br"))?.data.into_owned();
            Some(SiteFile { name: name.into_owned(), packed })
        })
        .collect()
}

impl Previous {
    /// A file of an earlier build in this encoding.
    pub(super) async fn file(&self, store: &Store, name: &str, encoding: Encoding) -> Result<Option<Bytes>, Error> {
        let Some(parsed) = Name::parse(name) else { return Ok(None) };
        let found = match self.verified(name) {
            Some(found) => Some(found),
            None => self.look_up(store, name, parsed).await?,
        };
        Ok(found.map(|file| match encoding {
            Encoding::Brotli => file.brotli.clone(),
            Encoding::Gzip => file.gzip.clone(),
            Encoding::Identity => file.plain.clone(),
        }))
    }

    fn verified(&self, name: &str) -> Option<Arc<Verified>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|file| file.name == name).cloned()
    }

    async fn look_up(&self, store: &Store, name: &str, parsed: Name) -> Result<Option<Arc<Verified>>, Error> {
        let files = store.site_files(parsed.names().each_ref().map(String::as_str)).await?;
        if !files.iter().any(|file| file.name == name) {
            return Ok(None);
        }
        let _turn = self.unpacking.acquire().await.map_err(|_| Error::Stopping)?;
        // Somebody may have asked for it at the same time.
        if let Some(found) = self.verified(name) {
            return Ok(Some(found));
        }
        let wanted = name.to_owned();
        let verified = tokio::task::spawn_blocking(move || verify(&parsed, files, &wanted)).await.map_err(|_| Error::Panic)?;
        let Some(verified) = verified.map(Arc::new) else {
            tracing::warn!("a file of an earlier build in the database is not what its name says, and is not served");
            return Ok(None);
        };
        let mut remembered = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.push_front(Arc::clone(&verified));
        remembered.truncate(REMEMBERED);
        Ok(Some(verified))
    }
}

/// The file of this name, if all that its hash covers is there and has that hash.
fn verify(parsed: &Name, files: Vec<SiteFile>, wanted: &str) -> Option<Verified> {
    let unpacked = |name: &str| {
        let packed = &files.iter().find(|file| file.name == name)?.packed;
        encoding::unpacked(packed, MOST_BYTES).ok()
    };
    let [first, second] = parsed.names();
    let plain = match parsed.kind {
        Kind::Style => Some(unpacked(&first)?).filter(|style| parsed.is_of(&[style]))?,
        Kind::Program => {
            let (script, wasm) = (unpacked(&first)?, unpacked(&second)?);
            // The hash covers both as one text, so where the one ends must be beyond doubt.
            let parts = wasm.starts_with(WASM) && !script.contains(&0);
            if !parts || !parsed.is_of(&[&script, &wasm]) {
                return None;
            }
            if wanted == first { script } else { wasm }
        }
    };
    let gzip = encoding::gzip(&plain).into();
    let brotli = files.into_iter().find(|file| file.name == wanted)?.packed.into();
    Some(Verified { name: wanted.to_owned(), plain: plain.into(), gzip, brotli })
}

/// A name that `scripts/build-site.sh` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    kind: Kind,
    /// Without its ending.
    stem: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `p-HASH.js` and `p-HASH_bg.wasm`, or the worker's `w-…`, under the hash of both.
    Program,
    /// `s-HASH.css`.
    Style,
}

impl Name {
    fn parse(name: &str) -> Option<Self> {
        let (stem, ending) = name.split_at_checked("p-0123456789abcdef".len())?;
        let digits = stem.get(2..)?;
        let kind = match (stem.get(..2)?, ending) {
            ("p-" | "w-", ".js" | "_bg.wasm") => Kind::Program,
            ("s-", ".css") => Kind::Style,
            _ => return None,
        };
        digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).then(|| Self { kind, stem: stem.to_owned() })
    }

    /// The names of all that the hash covers, in its order.
    fn names(&self) -> [String; 2] {
        match self.kind {
            Kind::Program => [format!("{}.js", self.stem), format!("{}_bg.wasm", self.stem)],
            Kind::Style => [format!("{}.css", self.stem), String::new()],
        }
    }

    fn is_of(&self, parts: &[&[u8]]) -> bool {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        self.stem[2..] == hex(&hash.finalize()[..8])
    }
}

#[cfg(test)]
mod tests;
