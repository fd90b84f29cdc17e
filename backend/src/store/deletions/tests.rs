use super::super::Objection;
use super::*;
use crate::config::RetentionSettings;
use crate::store::OpenedFile;
use crate::store::tests::{databases, register, request};

fn rules() -> RetentionRules {
    RetentionSettings::default().rules(3)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test]
async fn announced_deletions_happen_on_the_announced_day() {
    for database in databases().await {
        let store = &database.store;
        let mut files = Vec::new();
        for number in 1..=7 {
            files.push(register(store, number, &[number], 0).await);
        }
        let opened = |number: usize| OpenedFile { sha256: files[number], delete_proof: [5; 32] };
        // Two files are acknowledged by two reviewers and one by one. Two are discarded by two reviewers, one of these with an
        // objection, and one by one.
        store.acknowledge(&request("b", 1), &[opened(0), opened(1), opened(2)], DAY_SECS).await.unwrap();
        store.acknowledge(&request("a", 2), &[opened(0), opened(1)], 2 * DAY_SECS).await.unwrap();
        store.discard(&request("c", 3), &files[3..6], 0).await.unwrap();
        store.discard(&request("a", 4), &files[3..5], 3 * DAY_SECS).await.unwrap();
        store.object(&request("b", 5), &[(files[3], Objection::Object)], 3 * DAY_SECS).await.unwrap();

        let announced = store.announced(&rules()).await.unwrap();
        let acknowledged = AnnouncedDeletion { fate: DeletionFate::Acknowledged(9), by: names(&["a", "b"]), files: 2 };
        let discarded = AnnouncedDeletion { fate: DeletionFate::Discarded(10), by: names(&["a", "c"]), files: 1 };
        let kept = AnnouncedDeletion { fate: DeletionFate::Kept, by: names(&["b"]), files: 1 };
        assert_eq!(announced, [acknowledged, discarded, kept]);
        assert_eq!(
            store
                .announced(&RetentionSettings { acknowledgements: Some(3), ..RetentionSettings::default() }.rules(3))
                .await
                .unwrap(),
            []
        );

        let all = store.deletions(&rules(), ALL).await.unwrap();
        assert_eq!(all.len(), 6);
        assert_eq!((all[&files[0]].due, &all[&files[0]].acknowledged), (Some(9 * DAY_SECS + HOUR_SECS), &names(&["b", "a"])));
        assert_eq!((all[&files[2]].due, all[&files[2]].wanted), (None, false), "one of three deletes nothing");
        assert_eq!((all[&files[5]].due, &all[&files[5]].discarded), (None, &names(&["c"])));
        let one = store.deletions(&rules(), files[0]..=files[0]).await.unwrap();
        assert_eq!(one.into_keys().collect::<Vec<_>>(), [files[0]]);

        for (sha256, deletion) in all {
            let Some(due) = deletion.due else { continue };
            store.apply_retention(&rules(), due - HOUR_SECS).await.unwrap();
            if due == 10 * DAY_SECS + HOUR_SECS {
                assert!(store.registration(sha256).await.unwrap().is_some(), "not an hour before");
            }
        }
        store.apply_retention(&rules(), 100 * DAY_SECS).await.unwrap();
        assert_eq!(store.status().await.unwrap().registrations, 4);
    }
}

#[test]
fn each_announcement_is_one_line() {
    let line = |fate, by: &[&str], files| AnnouncedDeletion { fate, by: names(by), files }.to_string();
    assert_eq!(line(DeletionFate::Acknowledged(0), &["a", "b"], 2), "2 files will be deleted on 1970-01-01: acknowledged by a, b.");
    assert_eq!(
        line(DeletionFate::Discarded(1), &["a", "b"], 1),
        "1 file will be deleted on 1970-01-02: opens for nobody, as a, b say."
    );
    assert_eq!(line(DeletionFate::Kept, &["a"], 1), "1 file will not be deleted: a objects to its deletion.");
    assert_eq!(line(DeletionFate::Kept, &["a", "b"], 3), "3 files will not be deleted: a, b object to their deletion.");
    assert_eq!(line(DeletionFate::Kept, &["a\r\nTo: b"], 1).lines().count(), 1);
}

#[test]
fn deletions_are_announced_once_and_again_when_they_are_near() {
    let one = |files, day| vec![AnnouncedDeletion { fate: DeletionFate::Acknowledged(day), by: names(&["a"]), files }];
    let at = 100 * DAY_SECS;
    assert!(needs_announcement(&one(1, 107), &[], at, false), "new");
    assert!(!needs_announcement(&one(1, 107), &one(1, 107), at, true), "said, and far");
    assert!(!needs_announcement(&one(1, 107), &one(2, 107), at, false), "fewer");
    assert!(needs_announcement(&one(3, 107), &one(2, 107), at, false), "more");
    assert!(needs_announcement(&one(2, 108), &one(2, 107), at, false), "another day");
    assert!(
        needs_announcement(&one(1, 102), &one(1, 102), at, true) && !needs_announcement(&one(1, 102), &one(1, 102), at, false),
        "near: once a day"
    );
    assert!(!needs_announcement(&[], &one(2, 107), at, true));
}
