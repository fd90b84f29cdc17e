use amanat_shared::api::hex;

use crate::config::RetentionSettings;
use crate::store::tests::{arrival, databases, id, register, request, upload};
use crate::store::{AcknowledgeOutcome, OpenedFile, Upload, UploadOutcome};

use super::*;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

const fn opened(sha256: [u8; 32]) -> OpenedFile {
    OpenedFile { sha256, delete_proof: [5; 32] }
}

fn by(acknowledgements: u32) -> RetentionRules {
    RetentionRules { acknowledgements, ..rules() }
}

/// Returns the default rules for two reviewers.
fn rules() -> RetentionRules {
    RetentionSettings::default().rules(2)
}

/// Returns the log's deletions.
async fn deleted(store: &Store) -> Vec<(String, String)> {
    let rows = store.audit(0, 1000).await.unwrap();
    rows.into_iter().filter(|row| row.reviewer.is_empty()).map(|row| (row.action, row.subject)).collect()
}

#[tokio::test]
async fn an_acknowledged_file_is_deleted_with_its_data_after_seven_days() {
    for database in databases().await {
        let store = &database.store;
        let (bytes, others) = ([0x51; 5000], [0x52; 5000]);
        let (one, two) = (register(store, 1, &bytes, 0).await, register(store, 2, &others, 0).await);
        store.acknowledge(&request("a", 1), &[opened(one)], DAY).await.unwrap();
        assert_eq!(store.apply_retention(&by(1), 8 * DAY).await.unwrap(), DeletedCounts::default(), "the hour is not over");
        assert_eq!(
            store.apply_retention(&by(1), 8 * DAY + HOUR).await.unwrap(),
            DeletedCounts { acknowledged: 1, ..DeletedCounts::default() }
        );
        assert_eq!(store.apply_retention(&by(1), 8 * DAY + HOUR).await.unwrap(), DeletedCounts::default());
        assert_eq!(deleted(store).await, [("delete_acknowledged".to_owned(), hex(&one))]);
        assert_eq!((store.registration(one).await.unwrap(), store.chunk(id(1), 0).await.unwrap()), (None, None));
        assert_eq!(store.acknowledgements(one).await.unwrap(), 0);
        assert_eq!(store.notices_of("b").await.unwrap(), [two]);
        assert!(store.chunk(id(2), 0).await.unwrap().is_some() && store.registration(two).await.unwrap().is_some());
        store.compact().await.unwrap();
        if store.kind == super::super::DatabaseKind::Sqlite {
            let on_disk =
                std::fs::read_dir(database.folder.path()).unwrap().flat_map(|file| std::fs::read(file.unwrap().path()).unwrap());
            let on_disk: Vec<u8> = on_disk.collect();
            let holds = |needle: &[u8]| on_disk.windows(needle.len()).any(|window| window == needle);
            assert!(!holds(&bytes[..100]) && holds(&others[..100]), "its bytes are overwritten");
        }
    }
}

#[tokio::test]
async fn the_last_required_reviewers_acknowledgement_starts_the_waiting_time() {
    for database in databases().await {
        let store = &database.store;
        let one = register(store, 1, b"one", 0).await;
        for (number, hour) in [(1, 0), (2, HOUR), (3, 2 * DAY)] {
            store.acknowledge(&request("a", number), &[opened(one)], hour).await.unwrap();
        }
        assert_eq!(
            store.apply_retention(&by(2), 60 * DAY).await.unwrap(),
            DeletedCounts::default(),
            "one reviewer, three times, is one"
        );
        store.acknowledge(&request("b", 4), &[opened(one)], 60 * DAY).await.unwrap();
        assert_eq!(store.apply_retention(&by(2), 67 * DAY).await.unwrap(), DeletedCounts::default());
        assert_eq!(store.apply_retention(&by(2), 67 * DAY + HOUR).await.unwrap().acknowledged, 1);
    }
}

