//! Poolers between this program and PostgreSQL. In the transaction and statement modes of PgBouncer, what belongs to a connection
//! (prepared statements, the lock around migrations) belongs to another one in the next transaction. That fails only now and
//! then, under load, so it is found out before anything is written.

use std::time::Duration;

use sqlx::{AnyConnection, AnyPool, Executor, Row};
use tokio::time::timeout;

use super::{StoreError, UnusableDatabase};

/// A server whose connections are all taken lets others wait.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Other programs at the same pooler can take a connection in between.
const ROUNDS: usize = 5;

/// Refuses a pooler that gives a connection to whoever begins the next transaction.
pub(super) async fn check(pool: &AnyPool) -> Result<(), StoreError> {
    let (mut one, mut other) = (pool.acquire().await?, pool.acquire().await?);
    for _ in 0..ROUNDS {
        let own = begin(&mut one).await?;
        let others = match timeout(BEGIN_TIMEOUT, begin(&mut other)).await {
            Ok(others) => others?,
            // A pooler with one process for everybody.
            Err(_) => return Err(UnusableDatabase::Pooler.into()),
        };
        one.execute(sqlx::raw_sql("ROLLBACK")).await?;
        other.execute(sqlx::raw_sql("ROLLBACK")).await?;
        // Both processes are free now, the other connection's last. A pooler that prefers what became free last gives the first
        // connection the other's process. One that takes turns gives it another process the second time.
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

/// Begins a transaction, and says which process serves it. PgBouncer refuses transactions in statement mode.
async fn begin(connection: &mut AnyConnection) -> Result<i32, StoreError> {
    if let Err(error) = connection.execute(sqlx::raw_sql("BEGIN")).await {
        return Err(if error.as_database_error().is_some() { UnusableDatabase::Pooler.into() } else { error.into() });
    }
    Ok(server_process(connection).await?)
}

/// Whether a connection was refused in the words of PgBouncer, which does not know a setting that the driver makes.
pub(super) fn is_refusal(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().contains("unsupported startup parameter"))
}

/// The process of the server that answers, asked for without a prepared statement.
async fn server_process(connection: &mut AnyConnection) -> Result<i32, sqlx::Error> {
    connection.fetch_one(sqlx::raw_sql("SELECT pg_backend_pid()")).await?.try_get(0)
}
