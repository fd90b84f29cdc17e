//! Deletion by the server's maintenance.

use std::time::Duration;

use amanat_shared::api::{ACKNOWLEDGEMENTS, REGISTRATIONS, hex};
use axum::http::{Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::http::ServerState;
use crate::server::maintain;
use crate::store::{self, OpenedFile};
use crate::testing::{PROOF, TestServer, access_key, request, sealed, token};

/// Returns the reviewers and actions of the audit log, in order.
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
    // A holder of the access key alone has to guess the proof.
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
