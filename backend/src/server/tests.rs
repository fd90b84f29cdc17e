mod keeping;

use std::time::Duration;

use amanat_shared::api::{ACKNOWLEDGEMENTS, PACK, ProblemCode, REGISTRATIONS, UPLOADS};
use axum::http::{Method, StatusCode};
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::testing::{Answer, World, request, site, tus};

use super::{Site, serve};

fn dressed(answer: &Answer) {
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=63072000"),
        ("onion-location", "http://abc.onion"),
    ] {
        assert_eq!(answer.header(name), value, "{answer:?}");
    }
    assert!(answer.header("permissions-policy").contains("camera=()"));
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    assert!(!answer.header("cache-control").is_empty());
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn every_response_carries_the_headers() {
    let world = World::new().await;
    let api = "default-src 'none'; frame-ancestors 'none'";
    for (method, path, status) in [
        (Method::GET, "/", 200),
        (Method::HEAD, "/", 200),
        (Method::GET, "/boot.js", 200),
        (Method::GET, "/leave", 303),
        (Method::GET, "/robots.txt", 200),
        (Method::GET, "/healthz", 200),
        (Method::GET, "/readyz", 200),
        (Method::GET, PACK, 200),
        (Method::OPTIONS, UPLOADS, 204),
        (Method::POST, UPLOADS, 412),
        (Method::GET, UPLOADS, 405),
        (Method::POST, "/", 405),
        (Method::DELETE, REGISTRATIONS, 405),
        (Method::GET, REGISTRATIONS, 401),
        (Method::POST, ACKNOWLEDGEMENTS, 401),
        (Method::GET, "/nothing", 404),
        (Method::POST, "/nothing", 404),
        (Method::GET, "/api/v1/nothing", 404),
        (Method::GET, "//", 404),
    ] {
        let answer = world.ask(request(method.clone(), path, &[], vec![])).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        dressed(&answer);
        if path.starts_with("/api") || status >= 400 {
            assert_eq!(
                (answer.header("content-security-policy"), answer.header("cache-control")),
                (api, "no-store"),
                "{method} {path}"
            );
        }
        if status >= 400 {
            answer.problem();
        }
        assert_eq!(answer.header("tus-resumable"), if path.starts_with(UPLOADS) { "1.0.0" } else { "" });
    }
}

#[tokio::test]
async fn a_panic_is_answered_like_every_other_failure() {
    let world = World::new().await;
    let state = super::ServerState::new(world.site.clone(), world.store.clone(), world.clock.clone());
    let router = super::framed(axum::Router::new().route("/panic", get(async || -> &'static str { panic!("of a test") })), state);
    let world = World { router, ..world };
    let answer = world.get("/panic", &[]).await;
    assert_eq!((answer.status, answer.problem().code), (StatusCode::INTERNAL_SERVER_ERROR, ProblemCode::Internal));
    dressed(&answer);
}

#[tokio::test]
async fn a_database_that_fails_is_answered_without_a_word_of_its_own() {
    let world = World::new().await;
    world.store.close().await;
    for path in ["/readyz", &format!("{UPLOADS}/{}", "0".repeat(32))] {
        let method = if path == "/readyz" { Method::GET } else { Method::HEAD };
        let answer = world.ask(tus(method.clone(), path, &[], vec![])).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        dressed(&answer);
        if method == Method::GET {
            assert_eq!(answer.problem(), ProblemCode::Internal.problem());
        }
    }
    assert_eq!(world.get("/healthz", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn other_names_are_not_ours() {
    let world = World::new().await;
    for (host, status) in [
        ("form.example.org", 200),
        ("FORM.example.org", 200),
        ("abc.onion", 200),
        ("evil.example", 421),
        ("form.example.org:81", 421),
        ("", 421),
    ] {
        let answer = world.get("/", &[("host", host)]).await;
        assert_eq!(answer.status.as_u16(), status, "{host}");
        dressed(&answer);
    }
    assert_eq!(world.get("/healthz", &[("host", "10.0.0.1")]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_tls_and_onion_nothing_is_said_about_them() {
    let world = World::of(Site { tls: false, onion_location: None, ..site() }).await;
    let answer = world.get("/", &[]).await;
    assert_eq!((answer.header("strict-transport-security"), answer.header("onion-location")), ("", ""));
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listener, world.site.clone(), world.store.clone(), world.clock.clone(), async {
        let _ = stopped.await;
    }));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), serving).await.unwrap().unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
