//! Uploads, and their completion as registrations.

use sha2::{Digest, Sha256};

use super::batch::{BatchStep, Completion, UploadChange};
use super::upload_record::{KEPT_EMPTY_SECS, KEPT_SECS, UnfinishedUpload, Upload, UploadId, UploadOutcome, delete_chunks};
use super::{Store, StoreError, array, signed, unsigned};

/// Maximum of uploads that one transaction evicts.
const MAX_EVICTED: usize = 256;
/// Maximum of bytes that one transaction evicts.
const MAX_EVICTED_BYTES: u64 = 16 * 1024 * 1024;

/// The context in which a complete file arrives.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The reviewers to notify.
    pub reviewers: &'a [String],
    /// Registrations beyond this number in one hour go into quarantine.
    pub registrations_per_hour: u32,
    /// The present hour.
    pub hour: i64,
}

impl Arrival<'_> {
    fn completion(&self, sha256: [u8; 32]) -> Completion {
        Completion { sha256, reviewers: self.reviewers.to_vec(), registrations_per_hour: self.registrations_per_hour }
    }
}

impl Store {
    /// Creates an upload without bytes.
    pub async fn create(&self, id: UploadId, upload: &Upload) -> Result<(), StoreError> {
        self.begin(id, upload, &[], upload.hour).await
    }

    /// Creates an upload with its first bytes, which are not all of it.
    pub async fn begin(&self, id: UploadId, upload: &Upload, bytes: &[u8], hour: i64) -> Result<(), StoreError> {
        let step = UploadChange { id, begin: Some(*upload), proof_sha256: None, at: 0, bytes: bytes.to_vec(), end: None, hour };
        self.commit_queue.commit(BatchStep::Upload(Box::new(step))).await.map(drop)
    }

    /// Returns an upload, also after it has expired.
    pub async fn upload(&self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        type UploadRow = (i64, i64, Option<Vec<u8>>, Option<i64>, Option<Vec<u8>>, i64);
        let row: Option<UploadRow> =
            sqlx::query_as("SELECT length, received, proof_sha256, pack, sha256, hour FROM uploads WHERE id = $1")
                .bind(&id.0[..])
                .fetch_optional(&self.pool)
                .await?;
        row.map(|(length, received, proof, pack, sha256, hour)| {
            Ok(Upload {
                length: unsigned(length)?,
                received: unsigned(received)?,
                proof_sha256: proof.map(array).transpose()?,
                pack: pack.map(unsigned).transpose()?,
                sha256: sha256.map(array).transpose()?,
                hour,
            })
        })
        .transpose()
    }

    /// Appends bytes to an upload that stands at `at`, if they are not its last. `proof_sha256` replaces the metadata's hash of
    /// the delete proof.
    pub async fn append(
        &self,
        id: UploadId,
        at: u64,
        bytes: &[u8],
        proof_sha256: Option<[u8; 32]>,
        hour: i64,
    ) -> Result<(), StoreError> {
        let step = UploadChange { id, begin: None, proof_sha256, at, bytes: bytes.to_vec(), end: None, hour };
        self.commit_queue.commit(BatchStep::Upload(Box::new(step))).await.map(drop)
    }

    /// Appends an upload's last bytes and makes it a registration with a notice for each reviewer, all in one transaction. The
    /// hash of the delete proof must be known, and `proof_sha256` replaces the metadata's.
    pub async fn finish(
        &self,
        id: UploadId,
        at: u64,
        bytes: &[u8],
        proof_sha256: Option<[u8; 32]>,
        arrival: Arrival<'_>,
    ) -> Result<UploadOutcome, StoreError> {
        // Stored bytes never change, so they are hashed before the transaction, for which others wait.
        let end = arrival.completion(self.sha256(id, at, bytes).await?);
        let step = UploadChange { id, begin: None, proof_sha256, at, bytes: bytes.to_vec(), end: Some(end), hour: arrival.hour };
        self.commit_queue.commit(BatchStep::Upload(Box::new(step))).await
    }

