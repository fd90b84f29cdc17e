use std::time::Duration;

use amanat_shared::api::{Claims, ProblemCode, REGISTRATIONS, hex};
use axum::http::StatusCode;
use jsonwebtoken::{EncodingKey, Header, encode};

use crate::testing::{World, access_key, token};

#[tokio::test]
async fn a_good_token_works_once() {
    let world = World::new().await;
    let path = format!("{REGISTRATIONS}?limit=5");
    let token = token(&access_key(1), &world.claims("GET", &path));
    assert_eq!(world.get(&path, &[("authorization", &token)]).await.status, StatusCode::OK);
    let again = world.get(&path, &[("authorization", &token)]).await;
    assert_eq!((again.status, again.problem().code), (StatusCode::UNAUTHORIZED, ProblemCode::Unauthorized));
}

#[tokio::test]
async fn no_other_token_works() {
    let world = World::new().await;
    let good = world.claims("GET", REGISTRATIONS);
    let now = good.exp - 60;
    let changed = |change: &dyn Fn(&mut Claims)| {
        let mut claims = world.claims("GET", REGISTRATIONS);
        change(&mut claims);
        token(&access_key(1), &claims)
    };
    let tokens = [
        ("another key", token(&access_key(3), &good)),
        ("expired", changed(&|claims| claims.exp = now)),
        ("too long", changed(&|claims| claims.exp = now + 301)),
        ("another method", changed(&|claims| claims.htm = "POST".to_owned())),
        ("another address", changed(&|claims| claims.htu = format!("https://form.example.org{REGISTRATIONS}/x"))),
        ("another origin's address", changed(&|claims| claims.htu = format!("http://abc.onion{REGISTRATIONS}"))),
        (
            "another site",
            changed(&|claims| {
                claims.aud = "https://evil.example".to_owned();
                claims.htu = format!("https://evil.example{REGISTRATIONS}");
            }),
        ),
        ("another query", changed(&|claims| claims.path = format!("{REGISTRATIONS}?limit=1"))),
        ("another body", changed(&|claims| claims.body_sha256 = hex(&[0; 32]))),
        ("no jti", changed(&|claims| claims.jti = String::new())),
        ("nothing", String::new()),
    ];
    for (what, token) in tokens {
        assert_eq!(world.get(REGISTRATIONS, &[("authorization", &token)]).await.status, StatusCode::UNAUTHORIZED, "{what}");
    }
    assert_eq!(world.get(REGISTRATIONS, &[]).await.status, StatusCode::UNAUTHORIZED);

    // A signature of ours under somebody else's name, and a "signature" with the public key as a shared secret.
    let mut parts: Vec<String> = token(&access_key(3), &good).split('.').map(str::to_owned).collect();
    parts[0] = token(&access_key(1), &good).split('.').next().unwrap().to_owned();
    assert_eq!(world.get(REGISTRATIONS, &[("authorization", &parts.join("."))]).await.status, StatusCode::UNAUTHORIZED);
    let key = world.site.pack.access_keys[0].key.clone();
    let symmetric =
        encode(&Header { kid: Some(key.clone()), ..Header::default() }, &good, &EncodingKey::from_secret(key.as_bytes())).unwrap();
    assert_eq!(
        world.get(REGISTRATIONS, &[("authorization", &format!("Bearer {symmetric}"))]).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn the_onions_origin_is_one_of_the_sites() {
    let world = World::new().await;
    let mut claims = world.claims("GET", REGISTRATIONS);
    claims.aud = "http://abc.onion".to_owned();
    claims.htu = format!("http://abc.onion{REGISTRATIONS}");
    let token = token(&access_key(2), &claims);
    let headers = [("authorization", token.as_str()), ("host", "abc.onion")];
    assert_eq!(world.get_by_onion(REGISTRATIONS, &headers).await.status, StatusCode::OK);
}

#[tokio::test]
async fn used_tokens_are_forgotten_once_they_have_expired() {
    let world = World::new().await;
    let mut claims = world.claims("GET", REGISTRATIONS);
    let get = async |claims: &Claims| world.get(REGISTRATIONS, &[("authorization", &token(&access_key(1), claims))]).await.status;
    assert_eq!(get(&claims).await, StatusCode::OK);
    world.store.prune_tokens(world.clock.unix_secs()).await.unwrap();
    assert_eq!(get(&claims).await, StatusCode::UNAUTHORIZED);
    world.clock.advance(Duration::from_mins(2));
    assert_eq!(get(&claims).await, StatusCode::UNAUTHORIZED, "it has expired");
    world.store.prune_tokens(world.clock.unix_secs()).await.unwrap();
    claims.exp += 240;
    assert_eq!(get(&claims).await, StatusCode::OK);
}
