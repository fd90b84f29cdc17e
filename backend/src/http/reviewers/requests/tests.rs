use std::time::Duration;

use amanat_shared::api::{ACKNOWLEDGEMENTS, AUDIT, Acknowledgement, Acknowledgements, Listed, ProblemCode, REGISTRATIONS, hex};
use amanat_shared::audit::Entry;
use amanat_shared::pack::AccessKey;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::*;
use crate::config::RetentionSettings;
use crate::store::tests::databases;
use crate::testing::{PROOF, TestResponse, TestServer, access_key, request, sealed, site, token};

const DAY: Duration = Duration::from_hours(24);

/// Starts a server on each database, with this many reviewers and a low quarantine threshold.
async fn servers(count: u8) -> Vec<TestServer> {
    let mut servers = Vec::new();
    for database in databases().await {
        let mut site = site();
        site.pack.access_keys = (1..=count)
            .map(|seed| AccessKey {
                name: format!("reviewer-{seed}"),
                key: URL_SAFE_NO_PAD.encode(access_key(seed).verifying_key().as_bytes()),
            })
            .collect();
        site.retention = RetentionSettings::default().rules(distinct_reviewers(&site.pack));
        site.limits.registrations_per_hour = 2.try_into().unwrap();
        servers.push(TestServer::on_database(site, database));
    }
    servers
}

async fn post(server: &TestServer, seed: u8, path: &str, body: Vec<u8>) -> TestResponse {
    let mut claims = server.claims("POST", path);
    claims.body_sha256 = hex(&Sha256::digest(&body));
    server.call(request(Method::POST, path, &[("authorization", &token(&access_key(seed), &claims))], body)).await
}

