use std::time::Duration;

use axum::http::{Method, StatusCode};

use super::super::tests::decoded;
use super::*;
use crate::testing::{TestServer, request};

const WASM_FILE: &[u8] = b"\0asm\x01\0\0\0 and more";

fn packed(name: &str, plain: &[u8]) -> SiteFile {
    SiteFile { name: name.to_owned(), packed: encoding::brotli(plain) }
}

/// Returns the files of a build, named as `scripts/build-site.sh` names them.
fn build(text: &str) -> Vec<SiteFile> {
    let hash = |parts: &[&[u8]]| hex(&Sha256::digest(parts.concat())[..8]);
    let mut files = Vec::new();
    for kind in ["p", "w"] {
        let script = format!("{kind} {text}");
        let stem = format!("{kind}-{}", hash(&[script.as_bytes(), WASM_FILE]));
        files.push(packed(&format!("{stem}.js"), script.as_bytes()));
        files.push(packed(&format!("{stem}_bg.wasm"), WASM_FILE));
    }
    files.push(packed(&format!("s-{}.css", hash(&[text.as_bytes()])), text.as_bytes()));
    files
}

async fn status(server: &TestServer, name: &str) -> StatusCode {
    server.get(&format!("/{name}"), &[]).await.status
}

#[tokio::test]
async fn a_build_stores_exactly_its_hashed_files() {
    let names: Vec<String> = current_build_files().into_iter().map(|file| file.name).collect();
    let hashed = |start: &str, end: &str| names.iter().filter(|name| name.starts_with(start) && name.ends_with(end)).count();
    assert_eq!((hashed("p-", ".js"), hashed("p-", "_bg.wasm"), hashed("w-", ".js"), hashed("w-", "_bg.wasm")), (1, 1, 1, 1));
    assert_eq!((hashed("s-", ".css"), names.len()), (1, 5));
    // A later build can serve the files that this one stores, because each has the hash of its name.
    for file in current_build_files() {
        let parsed = HashedName::parse(&file.name).unwrap();
        assert!(verify(&parsed, current_build_files(), &file.name).is_some(), "{}", file.name);
    }
}

#[tokio::test]
async fn the_files_of_an_earlier_build_are_served_unchanged() {
    let server = TestServer::new().await;
    let earlier = build("earlier");
    server.store.keep_site_files(&earlier, server.clock.hour()).await.unwrap();
    let agent = [("user-agent", "Mozilla/5.0 (Linux) AppleWebKit/537.36 Chrome/92.0 Mobile Safari/537.36")];
    for file in &earlier {
        let path = format!("/{}", file.name);
        let ours =
            current_build_files().into_iter().find(|ours| ours.name[..2] == file.name[..2] && ours.name[18..] == file.name[18..]);
        let ours = server.get(&format!("/{}", ours.unwrap().name), &agent).await;
        let answer = server.get(&path, &agent).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.body, encoding::unpack_brotli(&file.packed, MAX_FILE_BYTES).unwrap());
        for (name, value) in &ours.headers {
            // The first header is for another length, and the second names the same file on the onion service.
            if name != "content-length" && name != "onion-location" {
                assert_eq!(answer.headers.get(name), Some(value), "{path} {name}");
            }
        }
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        for encoding in ["br", "gzip"] {
            let packed = server.get(&path, &[("accept-encoding", encoding)]).await;
            assert_eq!((packed.header("content-encoding"), packed.header("vary").contains("Accept-Encoding")), (encoding, true));
            assert_eq!(decoded(encoding, &packed.body), answer.body);
        }
        assert_eq!(server.call(request(Method::POST, &path, &[], vec![])).await.status, StatusCode::METHOD_NOT_ALLOWED);
        let head = server.call(request(Method::HEAD, &path, &[], vec![])).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    }
}

#[tokio::test]
async fn a_file_without_the_hash_of_its_name_is_not_served() {
    let server = TestServer::new().await;
    let earlier = build("earlier");
    let (script, wasm) = (earlier[0].name.clone(), earlier[1].name.clone());
    let keep = async |files: &[SiteFile]| server.store.keep_site_files(files, server.clock.hour()).await.unwrap();

    keep(&[earlier[0].clone()]).await;
    assert_eq!(status(&server, &script).await, StatusCode::NOT_FOUND, "half of what the hash covers is not there");
    keep(&[packed(&script, b"altered"), earlier[1].clone()]).await;
    assert_eq!((status(&server, &script).await, status(&server, &wasm).await), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    // The same bytes, with another end of the script.
    let (long, short) = ([b"p earlier", &WASM_FILE[..4]].concat(), &WASM_FILE[4..]);
    keep(&[packed(&script, &long), packed(&wasm, short)]).await;
    assert_eq!((status(&server, &script).await, status(&server, &wasm).await), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    let bomb = vec![b' '; usize::try_from(MAX_FILE_BYTES).unwrap() + 1];
    let name = format!("s-{}.css", hex(&Sha256::digest(&bomb)[..8]));
    keep(&[packed(&name, &bomb), SiteFile { name: earlier[4].name.clone(), packed: b"no brotli".to_vec() }]).await;
    assert_eq!(
        (status(&server, &name).await, status(&server, &earlier[4].name).await),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );

    keep(&earlier).await;
    for file in &earlier {
        assert_eq!(status(&server, &file.name).await, StatusCode::OK, "{}", file.name);
    }
    // A verified file stays in the cache.
    keep(&[packed(&script, b"altered")]).await;
    assert_eq!(server.get(&format!("/{script}"), &[]).await.body, b"p earlier");
}

#[tokio::test]
async fn names_without_a_hash_are_never_looked_up() {
    let server = TestServer::new().await;
    for name in [
        "boot2.js",
        "p-0123456789abcdef.html",
        "p-0123456789abcdef_bg.js",
        "p-0123456789ABCDEF.js",
        "p-0123456789abcde.js",
        "p-0123456789abcdef0.js",
        "x-0123456789abcdef.js",
        "s-0123456789abcdef.js",
        "w-0123456789abcdef.css",
        "p-0123456789abcdef.js.br",
        "p-۰123456789abcd.js",
        "folder/p-0123456789abcdef.js",
    ] {
        assert_eq!(HashedName::parse(name), None, "{name}");
        server.store.keep_site_files(&[packed(name, b"x")], server.clock.hour()).await.unwrap();
        if name.is_ascii() {
            assert_eq!(status(&server, name).await, StatusCode::NOT_FOUND, "{name}");
        }
    }
    assert!(HashedName::parse("w-0123456789abcdef_bg.wasm").is_some() && HashedName::parse("s-0123456789abcdef.css").is_some());
}

#[tokio::test]
async fn another_server_serves_this_builds_files_for_a_month() {
    let server = TestServer::new().await;
    let earlier = build("earlier");
    server.store.keep_site_files(&earlier, server.clock.hour()).await.unwrap();
    let day = async |days: u64| {
        let clock = server.clock.clone();
        clock.advance(Duration::from_hours(24 * days));
        // The other server has an empty cache.
        let later = TestServer::another_on(server.site.clone(), &server.store, clock);
        crate::server::maintain(&later.0).await.unwrap();
        crate::testing::answer(later.1, request(Method::GET, &format!("/{}", earlier[0].name), &[], vec![])).await.status
    };
    assert_eq!(day(30).await, StatusCode::OK);
    assert_eq!(day(2).await, StatusCode::NOT_FOUND);
}
