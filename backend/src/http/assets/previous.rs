//! The hashed files of earlier builds. Phones that loaded the page before an upgrade ask for them. Every server stores those of
//! its own build in the database, for itself after the next upgrade and for the other servers meanwhile.
//!
//! A name holds 64 bits of the SHA-256 of the file's contents (`scripts/build-site.sh`), and a file with another hash is not
//! served. To change what a phone runs, an attacker with access to the database would have to find a second preimage of those
//! bits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use amanat_shared::api::hex;

use crate::http::error::Error;
use crate::store::{SiteFile, Store};

use super::EmbeddedFiles;
use super::encoding::{self, Encoding};

/// Upper bound of a file's length.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// Number of verified files that stay in memory: those of two builds.
const CACHED_FILES: usize = 10;
/// Number of files that are decompressed at the same time.
const MAX_CONCURRENT_UNPACKS: usize = 2;
/// The first bytes of every WASM file.
const WASM_MAGIC: &[u8] = b"\0asm";

/// Files of earlier builds that were requested and have the hash of their name.
#[derive(Debug)]
pub struct PreviousBuilds {
    cache: Mutex<VecDeque<Arc<VerifiedFile>>>,
    unpacking: Semaphore,
}

#[derive(Debug)]
struct VerifiedFile {
    name: String,
    plain: Bytes,
    gzip: Bytes,
    brotli: Bytes,
}

impl Default for PreviousBuilds {
    fn default() -> Self {
        Self { cache: Mutex::default(), unpacking: Semaphore::new(MAX_CONCURRENT_UNPACKS) }
    }
}

/// Returns the hashed files of this build.
pub(crate) fn current_build_files() -> Vec<SiteFile> {
    let hashed = EmbeddedFiles::iter().filter(|name| HashedName::parse(name).is_some());
    hashed
        .filter_map(|name| {
            let packed = EmbeddedFiles::get(&format!("{name}.br"))?.data.into_owned();
            Some(SiteFile { name: name.into_owned(), packed })
        })
        .collect()
}

impl PreviousBuilds {
    /// Returns a file of an earlier build in this encoding.
    pub(super) async fn file(&self, store: &Store, name: &str, encoding: Encoding) -> Result<Option<Bytes>, Error> {
        let Some(parsed) = HashedName::parse(name) else { return Ok(None) };
        let found = match self.cached(name) {
            Some(found) => Some(found),
            None => self.look_up(store, name, parsed).await?,
        };
        Ok(found.map(|file| match encoding {
            Encoding::Brotli => file.brotli.clone(),
            Encoding::Gzip => file.gzip.clone(),
            Encoding::Identity => file.plain.clone(),
        }))
    }

    fn cached(&self, name: &str) -> Option<Arc<VerifiedFile>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|file| file.name == name).cloned()
    }

    async fn look_up(&self, store: &Store, name: &str, parsed: HashedName) -> Result<Option<Arc<VerifiedFile>>, Error> {
        let files = store.site_files(parsed.names().each_ref().map(String::as_str)).await?;
        if !files.iter().any(|file| file.name == name) {
            return Ok(None);
        }
        let _permit = self.unpacking.acquire().await.map_err(|_| Error::ShuttingDown)?;
        // Another request may have verified the file meanwhile.
        if let Some(found) = self.cached(name) {
            return Ok(Some(found));
        }
        let wanted = name.to_owned();
        let verified = tokio::task::spawn_blocking(move || verify(&parsed, files, &wanted)).await.map_err(|_| Error::Panic)?;
        let Some(verified) = verified.map(Arc::new) else {
            tracing::warn!("a file of an earlier build in the database is not what its name says, and is not served");
            return Ok(None);
        };
        let mut remembered = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.push_front(Arc::clone(&verified));
        remembered.truncate(CACHED_FILES);
        Ok(Some(verified))
    }
}

/// Returns the file of this name, if all files that its hash covers are there and have that hash.
fn verify(parsed: &HashedName, files: Vec<SiteFile>, wanted: &str) -> Option<VerifiedFile> {
    let unpack = |name: &str| {
        let packed = &files.iter().find(|file| file.name == name)?.packed;
        encoding::unpack_brotli(packed, MAX_FILE_BYTES).ok()
    };
    let [first, second] = parsed.names();
    let plain = match parsed.kind {
        HashedKind::Style => Some(unpack(&first)?).filter(|style| parsed.matches(&[style]))?,
        HashedKind::Program => {
            let (script, wasm) = (unpack(&first)?, unpack(&second)?);
            // The hash covers both files as one text, so the end of the script must be unambiguous.
            let parts = wasm.starts_with(WASM_MAGIC) && !script.contains(&0);
            if !parts || !parsed.matches(&[&script, &wasm]) {
                return None;
            }
            if wanted == first { script } else { wasm }
        }
    };
    let gzip = encoding::gzip(&plain).into();
    let brotli = files.into_iter().find(|file| file.name == wanted)?.packed.into();
    Some(VerifiedFile { name: wanted.to_owned(), plain: plain.into(), gzip, brotli })
}

/// A name that `scripts/build-site.sh` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
struct HashedName {
    kind: HashedKind,
    /// The name without its ending.
    stem: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HashedKind {
    /// `p-HASH.js` and `p-HASH_bg.wasm`, or the worker's `w-…`, under one hash of both.
    Program,
    /// `s-HASH.css`.
    Style,
}

impl HashedName {
    fn parse(name: &str) -> Option<Self> {
        let (stem, ending) = name.split_at_checked("p-0123456789abcdef".len())?;
        let digits = stem.get(2..)?;
        let kind = match (stem.get(..2)?, ending) {
            ("p-" | "w-", ".js" | "_bg.wasm") => HashedKind::Program,
            ("s-", ".css") => HashedKind::Style,
            _ => return None,
        };
        digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).then(|| Self { kind, stem: stem.to_owned() })
    }

    /// Returns the names of all files that the hash covers, in its order.
    fn names(&self) -> [String; 2] {
        match self.kind {
            HashedKind::Program => [format!("{}.js", self.stem), format!("{}_bg.wasm", self.stem)],
            HashedKind::Style => [format!("{}.css", self.stem), String::new()],
        }
    }

    fn matches(&self, parts: &[&[u8]]) -> bool {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        self.stem[2..] == hex(&hash.finalize()[..8])
    }
}

#[cfg(test)]
mod tests;
