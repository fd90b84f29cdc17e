//! What is deleted and what is not, and the log of it.

use std::time::Duration;

use amanat_shared::api::{ACKNOWLEDGEMENTS, AUDIT, ProblemCode, REGISTRATIONS, hex};
use amanat_shared::audit::{Entry, Head};
use axum::http::{Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::http::ServerState;
use crate::server::prune_once;
use crate::store::{self, Opened};
use crate::testing::{PROOF, World, access_key, request, sealed, token};

/// What the log says was done, in order.
async fn told(world: &World) -> Vec<(String, String)> {
    world.store.audit(0, 1000).await.unwrap().into_iter().map(|row| (row.reviewer, row.action)).collect()
}

#[tokio::test]
async fn a_pull_alone_or_a_stolen_access_key_deletes_nothing() {
    let world = World::new().await;
    let state = ServerState::new(world.site.clone(), world.store.clone(), world.clock.clone());
    let sha256 = hex(&world.send(&sealed(2, 1000)).await);
    world.review(REGISTRATIONS, &[]).await;
    world.review(&format!("{REGISTRATIONS}/{sha256}"), &[]).await;
    // Whoever has the key alone has to guess the proof.
    let body = format!(r#"{{"acknowledged":[{{"sha256":"{sha256}","delete_proof":"{}"}}]}}"#, "00".repeat(32)).into_bytes();
    let mut claims = world.claims("POST", ACKNOWLEDGEMENTS);
    claims.body_sha256 = hex(&Sha256::digest(&body));
    let token = token(&access_key(1), &claims);
    assert_eq!(world.ask(request(Method::POST, ACKNOWLEDGEMENTS, &[("authorization", &token)], body)).await.status, StatusCode::OK);
    world.clock.advance(Duration::from_hours(30 * 24));
    prune_once(&state).await.unwrap();
    assert_eq!((world.rows().await["registrations"], world.rows().await["notices"]), (1, 2));
    assert_eq!(told(&world).await, ["list", "fetch", "attempt"].map(|action| ("reviewer-1".to_owned(), action.to_owned())));
}

#[tokio::test]
async fn a_clock_that_the_pack_contradicts_deletes_nothing() {
    let world = World::new().await;
    let sha256 = world.send(&sealed(2, 1000)).await;
    let acknowledged = [Opened { sha256, delete_proof: PROOF }];
    let by = store::Request { reviewer: "reviewer-1".to_owned(), jti: [1; 16], expires: 1 };
    world.store.acknowledge(&by, &acknowledged, world.clock.hour()).await.unwrap();
    let at = async |days: u64| {
        let clock = Clock::standing_at(world.clock.unix_secs());
        clock.advance(Duration::from_hours(days * 24));
        prune_once(&ServerState::new(world.site.clone(), world.store.clone(), clock)).await.unwrap();
        world.rows().await["registrations"]
    };
    // The pack's last day is seven days away.
    assert_eq!((at(7 + 31).await, at(2000).await, at(7).await), (1, 1, 1));
    assert_eq!(at(8).await, 0);
    assert_eq!(world.rows().await["chunks"], 0);
}

#[tokio::test]
async fn the_log_is_for_reviewers_and_its_last_page_ends_with_the_request_for_it() {
    let world = World::new().await;
    assert_eq!(world.get(AUDIT, &[]).await.status, StatusCode::UNAUTHORIZED);
    let page = async |query: &str| -> Vec<Entry> {
        serde_json::from_slice(&world.review(&format!("{AUDIT}{query}"), &[]).await.body).unwrap()
    };
    assert_eq!(page("").await.len(), 1);
    world.review(&format!("{REGISTRATIONS}/{}", "ab".repeat(32)), &[]).await;
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
        assert_eq!(world.review(&format!("{AUDIT}{wrong}"), &[]).await.problem().code, ProblemCode::BadRequest);
    }
    assert_eq!(world.store.audit_head().await.unwrap().seq, 6, "what is not answered with anything is not told");
}