#[tokio::test]
async fn an_unacknowledged_file_is_deleted_after_180_days_and_counted_before() {
    for database in databases().await {
        let store = &database.store;
        let (one, _) = (register(store, 1, b"one", 0).await, register(store, 2, b"two", 5 * DAY).await);
        let retention = rules();
        assert_eq!(store.expiring(&retention, 150 * DAY).await.unwrap(), 0);
        assert_eq!(store.expiring(&retention, 150 * DAY + HOUR).await.unwrap(), 1);
        assert_eq!(store.expiring(&retention, 170 * DAY).await.unwrap(), 2);
        store.acknowledge(&request("a", 1), &[opened(one)], 175 * DAY).await.unwrap();
        assert_eq!(store.expiring(&retention, 175 * DAY).await.unwrap(), 1, "what somebody has opened is no loss");
        assert_eq!(store.apply_retention(&retention, 180 * DAY).await.unwrap(), DeletedCounts::default());
        assert_eq!(
            store.apply_retention(&retention, 180 * DAY + HOUR).await.unwrap(),
            DeletedCounts { expired: 1, ..DeletedCounts::default() }
        );
        assert_eq!(deleted(store).await, [("delete_expired".to_owned(), hex(&one))]);
        assert_eq!(
            store.apply_retention(&retention, 400 * DAY).await.unwrap(),
            DeletedCounts { expired: 1, ..DeletedCounts::default() }
        );
        assert_eq!(store.status().await.unwrap().registrations, 0);
    }
}

#[tokio::test]
async fn many_files_are_deleted_in_batches_and_each_is_logged() {
    for database in databases().await {
        let store = &database.store;
        for number in 1..=50 {
            register(store, number, &[number], 0).await;
        }
        // Two servers apply the rules at once.
        let retention = rules();
        let other = store.clone();
        let (here, there) =
            tokio::join!(store.apply_retention(&retention, 181 * DAY), other.apply_retention(&retention, 181 * DAY));
        let again = store.apply_retention(&retention, 181 * DAY).await.unwrap();
        let count = |result: Result<DeletedCounts, StoreError>| result.map_or(0, |deleted| deleted.expired);
        assert_eq!(count(here) + count(there) + again.expired, 50);
        assert_eq!((deleted(store).await.len(), store.status().await.unwrap().registrations), (50, 0));
    }
}

#[tokio::test]
async fn an_acknowledged_and_deleted_file_is_not_stored_again_but_an_expired_one_is() {
    for database in databases().await {
        let store = &database.store;
        let one = register(store, 1, b"one", 0).await;
        register(store, 2, b"two", 0).await;
        store.acknowledge(&request("a", 1), &[opened(one)], DAY).await.unwrap();
        assert_eq!(
            store.apply_retention(&by(1), 200 * DAY).await.unwrap(),
            DeletedCounts { acknowledged: 1, expired: 1, ..DeletedCounts::default() }
        );
        let send = async |number, bytes: &[u8]| {
            store.create(id(number), &Upload { hour: 200 * DAY, ..upload(3) }).await.unwrap();
            store.finish(id(number), 0, bytes, None, arrival(&["a".to_owned()], 200 * DAY)).await.unwrap()
        };
        assert_eq!(send(3, b"one").await, UploadOutcome::AlreadyKnown, "the phone hears that it was received");
        assert_eq!(store.upload(id(3)).await.unwrap().unwrap().received, 3);
        assert_eq!((store.registration(one).await.unwrap(), store.chunk(id(3), 0).await.unwrap()), (None, None));
        assert_eq!(store.notices_of("a").await.unwrap(), [] as [[u8; 32]; 0]);
        assert_eq!(send(4, b"two").await, UploadOutcome::Registered);
        let late = store.acknowledge(&request("a", 9), &[opened(one)], 200 * DAY).await.unwrap().unwrap();
        assert_eq!(late, [AcknowledgeOutcome::Unknown]);
    }
}
