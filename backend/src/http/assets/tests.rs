use std::io::Read;

use amanat_shared::pack::SignedPack;
use axum::http::{Method, StatusCode};

use crate::http::Site;
use crate::testing::{TestServer, request, signed, site};

use super::{CSP, CSP_LEGACY, EmbeddedFiles, Encoding, is_hashed, lacks_wasm_unsafe_eval};

pub(super) fn decoded(encoding: &str, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match encoding {
        "br" => brotli::Decompressor::new(body, 4096).read_to_end(&mut out).unwrap(),
        "gzip" => flate2::read::GzDecoder::new(body).read_to_end(&mut out).unwrap(),
        _ => (&body[..]).read_to_end(&mut out).unwrap(),
    };
    out
}

#[tokio::test]
async fn a_pack_cannot_end_its_element_and_the_phone_reads_the_signed_bytes() {
    let (hostile, pack) = signed("</script><script>alert(1)</script><!-- \u{2028}\u{2029} \\u003c \" & '");
    let server = TestServer::with_site(Site { signed: hostile.clone(), pack, ..site() }).await;
    let page = String::from_utf8(server.get("/", &[]).await.body).unwrap();
    let start = page.find("id=\"amanat-pack\">").unwrap() + "id=\"amanat-pack\">".len();
    let element = &page[start..start + page[start..].find('<').unwrap()];
    assert!(page[start + element.len()..].starts_with("</script>"));
    assert!(!element.contains(['\u{2028}', '\u{2029}']));
    let json: String = serde_json::from_str(element).unwrap();
    let read: SignedPack = serde_json::from_str(&json).unwrap();
    assert_eq!(read, hostile);
    assert!(read.verify_with(hostile.demo_root.as_ref().unwrap()).is_ok());
}

#[tokio::test]
async fn the_page_is_sent_in_the_preferred_encoding() {
    let server = TestServer::new().await;
    let plain = server.get("/", &[]).await;
    assert_eq!((plain.header("content-encoding"), plain.header("content-type")), ("", "text/html; charset=utf-8"));
    for (accepted, encoding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", "")] {
        let page = server.get("/", &[("accept-encoding", accepted)]).await;
        assert_eq!(page.header("content-encoding"), encoding);
        assert!(decoded(encoding, &page.body) == plain.body);
        assert_eq!((page.header("vary"), page.header("cache-control")), ("Accept-Encoding, User-Agent", "no-store"));
    }
    let head = server.call(request(Method::HEAD, "/", &[], vec![])).await;
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (StatusCode::OK, plain.body.len().to_string().as_str(), 0)
    );
}

