//! The records of uploads, which batches and the store's methods share.

use std::fmt;

use amanat_shared::api::{from_hex, hex};
use sqlx::AnyConnection;

use super::StoreError;

/// Maximum length of the ciphertext in one row.
pub const CHUNK_BYTES: usize = 64 * 1024;
const DAY_SECS: i64 = 24 * 3600;
/// Seconds after its last bytes for which an upload can be queried, and continued if it is not complete.
pub(super) const KEPT_SECS: i64 = 14 * DAY_SECS;
/// Seconds for which an upload without any bytes can be continued.
pub(super) const KEPT_EMPTY_SECS: i64 = DAY_SECS;

/// 128 random bits. Whoever knows them may continue the upload.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UploadId(pub [u8; 16]);

impl UploadId {
    /// Parses 32 hexadecimal digits.
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

/// An upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The announced length in bytes.
    pub length: u64,
    /// Number of stored bytes. It equals `length` only once the registration is stored.
    pub received: u64,
    /// SHA-256 of the delete proof. It is `None` until the file's header provides it, if the metadata do not.
    pub proof_sha256: Option<[u8; 32]>,
    /// The claimed serial of the pack that it is sealed to.
    pub pack: Option<u64>,
    /// The announced SHA-256 of the whole file, for which a proof of work was brought.
    pub sha256: Option<[u8; 32]>,
    /// The hour in which it began, or received its last bytes.
    pub hour: i64,
}

impl Upload {
    /// Returns the Unix time at which the upload expires.
    pub const fn expires(&self) -> i64 {
        self.hour + if self.received == 0 { KEPT_EMPTY_SECS } else { KEPT_SECS }
    }
}

/// An upload that is not complete, as the database knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfinishedUpload {
    /// Its id.
    pub id: UploadId,
    /// The announced length in bytes.
    pub length: u64,
    /// Number of stored bytes.
    pub received: u64,
    /// See [`Upload::hour`].
    pub hour: i64,
}

/// The result of an upload's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadOutcome {
    /// The upload is not complete.
    Incomplete,
    /// The upload became a registration.
    Registered,
    /// The upload became a registration in quarantine, because its hour had brought the usual number. It is kept and announced
    /// like any other.
    Quarantined,
    /// The same file is stored already, or was acknowledged and deleted. Nobody is notified again.
    AlreadyKnown,
}

/// Deletes the bytes of an upload.
pub(super) async fn delete_chunks(connection: &mut AnyConnection, upload: UploadId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM chunks WHERE upload = $1").bind(&upload.0[..]).execute(connection).await?;
    Ok(())
}
