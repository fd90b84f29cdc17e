//! Challenges of the proof of work, and the key that signs them.

use super::batch::BatchStep;
use super::{Store, StoreError, array};

impl Store {
    /// Returns the key that all servers of this database share, and stores `fresh` if there is none.
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

    /// Stores an answered challenge until it expires, and returns whether it is new. It is committed in a batch, since every
    /// upload begins with it.
    pub async fn answer_once(&self, nonce: [u8; 16], expires: u64) -> Result<bool, StoreError> {
        match self.commit_queue.commit(BatchStep::Challenge { nonce, expires }).await {
            Ok(_) => Ok(true),
            Err(StoreError::Spent) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Deletes expired challenges.
    pub async fn prune_challenges(&self, now: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin_transaction().await?;
        sqlx::query("DELETE FROM challenges WHERE expires < $1").bind(now).execute(transaction.connection()).await?;
        transaction.commit().await
    }
}

#[cfg(test)]
mod tests;
