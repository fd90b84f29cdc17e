use std::sync::Arc;

use sqlx::Row;
use tempfile::TempDir;

use super::*;

async fn store() -> (Store, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}/a b%20#.sqlite", folder.path().display())).await.unwrap();
    (store, folder)
}

fn id(number: u8) -> UploadId {
    UploadId([number; 16])
}

fn upload(length: u64) -> Upload {
    Upload { length, received: 0, proof_sha256: [3; 32] }
}

#[tokio::test]
async fn every_connection_has_the_pragmas() {
    let (store, folder) = store().await;
    assert!(folder.path().join("a b%20#.sqlite").exists());
    let mut connections = Vec::new();
    for _ in 0..SQLITE_CONNECTIONS {
        connections.push(store.pool.acquire().await.unwrap());
    }
    for connection in &mut connections {
        for (pragma, wanted) in [
            ("PRAGMA synchronous", 2),
            ("PRAGMA secure_delete", 1),
            ("PRAGMA auto_vacuum", 2),
            ("PRAGMA foreign_keys", 1),
            ("PRAGMA busy_timeout", 10_000),
            ("PRAGMA cache_size", -1000),
        ] {
            let row = sqlx::query(pragma).fetch_one(&mut **connection).await.unwrap();
            assert_eq!(row.get::<i64, _>(0), wanted, "{pragma}");
        }
        let row = sqlx::query("PRAGMA journal_mode").fetch_one(&mut **connection).await.unwrap();
        assert_eq!(row.get::<String, _>(0), "wal");
    }
}

#[tokio::test]
async fn no_row_is_counted() {
    let (store, _folder) = store().await;
    let rows = sqlx::query("SELECT sql FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%WITHOUT ROWID%'")
        .fetch_all(&store.pool)
        .await
        .unwrap();
    let others: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(others.iter().all(|sql| sql.contains("_sqlx_migrations")), "{others:?}");
}

#[tokio::test]
async fn an_append_counts_only_where_the_upload_stands() {
    let (store, _folder) = store().await;
    store.create(id(1), &upload(10), 0).await.unwrap();
    store.append(id(1), 0, b"abc", 0).await.unwrap();
    for at in [0, 2, 4] {
        assert!(matches!(store.append(id(1), at, b"abc", 0).await, Err(StoreError::Offset)));
    }
    // The last bytes go through `finish`, and others do not.
    assert!(matches!(store.append(id(1), 3, b"defghij", 0).await, Err(StoreError::Offset)));
    assert!(matches!(store.finish(id(1), 3, b"defghi", &[], 0).await, Err(StoreError::Offset)));
    assert!(matches!(store.append(id(2), 0, b"abc", 0).await, Err(StoreError::Offset)));
    assert_eq!(store.finish(id(1), 3, b"defghij", &["a".to_owned()], 0).await.unwrap(), Finished::Registered);
    assert_eq!(store.upload(id(1)).await.unwrap().unwrap().received, 10);
    let registration = store.list(None, 1).await.unwrap()[0];
    assert_eq!(store.read(&registration, 0).await.unwrap().unwrap(), b"abc");
    assert_eq!(store.read(&registration, 4).await.unwrap().unwrap(), b"efghij");
    assert_eq!(store.read(&registration, 10).await.unwrap(), None);
}

#[tokio::test]
async fn many_writers_wait_for_each_other_and_none_fails() {
    let (store, _folder) = store().await;
    let store = Arc::new(store);
    let writers: Vec<_> = (0..40)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                store.create(id(number), &upload(100), 0).await.unwrap();
                for at in 0..5 {
                    store.append(id(number), at, b"x", 0).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(store.status().await.unwrap().unfinished_uploads, 40);
}

#[tokio::test]
async fn the_outbox_holds_what_has_not_been_said() {
    let (store, _folder) = store().await;
    let reviewers = ["a".to_owned(), "b".to_owned()];
    for number in 1..=3 {
        store.create(id(number), &upload(1), 3600).await.unwrap();
        store.finish(id(number), 0, &[number], &reviewers, 3600 * i64::from(number)).await.unwrap();
    }
    let waiting = store.take_notices("a").await.unwrap();
    assert_eq!((waiting.len(), store.take_notices("c").await.unwrap().len()), (3, 0));
    store.mail_failed("a", "421").await.unwrap();
    let status = store.status().await.unwrap();
    assert_eq!((status.notices_waiting, status.last_mail_error.as_deref()), (6, Some("421")));
    assert_eq!((status.registrations, status.bytes, status.oldest_unacknowledged_hour), (3, 3, Some(3600)));
    store.notices_sent("a", &waiting[..2]).await.unwrap();
    assert_eq!(store.take_notices("a").await.unwrap(), waiting[2..]);
    assert_eq!(store.notices_waiting().await.unwrap(), [("a".to_owned(), 1), ("b".to_owned(), 3)]);
    assert_eq!(store.status().await.unwrap().last_mail_error, None);
}

#[tokio::test]
async fn packs_are_remembered_by_serial() {
    let (store, _folder) = store().await;
    let (pack, _) = crate::testing::signed("one");
    let (other, _) = crate::testing::signed("other");
    let day = amanat_shared::dates::Day(20_000);
    store.remember_pack(&other, 8, day).await.unwrap();
    store.remember_pack(&other, 7, day).await.unwrap();
    store.remember_pack(&pack, 7, day).await.unwrap();
    assert_eq!(store.packs().await.unwrap(), [pack, other]);
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let error = Store::open(&format!("sqlite://{}/no/such/folder/x.sqlite", folder.path().display())).await.unwrap_err();
    assert!(matches!(error, StoreError::Open(_)), "{error}");
}
