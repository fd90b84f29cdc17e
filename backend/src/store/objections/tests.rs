use crate::config::{RetentionRules, RetentionSettings};
use crate::store::tests::{databases, register, request};
use crate::store::{DeletedCounts, OpenedFile};

use super::*;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn rules() -> RetentionRules {
    RetentionSettings::default().rules(3)
}

#[tokio::test]
async fn an_objection_delays_a_deletion_until_the_waiting_time_after_its_withdrawal() {
    for database in databases().await {
        let store = &database.store;
        let (read, junk) = (register(store, 1, b"read", 0).await, register(store, 2, b"junk", 0).await);
        for (number, reviewer) in [(1, "a"), (2, "b"), (3, "c")] {
            let opened = OpenedFile { sha256: read, delete_proof: [5; 32] };
            store.acknowledge(&request(reviewer, number), &[opened], DAY).await.unwrap();
        }
        for (number, reviewer) in [(4, "a"), (5, "b"), (6, "c")] {
            store.discard(&request(reviewer, number), &[junk], DAY).await.unwrap();
        }
        let both = |objection| [(read, objection), (junk, objection), ([9; 32], objection)];
        let outcomes = store.object(&request("c", 7), &both(Objection::Object), 2 * DAY).await.unwrap().unwrap();
        assert_eq!(outcomes, [ObjectionOutcome::Noted, ObjectionOutcome::Noted, ObjectionOutcome::Unknown]);
        assert_eq!(store.apply_retention(&rules(), 100 * DAY).await.unwrap(), DeletedCounts::default());
        // Another reviewer cannot withdraw it.
        let others = store.object(&request("a", 8), &both(Objection::Withdraw), 100 * DAY).await.unwrap().unwrap();
        assert_eq!(others, [ObjectionOutcome::Without, ObjectionOutcome::Without, ObjectionOutcome::Unknown]);
        assert_eq!(store.apply_retention(&rules(), 100 * DAY).await.unwrap(), DeletedCounts::default());
        let own = store.object(&request("c", 9), &both(Objection::Withdraw), 100 * DAY).await.unwrap().unwrap();
        assert_eq!(own[..2], [ObjectionOutcome::Noted, ObjectionOutcome::Noted]);
        assert_eq!(store.acknowledgements(read).await.unwrap(), 2, "the own one is gone");
        assert_eq!(store.apply_retention(&rules(), 107 * DAY).await.unwrap(), DeletedCounts::default());
        let deleted = DeletedCounts { acknowledged: 1, discarded: 1, expired: 0 };
        assert_eq!(store.apply_retention(&rules(), 107 * DAY + HOUR).await.unwrap(), deleted);
        let log: Vec<(String, String)> =
            store.audit(6, 100).await.unwrap().into_iter().map(|row| (row.reviewer, row.action)).collect();
        let said = |reviewer: &str, action: &str| (reviewer.to_owned(), action.to_owned());
        assert_eq!(
            log,
            [
                said("c", "object"),
                said("c", "object"),
                said("a", "attempt"),
                said("c", "withdraw"),
                said("c", "withdraw"),
                said("", "delete_acknowledged"),
                said("", "delete_discarded"),
            ]
        );
    }
}

#[tokio::test]
async fn an_objection_keeps_no_file_beyond_the_maximum_age() {
    for database in databases().await {
        let store = &database.store;
        let one = register(store, 1, b"one", 0).await;
        store.object(&request("a", 1), &[(one, Objection::Object)], 0).await.unwrap();
        assert_eq!(store.object(&request("a", 1), &[(one, Objection::Withdraw)], 0).await.unwrap(), None, "a token is good once");
        assert_eq!(
            store.apply_retention(&rules(), 180 * DAY + HOUR).await.unwrap(),
            DeletedCounts { expired: 1, ..DeletedCounts::default() }
        );
    }
}

#[tokio::test]
async fn discards_and_objections_are_replayed_into_a_restored_database() {
    for (database, other) in databases().await.into_iter().zip(databases().await) {
        let (store, restored) = (&database.store, &other.store);
        let files = [b"one", b"two"];
        for store in [store, restored] {
            for (number, bytes) in (1..).zip(files) {
                register(store, number, bytes, 0).await;
            }
        }
        let [one, two] = files.map(|bytes| sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(bytes)).into());
        for (number, reviewer) in [(1, "a"), (2, "b")] {
            store.discard(&request(reviewer, number), &[one, two], DAY).await.unwrap();
        }
        store.object(&request("c", 3), &[(one, Objection::Object), (two, Objection::Object)], DAY).await.unwrap();
        store.object(&request("c", 4), &[(two, Objection::Withdraw)], 2 * DAY).await.unwrap();
        let journal = store.audit(0, 100).await.unwrap();
        assert_eq!(restored.replay(&journal).await.unwrap().discarded, 4);
        let all = [0; 32]..=[0xff; 32];
        let there = restored.deletions(&rules(), all.clone()).await.unwrap();
        assert_eq!(there, store.deletions(&rules(), all).await.unwrap());
        assert_eq!(there[&one].objected, ["c"]);
        assert_eq!(there[&two].due, Some(9 * DAY + HOUR));
        // A deletion of a discarded file is replayed, too.
        store.apply_retention(&rules(), 10 * DAY).await.unwrap();
        let rest = store.audit(journal.len() as u64, 100).await.unwrap();
        assert_eq!(restored.replay(&rest).await.unwrap().deleted, 1);
        assert_eq!(restored.registration(two).await.unwrap(), None);
    }
}
