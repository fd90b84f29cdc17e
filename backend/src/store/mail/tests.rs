use sha2::{Digest, Sha256};

use super::super::tests::{arrival, databases, request};
use super::super::{Arrival, DeletionFate, OpenedFile, Upload, UploadId};
use super::*;

const HOUR: i64 = 3600;
/// A tick of a four-hour clock.
const SLOT: i64 = 490_000 * HOUR;
const NEXT: i64 = SLOT + 4 * HOUR;

impl Store {
    /// Returns the files of a reviewer's pending notices.
    pub(crate) async fn notices_of(&self, reviewer: &str) -> Result<Vec<[u8; 32]>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as("SELECT sha256 FROM notices WHERE reviewer = $1 ORDER BY sha256")
            .bind(reviewer)
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(|(sha256,)| array(sha256)).collect()
    }

    /// Records a refused mail to this reviewer.
    pub(crate) async fn mail_failed(&self, reviewer: &str, code: &str) -> Result<(), StoreError> {
        self.claim_mail(reviewer, holder(1), at(SLOT)).await?;
        let notification = self.claim_mail(reviewer, holder(1), MailContext { even_if_none: true, ..at(NEXT) }).await?.unwrap();
        self.mail_refused(reviewer, holder(1), &notification, code, NEXT).await
    }
}

/// Registers a file of one byte for these reviewers, and returns its SHA-256.
async fn register(store: &Store, number: u8, reviewers: &[&str]) -> [u8; 32] {
    let proof_sha256 = Some(Sha256::digest([number; 32]).into());
    let id = UploadId([number; 16]);
    let upload = Upload { length: 1, received: 0, proof_sha256, pack: None, sha256: None, hour: SLOT };
    let reviewers: Vec<String> = reviewers.iter().map(|&reviewer| reviewer.to_owned()).collect();
    store.create(id, &upload).await.unwrap();
    store.finish(id, 0, &[number], None, arrival(&reviewers, SLOT)).await.unwrap();
    Sha256::digest([number]).into()
}

/// Acknowledges the file with this number.
async fn open(store: &Store, number: u8, reviewer: &str) {
    let opened = OpenedFile { sha256: Sha256::digest([number]).into(), delete_proof: [number; 32] };
    store.acknowledge(&request(reviewer, number), &[opened], SLOT).await.unwrap().unwrap();
}

fn holder(number: u8) -> LeaseHolder {
    LeaseHolder([number; 16])
}

/// Returns the context of this time on a four-hour clock.
fn at(now: i64) -> MailContext<'static> {
    let slot = now - now.rem_euclid(4 * HOUR);
    MailContext { now, slot, first_of_day: slot % (24 * HOUR) == 0, even_if_none: false, expiring: 0, deletions: &[] }
}

/// Returns an empty mail.
fn nothing() -> Notification {
    Notification { slot: 0, files: 0, quarantined: 0, expiring: 0, deletions: Vec::new(), id: [0; 32], failures: 0 }
}

async fn claim(store: &Store, now: i64) -> Option<Notification> {
    store.claim_mail("a", holder(1), at(now)).await.unwrap()
}

#[tokio::test]
async fn a_new_reviewer_is_told_of_everything_at_the_next_slot() {
    for database in databases().await {
        let store = &database.store;
        let one = register(store, 1, &["a", "b"]).await;
        assert_eq!(claim(store, SLOT + 60).await, None);
        let two = register(store, 2, &["a"]).await;
        assert_eq!(claim(store, NEXT - 1).await, None);
        let notification = claim(store, NEXT).await.unwrap();
        let expected = Notification { slot: NEXT, files: 2, id: notification_id("a", NEXT, &[two, one]), ..nothing() };
        assert_eq!(notification, expected);
        assert_eq!(store.notices_waiting().await.unwrap(), [("a".to_owned(), 2), ("b".to_owned(), 1)], "not sent yet");
        store.mail_sent("a", &notification).await.unwrap();
        assert_eq!(store.notices_waiting().await.unwrap(), [("b".to_owned(), 1)]);
        assert_eq!(claim(store, NEXT + 1).await, None, "one mail for each slot");
        let state = &store.mail_states().await.unwrap()[0];
        assert_eq!((state.done, state.slot, state.due_at(at(NEXT + 1), NEXT + 4 * HOUR)), (NEXT, None, NEXT + 4 * HOUR));
    }
}

