//! The outbox: who is still to be told of what, and what became of the last mail.

use super::{Store, StoreError, array, unsigned};

impl Store {
    /// How many registrations each reviewer is still to be told of.
    pub async fn notices_waiting(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT reviewer, CAST(count(*) AS BIGINT) FROM notices GROUP BY reviewer ORDER BY reviewer")
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(|(reviewer, count)| Ok((reviewer, unsigned(count)?))).collect()
    }

    /// What a reviewer is still to be told of. The notices stay until [`Store::notices_sent`].
    pub async fn take_notices(&self, reviewer: &str) -> Result<Vec<[u8; 32]>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as("SELECT sha256 FROM notices WHERE reviewer = $1 ORDER BY sha256")
            .bind(reviewer)
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(|(sha256,)| array(sha256)).collect()
    }

    /// The reviewer has been told of these.
    pub async fn notices_sent(&self, reviewer: &str, files: &[[u8; 32]]) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        for sha256 in files {
            sqlx::query("DELETE FROM notices WHERE reviewer = $1 AND sha256 = $2")
                .bind(reviewer)
                .bind(&sha256[..])
                .execute(write.connection())
                .await?;
        }
        note(&mut write, reviewer, "").await?;
        write.commit().await
    }

    /// A mail to the reviewer failed with this code, which quotes nobody.
    pub async fn mail_failed(&self, reviewer: &str, code: &str) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        note(&mut write, reviewer, code).await?;
        write.commit().await
    }

    /// The codes of last mails that failed, by reviewer.
    pub async fn mail_failures(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(sqlx::query_as("SELECT reviewer, code FROM mail WHERE code <> '' ORDER BY reviewer").fetch_all(&self.pool).await?)
    }
}

async fn note(write: &mut super::Write, reviewer: &str, code: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO mail (reviewer, code) VALUES ($1, $2) ON CONFLICT (reviewer) DO UPDATE SET code = excluded.code")
        .bind(reviewer)
        .bind(code)
        .execute(write.connection())
        .await?;
    Ok(())
}
