use sha2::{Digest, Sha256};

use super::super::Upload;
use super::super::tests::{arrival, databases, id, request, upload};
use super::*;

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
