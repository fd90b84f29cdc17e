//! Uploads on their way, and what makes a registration of one.

use std::fmt;

use amanat_shared::api::{from_hex, hex};
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;

use super::retention::undo_if_opened_before;
use super::{Store, StoreError, array, signed, unsigned};

/// Longest piece of ciphertext in one row.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// Seconds for which an upload that is complete can still be asked for.
const COMPLETE_SECS: i64 = 14 * 24 * 3600;
/// Seconds after its last bytes when an unfinished upload is given up.
const UNFINISHED_SECS: i64 = 7 * 24 * 3600;

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
    /// SHA-256 of the delete proof.
    pub proof_sha256: [u8; 32],
}

/// What an upload's last bytes led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// A registration.
    Registered,
    /// The same file is here already, or was and has been opened; nobody is told again.
    Already,
}

impl Store {
    /// Begins an upload of which nothing has been received.
    pub async fn create(&self, id: UploadId, upload: &Upload, hour: i64) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query("INSERT INTO uploads (id, length, received, proof_sha256, hour) VALUES ($1, $2, 0, $3, $4)")
            .bind(&id.0[..])
            .bind(signed(upload.length))
            .bind(&upload.proof_sha256[..])
            .bind(hour)
            .execute(write.connection())
            .await?;
        write.commit().await
    }

    /// An upload, while it can be asked for.
    pub async fn upload(&self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        let row: Option<(i64, i64, Vec<u8>)> = sqlx::query_as("SELECT length, received, proof_sha256 FROM uploads WHERE id = $1")
            .bind(&id.0[..])
            .fetch_optional(&self.pool)
            .await?;
        row.map(|(length, received, proof)| {
            Ok(Upload { length: unsigned(length)?, received: unsigned(received)?, proof_sha256: array(proof)? })
        })
        .transpose()
    }

    /// Adds bytes in the middle of an upload: if it has come as far as `at`, and if they are not its last.
    pub async fn append(&self, id: UploadId, at: u64, bytes: &[u8], hour: i64) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let moved = sqlx::query("UPDATE uploads SET received = $1, hour = $2 WHERE id = $3 AND received = $4 AND length > $1")
            .bind(signed(at + bytes.len() as u64))
            .bind(hour)
            .bind(&id.0[..])
            .bind(signed(at))
            .execute(write.connection())
            .await?;
        if moved.rows_affected() != 1 {
            return Err(StoreError::Offset);
        }
        insert_chunks(write.connection(), id, at, bytes).await?;
        write.commit().await
    }

    /// Adds an upload's last bytes and makes it a registration, with a notice for each of `reviewers`, all in one
    /// transaction.
    pub async fn finish(
        &self,
        id: UploadId,
        at: u64,
        bytes: &[u8],
        reviewers: &[String],
        hour: i64,
    ) -> Result<Finished, StoreError> {
        // What was received never changes, so it is hashed before anybody has to wait for it.
        let sha256 = self.sha256(id, at, bytes).await?;
        let length = at + bytes.len() as u64;
        let mut write = self.write().await?;
        let moved: Option<(Vec<u8>,)> = sqlx::query_as(
            "UPDATE uploads SET received = $1, hour = $2 WHERE id = $3 AND received = $4 AND length = $1 RETURNING proof_sha256",
        )
        .bind(signed(length))
        .bind(hour)
        .bind(&id.0[..])
        .bind(signed(at))
        .fetch_optional(write.connection())
        .await?;
        let Some((proof,)) = moved else { return Err(StoreError::Offset) };
        let inserted = sqlx::query(
            "INSERT INTO registrations (sha256, upload, length, proof_sha256, hour) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (sha256) DO NOTHING",
        )
        .bind(&sha256[..])
        .bind(&id.0[..])
        .bind(signed(length))
        .bind(proof)
        .bind(hour)
        .execute(write.connection())
        .await?;
        if inserted.rows_affected() == 0 || undo_if_opened_before(write.connection(), sha256).await? {
            delete_chunks(write.connection(), id).await?;
            write.commit().await?;
            return Ok(Finished::Already);
        }
        insert_chunks(write.connection(), id, at, bytes).await?;
        for reviewer in reviewers {
            sqlx::query("INSERT INTO notices (reviewer, sha256) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(reviewer.as_str())
                .bind(&sha256[..])
                .execute(write.connection())
                .await?;
        }
        write.commit().await?;
        Ok(Finished::Registered)
    }

    /// Forgets an upload that is not complete.
    pub async fn delete_upload(&self, id: UploadId) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let deleted = sqlx::query("DELETE FROM uploads WHERE id = $1 AND received < length")
            .bind(&id.0[..])
            .execute(write.connection())
            .await?;
        if deleted.rows_affected() > 0 {
            delete_chunks(write.connection(), id).await?;
        }
        write.commit().await
    }

    /// Forgets uploads that nobody will ask for again: those that stand still, and those that were complete long ago.
    pub async fn prune_uploads(&self, hour: i64) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        // The uploads first, then their chunks: an upload that is being finished meanwhile is then either gone or whole.
        let unfinished: Vec<(Vec<u8>,)> = sqlx::query_as("DELETE FROM uploads WHERE received < length AND hour < $1 RETURNING id")
            .bind(hour - UNFINISHED_SECS)
            .fetch_all(write.connection())
            .await?;
        for (id,) in unfinished {
            sqlx::query("DELETE FROM chunks WHERE upload = $1").bind(id).execute(write.connection()).await?;
        }
        sqlx::query("DELETE FROM uploads WHERE received = length AND hour < $1")
            .bind(hour - COMPLETE_SECS)
            .execute(write.connection())
            .await?;
        write.commit().await
    }

    /// The piece of ciphertext in which a position lies, and where it begins.
    pub(super) async fn chunk(&self, upload: UploadId, position: u64) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let row: Option<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT position, bytes FROM chunks WHERE upload = $1 AND position <= $2 ORDER BY position DESC LIMIT 1",
        )
        .bind(&upload.0[..])
        .bind(signed(position))
        .fetch_optional(&self.pool)
        .await?;
        let Some((start, bytes)) = row else { return Ok(None) };
        let start = unsigned(start)?;
        Ok((position < start + bytes.len() as u64).then_some((start, bytes)))
    }

    async fn sha256(&self, id: UploadId, received: u64, last: &[u8]) -> Result<[u8; 32], StoreError> {
        let mut hash = Sha256::new();
        let mut position = 0;
        while position < received {
            let (start, bytes) = self.chunk(id, position).await?.ok_or(StoreError::Offset)?;
            if start != position {
                return Err(StoreError::Damaged);
            }
            position += bytes.len() as u64;
            hash.update(bytes);
        }
        hash.update(last);
        Ok(hash.finalize().into())
    }
}

async fn insert_chunks(connection: &mut AnyConnection, upload: UploadId, at: u64, bytes: &[u8]) -> Result<(), StoreError> {
    let mut position = at;
    for chunk in bytes.chunks(CHUNK_BYTES) {
        sqlx::query("INSERT INTO chunks (upload, position, bytes) VALUES ($1, $2, $3)")
            .bind(&upload.0[..])
            .bind(signed(position))
            .bind(chunk)
            .execute(&mut *connection)
            .await?;
        position += chunk.len() as u64;
    }
    Ok(())
}

async fn delete_chunks(connection: &mut AnyConnection, upload: UploadId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM chunks WHERE upload = $1").bind(&upload.0[..]).execute(connection).await?;
    Ok(())
}
