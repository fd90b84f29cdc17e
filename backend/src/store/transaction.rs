//! A write transaction, begun and ended by hand. On a full disk `SQLite` ends a transaction by itself, which sqlx's own
//! transaction does not notice: it would count the connection as still inside one, and never begin another on it.

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, Executor};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::StoreError;

/// A write transaction, with the permit that it holds until it ends.
pub(super) struct Transaction(Option<(PoolConnection<Any>, OwnedSemaphorePermit)>);

impl Transaction {
    /// Begins a transaction with this statement.
    pub async fn begin(
        connection: PoolConnection<Any>,
        permit: OwnedSemaphorePermit,
        statement: &'static str,
    ) -> Result<Self, StoreError> {
        // The value exists before the statement runs, so that the transaction is rolled back even if this future is dropped.
        let mut transaction = Self(Some((connection, permit)));
        transaction.connection().execute(sqlx::raw_sql(statement)).await?;
        Ok(transaction)
    }

    pub fn connection(&mut self) -> &mut AnyConnection {
        let (connection, _) = self.0.as_mut().expect("only commit and drop take it, and both own it");
        connection
    }

    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.connection().execute(sqlx::raw_sql("COMMIT")).await?;
        self.0 = None;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some((mut connection, permit)) = self.0.take() else { return };
        let Ok(runtime) = Handle::try_current() else {
            // The program is ending, and the transaction with it.
            return;
        };
        runtime.spawn(async move {
            // An error means that there is nothing to roll back, or that the connection is broken, which the pool notices.
            let _ = connection.execute(sqlx::raw_sql("ROLLBACK")).await;
            drop(connection);
            drop(permit);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::SQLITE_READERS;
    use super::super::tests::{id, sqlite, upload};
    use super::*;

    #[tokio::test]
    async fn connections_work_again_after_the_disk_was_full() {
        let database = sqlite().await;
        let limit = async |pages: &'static str| {
            database.store.writers.pool.acquire().await.unwrap().execute(sqlx::raw_sql(pages)).await.unwrap();
        };
        let length = 4 << 20;
        database.store.create(id(1), &upload(length + 1)).await.unwrap();
        limit("PRAGMA max_page_count = 1").await; // as many as there are
        for _ in 0..12 {
            let full = database.store.append(id(1), 0, &vec![7; usize::try_from(length).unwrap()], None, 0).await;
            assert_eq!(full, Err(StoreError::Full));
        }
        limit("PRAGMA max_page_count = 4294967294").await;
        database.store.append(id(1), 0, &vec![7; usize::try_from(length).unwrap()], None, 0).await.unwrap();
        assert_eq!(database.store.upload(id(1)).await.unwrap().unwrap().received, length);
    }

    #[tokio::test]
    async fn a_reader_can_connect_during_a_write() {
        let database = sqlite().await;
        let transaction = database.store.begin_transaction().await.unwrap();
        let mut readers = Vec::new();
        for _ in 0..SQLITE_READERS {
            readers.push(database.store.pool.acquire().await.unwrap());
        }
        drop(transaction);
        let (kept,): (i64,) = sqlx::query_as("PRAGMA auto_vacuum").fetch_one(&mut *readers[0]).await.unwrap();
        assert_eq!(kept, 2, "the file was made without the incremental mode");
        let (kept,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(&mut *readers[0]).await.unwrap();
        assert_eq!(kept, "wal");
    }

    #[tokio::test]
    async fn a_dropped_transaction_is_rolled_back_and_releases_its_permit() {
        let database = sqlite().await;
        let mut transaction = database.store.begin_transaction().await.unwrap();
        sqlx::query("UPDATE probe SET counter = 77").execute(transaction.connection()).await.unwrap();
        drop(transaction);
        database.store.probe().await.unwrap();
        let counter: (i64,) = sqlx::query_as("SELECT counter FROM probe").fetch_one(&database.store.pool).await.unwrap();
        assert_eq!(counter.0, 1);
    }
}
