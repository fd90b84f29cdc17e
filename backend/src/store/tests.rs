pub(crate) mod postgres;

use amanat_shared::audit::Action;
use sha2::{Digest, Sha256};
use sqlx::Row;
use tempfile::TempDir;

use super::*;

/// A database that is thrown away.
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

/// Every kind that there is on this machine.
pub(crate) async fn databases() -> Vec<TestDatabase> {
    let mut databases = vec![sqlite().await];
    if let Some(server) = postgres::Postgres::start() {
        let store = Store::open(&server.url()).await.unwrap();
        databases.push(TestDatabase { store, folder: tempfile::tempdir().unwrap(), server: Some(server) });
    }
    databases
}

pub(super) fn id(number: u8) -> UploadId {
    UploadId([number; 16])
}

pub(super) fn upload(length: u64) -> Upload {
    Upload { length, received: 0, proof_sha256: Some([3; 32]), pack: Some(7), sha256: Some([4; 32]), hour: 0 }
}

/// An arrival at a server where nothing is too much.
pub(crate) fn arrival(reviewers: &[String], hour: i64) -> Arrival<'_> {
    Arrival { reviewers, registrations_per_hour: u32::MAX, hour }
}

/// A reviewer's request, told apart from others by this number.
pub(crate) fn request(reviewer: &str, number: u8) -> ReviewerRequest {
    ReviewerRequest { reviewer: reviewer.to_owned(), jti: [number; 16], expires: u64::MAX >> 1 }
}

