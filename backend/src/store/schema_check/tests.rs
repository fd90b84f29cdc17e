use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::store::backup;
use crate::store::tests::{databases, id, register, sqlite, upload};
use crate::store::{DatabaseKind, Store};

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// Creates a database with some registrations, and closes it.
async fn made() -> (TempDir, PathBuf) {
    let database = sqlite().await;
    for number in 1..=20 {
        register(&database.store, number, &[number; 5000], 0).await;
    }
    database.store.compact().await.unwrap();
    database.store.close().await;
    let path = fs::read_dir(database.folder.path()).unwrap().next().unwrap().unwrap().path();
    (database.folder, path)
}

async fn refused(path: &Path) -> UnusableDatabase {
    let before = fs::read(path).unwrap();
    let refused = match Store::open(&url(path)).await {
        Err(StoreError::UnusableDatabase(unfit)) => unfit,
        other => panic!("{other:?}"),
    };
    assert!(fs::read(path).unwrap() == before, "{refused}: not a byte was written");
    let files = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "{refused}: nothing is left beside it");
    refused
}

async fn change(path: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn foreign_files_and_databases_are_refused_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    for text in ["hello", "SQLite format 4\0 and more", &"x".repeat(10_000)] {
        fs::write(&path, text).unwrap();
        assert_eq!(refused(&path).await, UnusableDatabase::NotADatabase);
    }
    fs::remove_file(&path).unwrap();
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    options.connect().await.unwrap().close().await.unwrap();
    change(&path, "CREATE TABLE songs (id INTEGER PRIMARY KEY, title TEXT)").await;
    assert_eq!(refused(&path).await, UnusableDatabase::Altered("songs".to_owned()));
}

#[tokio::test]
async fn an_altered_database_is_refused_with_the_altered_name() {
    for (sql, named) in [
        ("ALTER TABLE registrations ADD COLUMN address TEXT", "registrations"),
        ("DROP TRIGGER audit_no_delete", "audit_no_delete"),
        ("DROP INDEX notices_of_a_registration", "notices_of_a_registration"),
        ("CREATE TABLE copies (id INTEGER PRIMARY KEY)", "copies"),
        ("DROP TABLE tokens", "tokens"),
        ("UPDATE _sqlx_migrations SET checksum = x'00'", "_sqlx_migrations"),
        ("DROP TABLE _sqlx_migrations", "acknowledgements"),
    ] {
        let (_folder, path) = made().await;
        change(&path, sql).await;
        assert_eq!(refused(&path).await, UnusableDatabase::Altered(named.to_owned()), "{sql}");
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let (_folder, path) = made().await;
    change(
        &path,
        "CREATE TABLE later (id BIGINT); INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, '', 1, x'00', 0)",
    )
    .await;
    assert_eq!(refused(&path).await, UnusableDatabase::Newer);
}

#[tokio::test]
async fn a_damaged_page_or_a_truncated_file_is_refused() {
    let (_folder, path) = made().await;
    let whole = fs::read(&path).unwrap();
    let page = usize::from(u16::from_be_bytes([whole[16], whole[17]]));
    let mut broken = 0;
    for start in (0..whole.len()).step_by(page) {
        let mut bytes = whole.clone();
        // The page's header holds its type, its free blocks and its cells.
        let header = if start == 0 { 100 } else { start };
        for byte in &mut bytes[header..header + 8] {
            *byte ^= 0xa5;
        }
        fs::write(&path, &bytes).unwrap();
        // A page in the middle of a sealed file has no header. That file's own hash detects the damage.
        if Store::open(&url(&path)).await.is_err() {
            fs::write(&path, &bytes).unwrap();
            assert_eq!(refused(&path).await, UnusableDatabase::Damaged, "page {}", start / page);
            broken += 1;
        } else {
            let _ = fs::remove_file(format!("{}-wal", path.display()));
            let _ = fs::remove_file(format!("{}-shm", path.display()));
        }
    }
    assert!(broken >= 20, "{broken}");
    fs::write(&path, &whole[..whole.len() - page]).unwrap();
    assert_eq!(refused(&path).await, UnusableDatabase::Damaged);
    fs::write(&path, &whole).unwrap();
    assert!(Store::open(&url(&path)).await.is_ok());
}

#[tokio::test]
async fn the_database_of_a_killed_server_is_accepted() {
    let database = sqlite().await;
    register(&database.store, 1, b"one", 0).await;
    // After SIGKILL, the write-ahead log is not checkpointed.
    let left = tempfile::tempdir().unwrap();
    for file in fs::read_dir(database.folder.path()).unwrap() {
        let file = file.unwrap();
        if !file.file_name().to_string_lossy().ends_with("-shm") {
            fs::copy(file.path(), left.path().join(file.file_name().to_string_lossy().replace("a b%20#.", "x."))).unwrap();
        }
    }
    assert!(left.path().join("x.sqlite-wal").metadata().unwrap().len() > 0);
    let store = Store::open(&url(&left.path().join("x.sqlite"))).await.unwrap();
    assert_eq!(store.status().await.unwrap().registrations, 1);
}

#[tokio::test]
async fn a_postgresql_with_other_columns_or_a_newer_version_is_refused() {
    for database in databases().await {
        if database.store.kind == DatabaseKind::Sqlite {
            continue;
        }
        let url = database.server.as_ref().unwrap().url();
        sqlx::query("ALTER TABLE registrations ADD COLUMN address TEXT").execute(&database.store.pool).await.unwrap();
        assert_eq!(Store::open(&url).await.unwrap_err(), UnusableDatabase::Altered("registrations".to_owned()).into());
        sqlx::query("ALTER TABLE registrations DROP COLUMN address").execute(&database.store.pool).await.unwrap();
        assert!(Store::open(&url).await.is_ok());
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99, '', true, '', 0)",
        )
        .execute(&database.store.pool)
        .await
        .unwrap();
        assert_eq!(Store::open(&url).await.unwrap_err(), UnusableDatabase::Newer.into());
    }
}

#[tokio::test]
async fn a_backup_during_writes_is_intact_and_holds_no_deleted_data() {
    let database = sqlite().await;
    let store = database.store.clone();
    let file = database.folder.path().join("a b%20#.sqlite");
    let needle = [77; 300];
    store.create(id(200), &upload(400)).await.unwrap();
    store.append(id(200), 0, &needle, None, 0).await.unwrap();
    store.delete_upload(id(200)).await.unwrap();
    let writer = tokio::spawn(async move {
        for number in 1..=60 {
            register(&store, number, &[number; 3000], 0).await;
        }
    });
    let out = tempfile::tempdir().unwrap();
    for number in 0..5 {
        let copy = out.path().join(number.to_string());
        fs::write(&copy, b"").unwrap();
        backup::copy(&file, &copy).await.unwrap();
        let bytes = fs::read(&copy).unwrap();
        assert!(!bytes.windows(needle.len()).any(|window| window == needle));
        let restored = Store::open(&url(&copy)).await.unwrap();
        for registration in restored.list(None, 1000).await.unwrap() {
            assert_eq!(restored.read(&registration, 0).await.unwrap().unwrap().len(), 3000);
        }
        restored.close().await;
    }
    writer.await.unwrap();
    assert_eq!(database.store.status().await.unwrap().registrations, 60);
    assert!(backup::copy(&file, &out.path().join("0")).await.is_err(), "a file with something in it is not overwritten");
    fs::write(out.path().join("empty"), b"").unwrap();
    assert_eq!(backup::check(&out.path().join("empty")).await, Err(UnusableDatabase::NotADatabase.into()));
}
