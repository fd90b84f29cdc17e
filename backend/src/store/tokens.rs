//! Tokens that were used: each is accepted once, whichever server it reaches.

use super::{Store, StoreError, signed};

impl Store {
    /// Whether this token has not been seen before; it is remembered until it expires.
    pub async fn accept_once(&self, jti: [u8; 16], expires: u64) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let inserted = sqlx::query("INSERT INTO tokens (jti, expires) VALUES ($1, $2) ON CONFLICT (jti) DO NOTHING")
            .bind(&jti[..])
            .bind(signed(expires))
            .execute(write.connection())
            .await?;
        write.commit().await?;
        Ok(inserted.rows_affected() == 1)
    }

    /// Forgets tokens that have expired.
    pub async fn prune_tokens(&self, now: i64) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query("DELETE FROM tokens WHERE expires < $1").bind(now).execute(write.connection()).await?;
        write.commit().await
    }
}
