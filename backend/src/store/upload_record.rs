//! The records of uploads, which batches and the store's methods share.

use std::fmt;

use amanat_shared::api::{from_hex, hex};
use sqlx::AnyConnection;

use super::StoreError;

/// Longest piece of ciphertext in one row.
pub const CHUNK_BYTES: usize = 64 * 1024;
const DAY_SECS: i64 = 24 * 3600;
/// Seconds after its last bytes for which an upload can be asked for, and continued where it is not complete.
pub(super) const KEPT_SECS: i64 = 14 * DAY_SECS;
/// The same for one of which nothing has come.
pub(super) const KEPT_EMPTY_SECS: i64 = DAY_SECS;

/// 128 random bits: who knows them may continue the upload.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UploadId(pub [u8; 16]);

impl UploadId {
    /// Reads 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UploadId(…)")
    }
}

/// One upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Bytes that were announced.
    pub length: u64,
    /// Bytes on disk. As many as `length` only once the registration is.
    pub received: u64,
    /// SHA-256 of the delete proof; `None` until the file's header has said it, where the metadata do not.
    pub proof_sha256: Option<[u8; 32]>,
    /// The serial of the pack that it says it is sealed to.
    pub pack: Option<u64>,
    /// What the whole file has to hash to, where a proof of work was brought for it.
    pub sha256: Option<[u8; 32]>,
    /// When it began, or when its last bytes came: the Unix time at which that hour began.
    pub hour: i64,
}

impl Upload {
    /// The Unix time from which on it is not to be found any more.
    pub const fn expires(&self) -> i64 {
        self.hour + if self.received == 0 { KEPT_EMPTY_SECS } else { KEPT_SECS }
    }
}

/// An upload that is not complete, as the database knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfinishedUpload {
    /// Its id.
    pub id: UploadId,
    /// Bytes that were announced.
    pub length: u64,
    /// Bytes on disk.
    pub received: u64,
    /// See [`Upload::hour`].
    pub hour: i64,
}

/// What an upload's last bytes led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadOutcome {
    /// They were not its last.
    Incomplete,
    /// A registration.
    Registered,
    /// A registration in quarantine, since its hour had brought as many as is usual: kept and told of like any other.
    Quarantined,
    /// The same file is here already, or was and has been opened; nobody is told again.
    AlreadyKnown,
}

/// Deletes the bytes of an upload.
pub(super) async fn delete_chunks(connection: &mut AnyConnection, upload: UploadId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM chunks WHERE upload = $1").bind(&upload.0[..]).execute(connection).await?;
    Ok(())
}
