use amanat_shared::api::hex;

use crate::config::{RetentionRules, RetentionSettings};
use crate::store::tests::{databases, register, request};
use crate::store::{DeletedCounts, OpenedFile};

use super::*;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn rules(reviewers: usize) -> RetentionRules {
    RetentionSettings::default().rules(reviewers)
}

/// Returns the log's reviewers and actions about this file.
async fn log(store: &Store, sha256: [u8; 32]) -> Vec<(String, String)> {
    let rows = store.audit(0, 1000).await.unwrap();
    rows.into_iter().filter(|row| row.subject == hex(&sha256)).map(|row| (row.reviewer, row.action)).collect()
}

#[tokio::test]
async fn two_reviewers_discard_a_file_seven_days_later_and_one_never_does() {
    for database in databases().await {
        let store = &database.store;
        let (junk, other) = (register(store, 1, b"junk", 0).await, register(store, 2, b"other", 0).await);
        for (number, hour) in [(1, 0), (2, HOUR), (3, DAY)] {
            let outcomes = store.discard(&request("a", number), &[junk, [9; 32]], hour).await.unwrap().unwrap();
            assert_eq!(outcomes, [DiscardOutcome::Noted, DiscardOutcome::Unknown]);
        }
        assert_eq!(store.discard(&request("a", 3), &[other], DAY).await.unwrap(), None, "a token is good once");
        assert_eq!(
            store.apply_retention(&rules(3), 60 * DAY).await.unwrap(),
            DeletedCounts::default(),
            "one reviewer, three times, is one"
        );
        assert_eq!(
            store.apply_retention(&rules(1), 60 * DAY).await.unwrap(),
            DeletedCounts::default(),
            "nor where there is only one"
        );
        store.discard(&request("b", 4), &[junk], 60 * DAY).await.unwrap();
        assert_eq!(store.apply_retention(&rules(3), 67 * DAY).await.unwrap(), DeletedCounts::default(), "the hour is not over");
        assert_eq!(
            store.apply_retention(&rules(3), 67 * DAY + HOUR).await.unwrap(),
            DeletedCounts { discarded: 1, ..DeletedCounts::default() }
        );
        assert_eq!((store.registration(junk).await.unwrap(), store.registration(other).await.unwrap().is_some()), (None, true));
        let log = log(store, junk).await;
        let log: Vec<(&str, &str)> = log.iter().map(|(reviewer, action)| (reviewer.as_str(), action.as_str())).collect();
        assert_eq!(log, [("a", "discard"), ("b", "discard"), ("", "delete_discarded")]);
        assert_eq!(store.status().await.unwrap().registrations, 1);
    }
}

#[tokio::test]
async fn a_file_that_was_ever_acknowledged_cannot_be_discarded() {
    for database in databases().await {
        let store = &database.store;
        let (one, two) = (register(store, 1, b"one", 0).await, register(store, 2, b"two", 0).await);
        let opened = |sha256| OpenedFile { sha256, delete_proof: [5; 32] };
        for (number, reviewer) in [(1, "a"), (2, "b")] {
            store.discard(&request(reviewer, number), &[one], 0).await.unwrap();
        }
        store.acknowledge(&request("c", 3), &[opened(one), opened(two)], DAY).await.unwrap();
        for (number, reviewer) in [(4, "a"), (5, "b")] {
            let outcomes = store.discard(&request(reviewer, number), &[one, two], DAY).await.unwrap().unwrap();
            assert_eq!(outcomes, [DiscardOutcome::Opened, DiscardOutcome::Opened]);
        }
        // A stolen key of the same reviewer that takes the acknowledgement back does not help either.
        for objection in [super::super::Objection::Object, super::super::Objection::Withdraw] {
            let number = 6 + u8::from(objection == super::super::Objection::Withdraw);
            store.object(&request("c", number), &[(one, objection)], DAY).await.unwrap();
        }
        assert_eq!(store.acknowledgements(one).await.unwrap(), 0);
        assert_eq!(store.discard(&request("a", 8), &[one], DAY).await.unwrap().unwrap(), [DiscardOutcome::Opened]);
        assert_eq!(store.apply_retention(&rules(3), 100 * DAY).await.unwrap(), DeletedCounts::default());
    }
}

#[tokio::test]
async fn a_discarded_file_that_is_sent_again_is_accepted() {
    for database in databases().await {
        let store = &database.store;
        let junk = register(store, 1, b"junk", 0).await;
        for (number, reviewer) in [(1, "a"), (2, "b")] {
            store.discard(&request(reviewer, number), &[junk], 0).await.unwrap();
        }
        assert_eq!(store.apply_retention(&rules(3), 8 * DAY).await.unwrap().discarded, 1);
        assert_eq!(register(store, 2, b"junk", 8 * DAY).await, junk);
        assert_eq!(store.deletions(&rules(3), junk..=junk).await.unwrap().len(), 0, "and nobody has said anything of it");
    }
}