/// A registration of these bytes, whose delete proof is thirty-two fives.
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
async fn an_append_is_accepted_only_at_the_uploads_offset() {
    for database in databases().await {
        database.store.create(id(1), &upload(10)).await.unwrap();
        database.store.append(id(1), 0, b"abc", None, 0).await.unwrap();
        for at in [0, 2, 4] {
            assert!(matches!(database.store.append(id(1), at, b"abc", None, 0).await, Err(StoreError::Offset)));
        }
        // The last bytes go through `finish`, and others do not.
        assert!(matches!(database.store.append(id(1), 3, b"defghij", None, 0).await, Err(StoreError::Offset)));
        assert!(matches!(database.store.finish(id(1), 3, b"defghi", None, arrival(&[], 0)).await, Err(StoreError::Offset)));
        assert!(matches!(database.store.append(id(2), 0, b"abc", None, 0).await, Err(StoreError::Offset)));
        assert_eq!(
            database.store.finish(id(1), 3, b"defghij", None, arrival(&["a".to_owned()], 0)).await.unwrap(),
            UploadOutcome::Registered
        );
        assert_eq!(database.store.upload(id(1)).await.unwrap().unwrap().received, 10);
        let registration = database.store.list(None, 1).await.unwrap()[0];
        assert_eq!(database.store.read(&registration, 0).await.unwrap().unwrap(), b"abc");
        assert_eq!(database.store.read(&registration, 4).await.unwrap().unwrap(), b"efghij");
        assert_eq!(database.store.read(&registration, 10).await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_delete_proofs_hash_may_arrive_later_and_is_required() {
    let proof = Sha256::digest([5; 32]).into();
    for database in databases().await {
        let store = &database.store;
        for number in 1..=3 {
            store.create(id(number), &Upload { proof_sha256: None, ..upload(6) }).await.unwrap();
        }
        store.append(id(1), 0, b"abc", Some(proof), 0).await.unwrap();
        assert_eq!(store.upload(id(1)).await.unwrap().unwrap().proof_sha256, Some(proof));
        assert_eq!(store.finish(id(1), 3, b"def", None, arrival(&[], 0)).await.unwrap(), UploadOutcome::Registered);
        assert_eq!(store.finish(id(2), 0, b"abcdeg", Some(proof), arrival(&[], 0)).await.unwrap(), UploadOutcome::Registered);
        assert!(matches!(store.finish(id(3), 0, b"abcdeh", None, arrival(&[], 0)).await, Err(StoreError::Offset)));
        for (number, file) in [(1, b"abcdef"), (2, b"abcdeg")] {
            let request = ReviewerRequest { reviewer: "a".to_owned(), jti: [number; 16], expires: 1 };
            let opened = [OpenedFile { sha256: Sha256::digest(file).into(), delete_proof: [5; 32] }];
            assert_eq!(store.acknowledge(&request, &opened, 0).await.unwrap().unwrap(), [AcknowledgeOutcome::Noted]);
        }
        assert_eq!(store.list(None, 9).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn concurrent_writers_wait_and_none_fails() {
    for database in databases().await {
        let writers: Vec<_> = (0..40)
            .map(|number| {
                let store = database.store.clone();
                tokio::spawn(async move {
                    store.create(id(number), &upload(100)).await.unwrap();
                    for at in 0..5 {
                        store.append(id(number), at, b"x", None, 0).await.unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(database.store.status().await.unwrap().unfinished_uploads, 40);
    }
}

#[tokio::test]
async fn queued_steps_are_committed_together_and_a_failed_step_fails_alone() {
    for database in databases().await {
        let store = &database.store;
        // Nobody can write until they all wait.
        let permits = store.writers.permits.available_permits();
        let held = Arc::clone(&store.writers.permits).acquire_many_owned(u32::try_from(permits).unwrap()).await.unwrap();
        let mut steps = Vec::new();
        for number in 0..60 {
            let store = store.clone();
            steps.push(tokio::spawn(async move {
                let file = [number / 2; 10];
                store.register(id(number), &upload(10), &file, arrival(&["a".to_owned()], 0)).await
            }));
        }
        let stranger = tokio::spawn({
            let store = store.clone();
            async move { store.append(id(99), 3, b"x", None, 0).await }
        });
        // Two uploads of one id: the database refuses the second, and with it all that came together.
        let twice = tokio::spawn({
            let store = store.clone();
            async move { store.register(id(0), &upload(5), b"other", arrival(&[], 0)).await }
        });
        tokio::task::yield_now().await;
        drop(held);
        let (mut registered, mut already, mut failed) = (0, 0, 0);
        for step in steps {
            match step.await.unwrap() {
                Ok(UploadOutcome::Registered) => registered += 1,
                Ok(UploadOutcome::AlreadyKnown) => already += 1,
                Ok(other) => panic!("it was all of it, and not too much: {other:?}"),
                Err(_) => failed += 1,
            }
        }
        let twice = twice.await.unwrap();
        assert!(matches!(stranger.await.unwrap(), Err(StoreError::Offset)));
        assert_eq!((registered, already + failed, failed + usize::from(twice.is_err())), (30, 30, 1), "{twice:?}");
        assert_eq!(store.notices_waiting().await.unwrap()[0].1, 30);
    }
}

#[tokio::test]
async fn packs_are_stored_by_serial() {
    for database in databases().await {
        let (pack, _) = crate::testing::signed("one");
        let (other, _) = crate::testing::signed("other");
        let day = amanat_shared::dates::Day(20_000);
        database.store.remember_pack(&other, 8, day).await.unwrap();
        database.store.remember_pack(&other, 7, day).await.unwrap();
        database.store.remember_pack(&pack, 7, day).await.unwrap();
        assert_eq!(database.store.packs().await.unwrap(), [pack, other]);
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_returns_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let error = Store::open(&format!("sqlite://{}/no/such/folder/x.sqlite", folder.path().display())).await.unwrap_err();
    assert!(matches!(error, StoreError::Open(_)), "{error}");
}

#[tokio::test]
async fn expired_uploads_and_tokens_are_deleted() {
    const DAY: i64 = 24 * 3600;
    for database in databases().await {
        let store = &database.store;
        store.create(id(1), &upload(2)).await.unwrap();
        store.append(id(1), 0, b"x", None, 0).await.unwrap();
        store.create(id(2), &upload(1)).await.unwrap();
        store.finish(id(2), 0, b"y", None, arrival(&[], 0)).await.unwrap();
        store.create(id(3), &upload(2)).await.unwrap();
        store.append(id(3), 0, b"z", None, 0).await.unwrap();
        store.delete_upload(id(3)).await.unwrap();
        store.create(id(5), &upload(1)).await.unwrap();
        store.finish(id(5), 0, b"w", None, arrival(&[], 0)).await.unwrap();
        store.delete_upload(id(5)).await.unwrap();
        assert_eq!((store.chunk(id(5), 0).await.unwrap().unwrap().1, store.upload(id(5)).await.unwrap()), (b"w".to_vec(), None));
        assert_eq!((store.chunk(id(3), 0).await.unwrap(), store.upload(id(3)).await.unwrap()), (None, None));
        store.create(id(4), &upload(2)).await.unwrap();
        store.prune_uploads(DAY - 3600).await.unwrap();
        assert_eq!(store.upload(id(4)).await.unwrap().unwrap().expires(), DAY);
        store.prune_uploads(DAY).await.unwrap();
        assert!(store.upload(id(4)).await.unwrap().is_none(), "nothing came of it");
        store.prune_uploads(14 * DAY - 3600).await.unwrap();
        assert_eq!(store.upload(id(1)).await.unwrap().unwrap().expires(), 14 * DAY);
        store.prune_uploads(14 * DAY).await.unwrap();
        assert_eq!((store.chunk(id(1), 0).await.unwrap(), store.upload(id(1)).await.unwrap()), (None, None));
        assert!(store.upload(id(2)).await.unwrap().is_none());
        assert_eq!(store.chunk(id(2), 0).await.unwrap().unwrap().1, b"y");
        let token = |expires| ReviewerRequest { reviewer: "a".to_owned(), jti: [1; 16], expires };
        assert!(store.admit(&token(100), Action::List, None, 0).await.unwrap());
        assert!(!store.admit(&token(100), Action::List, None, 0).await.unwrap());
        store.prune_tokens(101).await.unwrap();
        assert!(store.admit(&token(200), Action::List, None, 0).await.unwrap());
        store.compact().await.unwrap();
        store.probe().await.unwrap();
    }
}

#[tokio::test]
async fn acknowledgements_are_by_reviewer_and_remove_their_notices() {
    for database in databases().await {
        let store = &database.store;
        let proof_sha256 = Some(Sha256::digest([5; 32]).into());
        store.create(id(1), &Upload { proof_sha256, ..upload(1) }).await.unwrap();
        store.finish(id(1), 0, b"x", None, arrival(&["a".to_owned(), "b".to_owned()], 0)).await.unwrap();
        let sha256 = Sha256::digest(b"x").into();
        let opened = |sha256, proof| OpenedFile { sha256, delete_proof: [proof; 32] };
        let all = [opened(sha256, 5), opened(sha256, 6), opened([0; 32], 5)];
        let outcomes = store.acknowledge(&request("a", 1), &all, 0).await.unwrap().unwrap();
        assert_eq!(outcomes, [AcknowledgeOutcome::Noted, AcknowledgeOutcome::WrongProof, AcknowledgeOutcome::Unknown]);
        assert_eq!(store.acknowledge(&request("a", 2), &all[..1], 0).await.unwrap().unwrap(), [AcknowledgeOutcome::Noted]);
        assert_eq!(store.acknowledge(&request("b", 2), &all[..1], 0).await.unwrap(), None, "a token is used once");
        assert_eq!(store.acknowledgements(sha256).await.unwrap(), 1);
        assert_eq!(store.notices_waiting().await.unwrap(), [("b".to_owned(), 1)]);
        assert_eq!(store.status().await.unwrap().unacknowledged, 0);
        assert_eq!(store.registration(sha256).await.unwrap().unwrap().length, 1);
        assert_eq!(store.list(Some(sha256), 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn the_same_file_sent_twice_at_once_is_one_registration() {
    for database in databases().await {
        for number in 1..=8 {
            database.store.create(id(number), &upload(1)).await.unwrap();
        }
        let finishing: Vec<_> = (1..=8)
            .map(|number| {
                let store = database.store.clone();
                tokio::spawn(async move { store.finish(id(number), 0, b"x", None, arrival(&["a".to_owned()], 0)).await.unwrap() })
            })
            .collect();
        let mut registered = 0;
        for finished in finishing {
            registered += usize::from(finished.await.unwrap() == UploadOutcome::Registered);
        }
        assert_eq!((registered, database.store.status().await.unwrap().notices_waiting), (1, 1));
    }
}

#[tokio::test]
async fn registrations_beyond_the_hourly_limit_go_into_quarantine_and_are_kept_alike() {
    for database in databases().await {
        let store = &database.store;
        let reviewers = ["a".to_owned()];
        let send = async |number: u8, hour: i64| {
            store.create(id(number), &upload(1)).await.unwrap();
            let arrival = Arrival { registrations_per_hour: 2, ..arrival(&reviewers, hour) };
            store.finish(id(number), 0, &[number], None, arrival).await.unwrap()
        };
        assert_eq!((send(1, 0).await, send(2, 0).await), (UploadOutcome::Registered, UploadOutcome::Registered));
        assert_eq!(send(3, 0).await, UploadOutcome::Quarantined);
        // A server that was started again counts the same.
        if database.server.is_none() {
            let again = Store::open(&format!("sqlite://{}/a b%20#.sqlite", database.folder.path().display())).await.unwrap();
            again.create(id(4), &upload(1)).await.unwrap();
            let arrival = Arrival { registrations_per_hour: 2, ..arrival(&reviewers, 0) };
            assert_eq!(again.finish(id(4), 0, &[4], None, arrival).await.unwrap(), UploadOutcome::Quarantined);
        } else {
            assert_eq!(send(4, 0).await, UploadOutcome::Quarantined);
        }
        assert_eq!(send(4 + 1, 3600).await, UploadOutcome::Registered, "the next hour has room of its own");
        let quarantined: Vec<[u8; 32]> =
            store.list(None, 100).await.unwrap().into_iter().filter(|one| one.quarantine).map(|one| one.sha256).collect();
        let mut expected: Vec<[u8; 32]> = [3, 4].map(|number| Sha256::digest([number]).into()).to_vec();
        expected.sort_unstable();
        assert_eq!(quarantined, expected);
        assert_eq!(store.notices_of("a").await.unwrap().len(), 5, "reviewers are told of each");
        let status = store.status().await.unwrap();
        assert_eq!((status.registrations, status.quarantined), (5, 2));
        let one = store.registration(expected[0]).await.unwrap().unwrap();
        assert!(one.quarantine && store.read(&one, 0).await.unwrap().is_some());
        // The same file once more is the same registration, in quarantine or not.
        store.create(id(9), &upload(1)).await.unwrap();
        let arrival = Arrival { registrations_per_hour: 2, ..arrival(&reviewers, 0) };
        assert_eq!(store.finish(id(9), 0, &[3], None, arrival).await.unwrap(), UploadOutcome::AlreadyKnown);
    }
}

#[tokio::test]
async fn a_batch_fills_the_hourly_limit_and_no_more() {
    for database in databases().await {
        let senders: Vec<_> = (0..60)
            .map(|number| {
                let store = database.store.clone();
                tokio::spawn(async move {
                    let arrival = Arrival { registrations_per_hour: 10, ..arrival(&[], 0) };
                    store.register(id(number), &upload(1), &[number], arrival).await.unwrap()
                })
            })
            .collect();
        let mut registered = 0;
        for sender in senders {
            registered += usize::from(sender.await.unwrap() == UploadOutcome::Registered);
        }
        assert_eq!((registered, database.store.status().await.unwrap().quarantined), (10, 50));
    }
}
