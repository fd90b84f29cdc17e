use std::sync::Arc;

use super::super::tests::{arrival, databases, id, upload};
use super::super::{Arrival, StoreError, UploadOutcome};

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
        // All permits are held until every step is queued.
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
        // The database refuses the second upload of this id, and with it the whole batch.
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
