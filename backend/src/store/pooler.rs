//! Detects poolers between this program and PostgreSQL. In PgBouncer's transaction and statement modes, the next transaction
//! may run on another server connection, without the prepared statements and migration lock of the first. That fails only now
//! and then, under load, so it is detected before anything is written.

use std::time::Duration;

use sqlx::{AnyConnection, AnyPool, Executor, Row};
use tokio::time::timeout;

use super::{StoreError, UnusableDatabase};

/// A pooler whose server connections are all taken makes the next transaction wait.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Other programs at the same pooler can take a connection in between.
const ROUNDS: usize = 5;

/// Refuses a pooler that assigns server connections by transaction.
pub(super) async fn check(pool: &AnyPool) -> Result<(), StoreError> {
    let (mut one, mut other) = (pool.acquire().await?, pool.acquire().await?);
    for _ in 0..ROUNDS {
        let own = begin(&mut one).await?;
        let others = match timeout(BEGIN_TIMEOUT, begin(&mut other)).await {
            Ok(others) => others?,
            // The pooler has one server connection for all clients.
            Err(_) => return Err(UnusableDatabase::Pooler.into()),
        };
        one.execute(sqlx::raw_sql("ROLLBACK")).await?;
        other.execute(sqlx::raw_sql("ROLLBACK")).await?;
        // Both server connections are free now, the second one last. A pooler that prefers the most recently freed one assigns
        // it to the first client. A pooler that rotates assigns another one the second time.
        for _ in 0..2 {
            if server_process(&mut one).await? != own {
                return Err(UnusableDatabase::Pooler.into());
            }
        }
        if server_process(&mut other).await? != others {
            return Err(UnusableDatabase::Pooler.into());
        }
    }
    Ok(())
}

/// Begins a transaction and returns its server process. PgBouncer refuses transactions in statement mode.
async fn begin(connection: &mut AnyConnection) -> Result<i32, StoreError> {
    if let Err(error) = connection.execute(sqlx::raw_sql("BEGIN")).await {
        return Err(if error.as_database_error().is_some() { UnusableDatabase::Pooler.into() } else { error.into() });
    }
    Ok(server_process(connection).await?)
}

/// Recognises PgBouncer's refusal of a startup parameter that the driver sends.
pub(super) fn is_refusal(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().contains("unsupported startup parameter"))
}

/// Returns the id of the server process, queried without a prepared statement.
async fn server_process(connection: &mut AnyConnection) -> Result<i32, sqlx::Error> {
    connection.fetch_one(sqlx::raw_sql("SELECT pg_backend_pid()")).await?.try_get(0)
}
