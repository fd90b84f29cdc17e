//! Checks that a database is this program's and intact, before a byte of it is written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyPool, ConnectOptions, Connection, SqliteConnection};

use super::{SQLITE, StoreError};

const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Larger files are not read from end to end at each start. Normal reads notice damage, too.
const QUICK_CHECK_BYTES: u64 = 256 * 1024 * 1024;
/// The table in which sqlx records applied migrations.
const MIGRATIONS: &str = "_sqlx_migrations";

/// The reason why this program cannot use a database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableDatabase {
    /// Its tables or its log come from a newer version.
    #[error("it is of a newer version of this program")]
    Newer,
    /// The file is no database.
    #[error("it is no SQLite database")]
    NotADatabase,
    /// Some of its pages are damaged.
    #[error("it is damaged")]
    Damaged,
    /// A table, an index or a trigger of this name differs from this program's.
    #[error("{0} in it is not as this program makes it")]
    Altered(String),
    /// A pooler assigns each transaction another server connection.
    #[error("it is behind a pooler that gives each transaction another connection")]
    Pooler,
    /// Its audit log and the journal contradict each other.
    #[error("its log and the journal contradict each other")]
    Fork,
}

/// The extent of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckDepth {
    /// Checks the structure of the pages, unless the file is large.
    Quick,
    /// Checks everything, including indexes and references.
    Whole,
}

/// Checks an existing file without changing it. An empty file passes, because it will be initialised.
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

/// Checks that the tables of a `PostgreSQL` have this program's columns.
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

/// Converts an error of the migrations.
pub(super) fn migration_error(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(_) => UnusableDatabase::Newer.into(),
        MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => UnusableDatabase::Altered(MIGRATIONS.to_owned()).into(),
        other => StoreError::Open(other.to_string()),
    }
}

/// Refuses applied migrations that this program does not have, or has with another checksum.
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

/// Returns read-only options. Without a write-ahead log nobody has the file open, and it is opened as immutable, so that no
/// file is created beside it.
fn read_only_options(path: &Path) -> SqliteConnectOptions {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name).metadata().is_ok_and(|meta| meta.len() > 0)
    };
    let options = SqliteConnectOptions::new().filename(path).disable_statement_logging();
    // A rollback journal is left only by a process that died while it initialised the file, and only a writer can undo that.
    if beside("-journal") { options } else { options.read_only(true).immutable(!beside("-wal")) }
}

/// Returns the tables, indexes and triggers with their SQL.
async fn schema(connection: &mut SqliteConnection) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().collect())
}

/// Returns the schema that the migrations of these versions create.
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

/// Converts `SQLite`'s errors about a damaged file.
fn damage_error(error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        // The codes are SQLITE_CORRUPT and SQLITE_NOTADB with their extended codes.
        StoreError::Failed(code) if code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 11 | 26)) => {
            UnusableDatabase::Damaged.into()
        }
        StoreError::Damaged => UnusableDatabase::Damaged.into(),
        other => other,
    }
}

#[cfg(test)]
mod tests;
