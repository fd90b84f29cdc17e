pub(crate) mod postgres;

use sha2::{Digest, Sha256};
use sqlx::Row;
use tempfile::TempDir;

use super::*;

/// A temporary database.
pub(crate) struct TestDatabase {
    pub(crate) store: Store,
    pub(crate) folder: TempDir,
    pub(crate) server: Option<postgres::Postgres>,
}

pub(super) async fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}/a b%20#.sqlite", folder.path().display())).await.unwrap();
    TestDatabase { store, folder, server: None }
}

/// Creates a database of each kind.
pub(crate) async fn databases() -> Vec<TestDatabase> {
    let server = postgres::Postgres::start();
    let store = Store::open(&server.url()).await.unwrap();
    let postgres = TestDatabase { store, folder: tempfile::tempdir().unwrap(), server: Some(server) };
    vec![sqlite().await, postgres]
}

pub(super) fn id(number: u8) -> UploadId {
    UploadId([number; 16])
}

pub(super) fn upload(length: u64) -> Upload {
    Upload { length, received: 0, proof_sha256: Some([3; 32]), pack: Some(7), sha256: Some([4; 32]), hour: 0 }
}

/// Returns the context of an arrival without a limit.
pub(crate) fn arrival(reviewers: &[String], hour: i64) -> Arrival<'_> {
    Arrival { reviewers, registrations_per_hour: u32::MAX, hour }
}

/// Returns a reviewer's request with a token of this number.
pub(crate) fn request(reviewer: &str, number: u8) -> ReviewerRequest {
    ReviewerRequest { reviewer: reviewer.to_owned(), jti: [number; 16], expires: u64::MAX >> 1 }
}

/// Registers these bytes. The delete proof is thirty-two fives.
pub(super) async fn register(store: &Store, number: u8, bytes: &[u8], hour: i64) -> [u8; 32] {
    let proof_sha256 = Some(Sha256::digest([5; 32]).into());
    store.create(id(number), &Upload { proof_sha256, ..upload(bytes.len() as u64) }).await.unwrap();
    let reviewers = ["a".to_owned(), "b".to_owned()];
    assert_eq!(store.finish(id(number), 0, bytes, None, arrival(&reviewers, hour)).await.unwrap(), UploadOutcome::Registered);
    Sha256::digest(bytes).into()
}

#[tokio::test]
async fn every_connection_has_its_pragmas() {
    let TestDatabase { store, folder, .. } = sqlite().await;
    assert!(folder.path().join("a b%20#.sqlite").exists());
    let mut connections = Vec::new();
    for _ in 0..SQLITE_READERS {
        connections.push((store.pool.acquire().await.unwrap(), -1000, 1000));
    }
    connections.push((store.writers.pool.acquire().await.unwrap(), -8000, 4000));
    for (connection, cache_size, checkpoint) in &mut connections {
        for (pragma, wanted) in [
            ("PRAGMA synchronous", 2),
            ("PRAGMA secure_delete", 1),
            ("PRAGMA auto_vacuum", 2),
            ("PRAGMA foreign_keys", 1),
            ("PRAGMA busy_timeout", 10_000),
            ("PRAGMA cache_size", *cache_size),
            ("PRAGMA wal_autocheckpoint", *checkpoint),
        ] {
            let row = sqlx::query(pragma).fetch_one(&mut **connection).await.unwrap();
            assert_eq!(row.get::<i64, _>(0), wanted, "{pragma}");
        }
        let row = sqlx::query("PRAGMA journal_mode").fetch_one(&mut **connection).await.unwrap();
        assert_eq!(row.get::<String, _>(0), "wal");
    }
}

#[tokio::test]
async fn no_table_has_a_rowid() {
    let TestDatabase { store, folder: _folder, .. } = sqlite().await;
    let rows = sqlx::query("SELECT sql FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%WITHOUT ROWID%'")
        .fetch_all(&store.pool)
        .await
        .unwrap();
    let others: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(others.iter().all(|sql| sql.contains("_sqlx_migrations")), "{others:?}");
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_returns_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let error = Store::open(&format!("sqlite://{}/no/such/folder/x.sqlite", folder.path().display())).await.unwrap_err();
    assert!(matches!(error, StoreError::Open(_)), "{error}");
}
