//! Challenges of the proof of work, and the key that signs them.

use super::batch::BatchStep;
use super::{Store, StoreError, array};

impl Store {
    /// A key that all servers of this database share: the one that is there, or else `fresh`.
    pub async fn shared_key(&self, purpose: &str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let mut transaction = self.begin_transaction().await?;
        sqlx::query("INSERT INTO server_keys (purpose, bytes) VALUES ($1, $2) ON CONFLICT (purpose) DO NOTHING")
            .bind(purpose)
            .bind(&fresh[..])
            .execute(transaction.connection())
            .await?;
        let (bytes,): (Vec<u8>,) = sqlx::query_as("SELECT bytes FROM server_keys WHERE purpose = $1")
            .bind(purpose)
            .fetch_one(transaction.connection())
            .await?;
        transaction.commit().await?;
        array(bytes)
    }

    /// Whether this challenge has not been answered before; it is remembered until it expires. Committed in a group with
    /// whatever else comes, since every upload begins with it.
    pub async fn answer_once(&self, nonce: [u8; 16], expires: u64) -> Result<bool, StoreError> {
        match self.commit_queue.commit(BatchStep::Challenge { nonce, expires }).await {
            Ok(_) => Ok(true),
            Err(StoreError::Spent) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Forgets challenges that have expired.
    pub async fn prune_challenges(&self, now: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin_transaction().await?;
        sqlx::query("DELETE FROM challenges WHERE expires < $1").bind(now).execute(transaction.connection()).await?;
        transaction.commit().await
    }
}

#[cfg(test)]
mod tests;
