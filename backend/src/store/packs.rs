//! Packs that were served. Files sealed to them are still accepted.

use amanat_shared::dates::Day;
use amanat_shared::pack::SignedPack;

use super::{Store, StoreError, signed};

impl Store {
    /// Stores a pack that is about to be served.
    pub async fn remember_pack(&self, pack: &SignedPack, serial: u64, issued: Day) -> Result<(), StoreError> {
        let text = serde_json::to_string(pack).map_err(|_| StoreError::Damaged)?;
        let mut transaction = self.begin_transaction().await?;
        sqlx::query(
            "INSERT INTO packs (serial, issued_day, signed) VALUES ($1, $2, $3) \
             ON CONFLICT (serial) DO UPDATE SET issued_day = excluded.issued_day, signed = excluded.signed",
        )
        .bind(signed(serial))
        .bind(i64::from(issued.0))
        .bind(text)
        .execute(transaction.connection())
        .await?;
        transaction.commit().await
    }

    /// Returns the packs that were served, oldest first. Their signatures must be verified, because a person with access to the
    /// database could have added one.
    pub async fn packs(&self) -> Result<Vec<SignedPack>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as("SELECT signed FROM packs ORDER BY serial").fetch_all(&self.pool).await?;
        rows.into_iter().map(|(text,)| serde_json::from_str(&text).map_err(|_| StoreError::Damaged)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::databases;

    #[tokio::test]
    async fn packs_are_stored_by_serial() {
        for database in databases().await {
            let (pack, _) = crate::testing::signed("one");
            let (other, _) = crate::testing::signed("other");
            let day = amanat_shared::dates::Day(20_000);
            database.store.remember_pack(&other, 8, day).await.unwrap();
            database.store.remember_pack(&other, 7, day).await.unwrap();
            database.store.remember_pack(&pack, 7, day).await.unwrap();
            assert_eq!(database.store.packs().await.unwrap(), [pack, other]);
        }
    }
}
