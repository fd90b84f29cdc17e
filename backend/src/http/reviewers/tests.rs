use amanat_shared::api::{
    ACKNOWLEDGEMENTS, AUDIT, Acknowledgement, Acknowledgements, AcknowledgementsResult, Listed, PACK, ProblemCode, REGISTRATIONS,
    hex,
};
use amanat_shared::audit::{Entry, Head};
use amanat_shared::pack::SignedPack;
use axum::http::{Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::testing::{PROOF, TestResponse, TestServer, access_key, request, sealed, token};

async fn acknowledge(server: &TestServer, seed: u8, all: &[([u8; 32], [u8; 32])]) -> TestResponse {
    let acknowledged =
        all.iter().map(|(sha256, proof)| Acknowledgement { sha256: hex(sha256), delete_proof: hex(proof) }).collect();
    let body = serde_json::to_vec(&Acknowledgements { acknowledged }).unwrap();
    let mut claims = server.claims("POST", ACKNOWLEDGEMENTS);
    claims.body_sha256 = hex(&Sha256::digest(&body));
    server.call(request(Method::POST, ACKNOWLEDGEMENTS, &[("authorization", &token(&access_key(seed), &claims))], body)).await
}

#[tokio::test]
async fn the_list_is_ordered_by_hash_and_paged() {
    let server = TestServer::new().await;
    let mut sent = Vec::new();
    for _ in 0..5 {
        sent.push(hex(&server.upload(&sealed(2, 1000)).await));
    }
    sent.sort();
    let mut seen: Vec<Listed> = Vec::new();
    loop {
        let after = seen.last().map_or_else(String::new, |last| format!("&after={}", last.sha256));
        let page = server.get_as_reviewer(&format!("{REGISTRATIONS}?limit=2{after}"), &[]).await;
        let page: Vec<Listed> = serde_json::from_slice(&page.body).unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen.iter().map(|one| one.sha256.clone()).collect::<Vec<_>>(), sent);
    assert!(seen.iter().all(|one| one.received == "2026-11-23T06:00Z"));
    assert_eq!(server.get_as_reviewer(&format!("{REGISTRATIONS}?after=x"), &[]).await.problem().code, ProblemCode::BadRequest);
}

#[tokio::test]
async fn a_file_is_fetched_whole_or_by_range_and_fetching_deletes_nothing() {
    let server = TestServer::new().await;
    let file = sealed(2, 700_000);
    let path = format!("{REGISTRATIONS}/{}", hex(&server.upload(&file).await));
    let whole = server.get_as_reviewer(&path, &[]).await;
    assert_eq!((whole.status, whole.header("content-length")), (StatusCode::OK, file.len().to_string().as_str()));
    assert!(whole.body == file);
    for (range, start, end) in [
        ("bytes=123456-", 123_456, file.len()),
        ("bytes=0-0", 0, 1),
        ("bytes=65535-65537", 65_535, 65_538),
        ("bytes=-10", file.len() - 10, file.len()),
        ("bytes=5-99999999", 5, file.len()),
    ] {
        let part = server.get_as_reviewer(&path, &[("range", range)]).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.header("content-range"), format!("bytes {start}-{}/{}", end - 1, file.len()));
        assert!(part.body == file[start..end], "{range}");
    }
    let beyond = server.get_as_reviewer(&path, &[("range", &format!("bytes={}-", file.len()))]).await;
    assert_eq!((beyond.status, beyond.problem().code), (StatusCode::RANGE_NOT_SATISFIABLE, ProblemCode::BadRequest));
    for range in ["bytes=9-3", "bytes=1-2,4-5", "lines=1-2", "bytes=x-"] {
        assert_eq!(server.get_as_reviewer(&path, &[("range", range)]).await.status, StatusCode::OK);
    }
    assert_eq!(server.get_as_reviewer(&path, &[("range", "bytes=5-"), ("if-range", "\"other\"")]).await.status, StatusCode::OK);
    assert_eq!(server.get_as_reviewer(&format!("{REGISTRATIONS}/{}", hex(&[0; 32])), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.table_rows().await["registrations"], 1);
}

#[tokio::test]
async fn only_a_reviewer_who_opened_a_file_can_acknowledge_it() {
    let server = TestServer::new().await;
    let sha256 = server.upload(&sealed(2, 1000)).await;
    let result = |answer: TestResponse| serde_json::from_slice::<AcknowledgementsResult>(&answer.body).unwrap();
    let wrong = result(acknowledge(&server, 1, &[(sha256, [8; 32]), ([1; 32], PROOF)]).await);
    assert_eq!((wrong.noted, wrong.wrong_proof, wrong.unknown), (vec![], vec![hex(&sha256)], vec![hex(&[1; 32])]));
    assert_eq!(server.store.status().await.unwrap().unacknowledged, 1);
    for seed in [1, 1, 2] {
        assert_eq!(result(acknowledge(&server, seed, &[(sha256, PROOF)]).await).noted, [hex(&sha256)]);
    }
    assert_eq!(server.store.acknowledgements(sha256).await.unwrap(), 2);
    assert_eq!((server.store.status().await.unwrap().unacknowledged, server.table_rows().await["registrations"]), (0, 1));
    assert_eq!(acknowledge(&server, 3, &[(sha256, PROOF)]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_body_that_the_token_does_not_name_is_refused() {
    let server = TestServer::new().await;
    let token = token(&access_key(1), &server.claims("POST", ACKNOWLEDGEMENTS));
    let sent =
        server.call(request(Method::POST, ACKNOWLEDGEMENTS, &[("authorization", &token)], b"{\"acknowledged\":[]}".to_vec())).await;
    assert_eq!(sent.problem().code, ProblemCode::Unauthorized);
}

#[tokio::test]
async fn the_pack_is_served_as_it_was_signed() {
    let server = TestServer::new().await;
    let pack: SignedPack = serde_json::from_slice(&server.get(PACK, &[]).await.body).unwrap();
    assert_eq!(pack, server.site.signed);
}

#[tokio::test]
async fn the_audit_log_is_for_reviewers_and_ends_with_the_request_for_it() {
    let server = TestServer::new().await;
    assert_eq!(server.get(AUDIT, &[]).await.status, StatusCode::UNAUTHORIZED);
    let page = async |query: &str| -> Vec<Entry> {
        serde_json::from_slice(&server.get_as_reviewer(&format!("{AUDIT}{query}"), &[]).await.body).unwrap()
    };
    assert_eq!(page("").await.len(), 1);
    server.get_as_reviewer(&format!("{REGISTRATIONS}/{}", "ab".repeat(32)), &[]).await;
    let rows = page("?after=1&limit=5").await;
    let told: Vec<_> = rows.iter().map(|row| (row.seq, row.action.as_str(), row.subject.len(), row.request.len())).collect();
    assert_eq!(told, [(2, "fetch", 64, 32), (3, "audit", 0, 32)], "what is asked for in vain is told, too");
    let mut head = Head::START;
    for entry in page("").await {
        head = head.follow(&entry).unwrap();
    }
    assert_eq!(head.seq, 4);
    assert_eq!((page("?after=1&limit=1").await[0].seq, page("?after=900").await.len()), (2, 0));
    for wrong in ["?after=-1", "?after=x", "?limit=1.5", "?until=1"] {
        assert_eq!(server.get_as_reviewer(&format!("{AUDIT}{wrong}"), &[]).await.problem().code, ProblemCode::BadRequest);
    }
    assert_eq!(server.store.audit_head().await.unwrap().seq, 6, "what is not answered with anything is not told");
}
