//! Registrations (complete sealed files) and their acknowledgements.

use amanat_shared::audit::Action;
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;
use subtle::ConstantTimeEq;

use super::tokens::ReviewerRequest;
use super::{Store, StoreError, UploadId, array, discards, unsigned};

/// A sealed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// SHA-256 of the file, which identifies it.
    pub sha256: [u8; 32],
    /// Length in bytes.
    pub length: u64,
    /// The hour of arrival.
    pub hour: i64,
    /// Whether it is in quarantine.
    pub quarantine: bool,
    /// The upload whose chunks it consists of.
    upload: UploadId,
}

/// A reviewer's proof of having opened a file.
#[derive(Clone, Copy, Debug)]
pub struct OpenedFile {
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// The delete proof from inside the file.
    pub delete_proof: [u8; 32],
}

/// The result of an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcknowledgeOutcome {
    /// It was noted now or before.
    Noted,
    /// There is no such registration (any more).
    Unknown,
    /// The proof is not that registration's.
    WrongProof,
}

type RegistrationRow = (Vec<u8>, i64, i64, i64, Vec<u8>);

fn from_row((sha256, length, hour, quarantine, upload): RegistrationRow) -> Result<Registration, StoreError> {
    let (sha256, length, upload) = (array(sha256)?, unsigned(length)?, UploadId(array(upload)?));
    Ok(Registration { sha256, length, hour, quarantine: quarantine != 0, upload })
}

impl Store {
    /// Returns up to `limit` registrations that follow `after`, by SHA-256.
    pub async fn list(&self, after: Option<[u8; 32]>, limit: u32) -> Result<Vec<Registration>, StoreError> {
        let rows: Vec<RegistrationRow> = sqlx::query_as(
            "SELECT sha256, length, hour, quarantine, upload FROM registrations WHERE sha256 > $1 ORDER BY sha256 LIMIT $2",
        )
        .bind(after.map_or_else(Vec::new, |after| after.to_vec()))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Returns one registration.
    pub async fn registration(&self, sha256: [u8; 32]) -> Result<Option<Registration>, StoreError> {
        let row: Option<RegistrationRow> =
            sqlx::query_as("SELECT sha256, length, hour, quarantine, upload FROM registrations WHERE sha256 = $1")
                .bind(&sha256[..])
                .fetch_optional(&self.pool)
                .await?;
        row.map(from_row).transpose()
    }

    /// Reads bytes of a registration from `position` on, at most one chunk. Returns `None` at its end, or when it has been
    /// deleted.
    pub async fn read(&self, registration: &Registration, position: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some((start, mut bytes)) = self.chunk(registration.upload, position).await? else { return Ok(None) };
        bytes.drain(..usize::try_from(position - start).map_err(|_| StoreError::Damaged)?);
        Ok(Some(bytes))
    }

    /// Notes acknowledgements with valid proofs, and returns a result for each in order, or `None` if the request's token was
    /// used before. New acknowledgements are logged, and otherwise the attempt.
    pub async fn acknowledge(
        &self,
        request: &ReviewerRequest,
        opened: &[OpenedFile],
        hour: i64,
    ) -> Result<Option<Vec<AcknowledgeOutcome>>, StoreError> {
        let Some(mut transaction) = self.begin_request(request).await? else { return Ok(None) };
        let (mut outcomes, mut actions) = (Vec::with_capacity(opened.len()), Vec::new());
        for one in opened {
            let row: Option<(Vec<u8>,)> = sqlx::query_as("SELECT proof_sha256 FROM registrations WHERE sha256 = $1")
                .bind(&one.sha256[..])
                .fetch_optional(transaction.connection())
                .await?;
            outcomes.push(match row {
                None => AcknowledgeOutcome::Unknown,
                Some((proof,)) if !bool::from(Sha256::digest(one.delete_proof).as_slice().ct_eq(&proof)) => {
                    AcknowledgeOutcome::WrongProof
                }
                Some(_) => {
                    if note(transaction.connection(), one.sha256, &request.reviewer, hour).await? {
                        actions.push((Action::Acknowledge, Some(one.sha256)));
                    }
                    AcknowledgeOutcome::Noted
                }
            });
        }
        self.commit_request(transaction, request, actions, hour).await?;
        Ok(Some(outcomes))
    }

    /// Returns how many distinct reviewers have acknowledged a file.
    pub async fn acknowledgements(&self, sha256: [u8; 32]) -> Result<u64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("SELECT CAST(count(*) AS BIGINT) FROM acknowledgements WHERE sha256 = $1")
            .bind(&sha256[..])
            .fetch_one(&self.pool)
            .await?;
        unsigned(count)
    }
}

/// Notes an acknowledgement if the registration exists, and returns whether it is new. It removes all discards, since the file
/// opens.
pub(super) async fn note(connection: &mut AnyConnection, sha256: [u8; 32], reviewer: &str, hour: i64) -> Result<bool, StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO acknowledgements (sha256, reviewer, hour) SELECT sha256, $2, $3 FROM registrations WHERE sha256 = $1 \
         ON CONFLICT DO NOTHING",
    )
    .bind(&sha256[..])
    .bind(reviewer)
    .bind(hour)
    .execute(&mut *connection)
    .await?;
    discards::clear(&mut *connection, sha256).await?;
    // The reviewer need not be notified of the file any more.
    sqlx::query("DELETE FROM notices WHERE sha256 = $1 AND reviewer = $2")
        .bind(&sha256[..])
        .bind(reviewer)
        .execute(connection)
        .await?;
    Ok(inserted.rows_affected() == 1)
}

#[cfg(test)]
mod tests;
