//! A write transaction. Begun and ended by hand: where its disk is full, `SQLite` ends a transaction by itself, which sqlx's own
//! does not notice; it would count the connection as still inside one, and never begin another on it.

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, Executor};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::StoreError;

/// A write transaction, and the turn that it holds until it ends.
pub(super) struct Write(Option<(PoolConnection<Any>, OwnedSemaphorePermit)>);

impl Write {
    /// Begins one, by this statement.
    pub async fn begin(
        connection: PoolConnection<Any>,
        turn: OwnedSemaphorePermit,
        statement: &'static str,
    ) -> Result<Self, StoreError> {
        // First of all, so that it is rolled back even if nobody waits for its beginning any more.
        let mut write = Self(Some((connection, turn)));
        write.connection().execute(sqlx::raw_sql(statement)).await?;
        Ok(write)
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

impl Drop for Write {
    fn drop(&mut self) {
        let Some((mut connection, turn)) = self.0.take() else { return };
        let Ok(runtime) = Handle::try_current() else {
            // The program ends. So does what was begun.
            return;
        };
        runtime.spawn(async move {
            // An error here says that there is nothing to roll back, or that the connection is gone, which the pool notices.
            let _ = connection.execute(sqlx::raw_sql("ROLLBACK")).await;
            drop(connection);
            drop(turn);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::SQLITE_READERS;
    use super::super::tests::{id, sqlite, upload};
    use super::*;

    #[tokio::test]
    async fn a_disk_that_was_full_leaves_every_connection_fit_for_the_next_transaction() {
        let place = sqlite().await;
        let limit = async |pages: &'static str| {
            place.store.turns.pool.acquire().await.unwrap().execute(sqlx::raw_sql(pages)).await.unwrap();
        };
        let length = 4 << 20;
        place.store.create(id(1), &upload(length + 1)).await.unwrap();
        limit("PRAGMA max_page_count = 1").await; // as many as there are
        for _ in 0..12 {
            let full = place.store.append(id(1), 0, &vec![7; usize::try_from(length).unwrap()], None, 0).await;
            assert_eq!(full, Err(StoreError::Full));
        }
        limit("PRAGMA max_page_count = 4294967294").await;
        place.store.append(id(1), 0, &vec![7; usize::try_from(length).unwrap()], None, 0).await.unwrap();
        assert_eq!(place.store.upload(id(1)).await.unwrap().unwrap().received, length);
    }

    #[tokio::test]
    async fn a_connection_that_reads_is_opened_while_another_one_writes() {
        let place = sqlite().await;
        let write = place.store.write().await.unwrap();
        let mut readers = Vec::new();
        for _ in 0..SQLITE_READERS {
            readers.push(place.store.pool.acquire().await.unwrap());
        }
        drop(write);
        let (kept,): (i64,) = sqlx::query_as("PRAGMA auto_vacuum").fetch_one(&mut *readers[0]).await.unwrap();
        assert_eq!(kept, 2, "the file was made without the incremental mode");
        let (kept,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(&mut *readers[0]).await.unwrap();
        assert_eq!(kept, "wal");
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_rolled_back_and_gives_its_turn_on() {
        let place = sqlite().await;
        let mut write = place.store.write().await.unwrap();
        sqlx::query("UPDATE probe SET counter = 77").execute(write.connection()).await.unwrap();
        drop(write);
        place.store.probe().await.unwrap();
        let counter: (i64,) = sqlx::query_as("SELECT counter FROM probe").fetch_one(&place.store.pool).await.unwrap();
        assert_eq!(counter.0, 1);
    }
}
