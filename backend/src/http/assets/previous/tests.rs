use std::time::Duration;

use axum::http::{Method, StatusCode};

use super::super::tests::decoded;
use super::*;
use crate::testing::{World, request};

const WASM_FILE: &[u8] = b"\0asm\x01\0\0\0 and more";

fn packed(name: &str, plain: &[u8]) -> SiteFile {
    SiteFile { name: name.to_owned(), packed: encoding::brotli(plain) }
}

/// The files of a build, named as `scripts/build-site.sh` names them.
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

async fn status(world: &World, name: &str) -> StatusCode {
    world.get(&format!("/{name}"), &[]).await.status
}

#[tokio::test]
async fn a_build_keeps_its_hashed_files_and_no_other() {
    let names: Vec<String> = current().into_iter().map(|file| file.name).collect();
    let hashed = |start: &str, end: &str| names.iter().filter(|name| name.starts_with(start) && name.ends_with(end)).count();
    assert_eq!((hashed("p-", ".js"), hashed("p-", "_bg.wasm"), hashed("w-", ".js"), hashed("w-", "_bg.wasm")), (1, 1, 1, 1));
    assert_eq!((hashed("s-", ".css"), names.len()), (1, 5));
    // A later build serves the files that this one keeps: each has the hash of its name.
    for file in current() {
        let parsed = Name::parse(&file.name).unwrap();
        assert!(verify(&parsed, current(), &file.name).is_some(), "{}", file.name);
    }
}

#[tokio::test]
async fn the_files_of_an_earlier_build_are_served_as_they_were() {
    let world = World::new().await;
    let earlier = build("earlier");
    world.store.keep_site_files(&earlier, world.clock.hour()).await.unwrap();
    let agent = [("user-agent", "Mozilla/5.0 (Linux) AppleWebKit/537.36 Chrome/92.0 Mobile Safari/537.36")];
    for file in &earlier {
        let path = format!("/{}", file.name);
        let ours = current().into_iter().find(|ours| ours.name[..2] == file.name[..2] && ours.name[18..] == file.name[18..]);
        let ours = world.get(&format!("/{}", ours.unwrap().name), &agent).await;
        let answer = world.get(&path, &agent).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.body, encoding::unpacked(&file.packed, MOST_BYTES).unwrap());
        for (name, value) in &ours.headers {
            // One is for another length, the other names the same file on the onion service.
            if name != "content-length" && name != "onion-location" {
                assert_eq!(answer.headers.get(name), Some(value), "{path} {name}");
            }
        }
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        for encoding in ["br", "gzip"] {
            let packed = world.get(&path, &[("accept-encoding", encoding)]).await;
            assert_eq!((packed.header("content-encoding"), packed.header("vary").contains("Accept-Encoding")), (encoding, true));
            assert_eq!(decoded(encoding, &packed.body), answer.body);
        }
        assert_eq!(world.ask(request(Method::POST, &path, &[], vec![])).await.status, StatusCode::METHOD_NOT_ALLOWED);
        let head = world.ask(request(Method::HEAD, &path, &[], vec![])).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    }
}

#[tokio::test]
async fn nothing_is_served_that_has_not_the_hash_of_its_name() {
    let world = World::new().await;
    let earlier = build("earlier");
    let (script, wasm) = (earlier[0].name.clone(), earlier[1].name.clone());
    let keep = async |files: &[SiteFile]| world.store.keep_site_files(files, world.clock.hour()).await.unwrap();

    keep(&[earlier[0].clone()]).await;
    assert_eq!(status(&world, &script).await, StatusCode::NOT_FOUND, "half of what the hash covers is not there");
    keep(&[packed(&script, b"altered"), earlier[1].clone()]).await;
    assert_eq!((status(&world, &script).await, status(&world, &wasm).await), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    // The same bytes with another end of the script.
    let (long, short) = ([b"p earlier", &WASM_FILE[..4]].concat(), &WASM_FILE[4..]);
    keep(&[packed(&script, &long), packed(&wasm, short)]).await;
    assert_eq!((status(&world, &script).await, status(&world, &wasm).await), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    let bomb = vec![b' '; usize::try_from(MOST_BYTES).unwrap() + 1];
    let name = format!("s-{}.css", hex(&Sha256::digest(&bomb)[..8]));
    keep(&[packed(&name, &bomb), SiteFile { name: earlier[4].name.clone(), packed: b"no brotli".to_vec() }]).await;
    assert_eq!(
        (status(&world, &name).await, status(&world, &earlier[4].name).await),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );

    keep(&earlier).await;
    for file in &earlier {
        assert_eq!(status(&world, &file.name).await, StatusCode::OK, "{}", file.name);
    }
    // The cache does not change a file that was verified once.
    keep(&[packed(&script, b"altered")]).await;
    assert_eq!(world.get(&format!("/{script}"), &[]).await.body, b"p earlier");
}

#[tokio::test]
async fn names_of_another_form_are_never_looked_up() {
    let world = World::new().await;
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
        assert_eq!(Name::parse(name), None, "{name}");
        world.store.keep_site_files(&[packed(name, b"x")], world.clock.hour()).await.unwrap();
        if name.is_ascii() {
            assert_eq!(status(&world, name).await, StatusCode::NOT_FOUND, "{name}");
        }
    }
    assert!(Name::parse("w-0123456789abcdef_bg.wasm").is_some() && Name::parse("s-0123456789abcdef.css").is_some());
}

#[tokio::test]
async fn another_server_serves_what_this_build_keeps_and_a_month_later_nobody_does() {
    let world = World::new().await;
    let earlier = build("earlier");
    world.store.keep_site_files(&earlier, world.clock.hour()).await.unwrap();
    let day = async |days: u64| {
        let clock = world.clock.clone();
        clock.advance(Duration::from_hours(24 * days));
        // Without what this server remembers.
        let later = World::of_store(world.site.clone(), &world.store, clock);
        crate::server::prune_once(&later.0).await.unwrap();
        crate::testing::answer(later.1, request(Method::GET, &format!("/{}", earlier[0].name), &[], vec![])).await.status
    };
    assert_eq!(day(30).await, StatusCode::OK);
    assert_eq!(day(2).await, StatusCode::NOT_FOUND);
}
