//! The store, which holds all SQL. One concrete [`Store`] works over `SQLite` (one file, no server) or `PostgreSQL` (several
//! servers behind one name), with one SQL text for both.
//!
//! Times of registrations are Unix seconds at which an hour began. Nothing finer is stored. No table holds an address, a user
//! agent or a referrer, and a person's data are ciphertext only.

mod audit;
pub mod backup;
mod batch;
mod challenges;
mod commit_queue;
mod deletions;
mod discards;
mod mail;
mod objections;
mod packs;
mod pooler;
mod registrations;
mod replay;
mod retention;
mod schema_check;
mod site_files;
mod status;
mod tokens;
mod transaction;
mod upload_record;
mod uploads;
mod usage;

pub use deletions::{AnnouncedDeletion, Deletion, DeletionFate};
pub use discards::DiscardOutcome;
pub use mail::{LEASE_SECS, LONGEST_RETRY_SECS, LeaseHolder, MailContext, MailState, Notification, notification_id};
pub use objections::{Objection, ObjectionOutcome};
pub use registrations::{AcknowledgeOutcome, OpenedFile, Registration};
pub use replay::Replayed;
pub use retention::DeletedCounts;
pub use schema_check::UnusableDatabase;
pub use site_files::SiteFile;
pub use status::DeploymentStatus;
pub use tokens::ReviewerRequest;
pub use upload_record::{UnfinishedUpload, Upload, UploadId, UploadOutcome};
pub use uploads::Arrival;
pub use usage::{DatabaseUsage, Disk};

use commit_queue::CommitQueue;
use transaction::Transaction;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::{AnyPool, ConnectOptions, Executor};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Set on every connection to a `SQLite` file. None of these writes, so a connection can be opened while another one writes,
/// and while the disk is full. `secure_delete` overwrites deleted data.
const PRAGMAS: &str = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; \
    PRAGMA busy_timeout = 10000; PRAGMA cache_size = -1000; PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY;";

/// Set on the one connection that writes to a `SQLite` file. `auto_vacuum` comes before `journal_mode`, because it has no
/// effect once the file has a page. The large cache holds the pages that were just written, and a checkpoint moves 16 MB of the
/// log at a time into the file.
const WRITER_PRAGMAS: &str = "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA cache_size = -8000; \
    PRAGMA wal_autocheckpoint = 4000;";

/// Connections that read a `SQLite` file.
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// Longest wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time that a connection to `PostgreSQL` is kept, unused or at all.
const MAX_IDLE: Duration = Duration::from_mins(10);
const MAX_LIFETIME: Duration = Duration::from_mins(30);

/// The database. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    kind: DatabaseKind,
    writers: WriterPool,
    commit_queue: CommitQueue,
    /// Notified when rows were added to the audit log.
    audited: Arc<Notify>,
}

/// The connections that write, and the order of their transactions.
#[derive(Clone, Debug)]
struct WriterPool {
    pool: AnyPool,
    kind: DatabaseKind,
    /// Writers wait here in order of arrival. `SQLite` itself would let them retry without any order.
    permits: Arc<Semaphore>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DatabaseKind {
    Sqlite,
    Postgres,
}

/// An error of the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Open(String),
    /// This program cannot use the database.
    #[error(transparent)]
    UnusableDatabase(#[from] UnusableDatabase),
    /// The upload stands at another offset than the writer expects, or is gone.
    #[error("the upload continues at another offset")]
    Offset,
    /// The challenge has been answered before.
    #[error("the challenge has been answered before")]
    Spent,
    /// The database's disk is full.
    #[error("the database's disk is full")]
    Full,
    /// The database is locked, or all connections are taken, for too long.
    #[error("the database is busy")]
    Busy,
    /// The database does not answer: it starts, stops, or cannot be reached.
    #[error("the database does not answer")]
    Away,
    /// A row that no version of this program writes.
    #[error("the database holds a row that this program never writes")]
    Damaged,
    /// Another error, with the database's own code.
    #[error("the database failed (code {0})")]
    Failed(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Io(_) => Self::Away,
            // A database's message may quote a value, so only its code is kept.
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default().into_owned();
                // SQLite's primary result code is the low byte of the extended one. PostgreSQL's codes have five characters.
                let sqlite = if code.len() < 5 { code.parse::<u32>().map_or(0, |code| code & 0xff) } else { 0 };
                match (sqlite, code.as_str()) {
                    (13, _) | (_, "53100") => Self::Full,
                    (5 | 6, _) | (_, "40001" | "40P01" | "53300" | "55P03") => Self::Busy,
                    // PostgreSQL was told to stop, crashed or is starting, or its driver reports a broken connection.
                    (_, "57P01" | "57P02" | "57P03" | "08000" | "08003" | "08006") => Self::Away,
                    _ => Self::Failed(code),
                }
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => Self::Damaged,
            _ => Self::Failed("other".to_owned()),
        }
    }
}