    /// Creates and finishes an upload that arrived at once.
    pub async fn register(
        &self,
        id: UploadId,
        upload: &Upload,
        bytes: &[u8],
        arrival: Arrival<'_>,
    ) -> Result<UploadOutcome, StoreError> {
        let (end, hour) = (arrival.completion(Sha256::digest(bytes).into()), arrival.hour);
        let begin = Some(*upload);
        let step = UploadChange { id, begin, proof_sha256: None, at: 0, bytes: bytes.to_vec(), end: Some(end), hour };
        self.commit_queue.commit(BatchStep::Upload(Box::new(step))).await
    }

    /// Deletes an upload, with its bytes if it is not complete. A registration that it became stays.
    pub async fn delete_upload(&self, id: UploadId) -> Result<(), StoreError> {
        let mut transaction = self.begin_transaction().await?;
        let deleted: Option<(i64, i64)> = sqlx::query_as("DELETE FROM uploads WHERE id = $1 RETURNING received, length")
            .bind(&id.0[..])
            .fetch_optional(transaction.connection())
            .await?;
        if deleted.is_some_and(|(received, length)| received < length) {
            delete_chunks(transaction.connection(), id).await?;
        }
        transaction.commit().await
    }

    /// Deletes expired uploads ([`Upload::expires`]), with the bytes of those that are not complete.
    pub async fn prune_uploads(&self, hour: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin_transaction().await?;
        // Uploads are deleted before their chunks, so that an upload that is finished at the same time is either gone or whole.
        let expired: Vec<(Vec<u8>, i64, i64)> =
            sqlx::query_as("DELETE FROM uploads WHERE hour <= $1 OR (received = 0 AND hour <= $2) RETURNING id, received, length")
                .bind(hour - KEPT_SECS)
                .bind(hour - KEPT_EMPTY_SECS)
                .fetch_all(transaction.connection())
                .await?;
        for (id, received, length) in expired {
            if received < length {
                sqlx::query("DELETE FROM chunks WHERE upload = $1").bind(id).execute(transaction.connection()).await?;
            }
        }
        transaction.commit().await
    }

    /// Returns all unfinished uploads.
    pub async fn unfinished(&self) -> Result<Vec<UnfinishedUpload>, StoreError> {
        let rows: Vec<(Vec<u8>, i64, i64, i64)> =
            sqlx::query_as("SELECT id, length, received, hour FROM uploads WHERE received < length").fetch_all(&self.pool).await?;
        let read = |(id, length, received, hour)| {
            Ok(UnfinishedUpload { id: UploadId(array(id)?), length: unsigned(length)?, received: unsigned(received)?, hour })
        };
        rows.into_iter().map(read).collect()
    }

    /// Deletes unfinished uploads that have made no progress since they were read, and returns the deleted ones.
    pub async fn evict(&self, uploads: &[UnfinishedUpload]) -> Result<Vec<UploadId>, StoreError> {
        let (mut evicted, mut left) = (Vec::new(), uploads);
        while !left.is_empty() {
            // Others wait for this transaction, so its work is bounded.
            let mut bytes = 0;
            let fits = |upload: &&UnfinishedUpload| {
                bytes += upload.received;
                bytes <= MAX_EVICTED_BYTES
            };
            let (some, rest) = left.split_at(left.iter().take(MAX_EVICTED).take_while(fits).count().max(1));
            evicted.extend(self.evict_some(some).await?);
            left = rest;
        }
        Ok(evicted)
    }

    async fn evict_some(&self, uploads: &[UnfinishedUpload]) -> Result<Vec<UploadId>, StoreError> {
        let (mut transaction, mut evicted) = (self.begin_transaction().await?, Vec::new());
        for upload in uploads {
            let deleted = sqlx::query("DELETE FROM uploads WHERE id = $1 AND received = $2 AND received < length")
                .bind(&upload.id.0[..])
                .bind(signed(upload.received))
                .execute(transaction.connection())
                .await?;
            if deleted.rows_affected() == 1 {
                evicted.push(upload.id);
                if upload.received > 0 {
                    delete_chunks(transaction.connection(), upload.id).await?;
                }
            }
        }
        transaction.commit().await?;
        Ok(evicted)
    }

    /// Returns the chunk that contains a position, and where the chunk begins.
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

    /// Computes the SHA-256 of the stored bytes and those that follow them.
    pub async fn sha256(&self, id: UploadId, received: u64, last: &[u8]) -> Result<[u8; 32], StoreError> {
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

#[cfg(test)]
mod tests;
