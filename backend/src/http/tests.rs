use amanat_shared::api::{ACKNOWLEDGEMENTS, PACK, ProblemCode, REGISTRATIONS, UPLOADS};
use axum::http::{Method, StatusCode};
use axum::routing::get;

use crate::testing::{HOST, ONION, TestResponse, TestServer, metadata, request, site, tus};

use super::openapi::paths;
use super::{Site, routes, with_layers};
use crate::config::is_onion;

/// Asserts the headers that every response carries.
fn assert_common_headers(answer: &TestResponse, what: &str) {
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.header(name), value, "{what} {answer:?}");
    }
    let policy = answer.header("permissions-policy");
    // A file that is neither document nor worker has a short policy.
    let features = if what.contains("/boot.js") && answer.status == StatusCode::OK { 3 } else { 16 };
    assert!(
        policy.split(", ").count() >= features && policy.split(", ").all(|feature| feature.ends_with("=()")),
        "{what} {policy}"
    );
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'; "), "{what}");
    assert!(!answer.header("cache-control").is_empty(), "{what}");
    for name in answer.headers.keys() {
        let name = name.as_str();
        assert!(!name.starts_with("access-control-"), "{what} {name}");
        assert!(!["set-cookie", "server", "x-powered-by", "via"].contains(&name), "{what} {name}");
    }
}

/// Asserts the headers that lead clients of the public name to TLS and the onion service.
fn assert_clearnet_headers(answer: &TestResponse, page: &str, what: &str) {
    assert_eq!(answer.header("strict-transport-security"), "max-age=63072000", "{what}");
    assert_eq!(answer.header("onion-location"), format!("http://{ONION}{page}"), "{what}");
}

#[tokio::test]
async fn every_route_and_method_answers_with_the_common_headers() {
    let server = TestServer::new().await;
    let mut routes = paths(&routes());
    assert!(routes.len() >= 10, "{routes:?}");
    routes.extend(["/boot.js", "/nothing", "/api/v1/nothing", "//", "/..%2f", "/%ff", "/?a=b&c"].map(str::to_owned));
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"];
    let tus_headers = [
        ("tus-resumable", "1.0.0"),
        ("content-type", "application/offset+octet-stream"),
        ("upload-offset", "0"),
        ("upload-length", "99"),
    ];
    let good = [&tus_headers[..], &[("upload-metadata", metadata(None).leak())]].concat();
    let mut asked = 0;
    for path in &routes {
        let path = path.replace("{id}", &"0".repeat(32)).replace("{sha256}", &"0".repeat(64));
        for method in methods.map(|method| Method::from_bytes(method.as_bytes()).unwrap()) {
            for (kind, headers, bytes) in [
                ("good", good.clone(), 0),
                ("malformed", vec![("tus-resumable", "9"), ("upload-length", "x"), ("range", "bytes=9-1"), ("accept", "\t")], 10),
                ("of another host", vec![("host", "evil.example")], 10),
                ("without a host", vec![("host", "")], 0),
                ("of the onion", vec![("host", ONION)], 0),
                (
                    "oversized",
                    [&good[..], &[("authorization", "Bearer x"), ("upload-length", "99999999999999")]].concat(),
                    3_000_000,
                ),
            ] {
                let what = format!("{method} {path} {kind}");
                let answer = server.call(request(method.clone(), &path, &headers, vec![b'x'; bytes])).await;
                assert_common_headers(&answer, &what);
                assert_clearnet_headers(&answer, &path, &what);
                assert!(!answer.status.is_server_error(), "{what} {answer:?}");
                if answer.status.is_client_error() {
                    assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'", "{what}");
                    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
                    if method != Method::HEAD {
                        answer.problem();
                    }
                }
                if ["of another host", "without a host", "of the onion"].contains(&kind)
                    && !crate::http::health::is_health_path(&path)
                {
                    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{what}");
                }
                assert_eq!(answer.header("tus-resumable"), if path.starts_with(UPLOADS) { "1.0.0" } else { "" }, "{what}");
                asked += 1;
            }
        }
    }
    assert_eq!(asked, routes.len() * methods.len() * 6);
}

#[tokio::test]
async fn known_paths_and_methods_have_the_expected_status() {
    let server = TestServer::new().await;
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
        let answer = server.call(request(method.clone(), path, &[], vec![])).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
    }
}

#[tokio::test]
async fn a_panic_is_answered_like_any_internal_error() {
    let server = TestServer::new().await;
    let routes = axum::Router::new().route("/panic", get(async || -> &'static str { panic!("of a test") }));
    let server = TestServer { router: with_layers(routes, server.state.clone()), ..server };
    let answer = server.get("/panic", &[]).await;
    assert_eq!((answer.status, answer.problem().code), (StatusCode::INTERNAL_SERVER_ERROR, ProblemCode::Internal));
    assert_common_headers(&answer, "panic");
    assert_clearnet_headers(&answer, "/panic", "panic");
}

#[tokio::test]
async fn a_database_failure_is_answered_without_the_databases_text() {
    let server = TestServer::new().await;
    server.store.close().await;
    for path in ["/readyz", &format!("{UPLOADS}/{}", "0".repeat(32))] {
        let method = if path == "/readyz" { Method::GET } else { Method::HEAD };
        let answer = server.call(tus(method.clone(), path, &[], vec![])).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_common_headers(&answer, path);
        if method == Method::GET {
            assert_eq!(answer.problem(), ProblemCode::Unavailable.problem());
        }
    }
    assert_eq!(server.get("/healthz", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn unknown_hosts_are_refused_and_the_onion_is_answered_on_its_own_listener_only() {
    let server = TestServer::new().await;
    for (host, status) in [
        (HOST, 200),
        ("FORM.example.org", 200),
        (ONION, 421),
        ("evil.example", 421),
        ("form.example.org:81", 421),
        ("form.example.org.", 421),
        ("", 421),
    ] {
        assert_eq!(server.get("/", &[("host", host)]).await.status.as_u16(), status, "{host}");
    }
    for (host, status) in [(ONION, 200), ("ABC.onion", 200), (HOST, 421), ("def.onion", 421), ("", 421)] {
        assert_eq!(server.get_via_onion("/", &[("host", host)]).await.status.as_u16(), status, "{host}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path, &[("host", "10.0.0.1")]).await.status, StatusCode::OK);
    }
    assert!(is_onion("abc.ONION") && is_onion("abc.onion:80") && is_onion("http://abc.onion"));
    assert!(!is_onion("onion") && !is_onion("abc.onion.example") && !is_onion("https://form.example.org:443"));
}

#[tokio::test]
async fn clearnet_answers_lead_to_tls_and_to_the_same_page_on_the_onion() {
    let server = TestServer::new().await;
    for page in ["/", "/leave?from=here", "//x", "/nothing/%20"] {
        assert_clearnet_headers(&server.get(page, &[]).await, page, page);
        let there = server.get_via_onion(page, &[("host", ONION)]).await;
        assert_common_headers(&there, page);
        assert_eq!((there.header("strict-transport-security"), there.header("onion-location")), ("", ""), "{page}");
    }
    assert_eq!(server.call(request(Method::OPTIONS, "*", &[], vec![])).await.header("onion-location"), format!("http://{ONION}/"));
    let server = TestServer::with_site(Site { tls: false, onion_location: None, ..site() }).await;
    let answer = server.get("/", &[]).await;
    assert_eq!((answer.header("strict-transport-security"), answer.header("onion-location")), ("", ""));
}
