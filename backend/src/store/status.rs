//! Counts for `amanat status`, and compaction of the database.

use super::{DatabaseKind, Store, StoreError, unsigned};

/// Counts of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentStatus {
    /// Sealed registrations.
    pub registrations: u64,
    /// Registrations in quarantine.
    pub quarantined: u64,
    /// Registrations that no reviewer has acknowledged.
    pub unacknowledged: u64,
    /// Arrival of the oldest unacknowledged registration.
    pub oldest_unacknowledged_hour: Option<i64>,
    /// Unfinished uploads.
    pub unfinished_uploads: u64,
    /// Pending notices.
    pub notices_waiting: u64,
    /// Code of a reviewer's last mail, if it failed.
    pub last_mail_error: Option<String>,
    /// Bytes of ciphertext.
    pub bytes: u64,
}

impl Store {
    /// Returns the counts.
    pub async fn status(&self) -> Result<DeploymentStatus, StoreError> {
        const UNACKNOWLEDGED: &str = "SELECT CAST(count(*) AS BIGINT), CAST(coalesce(min(hour), -1) AS BIGINT) FROM registrations \
             WHERE NOT EXISTS (SELECT 1 FROM acknowledgements WHERE acknowledgements.sha256 = registrations.sha256)";
        let (registrations, registered, quarantined): (i64, i64, i64) = sqlx::query_as(
            "SELECT CAST(count(*) AS BIGINT), CAST(coalesce(sum(length), 0) AS BIGINT), CAST(coalesce(sum(quarantine), 0) AS BIGINT) \
             FROM registrations",
        )
        .fetch_one(&self.pool)
        .await?;
        let (unacknowledged, oldest): (i64, i64) = sqlx::query_as(UNACKNOWLEDGED).fetch_one(&self.pool).await?;
        let (unfinished, received): (i64, i64) = sqlx::query_as(
            "SELECT CAST(count(*) AS BIGINT), CAST(coalesce(sum(received), 0) AS BIGINT) FROM uploads WHERE received < length",
        )
        .fetch_one(&self.pool)
        .await?;
        let (notices,): (i64,) = sqlx::query_as("SELECT CAST(count(*) AS BIGINT) FROM notices").fetch_one(&self.pool).await?;
        Ok(DeploymentStatus {
            registrations: unsigned(registrations)?,
            quarantined: unsigned(quarantined)?,
            unacknowledged: unsigned(unacknowledged)?,
            oldest_unacknowledged_hour: (unacknowledged > 0).then_some(oldest),
            unfinished_uploads: unsigned(unfinished)?,
            notices_waiting: unsigned(notices)?,
            last_mail_error: self.mail_failures().await?.into_iter().next().map(|(_, code)| code),
            bytes: unsigned(registered)? + unsigned(received)?,
        })
    }

    /// Frees the space of deleted data, and empties the write-ahead log, which may still hold them.
    pub async fn compact(&self) -> Result<(), StoreError> {
        if self.kind == DatabaseKind::Sqlite {
            let _permit = self.writers.permit().await?;
            sqlx::query("PRAGMA incremental_vacuum").fetch_all(&self.writers.pool).await?;
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&self.writers.pool).await?;
        }
        Ok(())
    }
}
