use super::super::tests::{arrival, databases, id, upload};
use super::super::{UnfinishedUpload, Upload};

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

        // The third goes on after it was looked at, and the fourth was never unfinished.
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
        // More bytes than one transaction deletes.
        for number in 0..3 {
            store.append(ids(number), 0, &vec![7; 9 << 20], None, 0).await.unwrap();
        }
        let unfinished = store.unfinished().await.unwrap();
        assert_eq!((unfinished.len(), store.evict(&unfinished).await.unwrap().len()), (600, 600));
        assert_eq!(store.unfinished().await.unwrap(), []);
        assert_eq!(store.chunk(ids(0), 0).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_challenge_is_answered_once_even_concurrently() {
    for database in databases().await {
        let answers: Vec<_> = (0..40_u8)
            .map(|number| {
                let store = database.store.clone();
                tokio::spawn(async move { store.answer_once([number % 10; 16], 100).await.unwrap() })
            })
            .collect();
        let mut fresh = 0;
        for answer in answers {
            fresh += u32::from(answer.await.unwrap());
        }
        assert_eq!(fresh, 10);
        database.store.prune_challenges(101).await.unwrap();
        assert!(database.store.answer_once([0; 16], 200).await.unwrap());
    }
}

#[tokio::test]
async fn the_first_key_of_a_purpose_stays() {
    for database in databases().await {
        assert_eq!(database.store.shared_key("a", [1; 32]).await.unwrap(), [1; 32]);
        assert_eq!(database.store.shared_key("a", [2; 32]).await.unwrap(), [1; 32]);
        assert_eq!(database.store.shared_key("b", [2; 32]).await.unwrap(), [2; 32]);
    }
}
