//! Used tokens. Each is accepted once, by whichever server it reaches.

use sqlx::AnyConnection;

use super::{Store, StoreError, signed};

/// A reviewer's authenticated request.
#[derive(Clone, Debug)]
pub struct ReviewerRequest {
    /// The reviewer's name.
    pub reviewer: String,
    /// The token's number, which is accepted once.
    pub jti: [u8; 16],
    /// Unix time after which the token is invalid.
    pub expires: u64,
}

/// Stores a token until it expires, and returns whether it is new.
pub(super) async fn accept_once(connection: &mut AnyConnection, request: &ReviewerRequest) -> Result<bool, StoreError> {
    let inserted = sqlx::query("INSERT INTO tokens (jti, expires) VALUES ($1, $2) ON CONFLICT (jti) DO NOTHING")
        .bind(&request.jti[..])
        .bind(signed(request.expires))
        .execute(connection)
        .await?;
    Ok(inserted.rows_affected() == 1)
}

impl Store {
    /// Deletes expired tokens.
    pub async fn prune_tokens(&self, now: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin_transaction().await?;
        sqlx::query("DELETE FROM tokens WHERE expires < $1").bind(now).execute(transaction.connection()).await?;
        transaction.commit().await
    }
}
