use amanat_shared::audit::Action;
use sha2::{Digest, Sha256};

use super::super::tests::{arrival, databases, id, upload};
use super::super::{AcknowledgeOutcome, OpenedFile, ReviewerRequest};
use super::*;

#[tokio::test]
async fn an_append_is_accepted_only_at_the_uploads_offset() {
    for database in databases().await {
        database.store.create(id(1), &upload(10)).await.unwrap();
        database.store.append(id(1), 0, b"abc", None, 0).await.unwrap();
        for at in [0, 2, 4] {
            assert!(matches!(database.store.append(id(1), at, b"abc", None, 0).await, Err(StoreError::Offset)));
        }
        // Only `finish` accepts the last bytes.
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
        // A restarted server counts the same.
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
async fn only_unfinished_uploads_without_progress_are_evicted() {
    for database in databases().await {
        let store = &database.store;
        for number in 1..=4 {
            store.create(id(number), &Upload { hour: 3600, ..upload(10) }).await.unwrap();
        }
        store.append(id(2), 0, b"abc", None, 7200).await.unwrap();
        store.append(id(3), 0, b"abc", None, 7200).await.unwrap();
        store.finish(id(4), 0, b"abcdefghij", None, arrival(&[], 7200)).await.unwrap();
        let mut unfinished = store.unfinished().await.unwrap();
        unfinished.sort_by_key(|upload| upload.id.0);
        let one = |number, received, hour| UnfinishedUpload { id: id(number), length: 10, received, hour };
        assert_eq!(unfinished, [one(1, 0, 3600), one(2, 3, 7200), one(3, 3, 7200)]);
        assert_eq!(store.usage().await.unwrap().open_uploads, 3);

        // The third upload continues after it was listed, and the fourth was complete.
        store.append(id(3), 3, b"d", None, 7200).await.unwrap();
        let evicted = store.evict(&[unfinished, vec![one(4, 10, 7200), one(9, 0, 0)]].concat()).await.unwrap();
        assert_eq!(evicted, [id(1), id(2)]);
        assert_eq!((store.upload(id(1)).await.unwrap(), store.chunk(id(2), 0).await.unwrap()), (None, None));
        assert_eq!(store.upload(id(3)).await.unwrap().unwrap().received, 4);
        assert_eq!(store.upload(id(4)).await.unwrap().unwrap().received, 10);
        assert_eq!(store.list(None, 10).await.unwrap().len(), 1);
        assert_eq!(store.evict(&[]).await.unwrap(), []);
    }
}

#[tokio::test]
async fn many_uploads_are_evicted_in_several_transactions() {
    for database in databases().await {
        let store = &database.store;
        let ids = |number: u32| {
            let mut id = id(0);
            id.0[..4].copy_from_slice(&number.to_be_bytes());
            id
        };
        for number in 0..600 {
            store.create(ids(number), &upload(30 << 20)).await.unwrap();
        }
        // These bytes exceed one transaction's bound.
        for number in 0..3 {
            store.append(ids(number), 0, &vec![7; 9 << 20], None, 0).await.unwrap();
        }
        let unfinished = store.unfinished().await.unwrap();
        assert_eq!((unfinished.len(), store.evict(&unfinished).await.unwrap().len()), (600, 600));
        assert_eq!(store.unfinished().await.unwrap(), []);
        assert_eq!(store.chunk(ids(0), 0).await.unwrap(), None);
    }
}