#[tokio::test]
async fn the_pages_files_are_compressed_and_have_cache_headers() {
    let server = TestServer::new().await;
    for name in EmbeddedFiles::iter().filter(|name| !name.ends_with(".br") && !name.ends_with(".gz") && !name.ends_with(".html")) {
        let path = format!("/{name}");
        let plain = server.get(&path, &[]).await;
        let cache = if is_hashed(&name) { "public, max-age=31536000, immutable" } else { "no-cache" };
        assert_eq!((plain.status, plain.header("cache-control")), (StatusCode::OK, cache), "{name}");
        for encoding in ["br", "gzip"] {
            let packed = server.get(&path, &[("accept-encoding", encoding)]).await;
            assert_eq!(packed.header("content-encoding"), encoding);
            assert_eq!(packed.header("content-type"), plain.header("content-type"));
            assert!(decoded(encoding, &packed.body) == plain.body);
        }
        assert_eq!(server.call(request(Method::POST, &path, &[], vec![])).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    for path in ["/boot.js.br", "/nothing.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/boot.js/"] {
        assert_eq!(server.get(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn weights_decide_before_size() {
    let preferred =
        |value: &str| Encoding::preferred(&[(axum::http::header::ACCEPT_ENCODING, value.parse().unwrap())].into_iter().collect());
    for (value, encoding) in [
        ("", Encoding::Identity),
        ("br", Encoding::Brotli),
        ("gzip, br", Encoding::Brotli),
        ("br;q=0.5, gzip;q=0.8", Encoding::Gzip),
        ("br;q=0.001", Encoding::Brotli),
        ("br; q=0, *", Encoding::Gzip),
        ("*", Encoding::Brotli),
        ("*;q=0", Encoding::Identity),
        ("identity, gzip;q=0.5", Encoding::Identity),
        ("br;q=2, gzip;q=x, zstd", Encoding::Identity),
        ("BR;Q=1.000", Encoding::Brotli),
    ] {
        assert_eq!(preferred(value), encoding, "{value}");
    }
}

#[tokio::test]
async fn only_the_sites_own_page_can_clear_the_browsers_data() {
    let server = TestServer::new().await;
    let ours = ("clear-site", "1");
    let post = |headers: &[(&str, &str)]| server.call(request(Method::POST, "/leave", headers, vec![]));
    for headers in [&[ours][..], &[ours, ("sec-fetch-site", "same-origin")]] {
        let answer = post(headers).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(answer.header("clear-site-data"), r#""cache", "cookies", "storage""#);
    }
    // These stand for a form, an image, a link and a script of another site, and a preflight request.
    for headers in [
        &[][..],
        &[("clear-site", "0")],
        &[("sec-fetch-site", "cross-site")],
        &[ours, ("sec-fetch-site", "cross-site")],
        &[ours, ("sec-fetch-site", "same-site")],
        &[ours, ("sec-fetch-site", "none")],
    ] {
        let answer = post(headers).await;
        assert_eq!((answer.status, answer.header("clear-site-data")), (StatusCode::BAD_REQUEST, ""), "{headers:?}");
    }
    let link = server.get("/leave", &[ours]).await;
    assert_eq!((link.status, link.header("clear-site-data")), (StatusCode::SEE_OTHER, ""));
    let asked = [("origin", "https://evil.example"), ("access-control-request-headers", "clear-site")];
    let preflight = server.call(request(Method::OPTIONS, "/leave", &asked, vec![])).await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-headers")), (StatusCode::METHOD_NOT_ALLOWED, ""));
}

#[test]
fn only_names_with_a_hash_are_immutable() {
    assert!(is_hashed("p-0123456789abcdef.js") && is_hashed("p-0123456789abcdef_bg.wasm"));
    assert!(is_hashed("s-0123456789abcdef.css"));
    assert!(
        !is_hashed("boot.js") && !is_hashed("robots.txt") && !is_hashed("icon-192.png") && !is_hashed("s-0123456789abcdeg.css")
    );
}

#[tokio::test]
async fn only_browsers_without_wasm_unsafe_eval_get_unsafe_eval() {
    let chrome = |version: &str| {
        format!("Mozilla/5.0 (Linux; Android 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Mobile Safari/537.36")
    };
    let safari = |system: &str, version: &str| {
        format!("Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Safari/605.1.15")
    };
    let mac = "Macintosh; Intel Mac OS X 10_15_7";
    let old = [
        chrome("80.0.3987.99"),
        chrome("96.0.4664.45"),
        chrome("92.0.4515.131").replace("Chrome/", "HeadlessChrome/"),
        format!("{} EdgA/92.0", chrome("92.0.4515.131")),
        safari(mac, "15.6.1"),
        safari("iPhone; CPU iPhone OS 15_8 like Mac OS X", "15.6"),
        safari("iPad; CPU OS 14_4 like Mac OS X", "14.0"),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 15_8 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0 Mobile/15E148 Safari/604.1".to_owned(),
    ];
    let new = [
        chrome("97.0.4692.71"),
        chrome("156.0.0.0"),
        chrome("156.0.0.0").replace("Chrome/", "HeadlessChrome/"),
        safari(mac, "16.0"),
        safari("X11; Linux x86_64", "26.0"),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/90.0 Mobile/15E148 Safari/604.1".to_owned(),
        "Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Firefox/78.0".to_owned(),
        "Chrome/92.0".to_owned(),
        chrome("9x.0"),
        chrome("00092.0"),
        "curl/8".to_owned(),
        String::new(),
    ];
    let server = TestServer::new().await;
    let sealer = EmbeddedFiles::iter().find(|name| name.starts_with("w-") && name.ends_with(".js")).expect("there is a worker");
    let both = ["/".to_owned(), format!("/{sealer}")];
    for (agents, lacks, policy) in [(&old[..], true, CSP_LEGACY), (&new[..], false, CSP)] {
        for agent in agents {
            assert_eq!(lacks_wasm_unsafe_eval(agent), lacks, "{agent}");
            for path in &both {
                let answer = server.get(path, &[("user-agent", agent)]).await;
                assert_eq!(answer.header("content-security-policy"), policy, "{path} {agent}");
                assert_eq!(answer.header("vary"), "Accept-Encoding, User-Agent");
            }
        }
    }
    // A file that cannot run by itself needs no policy of its own.
    let script = server.get("/boot.js", &[("user-agent", &old[0])]).await;
    assert_eq!(script.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    assert_eq!(CSP_LEGACY.replace(" 'unsafe-eval'", ""), CSP);
}
