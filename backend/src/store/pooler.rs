//! Poolers between this program and PostgreSQL. In the transaction and statement modes of PgBouncer, what belongs to a connection
//! (prepared statements, the lock around migrations) belongs to another one in the next transaction. That fails only now and
//! then, under load, so it is found out before anything is written.

use std::time::Duration;

use sqlx::{AnyConnection, AnyPool, Executor, Row};
use tokio::time::timeout;

use super::{StoreError, Unfit};

/// A server whose connections are all taken lets others wait.
const PATIENCE: Duration = Duration::from_secs(5);
/// Other programs at the same pooler can take a connection in between.
const TRIES: usize = 5;

/// Refuses a pooler that gives a connection to whoever begins the next transaction.
pub(super) async fn check(pool: &AnyPool) -> Result<(), StoreError> {
    let (mut one, mut other) = (pool.acquire().await?, pool.acquire().await?);
    for _ in 0..TRIES {
        let before = process(&mut one).await?;
        // In statement mode, transactions are refused.
        if let Err(error) = other.execute(sqlx::raw_sql("BEGIN")).await {
            return Err(if error.as_database_error().is_some() { Unfit::Pooler.into() } else { error.into() });
        }
        let held = process(&mut other).await?;
        let after = timeout(PATIENCE, process(&mut one)).await;
        other.execute(sqlx::raw_sql("ROLLBACK")).await?;
        // The transaction holds its process, which no other connection can have, and a connection keeps its own.
        let Ok(after) = after else { return Err(Unfit::Pooler.into()) };
        if after? != before || held == before {
            return Err(Unfit::Pooler.into());
        }
    }
    Ok(())
}

/// Whether a connection was refused in the words of PgBouncer, which does not know a setting that the driver makes.
pub(super) fn refuses(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().contains("unsupported startup parameter"))
}

/// The process of the server that answers, asked for without a prepared statement.
async fn process(connection: &mut AnyConnection) -> Result<i32, sqlx::Error> {
    connection.fetch_one(sqlx::raw_sql("SELECT pg_backend_pid()")).await?.try_get(0)
}