async fn send<T: DeserializeOwned>(server: &TestServer, seed: u8, path: &str, body: &impl Serialize) -> T {
    let answer = post(server, seed, path, serde_json::to_vec(body).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}

async fn discard(server: &TestServer, seed: u8, file: [u8; 32]) -> DiscardsResult {
    send(server, seed, DISCARDS, &Discards { discarded: vec![hex(&file)] }).await
}

async fn acknowledge(server: &TestServer, seed: u8, file: [u8; 32]) {
    let acknowledged = vec![Acknowledgement { sha256: hex(&file), delete_proof: hex(&PROOF) }];
    let _: serde_json::Value = send(server, seed, ACKNOWLEDGEMENTS, &Acknowledgements { acknowledged }).await;
}

/// Returns the list's entry of a file, or `None` once it is gone.
async fn listed(server: &TestServer, file: [u8; 32]) -> Option<Listed> {
    let all: Vec<Listed> = serde_json::from_slice(&server.get_as_reviewer(REGISTRATIONS, &[]).await.body).unwrap();
    all.into_iter().find(|one| one.sha256 == hex(&file))
}

/// Moves the clock by this many days and applies the retention rules.
async fn pass(server: &TestServer, days: u32) {
    server.clock.advance(DAY * days);
    server.store.apply_retention(&server.site.retention, server.clock.hour()).await.unwrap();
}

async fn log_of(server: &TestServer, file: [u8; 32]) -> Vec<(String, String)> {
    let entries: Vec<Entry> =
        serde_json::from_slice(&server.get_as_reviewer(&format!("{AUDIT}?limit=1000"), &[]).await.body).unwrap();
    entries.into_iter().filter(|entry| entry.subject == hex(&file)).map(|entry| (entry.reviewer, entry.action)).collect()
}

#[tokio::test]
async fn one_acknowledgement_of_three_reviewers_deletes_nothing_and_a_second_one_does() {
    for server in servers(3).await {
        let file = server.upload(&sealed(2, 1000)).await;
        acknowledge(&server, 1, file).await;
        pass(&server, 60).await;
        let one = listed(&server, file).await.unwrap().deletion.unwrap();
        assert_eq!((one.due, one.acknowledged), (None, vec!["reviewer-1".to_owned()]));
        acknowledge(&server, 3, file).await;
        let two = listed(&server, file).await.unwrap().deletion.unwrap();
        assert_eq!((two.due.as_deref(), two.acknowledged.len()), (Some("2027-01-29T07:00Z"), 2));
        pass(&server, 7).await;
        assert!(listed(&server, file).await.is_some());
        pass(&server, 1).await;
        assert_eq!(listed(&server, file).await, None);
    }
}

#[tokio::test]
async fn junk_is_deleted_when_two_reviewers_discard_it_and_not_when_one_does_twice() {
    for server in servers(3).await {
        let junk = server.upload(&sealed(2, 1000)).await;
        let first = discard(&server, 2, junk).await;
        assert_eq!((first.noted, first.needed, first.reviewers), (vec![hex(&junk)], 2, 3));
        assert_eq!(discard(&server, 2, junk).await.noted, [hex(&junk)]);
        assert_eq!(discard(&server, 2, [7; 32]).await.unknown, [hex(&[7; 32])]);
        pass(&server, 100).await;
        let one = listed(&server, junk).await.unwrap().deletion.unwrap();
        assert_eq!((one.due, one.discarded), (None, vec!["reviewer-2".to_owned()]));
        discard(&server, 3, junk).await;
        assert!(listed(&server, junk).await.unwrap().deletion.unwrap().due.is_some());
        pass(&server, 8).await;
        assert_eq!(listed(&server, junk).await, None);
        let log = log_of(&server, junk).await;
        let log: Vec<(&str, &str)> = log.iter().map(|(reviewer, action)| (reviewer.as_str(), action.as_str())).collect();
        assert_eq!(log, [("reviewer-2", "discard"), ("reviewer-3", "discard"), ("", "delete_discarded")]);
    }
}

#[tokio::test]
async fn a_single_reviewer_cannot_discard_and_the_answer_says_so() {
    for server in servers(1).await {
        let junk = server.upload(&sealed(2, 1000)).await;
        let result = discard(&server, 1, junk).await;
        assert_eq!((result.noted.len(), result.needed, result.reviewers), (1, 2, 1));
        pass(&server, 179).await;
        assert!(listed(&server, junk).await.is_some());
        pass(&server, 2).await;
        assert_eq!(listed(&server, junk).await, None);
    }
}

#[tokio::test]
async fn an_objection_keeps_a_file_and_only_its_reviewer_can_withdraw_it() {
    for server in servers(3).await {
        let file = server.upload(&sealed(2, 1000)).await;
        for seed in [1, 2] {
            acknowledge(&server, seed, file).await;
        }
        let objection = Objections { objected: vec![hex(&file), hex(&[7; 32])], withdrawn: vec![] };
        let result: ObjectionsResult = send(&server, 3, OBJECTIONS, &objection).await;
        assert_eq!((result.noted, result.unknown), (vec![hex(&file)], vec![hex(&[7; 32])]));
        pass(&server, 60).await;
        let kept = listed(&server, file).await.unwrap().deletion.unwrap();
        assert_eq!((kept.due, kept.objected), (None, vec!["reviewer-3".to_owned()]));
        let withdrawal = Objections { objected: vec![], withdrawn: vec![hex(&file)] };
        let result: ObjectionsResult = send(&server, 1, OBJECTIONS, &withdrawal).await;
        assert_eq!((result.noted.len(), result.not_objected), (0, vec![hex(&file)]));
        let result: ObjectionsResult = send(&server, 3, OBJECTIONS, &withdrawal).await;
        assert_eq!(result.noted, [hex(&file)]);
        pass(&server, 7).await;
        assert!(listed(&server, file).await.is_some(), "the waiting time begins anew");
        pass(&server, 1).await;
        assert_eq!(listed(&server, file).await, None);
        let log: Vec<String> = log_of(&server, file).await.into_iter().map(|(_, action)| action).collect();
        assert_eq!(log, ["acknowledge", "acknowledge", "object", "withdraw", "delete_acknowledged"]);
    }
}

#[tokio::test]
async fn quarantined_registrations_are_marked_in_the_list_and_answered_alike() {
    for server in servers(3).await {
        let mut files = Vec::new();
        for _ in 0..4 {
            files.push(server.upload(&sealed(2, 1000)).await);
        }
        let mut quarantined = Vec::new();
        for file in &files {
            quarantined.push(listed(&server, *file).await.unwrap().quarantine);
        }
        assert_eq!(quarantined, [false, false, true, true]);
        // A quarantined file is deleted by the same rules, and no earlier.
        for seed in [1, 2] {
            acknowledge(&server, seed, files[3]).await;
        }
        pass(&server, 6).await;
        assert!(listed(&server, files[3]).await.is_some());
        pass(&server, 2).await;
        assert!(listed(&server, files[3]).await.is_none() && listed(&server, files[2]).await.is_some());
    }
}

#[tokio::test]
async fn unsigned_and_malformed_requests_are_refused_and_change_nothing() {
    for server in servers(3).await {
        let file = hex(&server.upload(&sealed(2, 1000)).await);
        let good = [
            (DISCARDS, serde_json::to_vec(&Discards { discarded: vec![file.clone()] }).unwrap()),
            (OBJECTIONS, serde_json::to_vec(&Objections { objected: vec![file.clone()], withdrawn: vec![] }).unwrap()),
        ];
        for (path, body) in good {
            assert_eq!(post(&server, 9, path, body.clone()).await.problem().code, ProblemCode::Unauthorized);
            let other = token(&access_key(1), &server.claims("POST", path));
            let answer = server.call(request(Method::POST, path, &[("authorization", &other)], body)).await;
            assert_eq!(answer.problem().code, ProblemCode::Unauthorized, "a body that the token does not name");
            for wrong in ["", "[]", r#"{"discarded":["x"],"objected":["x"]}"#, r#"{"discarded":["00"]}"#, r#"{"objected":["00"]}"#]
            {
                assert_eq!(post(&server, 1, path, wrong.into()).await.problem().code, ProblemCode::BadRequest, "{wrong}");
            }
        }
        let one = server.store.list(None, 1).await.unwrap()[0].sha256;
        assert_eq!(listed(&server, one).await.unwrap().deletion, None);
    }
}
