//! What is deleted and what is not, and the log of it.

use std::time::Duration;

use amanat_shared::api::{ACKNOWLEDGEMENTS, AUDIT, ProblemCode, REGISTRATIONS, hex};
use amanat_shared::audit::{Entry, Head};
use axum::http::{Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::http::ServerState;
use crate::server::maintain;
use crate::store::{self, OpenedFile};
use crate::testing::{PROOF, TestServer, access_key, request, sealed, token};

/// What the log says was done, in order.
async fn told(server: &TestServer) -> Vec<(String, String)> {
    server.store.audit(0, 1000).await.unwrap().into_iter().map(|row| (row.reviewer, row.action)).collect()
}

#[tokio::test]
async fn a_pull_alone_or_a_stolen_access_key_deletes_nothing() {
    let server = TestServer::new().await;
    let state = ServerState::new(server.site.clone(), server.store.clone(), server.clock.clone());
    let sha256 = hex(&server.upload(&sealed(2, 1000)).await);
    server.get_as_reviewer(REGISTRATIONS, &[]).await;
    server.get_as_reviewer(&format!("{REGISTRATIONS}/{sha256}"), &[]).await;
    // Whoever has the key alone has to guess the proof.
    let body = format!(r#"{{"acknowledged":[{{"sha256":"{sha256}","delete_proof":"{}"}}]}}"#, "00".repeat(32)).into_bytes();
    let mut claims = server.claims("POST", ACKNOWLEDGEMENTS);
    claims.body_sha256 = hex(&Sha256::digest(&body));
    let token = token(&access_key(1), &claims);
    assert_eq!(
        server.call(request(Method::POST, ACKNOWLEDGEMENTS, &[("authorization", &token)], body)).await.status,
        StatusCode::OK
    );
    server.clock.advance(Duration::from_hours(30 * 24));
    maintain(&state).await.unwrap();
    assert_eq!((server.table_rows().await["registrations"], server.table_rows().await["notices"]), (1, 2));
    assert_eq!(told(&server).await, ["list", "fetch", "attempt"].map(|action| ("reviewer-1".to_owned(), action.to_owned())));
}

#[tokio::test]
async fn nothing_is_deleted_by_a_clock_that_the_pack_contradicts() {
    let server = TestServer::new().await;
    let sha256 = server.upload(&sealed(2, 1000)).await;
    let acknowledged = [OpenedFile { sha256, delete_proof: PROOF }];
    let by = store::ReviewerRequest { reviewer: "reviewer-1".to_owned(), jti: [1; 16], expires: 1 };
    server.store.acknowledge(&by, &acknowledged, server.clock.hour()).await.unwrap();
    let at = async |days: u64| {
        let clock = Clock::standing_at(server.clock.unix_secs());
        clock.advance(Duration::from_hours(days * 24));
        maintain(&ServerState::new(server.site.clone(), server.store.clone(), clock)).await.unwrap();
        server.table_rows().await["registrations"]
    };
    // The pack's last day is seven days away.
    assert_eq!((at(7 + 31).await, at(2000).await, at(7).await), (1, 1, 1));
    assert_eq!(at(8).await, 0);
    assert_eq!(server.table_rows().await["chunks"], 0);
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
