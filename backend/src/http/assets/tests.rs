use std::io::Read;

use amanat_shared::pack::SignedPack;
use axum::http::{Method, StatusCode};

use crate::http::Site;
use crate::testing::{World, request, signed, site};

use super::{CSP, CSP_OLD, Encoding, Files, is_hashed, lacks_wasm_unsafe_eval};

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
async fn nothing_in_a_pack_can_end_its_element_and_the_phone_reads_exactly_what_was_signed() {
    let (hostile, pack) = signed("</script><script>alert(1)</script><!-- \u{2028}\u{2029} \\u003c \" & '");
    let world = World::of(Site { signed: hostile.clone(), pack, ..site() }).await;
    let page = String::from_utf8(world.get("/", &[]).await.body).unwrap();
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
async fn the_page_comes_in_the_encoding_that_the_browser_likes_best() {
    let world = World::new().await;
    let plain = world.get("/", &[]).await;
    assert_eq!((plain.header("content-encoding"), plain.header("content-type")), ("", "text/html; charset=utf-8"));
    for (accepted, encoding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", "")] {
        let page = world.get("/", &[("accept-encoding", accepted)]).await;
        assert_eq!(page.header("content-encoding"), encoding);
        assert!(decoded(encoding, &page.body) == plain.body);
        assert_eq!((page.header("vary"), page.header("cache-control")), ("Accept-Encoding, User-Agent", "no-store"));
    }
    let head = world.ask(request(Method::HEAD, "/", &[], vec![])).await;
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (StatusCode::OK, plain.body.len().to_string().as_str(), 0)
    );
}

#[tokio::test]
async fn the_pages_files_come_compressed_and_say_how_long_they_keep() {
    let world = World::new().await;
    for name in Files::iter().filter(|name| !name.ends_with(".br") && !name.ends_with(".gz") && !name.ends_with(".html")) {
        let path = format!("/{name}");
        let plain = world.get(&path, &[]).await;
        let cache = if is_hashed(&name) { "public, max-age=31536000, immutable" } else { "no-cache" };
        assert_eq!((plain.status, plain.header("cache-control")), (StatusCode::OK, cache), "{name}");
        for encoding in ["br", "gzip"] {
            let packed = world.get(&path, &[("accept-encoding", encoding)]).await;
            assert_eq!(packed.header("content-encoding"), encoding);
            assert_eq!(packed.header("content-type"), plain.header("content-type"));
            assert!(decoded(encoding, &packed.body) == plain.body);
        }
        assert_eq!(world.ask(request(Method::POST, &path, &[], vec![])).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    for path in ["/boot.js.br", "/nothing.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/boot.js/"] {
        assert_eq!(world.get(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn weights_decide_before_size_does() {
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
async fn only_the_sites_own_page_can_have_the_browser_clear_its_data() {
    let world = World::new().await;
    let ours = ("clear-site", "1");
    let post = |headers: &[(&str, &str)]| world.ask(request(Method::POST, "/leave", headers, vec![]));
    for headers in [&[ours][..], &[ours, ("sec-fetch-site", "same-origin")]] {
        let answer = post(headers).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(answer.header("clear-site-data"), r#""cache", "cookies", "storage""#);
    }
    // A form, an image, a link and a script of another site, and what a browser asks before it sends a header of ours.
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
    let link = world.get("/leave", &[ours]).await;
    assert_eq!((link.status, link.header("clear-site-data")), (StatusCode::SEE_OTHER, ""));
    let asked = [("origin", "https://evil.example"), ("access-control-request-headers", "clear-site")];
    let preflight = world.ask(request(Method::OPTIONS, "/leave", &asked, vec![])).await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-headers")), (StatusCode::METHOD_NOT_ALLOWED, ""));
}

#[test]
fn only_names_with_a_hash_keep_for_ever() {
    assert!(is_hashed("p-0123456789abcdef.js") && is_hashed("p-0123456789abcdef_bg.wasm"));
    assert!(is_hashed("s-0123456789abcdef.css"));
    assert!(
        !is_hashed("boot.js") && !is_hashed("robots.txt") && !is_hashed("icon-192.png") && !is_hashed("s-0123456789abcdeg.css")
    );
}

#[tokio::test]
async fn unsafe_eval_goes_to_browsers_that_do_not_know_the_other_word_and_to_nobody_else() {
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
    let world = World::new().await;
    let sealer = Files::iter().find(|name| name.starts_with("w-") && name.ends_with(".js")).expect("there is a worker");
    let both = ["/".to_owned(), format!("/{sealer}")];
    for (agents, lacks, policy) in [(&old[..], true, CSP_OLD), (&new[..], false, CSP)] {
        for agent in agents {
            assert_eq!(lacks_wasm_unsafe_eval(agent), lacks, "{agent}");
            for path in &both {
                let answer = world.get(path, &[("user-agent", agent)]).await;
                assert_eq!(answer.header("content-security-policy"), policy, "{path} {agent}");
                assert_eq!(answer.header("vary"), "Accept-Encoding, User-Agent");
            }
        }
    }
    // What cannot run by itself needs no policy of its own.
    let script = world.get("/boot.js", &[("user-agent", &old[0])]).await;
    assert_eq!(script.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    assert_eq!(CSP_OLD.replace(" 'unsafe-eval'", ""), CSP);
}
