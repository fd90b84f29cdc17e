use crate::store::tests::databases;

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
