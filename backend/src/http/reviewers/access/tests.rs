use std::time::Duration;

use amanat_shared::api::{Claims, ProblemCode, REGISTRATIONS, hex};
use axum::http::StatusCode;
use jsonwebtoken::{EncodingKey, Header, encode};

use crate::testing::{TestServer, access_key, token};

#[tokio::test]
async fn a_good_token_works_once() {
    let server = TestServer::new().await;
    let path = format!("{REGISTRATIONS}?limit=5");
    let token = token(&access_key(1), &server.claims("GET", &path));
    assert_eq!(server.get(&path, &[("authorization", &token)]).await.status, StatusCode::OK);
    let again = server.get(&path, &[("authorization", &token)]).await;
    assert_eq!((again.status, again.problem().code), (StatusCode::UNAUTHORIZED, ProblemCode::Unauthorized));
}

#[tokio::test]
async fn no_other_token_works() {
    let server = TestServer::new().await;
    let good = server.claims("GET", REGISTRATIONS);
    let now = good.exp - 60;
    let changed = |change: &dyn Fn(&mut Claims)| {
        let mut claims = server.claims("GET", REGISTRATIONS);
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
        assert_eq!(server.get(REGISTRATIONS, &[("authorization", &token)]).await.status, StatusCode::UNAUTHORIZED, "{what}");
    }
    assert_eq!(server.get(REGISTRATIONS, &[]).await.status, StatusCode::UNAUTHORIZED);

    // The first token has another reviewer's signature under this key's header. The second uses the public key as a shared
    // secret.
    let mut parts: Vec<String> = token(&access_key(3), &good).split('.').map(str::to_owned).collect();
    parts[0] = token(&access_key(1), &good).split('.').next().unwrap().to_owned();
    assert_eq!(server.get(REGISTRATIONS, &[("authorization", &parts.join("."))]).await.status, StatusCode::UNAUTHORIZED);
    let key = server.site.pack.access_keys[0].key.clone();
    let symmetric =
        encode(&Header { kid: Some(key.clone()), ..Header::default() }, &good, &EncodingKey::from_secret(key.as_bytes())).unwrap();
    assert_eq!(
        server.get(REGISTRATIONS, &[("authorization", &format!("Bearer {symmetric}"))]).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_token_for_the_onion_origin_is_accepted() {
    let server = TestServer::new().await;
    let mut claims = server.claims("GET", REGISTRATIONS);
    claims.aud = "http://abc.onion".to_owned();
    claims.htu = format!("http://abc.onion{REGISTRATIONS}");
    let token = token(&access_key(2), &claims);
    let headers = [("authorization", token.as_str()), ("host", "abc.onion")];
    assert_eq!(server.get_via_onion(REGISTRATIONS, &headers).await.status, StatusCode::OK);
}

#[tokio::test]
async fn used_tokens_are_deleted_once_they_have_expired() {
    let server = TestServer::new().await;
    let mut claims = server.claims("GET", REGISTRATIONS);
    let get = async |claims: &Claims| server.get(REGISTRATIONS, &[("authorization", &token(&access_key(1), claims))]).await.status;
    assert_eq!(get(&claims).await, StatusCode::OK);
    server.store.prune_tokens(server.clock.unix_secs()).await.unwrap();
    assert_eq!(get(&claims).await, StatusCode::UNAUTHORIZED);
    server.clock.advance(Duration::from_mins(2));
    assert_eq!(get(&claims).await, StatusCode::UNAUTHORIZED, "it has expired");
    server.store.prune_tokens(server.clock.unix_secs()).await.unwrap();
    claims.exp += 240;
    assert_eq!(get(&claims).await, StatusCode::OK);
}