impl Store {
    /// Opens `sqlite://FILE` (creating the file if it is missing) or `postgres://…`, and applies the migrations.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let why = |error: &dyn std::fmt::Display| StoreError::Open(error.to_string());
        sqlx::any::install_default_drivers();
        let kind = if url.starts_with("sqlite:") { DatabaseKind::Sqlite } else { DatabaseKind::Postgres };
        let (url, file) = match kind {
            DatabaseKind::Sqlite => {
                let file = sqlite_file(url).map_err(|error| why(&error))?;
                (sqlite_url(&file), Some(file))
            }
            DatabaseKind::Postgres => (url.to_owned(), None),
        };
        if let Some(file) = file {
            schema_check::check_file(&file, schema_check::CheckDepth::Quick).await?;
        }
        let options = url.parse::<AnyConnectOptions>().map_err(|error| why(&error))?.disable_statement_logging();
        let connect = |connections, pragmas: &'static str| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .test_before_acquire(kind == DatabaseKind::Postgres)
                // A file does not go away, and reopening the writer's connection would need free disk space.
                .idle_timeout((kind == DatabaseKind::Postgres).then_some(MAX_IDLE))
                .max_lifetime((kind == DatabaseKind::Postgres).then_some(MAX_LIFETIME))
                .after_connect(move |connection, _| {
                    Box::pin(async move {
                        if kind == DatabaseKind::Sqlite {
                            connection.execute(sqlx::raw_sql(PRAGMAS)).await?;
                            connection.execute(sqlx::raw_sql(pragmas)).await?;
                        }
                        Ok(())
                    })
                })
                .connect_with(options.clone())
        };
        let writers = match kind {
            DatabaseKind::Sqlite => connect(1, WRITER_PRAGMAS),
            DatabaseKind::Postgres => connect(POSTGRES_CONNECTIONS, ""),
        };
        let writers = writers
            .await
            .map_err(|error| if pooler::is_refusal(&error) { UnusableDatabase::Pooler.into() } else { why(&error) })?;
        if kind == DatabaseKind::Postgres {
            // This check comes before the migrations, which hold a lock of their connection.
            pooler::check(&writers).await?;
        }
        match kind {
            DatabaseKind::Sqlite => &SQLITE,
            DatabaseKind::Postgres => &POSTGRES,
        }
        .run(&writers)
        .await
        .map_err(schema_check::migration_error)?;
        let (pool, permits) = match kind {
            DatabaseKind::Sqlite => (connect(SQLITE_READERS, "").await.map_err(|error| why(&error))?, 1),
            DatabaseKind::Postgres => {
                schema_check::check_server(&writers).await?;
                // A quarter of the connections is left to readers.
                (writers.clone(), POSTGRES_CONNECTIONS as usize * 3 / 4)
            }
        };
        let writers = WriterPool { pool: writers, kind, permits: Arc::new(Semaphore::new(permits)) };
        let commit_queue = CommitQueue::start(writers.clone());
        Ok(Self { pool, kind, writers, commit_queue, audited: Arc::default() })
    }

    /// Closes the database once queries under way have ended.
    pub async fn close(&self) {
        self.pool.close().await;
        self.writers.pool.close().await;
    }

    /// Updates one row and commits, to check that the database can be written.
    pub async fn probe(&self) -> Result<(), StoreError> {
        let mut transaction = self.begin_transaction().await?;
        sqlx::query("UPDATE probe SET counter = counter + 1 WHERE id = 1").execute(transaction.connection()).await?;
        transaction.commit().await
    }

    async fn begin_transaction(&self) -> Result<Transaction, StoreError> {
        self.writers.begin_transaction().await
    }
}

impl WriterPool {
    /// Begins a transaction. All writes go through here or through the commit queue.
    async fn begin_transaction(&self) -> Result<Transaction, StoreError> {
        let permit = self.permit().await?;
        self.begin(permit).await
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::Away)
    }

    /// On `SQLite` a transaction that begins with a read fails at its first write if another one has written meanwhile,
    /// whatever the timeout. One that begins `IMMEDIATE` waits.
    async fn begin(&self, permit: OwnedSemaphorePermit) -> Result<Transaction, StoreError> {
        let begin = match self.kind {
            DatabaseKind::Sqlite => "BEGIN IMMEDIATE",
            DatabaseKind::Postgres => "BEGIN",
        };
        Transaction::begin(self.pool.acquire().await?, permit, begin).await
    }
}

fn sqlite_file(url: &str) -> std::io::Result<PathBuf> {
    std::path::absolute(url.trim_start_matches("sqlite:").trim_start_matches("//"))
}

/// Returns a URL that creates a missing file, with the file's name escaped.
fn sqlite_url(file: &Path) -> String {
    let escaped: String = file
        .to_string_lossy()
        .chars()
        .map(|character| match character {
            '%' => "%25".to_owned(),
            '?' => "%3F".to_owned(),
            '#' => "%23".to_owned(),
            other => other.to_string(),
        })
        .collect();
    format!("sqlite://{escaped}?mode=rwc")
}

/// Converts a length or position to `BIGINT`, which has a sign. No file comes near the bound.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn unsigned(stored: i64) -> Result<u64, StoreError> {
    u64::try_from(stored).map_err(|_| StoreError::Damaged)
}

fn array<const N: usize>(stored: Vec<u8>) -> Result<[u8; N], StoreError> {
    stored.try_into().map_err(|_| StoreError::Damaged)
}

#[cfg(test)]
pub(crate) mod tests;