#[tokio::test]
async fn a_slot_without_notices_is_done_and_later_notices_wait() {
    for database in databases().await {
        let store = &database.store;
        assert_eq!(claim(store, SLOT).await, None);
        assert_eq!(claim(store, NEXT).await, None);
        register(store, 1, &["a"]).await;
        for minute in 0..240 {
            assert_eq!(claim(store, NEXT + minute * 60).await, None);
        }
        assert_eq!(claim(store, NEXT + 4 * HOUR).await.unwrap().files, 1);
    }
}

#[tokio::test]
async fn a_mail_goes_out_without_notices_if_configured() {
    for database in databases().await {
        let store = &database.store;
        let even = |now: i64| MailContext { even_if_none: true, ..at(now) };
        assert_eq!(store.claim_mail("a", holder(1), even(SLOT)).await.unwrap(), None);
        let notification = store.claim_mail("a", holder(1), even(NEXT)).await.unwrap().unwrap();
        assert_eq!((notification.files, notification.id), (0, notification_id("a", NEXT, &[])));
        store.mail_delayed("a", holder(1), &notification, "smtp 451", NEXT + 60).await.unwrap();
        let again = store.claim_mail("a", holder(1), even(NEXT + 60)).await.unwrap().unwrap();
        assert_eq!(again, Notification { failures: 1, ..notification });
        store.mail_sent("a", &again).await.unwrap();
        assert_eq!(store.claim_mail("a", holder(1), even(NEXT + 61)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn expiring_files_are_announced_with_new_ones_and_otherwise_once_a_day() {
    for database in databases().await {
        let store = &database.store;
        let losing = async |now, expiring| store.claim_mail("a", holder(1), MailContext { expiring, ..at(now) }).await.unwrap();
        let midnight = SLOT - SLOT % (24 * HOUR);
        assert_eq!(losing(midnight, 3).await, None, "new here");
        for slot in 1..6 {
            assert_eq!(losing(midnight + slot * 4 * HOUR, 3).await, None);
        }
        let reminder = losing(midnight + 24 * HOUR, 3).await.unwrap();
        assert_eq!((reminder.files, reminder.expiring), (0, 3));
        store.mail_delayed("a", holder(1), &reminder, "smtp 451", midnight + 25 * HOUR).await.unwrap();
        let again = losing(midnight + 25 * HOUR, 2).await.unwrap();
        assert_eq!(again, Notification { failures: 1, ..reminder }, "the same, whatever happened meanwhile");
        store.mail_sent("a", &again).await.unwrap();
        register(store, 1, &["a"]).await;
        let new = losing(midnight + 28 * HOUR, 2).await.unwrap();
        assert_eq!((new.files, new.expiring), (1, 2));
        store.mail_sent("a", &new).await.unwrap();
        assert_eq!(losing(midnight + 48 * HOUR, 0).await, None);
    }
}

#[tokio::test]
async fn a_delayed_mail_stays_the_same_and_later_notices_wait() {
    for database in databases().await {
        let store = &database.store;
        claim(store, SLOT).await;
        let one = register(store, 1, &["a"]).await;
        let notification = claim(store, NEXT).await.unwrap();
        store.mail_delayed("a", holder(1), &notification, "smtp 451", NEXT + 60).await.unwrap();
        assert_eq!(store.mail_failures().await.unwrap(), [("a".to_owned(), "smtp 451".to_owned())]);
        assert_eq!(store.mail_states().await.unwrap()[0].due_at(at(NEXT), NEXT + 4 * HOUR), NEXT + 60);
        let two = register(store, 2, &["a"]).await;
        assert_eq!(claim(store, NEXT + 59).await, None);
        let again = claim(store, NEXT + 60).await.unwrap();
        assert_eq!(again, Notification { failures: 1, ..notification });
        assert_eq!(again.id, notification_id("a", NEXT, &[one]));
        // The clock has ticked twice meanwhile.
        let late = NEXT + 9 * HOUR;
        store.mail_delayed("a", holder(1), &again, "connection", late).await.unwrap();
        let again = claim(store, late).await.unwrap();
        assert_eq!((again.slot, again.failures), (NEXT, 2));
        store.mail_sent("a", &again).await.unwrap();
        assert!(store.mail_failures().await.unwrap().is_empty());
        // Only the last of the missed slots is caught up.
        let next = claim(store, late).await.unwrap();
        assert_eq!((next.slot, next.id), (NEXT + 8 * HOUR, notification_id("a", NEXT + 8 * HOUR, &[two])));
        store.mail_sent("a", &next).await.unwrap();
        assert_eq!(claim(store, late).await, None);
        assert!(store.notices_waiting().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn notices_of_a_refused_mail_join_the_next_slot() {
    for database in databases().await {
        let store = &database.store;
        claim(store, SLOT).await;
        let one = register(store, 1, &["a"]).await;
        let notification = claim(store, NEXT).await.unwrap();
        store.mail_refused("a", holder(1), &notification, "smtp 550", NEXT).await.unwrap();
        let two = register(store, 2, &["a"]).await;
        assert_eq!(claim(store, NEXT + 4 * HOUR - 1).await, None);
        assert_eq!(store.status().await.unwrap().last_mail_error.as_deref(), Some("smtp 550"));
        assert_eq!(store.notices_waiting().await.unwrap(), [("a".to_owned(), 2)]);
        let next = claim(store, NEXT + 4 * HOUR).await.unwrap();
        assert_eq!((next.files, next.failures, next.id), (2, 0, notification_id("a", NEXT + 4 * HOUR, &[one, two])));
        store.mail_sent("a", &next).await.unwrap();
        assert!(store.mail_failures().await.unwrap().is_empty() && store.notices_waiting().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_mail_belongs_to_one_server_until_its_lease_ends() {
    for database in databases().await {
        let store = &database.store;
        claim(store, SLOT).await;
        register(store, 1, &["a"]).await;
        let notification = claim(store, NEXT).await.unwrap();
        register(store, 2, &["a"]).await;
        let other = async |now| store.claim_mail("a", holder(2), at(now)).await.unwrap();
        assert_eq!(other(NEXT).await, None);
        assert_eq!(other(NEXT + LEASE_SECS - 1).await, None);
        assert_eq!(claim(store, NEXT + 1).await, None, "not even the same server begins twice");
        assert_eq!(store.mail_states().await.unwrap()[0].due_at(at(NEXT), NEXT + 4 * HOUR), NEXT + LEASE_SECS);
        assert_eq!(other(NEXT + LEASE_SECS).await.as_ref(), Some(&notification));
        // The first server was only slow. Its failure does not affect the other's attempt, but its success does.
        store.mail_delayed("a", holder(1), &notification, "timeout", NEXT + 1).await.unwrap();
        store.mail_refused("a", holder(1), &notification, "smtp 550", NEXT).await.unwrap();
        let state = &store.mail_states().await.unwrap()[0];
        assert_eq!((state.code.as_str(), state.slot, state.held_until), ("", Some(NEXT), NEXT + 2 * LEASE_SECS));
        store.mail_sent("a", &notification).await.unwrap();
        store.mail_sent("a", &notification).await.unwrap();
        assert_eq!(store.notices_waiting().await.unwrap(), [("a".to_owned(), 1)]);
        assert_eq!(other(NEXT + 4 * HOUR).await.unwrap().files, 1);
    }
}

#[tokio::test]
async fn one_of_many_concurrent_servers_claims_the_mail() {
    for database in databases().await {
        claim(&database.store, SLOT).await;
        register(&database.store, 1, &["a"]).await;
        let claims: Vec<_> = (0..8)
            .map(|number| {
                let store = database.store.clone();
                tokio::spawn(async move { store.claim_mail("a", holder(number), at(NEXT)).await.unwrap() })
            })
            .collect();
        let mut claimed = 0;
        for claim in claims {
            claimed += usize::from(claim.await.unwrap().is_some());
        }
        assert_eq!(claimed, 1);
    }
}

#[tokio::test]
async fn acknowledgements_change_no_mail_but_cancel_an_empty_one() {
    for database in databases().await {
        let store = &database.store;
        claim(store, SLOT).await;
        for number in [1, 2] {
            register(store, number, &["a"]).await;
        }
        let notification = claim(store, NEXT).await.unwrap();
        store.mail_delayed("a", holder(1), &notification, "smtp 451", NEXT + 60).await.unwrap();
        open(store, 1, "a").await;
        let again = claim(store, NEXT + 60).await.unwrap();
        assert_eq!(again, Notification { failures: 1, ..notification });
        store.mail_delayed("a", holder(1), &again, "smtp 451", NEXT + 180).await.unwrap();
        open(store, 2, "a").await;
        register(store, 3, &["a"]).await;
        assert_eq!(claim(store, NEXT + 180).await, None, "what came after the slot waits for the next");
        let next = claim(store, NEXT + 4 * HOUR).await.unwrap();
        store.mail_delayed("a", holder(1), &next, "smtp 451", NEXT + 5 * HOUR).await.unwrap();
        open(store, 3, "a").await;
        let four = register(store, 4, &["a"]).await;
        let last = claim(store, NEXT + 8 * HOUR).await.unwrap();
        assert_eq!(last.id, notification_id("a", NEXT + 8 * HOUR, &[four]), "that slot went by meanwhile");
    }
}

#[tokio::test]
async fn times_of_a_wrong_clock_delay_no_mail() {
    const YEARS: i64 = 8760 * 4 * HOUR;
    for database in databases().await {
        let store = &database.store;
        claim(store, SLOT + YEARS).await;
        register(store, 1, &["a"]).await;
        let state = async || store.mail_states().await.unwrap().remove(0);
        assert!(state().await.due_at(at(SLOT + 60), NEXT) <= SLOT + 60);
        assert_eq!(claim(store, SLOT + 60).await, None);
        assert_eq!(state().await.due_at(at(SLOT + 60), NEXT), NEXT);
        // These are a lease and a retry of the future.
        let notification = claim(store, SLOT + 2 * YEARS).await.unwrap();
        assert!(state().await.due_at(at(NEXT), NEXT + 4 * HOUR) <= NEXT);
        assert_eq!(claim(store, NEXT).await.as_ref(), Some(&notification));
        store.mail_delayed("a", holder(1), &notification, "smtp 451", SLOT + 2 * YEARS + 60).await.unwrap();
        assert!(state().await.due_at(at(NEXT), NEXT + 4 * HOUR) <= NEXT);
        assert_eq!(claim(store, NEXT).await, Some(Notification { failures: 1, ..notification.clone() }));
        store.mail_sent("a", &notification).await.unwrap();
        assert!(store.notices_waiting().await.unwrap().is_empty());
        register(store, 2, &["a"]).await;
        assert_eq!(claim(store, NEXT).await, None);
        assert_eq!(claim(store, NEXT + 4 * HOUR).await.unwrap().files, 1);
    }
}

#[tokio::test]
async fn servers_whose_clocks_differ_by_seconds_do_not_send_twice() {
    for database in databases().await {
        let store = &database.store;
        claim(store, SLOT).await;
        register(store, 1, &["a"]).await;
        let notification = claim(store, NEXT).await.unwrap();
        let behind = async |now| store.claim_mail("a", holder(2), at(now)).await.unwrap();
        assert_eq!(behind(NEXT - 20).await, None, "held by one that is ahead");
        store.mail_sent("a", &notification).await.unwrap();
        register(store, 2, &["a"]).await;
        for now in [NEXT - 10, NEXT, NEXT + 10] {
            assert_eq!(behind(now).await, None, "that slot is over");
        }
    }
}

#[tokio::test]
async fn a_mail_says_how_many_of_its_files_are_in_quarantine() {
    for database in databases().await {
        let store = &database.store;
        claim(store, SLOT).await;
        let reviewers = ["a".to_owned()];
        for number in 1..=3 {
            let upload = Upload { length: 1, received: 0, proof_sha256: Some([0; 32]), pack: None, sha256: None, hour: SLOT };
            let arrival = Arrival { registrations_per_hour: 1, ..arrival(&reviewers, SLOT) };
            store.register(UploadId([number; 16]), &upload, &[number], arrival).await.unwrap();
        }
        let notification = claim(store, NEXT).await.unwrap();
        assert_eq!((notification.files, notification.quarantined), (3, 2));
        store.mail_delayed("a", holder(1), &notification, "smtp 451", NEXT + 60).await.unwrap();
        assert_eq!(claim(store, NEXT + 60).await.unwrap().quarantined, 2);
    }
}

#[tokio::test]
async fn a_deletion_is_announced_at_the_next_slot_once_with_whatever_else_is_said_and_again_when_it_is_near() {
    for database in databases().await {
        let store = &database.store;
        let day = i32::try_from(NEXT / (24 * HOUR)).unwrap() + 7;
        let planned = |files| {
            vec![AnnouncedDeletion { fate: DeletionFate::Acknowledged(day), by: vec!["a".to_owned(), "b".to_owned()], files }]
        };
        let context = async |now, deletions: &[AnnouncedDeletion]| {
            store.claim_mail("a", holder(1), MailContext { deletions, ..at(now) }).await.unwrap()
        };
        assert_eq!(context(SLOT, &planned(1)).await, None, "new here");
        let notification = context(NEXT, &planned(2)).await.unwrap();
        assert_eq!((notification.files, &notification.deletions), (0, &planned(2)));
        // The mail stays the same until it is sent, whatever is decided meanwhile.
        store.mail_delayed("a", holder(1), &notification, "smtp 451", NEXT + 60).await.unwrap();
        let again = context(NEXT + 60, &planned(5)).await.unwrap();
        assert_eq!(again, Notification { failures: 1, ..notification });
        store.mail_sent("a", &again).await.unwrap();
        let later = NEXT + 4 * HOUR;
        assert_eq!(context(later, &planned(2)).await, None, "said");
        // Notices between two slots are announced with it.
        register(store, 1, &["a"]).await;
        let with_files = context(later + 4 * HOUR, &planned(2)).await.unwrap();
        assert_eq!((with_files.files, &with_files.deletions), (1, &planned(2)));
        // A refused mail has told nobody.
        store.mail_refused("a", holder(1), &with_files, "smtp 550", later + 4 * HOUR).await.unwrap();
        open(store, 1, "a").await;
        let refused = context(later + 8 * HOUR, &planned(2)).await.unwrap();
        store.mail_sent("a", &refused).await.unwrap();
        let before = i64::from(day) * 24 * HOUR - 24 * HOUR;
        let near = context(before, &planned(2)).await.unwrap();
        assert_eq!((near.files, &near.deletions), (0, &planned(2)), "the first slot of the day before");
        store.mail_sent("a", &near).await.unwrap();
        assert_eq!(context(before + 4 * HOUR, &planned(2)).await, None);
        assert_eq!(context(before + 8 * HOUR, &planned(3)).await.unwrap().deletions, planned(3), "one more");
    }
}
