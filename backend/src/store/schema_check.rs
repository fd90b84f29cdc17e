//! Whether a database is ours and whole, found out before a byte of it is written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyPool, ConnectOptions, Connection, SqliteConnection};

use super::{SQLITE, StoreError};

const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Larger files are not read from end to end at each start; reading them would notice what is wrong, too.
const QUICK_CHECK_BYTES: u64 = 256 * 1024 * 1024;
/// Where sqlx notes which migrations were applied.
const MIGRATIONS: &str = "_sqlx_migrations";

/// Why a database is none that this program can use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableDatabase {
    /// Its tables, or its log, are of a version to come.
    #[error("it is of a newer version of this program")]
    Newer,
    /// It is not even a database.
    #[error("it is no SQLite database")]
    NotADatabase,
    /// Pages of it are broken.
    #[error("it is damaged")]
    Damaged,
    /// It holds something else than we made: the name of a table, an index or a trigger.
    #[error("{0} in it is not as this program makes it")]
    Altered(String),
    /// A pooler gives each transaction of one connection another connection of its own.
    #[error("it is behind a pooler that gives each transaction another connection")]
    Pooler,
    /// Its log and the journal contradict each other.
    #[error("its log and the journal contradict each other")]
    Fork,
}

/// How much of a file is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckDepth {
    /// The structure of its pages, unless it is large.
    Quick,
    /// Everything, indexes and references too.
    Whole,
}

/// Looks at a file that is there, without changing it. One that is empty will become ours.
pub(super) async fn check_file(path: &Path, depth: CheckDepth) -> Result<(), StoreError> {
    let open = |error: io::Error| StoreError::Open(error.to_string());
    let mut start = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(SQLITE_MAGIC.len() as u64).read_to_end(&mut start).map_err(open)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(open(error)),
    };
    if start.is_empty() {
        return Ok(());
    }
    if start != SQLITE_MAGIC {
        return Err(UnusableDatabase::NotADatabase.into());
    }
    let bytes = path.metadata().map_err(open)?.len();
    let mut connection = read_only_options(path).connect().await.map_err(damage_error)?;
    let checked = check_connection(&mut connection, depth, bytes).await;
    let closed = connection.close().await;
    checked.and_then(|()| Ok(closed?))
}

async fn check_connection(connection: &mut SqliteConnection, depth: CheckDepth, bytes: u64) -> Result<(), StoreError> {
    let check = match depth {
        CheckDepth::Quick if bytes > QUICK_CHECK_BYTES => None,
        CheckDepth::Quick => Some("PRAGMA quick_check(1)"),
        CheckDepth::Whole => Some("PRAGMA integrity_check(1)"),
    };
    if let Some(check) = check {
        let (found,): (String,) = sqlx::query_as(check).fetch_one(&mut *connection).await.map_err(damage_error)?;
        if found != "ok" {
            return Err(UnusableDatabase::Damaged.into());
        }
    }
    if depth == CheckDepth::Whole && sqlx::query("PRAGMA foreign_key_check").fetch_optional(&mut *connection).await?.is_some() {
        return Err(UnusableDatabase::Damaged.into());
    }
    let actual = schema(connection).await.map_err(damage_error)?;
    if actual.is_empty() {
        return Ok(());
    }
    let mut applied = Vec::new();
    if actual.contains_key(MIGRATIONS) {
        applied = sqlx::query_as::<_, (i64, Vec<u8>)>("SELECT version, checksum FROM _sqlx_migrations")
            .fetch_all(&mut *connection)
            .await
            .map_err(damage_error)?;
    }
    check_migrations(&SQLITE, &applied)?;
    let expected_schema = expected(|version| applied.iter().any(|(one, _)| *one == version)).await?;
    let name_of_ours = |name: &&String| name.as_str() != MIGRATIONS;
    match actual
        .keys()
        .chain(expected_schema.keys())
        .filter(name_of_ours)
        .find(|name| actual.get(*name) != expected_schema.get(*name))
    {
        Some(name) => Err(UnusableDatabase::Altered(name.clone()).into()),
        None => Ok(()),
    }
}

/// As [`check_file`], for what `PostgreSQL` tells: that the tables have our columns.
pub(super) async fn check_server(pool: &AnyPool) -> Result<(), StoreError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = current_schema()",
    )
    .fetch_all(pool)
    .await?;
    let mut actual: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column) in rows {
        actual.entry(table).or_default().push(column);
    }
    let mut connection = in_memory_schema(|_| true).await?;
    let tables: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(&mut connection).await?;
    for (table,) in tables {
        let columns: Vec<(String,)> =
            sqlx::query_as("SELECT name FROM pragma_table_info($1)").bind(&table).fetch_all(&mut connection).await?;
        let mut expected_schema: Vec<String> = columns.into_iter().map(|(name,)| name).collect();
        let mut theirs = actual.remove(&table).unwrap_or_default();
        expected_schema.sort();
        theirs.sort();
        if expected_schema != theirs {
            return Err(UnusableDatabase::Altered(table).into());
        }
    }
    connection.close().await?;
    Ok(())
}

/// Why the tables could not be brought up to date.
pub(super) fn migration_error(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(_) => UnusableDatabase::Newer.into(),
        MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => UnusableDatabase::Altered(MIGRATIONS.to_owned()).into(),
        other => StoreError::Open(other.to_string()),
    }
}

/// Refuses migrations that this program does not have, or has otherwise.
fn check_migrations(expected_schema: &Migrator, applied: &[(i64, Vec<u8>)]) -> Result<(), UnusableDatabase> {
    for (version, checksum) in applied {
        match expected_schema.iter().find(|migration| migration.version == *version) {
            None => return Err(UnusableDatabase::Newer),
            Some(migration) if *migration.checksum != **checksum => return Err(UnusableDatabase::Altered(MIGRATIONS.to_owned())),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Reads only. Where nobody has left a write-ahead log, nobody has the file open, and no file need be made beside it.
fn read_only_options(path: &Path) -> SqliteConnectOptions {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name).metadata().is_ok_and(|meta| meta.len() > 0)
    };
    let options = SqliteConnectOptions::new().filename(path).disable_statement_logging();
    // A rollback journal is left only by who died while setting the file up; only a writer can undo that.
    if beside("-journal") { options } else { options.read_only(true).immutable(!beside("-wal")) }
}

/// Its tables, indexes and triggers, and how they were made.
async fn schema(connection: &mut SqliteConnection) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().collect())
}

/// What the migrations of these versions make.
async fn expected(versions: impl Fn(i64) -> bool) -> Result<BTreeMap<String, String>, StoreError> {
    let mut connection = in_memory_schema(versions).await?;
    let schema = schema(&mut connection).await?;
    connection.close().await?;
    Ok(schema)
}

async fn in_memory_schema(versions: impl Fn(i64) -> bool) -> Result<SqliteConnection, StoreError> {
    let mut connection = SqliteConnectOptions::new().in_memory(true).disable_statement_logging().connect().await?;
    for migration in SQLITE.iter().filter(|migration| versions(migration.version)) {
        sqlx::raw_sql(migration.sql.clone()).execute(&mut connection).await?;
    }
    Ok(connection)
}

/// What `SQLite` says of a broken file.
fn damage_error(error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        // SQLITE_CORRUPT and SQLITE_NOTADB, with what they are extended by.
        StoreError::Failed(code) if code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 11 | 26)) => {
            UnusableDatabase::Damaged.into()
        }
        StoreError::Damaged => UnusableDatabase::Damaged.into(),
        other => other,
    }
}

#[cfg(test)]
mod tests;
