//! Backups of a `SQLite` file, and checks of a backup before it is restored.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::schema_check::{CheckDepth, check_file};
use super::{StoreError, UnusableDatabase};

/// Copies the database's present state into `out`, an empty file, while a server may be writing. Deleted data are left out, and
/// the copy is checked from end to end.
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

/// Checks that a file is this program's database, and intact including its indexes.
pub async fn check(file: &Path) -> Result<(), StoreError> {
    let meta = file.metadata().map_err(|error| StoreError::Open(crate::files::io_error_text(&error)))?;
    if meta.len() == 0 {
        return Err(UnusableDatabase::NotADatabase.into());
    }
    check_file(file, CheckDepth::Whole).await
}
