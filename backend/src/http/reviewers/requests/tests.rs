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
use crate::config::Retention;
use crate::store::tests::places;
use crate::testing::{Answer, PROOF, World, access_key, request, sealed, site, token};

const DAY: Duration = Duration::from_hours(24);

/// A server with so many reviewers and a small usual hour, on each database.
async fn worlds(count: u8) -> Vec<World> {
    let mut worlds = Vec::new();
    for place in places().await {
        let mut site = site();
        site.pack.access_keys = (1..=count)
            .map(|seed| AccessKey {
                name: format!("reviewer-{seed}"),
                key: URL_SAFE_NO_PAD.encode(access_key(seed).verifying_key().as_bytes()),
            })
            .collect();
        site.retention = Retention::default().rules(reviewers(&site.pack));
        site.limits.registrations_per_hour = 2.try_into().unwrap();
        worlds.push(World::on(site, place));
    }
    worlds
}

async fn post(world: &World, seed: u8, path: &str, body: Vec<u8>) -> Answer {
    let mut claims = world.claims("POST", path);
    claims.body_sha256 = hex(&Sha256::digest(&body));
    world.ask(request(Method::POST, path, &[("authorization", &token(&access_key(seed), &claims))], body)).await
}

async fn send<T: DeserializeOwned>(world: &World, seed: u8, path: &str, body: &impl Serialize) -> T {
    let answer = post(world, seed, path, serde_json::to_vec(body).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}

async fn discard(world: &World, seed: u8, file: [u8; 32]) -> DiscardsResult {
    send(world, seed, DISCARDS, &Discards { discarded: vec![hex(&file)] }).await
}

async fn acknowledge(world: &World, seed: u8, file: [u8; 32]) {
    let acknowledged = vec![Acknowledgement { sha256: hex(&file), delete_proof: hex(&PROOF) }];
    let _: serde_json::Value = send(world, seed, ACKNOWLEDGEMENTS, &Acknowledgements { acknowledged }).await;
}

/// What the list says of a file; `None` once it is gone.
async fn listed(world: &World, file: [u8; 32]) -> Option<Listed> {
    let all: Vec<Listed> = serde_json::from_slice(&world.review(REGISTRATIONS, &[]).await.body).unwrap();
    all.into_iter().find(|one| one.sha256 == hex(&file))
}

/// So many days later the server does what is due.
async fn pass(world: &World, days: u32) {
    world.clock.advance(DAY * days);
    world.store.retain(&world.site.retention, world.clock.hour()).await.unwrap();
}

async fn log_of(world: &World, file: [u8; 32]) -> Vec<(String, String)> {
    let entries: Vec<Entry> = serde_json::from_slice(&world.review(&format!("{AUDIT}?limit=1000"), &[]).await.body).unwrap();
    entries.into_iter().filter(|entry| entry.subject == hex(&file)).map(|entry| (entry.reviewer, entry.action)).collect()
}

#[tokio::test]
async fn one_acknowledgement_of_three_reviewers_deletes_nothing_and_a_second_one_does() {
    for world in worlds(3).await {
        let file = world.send(&sealed(2, 1000)).await;
        acknowledge(&world, 1, file).await;
        pass(&world, 60).await;
        let one = listed(&world, file).await.unwrap().deletion.unwrap();
        assert_eq!((one.due, one.acknowledged), (None, vec!["reviewer-1".to_owned()]));
        acknowledge(&world, 3, file).await;
        let two = listed(&world, file).await.unwrap().deletion.unwrap();
        assert_eq!((two.due.as_deref(), two.acknowledged.len()), (Some("2027-01-29T07:00Z"), 2));
        pass(&world, 7).await;
        assert!(listed(&world, file).await.is_some());
        pass(&world, 1).await;
        assert_eq!(listed(&world, file).await, None);
    }
}

#[tokio::test]
async fn junk_goes_when_two_reviewers_discard_it_and_not_when_one_does_twice() {
    for world in worlds(3).await {
        let junk = world.send(&sealed(2, 1000)).await;
        let first = discard(&world, 2, junk).await;
        assert_eq!((first.noted, first.needed, first.reviewers), (vec![hex(&junk)], 2, 3));
        assert_eq!(discard(&world, 2, junk).await.noted, [hex(&junk)]);
        assert_eq!(discard(&world, 2, [7; 32]).await.unknown, [hex(&[7; 32])]);
        pass(&world, 100).await;
        let one = listed(&world, junk).await.unwrap().deletion.unwrap();
        assert_eq!((one.due, one.discarded), (None, vec!["reviewer-2".to_owned()]));
        discard(&world, 3, junk).await;
        assert!(listed(&world, junk).await.unwrap().deletion.unwrap().due.is_some());
        pass(&world, 8).await;
        assert_eq!(listed(&world, junk).await, None);
        let log = log_of(&world, junk).await;
        let log: Vec<(&str, &str)> = log.iter().map(|(reviewer, action)| (reviewer.as_str(), action.as_str())).collect();
        assert_eq!(log, [("reviewer-2", "discard"), ("reviewer-3", "discard"), ("", "delete_discarded")]);
    }
}

#[tokio::test]
async fn where_there_is_one_reviewer_nobody_discards_and_the_answer_says_so() {
    for world in worlds(1).await {
        let junk = world.send(&sealed(2, 1000)).await;
        let result = discard(&world, 1, junk).await;
        assert_eq!((result.noted.len(), result.needed, result.reviewers), (1, 2, 1));
        pass(&world, 179).await;
        assert!(listed(&world, junk).await.is_some());
        pass(&world, 2).await;
        assert_eq!(listed(&world, junk).await, None);
    }
}

#[tokio::test]
async fn whoever_objects_keeps_a_file_and_only_they_can_withdraw_it() {
    for world in worlds(3).await {
        let file = world.send(&sealed(2, 1000)).await;
        for seed in [1, 2] {
            acknowledge(&world, seed, file).await;
        }
        let objection = Objections { objected: vec![hex(&file), hex(&[7; 32])], withdrawn: vec![] };
        let result: ObjectionsResult = send(&world, 3, OBJECTIONS, &objection).await;
        assert_eq!((result.noted, result.unknown), (vec![hex(&file)], vec![hex(&[7; 32])]));
        pass(&world, 60).await;
        let kept = listed(&world, file).await.unwrap().deletion.unwrap();
        assert_eq!((kept.due, kept.objected), (None, vec!["reviewer-3".to_owned()]));
        let withdrawal = Objections { objected: vec![], withdrawn: vec![hex(&file)] };
        let result: ObjectionsResult = send(&world, 1, OBJECTIONS, &withdrawal).await;
        assert_eq!((result.noted.len(), result.not_objected), (0, vec![hex(&file)]));
        let result: ObjectionsResult = send(&world, 3, OBJECTIONS, &withdrawal).await;
        assert_eq!(result.noted, [hex(&file)]);
        pass(&world, 7).await;
        assert!(listed(&world, file).await.is_some(), "the waiting time begins anew");
        pass(&world, 1).await;
        assert_eq!(listed(&world, file).await, None);
        let log: Vec<String> = log_of(&world, file).await.into_iter().map(|(_, action)| action).collect();
        assert_eq!(log, ["acknowledge", "acknowledge", "object", "withdraw", "delete_acknowledged"]);
    }
}

#[tokio::test]
async fn what_comes_beyond_the_usual_hour_is_told_apart_in_the_list_and_answered_alike() {
    for world in worlds(3).await {
        let mut files = Vec::new();
        for _ in 0..4 {
            files.push(world.send(&sealed(2, 1000)).await);
        }
        let mut quarantined = Vec::new();
        for file in &files {
            quarantined.push(listed(&world, *file).await.unwrap().quarantine);
        }
        assert_eq!(quarantined, [false, false, true, true]);
        // It is deleted by the same rules, and no earlier.
        for seed in [1, 2] {
            acknowledge(&world, seed, files[3]).await;
        }
        pass(&world, 6).await;
        assert!(listed(&world, files[3]).await.is_some());
        pass(&world, 2).await;
        assert!(listed(&world, files[3]).await.is_none() && listed(&world, files[2]).await.is_some());
    }
}

#[tokio::test]
async fn what_is_not_signed_or_makes_no_sense_is_refused_and_changes_nothing() {
    for world in worlds(3).await {
        let file = hex(&world.send(&sealed(2, 1000)).await);
        let good = [
            (DISCARDS, serde_json::to_vec(&Discards { discarded: vec![file.clone()] }).unwrap()),
            (OBJECTIONS, serde_json::to_vec(&Objections { objected: vec![file.clone()], withdrawn: vec![] }).unwrap()),
        ];
        for (path, body) in good {
            assert_eq!(post(&world, 9, path, body.clone()).await.problem().code, ProblemCode::Unauthorized);
            let other = token(&access_key(1), &world.claims("POST", path));
            let answer = world.ask(request(Method::POST, path, &[("authorization", &other)], body)).await;
            assert_eq!(answer.problem().code, ProblemCode::Unauthorized, "a body that the token does not name");
            for wrong in ["", "[]", r#"{"discarded":["x"],"objected":["x"]}"#, r#"{"discarded":["00"]}"#, r#"{"objected":["00"]}"#]
            {
                assert_eq!(post(&world, 1, path, wrong.into()).await.problem().code, ProblemCode::BadRequest, "{wrong}");
            }
        }
        let one = world.store.list(None, 1).await.unwrap()[0].sha256;
        assert_eq!(listed(&world, one).await.unwrap().deletion, None);
    }
}
