//! The database's use of disk space.

use std::path::PathBuf;

use super::{DatabaseKind, Store, StoreError, unsigned};

/// Disk use, and the number of unfinished uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseUsage {
    /// Bytes that the database uses.
    pub database_bytes: u64,
    /// The disk of a `SQLite` file. A server's disk is unknown.
    pub disk: Option<Disk>,
    /// Number of unfinished uploads.
    pub open_uploads: u64,
}

/// A disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that the program could still write.
    pub free_bytes: u64,
    /// Total size in bytes.
    pub bytes: u64,
}

impl Store {
    /// Returns the present disk use.
    pub async fn usage(&self) -> Result<DatabaseUsage, StoreError> {
        let (open,): (i64,) =
            sqlx::query_as("SELECT CAST(count(*) AS BIGINT) FROM uploads WHERE received < length").fetch_one(&self.pool).await?;
        let bytes: (i64,) = match self.kind {
            DatabaseKind::Sqlite => {
                // Deleted data leave free pages, which are used again.
                let used = "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
                sqlx::query_as(used).fetch_one(&self.pool).await?
            }
            DatabaseKind::Postgres => sqlx::query_as("SELECT pg_database_size(current_database())").fetch_one(&self.pool).await?,
        };
        let disk = match self.file().await? {
            Some(file) => Some(disk(file).await?),
            None => None,
        };
        Ok(DatabaseUsage { database_bytes: unsigned(bytes.0)?, disk, open_uploads: unsigned(open)? })
    }

    /// Returns the file of a `SQLite` database.
    async fn file(&self) -> Result<Option<PathBuf>, StoreError> {
        if self.kind == DatabaseKind::Postgres {
            return Ok(None);
        }
        let (file,): (String,) =
            sqlx::query_as("SELECT file FROM pragma_database_list WHERE name = 'main'").fetch_one(&self.pool).await?;
        Ok(Some(file.into()))
    }
}

async fn disk(file: PathBuf) -> Result<Disk, StoreError> {
    let asked = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&file)).await;
    let disk = asked.map_err(|_| StoreError::Away)?.map_err(|_| StoreError::Failed("statvfs".to_owned()))?;
    Ok(Disk { free_bytes: disk.f_bavail * disk.f_frsize, bytes: disk.f_blocks * disk.f_frsize })
}
