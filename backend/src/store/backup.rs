//! Copies of a `SQLite` file that are whole, and the look at one before it is put back.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::schema_check::{CheckDepth, check_file};
use super::{StoreError, UnusableDatabase};

/// Copies a database as it stands at one moment into `out`, an empty file, while a server may be writing; without what was
/// deleted. What came out is read from end to end.
pub async fn copy(database: &Path, out: &Path) -> Result<(), StoreError> {
    check_file(database, CheckDepth::Quick).await?;
    let name = out.to_str().ok_or_else(|| StoreError::Open("its name is no text".to_owned()))?;
    let mut connection =
        SqliteConnectOptions::new().filename(database).read_only(true).disable_statement_logging().connect().await?;
    let copied = sqlx::query("VACUUM INTO $1").bind(name).execute(&mut connection).await;
    connection.close().await?;
    copied?;
    check(out).await
}

/// Whether a file is one of ours, and whole to the last index.
pub async fn check(file: &Path) -> Result<(), StoreError> {
    let meta = file.metadata().map_err(|error| StoreError::Open(crate::files::io_error_text(&error)))?;
    if meta.len() == 0 {
        return Err(UnusableDatabase::NotADatabase.into());
    }
    check_file(file, CheckDepth::Whole).await
}
