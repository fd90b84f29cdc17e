//! A slow, broken or hostile server: what it sends is written under its own hash or not at all.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use amanat_reviewer::ack;
use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::keys::AccessKey;
use amanat_reviewer::online::{Online, OnlineError, Route};
use amanat_reviewer::packs::{self, PacksError};
use amanat_reviewer::pull::{self, PullError, Pulled};
use amanat_reviewer_core::message::Message;
use amanat_shared::api::{self, Acknowledgement, Acknowledgements, Claims};
use amanat_shared::dates::Day;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::world::World;

/// A request as the server received it: its first line, and its headers in lower case.
#[derive(Clone, Debug)]
pub struct Request {
    pub line: String,
    headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// Answers requests with these bytes, in order, and closes the connection after each; then with 503.
pub fn serve(answers: Vec<Vec<u8>>) -> (String, Arc<Mutex<Vec<Request>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&seen);
    thread::spawn(move || {
        let mut answers = VecDeque::from(answers);
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            let mut headers = BTreeMap::new();
            loop {
                let mut header = String::new();
                stream.read_line(&mut header).unwrap();
                let Some((name, value)) = header.trim().split_once(": ") else { break };
                headers.insert(name.to_lowercase(), value.to_owned());
            }
            let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
            let mut body = vec![0; length];
            std::io::Read::read_exact(&mut stream, &mut body).unwrap();
            requests.lock().unwrap().push(Request { line: line.trim().to_owned(), headers, body });
            let answer = answers
                .pop_front()
                .unwrap_or_else(|| b"HTTP/1.1 503 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec());
            stream.get_mut().write_all(&answer).unwrap();
        }
    });
    (origin, seen)
}

pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n", body.len()).into_bytes();
    answer.extend(body);
    answer
}

fn listed(files: &[&[u8]]) -> Vec<u8> {
    let rows: Vec<_> =
        files.iter().map(|file| json!({ "sha256": hash(file), "bytes": file.len(), "received": "2026-11-23T06:00Z" })).collect();
    answer("200 OK", "", json!(rows).to_string().as_bytes())
}

pub fn hash(file: &[u8]) -> String {
    api::hex(&Sha256::digest(file))
}

pub fn online(world: &World, origin: &str) -> Online {
    let access = AccessKey::load(&world.path("keys/access.key")).unwrap();
    Online::new(&Route { server: origin, ..Route::default() }, access).unwrap()
}

fn pull(world: &World, origin: &str) -> Pulled {
    pull::pull(&online(world, origin), &world.path("in"), DEFAULT_MAX_BYTES)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_busy_server_is_asked_again_when_it_says_and_not_for_ever() {
    let world = World::new();
    let busy = || answer("429 Later", "retry-after: 0\r\n", b"{}");
    let (origin, seen) = serve(vec![busy(), answer("503 Later", "retry-after: 0\r\n", b""), answer("200 OK", "", b"[]")]);
    assert_eq!(online(&world, &origin).get("/api/v1/registrations", 0).unwrap().status().as_u16(), 200);
    let tokens: BTreeSet<String> = seen.lock().unwrap().iter().map(|request| request.headers["authorization"].clone()).collect();
    assert_eq!(tokens.len(), 3, "each time with another token");

    let (origin, seen) = serve((0..9).map(|_| busy()).collect());
    let refused = online(&world, &origin).get("/api/v1/registrations", 0).unwrap_err();
    assert!(matches!(refused, OnlineError::Status { status: 429, .. }), "{refused}");
    assert_eq!(seen.lock().unwrap().len(), 6);
}

#[test]
fn what_breaks_off_is_resumed_and_only_what_is_new_is_fetched() {
    let world = World::new();
    let file: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let (known, range) = (b"known".as_slice(), "content-range: bytes 40000-99999/100000\r\n");
    fs::create_dir(world.path("in")).unwrap();
    fs::write(world.path("in").join(format!("{}.age", hash(known))), known).unwrap();
    let mut cut = answer("200 OK", "", &file);
    cut.truncate(cut.len() - 60_000);
    let (origin, seen) =
        serve(vec![listed(&[known, &file]), cut, answer("206 Partial Content", range, &file[40_000..]), listed(&[])]);
    let pulled = pull(&world, &origin);
    assert!(pulled.failures.is_empty(), "{:?}", pulled.failures);
    assert_eq!((pulled.new, pulled.known), (1, 1));
    assert_eq!(fs::read(world.path("in").join(format!("{}.age", hash(&file)))).unwrap(), file);
    assert_eq!(names(&world.path("in")).len(), 3);
    let hours: serde_json::Value = serde_json::from_slice(&fs::read(world.path("in/received.json")).unwrap()).unwrap();
    assert_eq!(hours, json!({ hash(known): "2026-11-23T06:00Z", hash(&file): "2026-11-23T06:00Z" }));
    let seen = seen.lock().unwrap();
    assert_eq!(seen[2].headers["range"], "bytes=40000-");
    assert_eq!(seen[3].line, format!("GET /api/v1/registrations?limit=500&after={} HTTP/1.1", hash(&file)));
}

#[test]
fn every_request_carries_a_token_of_its_own_for_exactly_that_request() {
    let world = World::new();
    let (origin, seen) = serve(vec![listed(&[b"one"]), answer("200 OK", "", b"one"), listed(&[])]);
    assert_eq!(pull(&world, &origin).new, 1);
    let all = Acknowledgements { acknowledged: vec![Acknowledgement { sha256: "0".repeat(64), delete_proof: "0".repeat(64) }] };
    assert!(ack::send(&all, &online(&world, &origin)).is_err());
    let access = AccessKey::load(&world.path("keys/access.key")).unwrap();
    let public = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, access.public()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[&origin]);
    let mut jtis = Vec::new();
    for request in &*seen.lock().unwrap() {
        let token = request.headers["authorization"].strip_prefix("Bearer ").unwrap();
        assert_eq!(jsonwebtoken::decode_header(token).unwrap().kid.as_deref(), Some(access.public()));
        let claims = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_ed_der(&public), &validation).unwrap().claims;
        let [method, path, _] = request.line.split(' ').collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!((claims.htm.as_str(), claims.path.as_str()), (method, path));
        assert_eq!(claims.htu, format!("{origin}{}", path.split('?').next().unwrap()));
        assert_eq!(claims.body_sha256, hash(&request.body));
        jtis.push(claims.jti);
    }
    assert_eq!(jtis.len(), 4);
    jtis.dedup();
    assert_eq!(jtis.len(), 4);
}

#[test]
fn what_is_not_what_its_name_says_is_thrown_away_and_the_rest_goes_on() {
    let world = World::new();
    let longer = answer("200 OK", "", b"longer than listed");
    let (origin, _) = serve(vec![
        listed(&[b"wrong", b"long", b"right"]),
        answer("200 OK", "", b"wr0ng"),
        longer,
        answer("200 OK", "", b"right"),
        listed(&[]),
    ]);
    let pulled = pull(&world, &origin);
    assert_eq!(pulled.new, 1);
    assert!(matches!(&pulled.failures[..], [PullError::OtherBytes(_), PullError::OtherBytes(_)]), "{:?}", pulled.failures);
    assert_eq!(names(&world.path("in")), [format!("{}.age", hash(b"right")), "received.json".to_owned()]);
}

#[test]
fn hours_of_earlier_runs_stay_and_what_is_no_hour_is_not_kept() {
    let world = World::new();
    fs::create_dir(world.path("in")).unwrap();
    let (first, second) = (hash(b"first"), hash(b"second"));
    fs::write(world.path("in/received.json"), json!({ first.clone(): "2026-11-01T05:00Z" }).to_string()).unwrap();
    let row = |sha256: &str, bytes: usize, received: &str| json!({ "sha256": sha256, "bytes": bytes, "received": received });
    let list = json!([row(&first, 5, "2020-01-01T00:00Z"), row(&second, 6, "\u{1b}[2J")]).to_string();
    let (origin, _) = serve(vec![
        answer("200 OK", "", list.as_bytes()),
        answer("200 OK", "", b"first"),
        answer("200 OK", "", b"second"),
        listed(&[]),
    ]);
    assert_eq!(pull(&world, &origin).new, 2);
    let hours: serde_json::Value = serde_json::from_slice(&fs::read(world.path("in/received.json")).unwrap()).unwrap();
    assert_eq!(hours, json!({ first: "2026-11-01T05:00Z" }));
}

#[test]
fn a_half_that_was_wrong_is_fetched_again_from_the_start() {
    let world = World::new();
    fs::create_dir(world.path("in")).unwrap();
    fs::write(world.path("in").join(format!("{}.age.part", hash(b"whole"))), b"XX").unwrap();
    let (origin, _) = serve(vec![
        listed(&[b"whole"]),
        answer("206 Partial Content", "content-range: bytes 2-4/5\r\n", b"ole"),
        answer("200 OK", "", b"whole"),
        listed(&[]),
    ]);
    let pulled = pull(&world, &origin);
    assert!(pulled.failures.is_empty(), "{:?}", pulled.failures);
    assert_eq!(fs::read(world.path("in").join(format!("{}.age", hash(b"whole")))).unwrap(), b"whole");
}

#[test]
fn hostile_names_sizes_and_endless_lists_are_refused() {
    let world = World::new();
    for name in ["../../evil", "", &"A".repeat(64), "/etc/passwd", &format!("{}/../x", "0".repeat(59))] {
        let list = json!([{ "sha256": name, "bytes": 1, "received": "" }]).to_string();
        let (origin, _) = serve(vec![answer("200 OK", "", list.as_bytes())]);
        assert!(matches!(&pull(&world, &origin).failures[..], [PullError::Name]), "{name}");
    }
    let list = json!([{ "sha256": "0".repeat(64), "bytes": u64::MAX, "received": "" }]).to_string();
    let (origin, _) = serve(vec![answer("200 OK", "", list.as_bytes()), answer("200 OK", "", list.as_bytes())]);
    assert!(matches!(&pull(&world, &origin).failures[..], [PullError::TooLong { .. }, PullError::Endless]));
    let (origin, _) = serve(vec![answer("200 OK", "", &vec![b' '; 2_000_000])]);
    assert!(matches!(&pull(&world, &origin).failures[..], [PullError::Online(_)]));
    assert_eq!(names(&world.path("in")), [""; 0]);
}

#[test]
fn links_in_the_folder_are_not_written_through() {
    let world = World::new();
    fs::create_dir(world.path("in")).unwrap();
    std::os::unix::fs::symlink(world.path("evil"), world.path("in").join(format!("{}.age.part", hash(b"one")))).unwrap();
    let (origin, _) = serve(vec![listed(&[b"one"]), answer("200 OK", "", b"one")]);
    assert!(matches!(&pull(&world, &origin).failures[..], [PullError::Disk { .. }]));
    assert!(!world.path("evil").exists());
}

#[test]
fn a_wrong_key_and_a_redirect_stop_with_two_lines() {
    let world = World::new();
    for refusal in [
        answer("401 Unauthorized", "", b""),
        answer("302 Found", "location: http://127.0.0.1:1/\r\n", b""),
        answer("500 No", "", b"{\"status\":500,\"code\":\"internal\",\"title\":\"\x1b[31m\"}"),
    ] {
        let (origin, seen) = serve(vec![refusal]);
        let pulled = pull(&world, &origin);
        assert_eq!(pulled.failures.len(), 1);
        let said = Message::of(&pulled.failures[0]).to_string();
        assert!(said.lines().count() == 2 && !said.contains('\u{1b}'), "{said}");
        assert_eq!(seen.lock().unwrap().len(), 1);
    }
}

#[test]
fn a_refusal_by_a_server_with_another_time_names_the_clock_and_not_the_key() {
    let world = World::new();
    for (date, expected) in [
        ("Mon, 01 Jan 2024 00:00:00 GMT", Some("days ahead of the server's")),
        ("Thu, 01 Jan 2099 00:00:00 GMT", Some("days behind the server's")),
        ("yesterday", None),
    ] {
        let (origin, _) = serve(vec![answer("401 Unauthorized", &format!("date: {date}\r\n"), b"")]);
        let said = Message::of(&pull(&world, &origin).failures[0]).to_string();
        assert_eq!(said.lines().count(), 2, "{said}");
        match expected {
            Some(words) => assert!(said.contains(words) && said.contains("Set the clock"), "{said}"),
            None => assert!(said.contains("does not accept this access key"), "{said}"),
        }
    }
}

#[test]
fn an_older_pack_is_not_kept() {
    let world = World::new();
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let roots = amanat_shared::pack::Roots { threshold: 1, keys: vec![keys.pk.to_base64()] };
    let recipient = amanat_shared::seal::HybridIdentity::from_seed([7; 32]).recipient().to_string();
    let pack = |serial: u64, contact: &str| {
        let pack = json!({
            "serial": serial, "issued": "2026-11-01", "expires": "2026-11-20", "site": "127.0.0.1", "contact": contact, "exit_url": "https://example.org",
            "phases": [1], "limits": { "files": 3, "file_bytes": 1, "total_bytes": 1 }, "demo": true,
            "recipients": [{ "name": "one", "key": recipient }], "access_keys": [], "form": crate::world::form(),
        })
        .to_string();
        let signature = minisign::sign(None, &keys.sk, pack.as_bytes(), None, None).unwrap().into_string();
        amanat_shared::pack::SignedPack { pack, signatures: vec![signature], demo_root: Some(roots.clone()) }
    };
    let out = world.path("in");
    let today = Day::from_iso("2026-11-23").unwrap();
    let kept = packs::keep(&pack(5, "a"), &out, today).unwrap();
    assert!(kept.serial == 5 && kept.expired && kept.demo);
    let bytes = fs::read(out.join("pack.json")).unwrap();
    assert_eq!(names(&out), [".amanat-serial", "pack.json", "pack.json.1.minisig"]);
    assert!(matches!(packs::keep(&pack(4, "a"), &out, today), Err(PacksError::Older { served: 4, newest: 5 })));
    assert!(matches!(packs::keep(&pack(5, "b"), &out, today), Err(PacksError::Another(5))));
    let mut unsigned = pack(6, "a");
    unsigned.pack.push(' ');
    assert!(matches!(packs::keep(&unsigned, &out, today), Err(PacksError::Pack(_))));
    assert_eq!(fs::read(out.join("pack.json")).unwrap(), bytes);
    // A signature that a bad stick has damaged is fetched again with the same pack.
    let signature = out.join("pack.json.1.minisig");
    fs::write(&signature, "damaged").unwrap();
    let again = pack(5, "a");
    assert!(packs::keep(&again, &out, today).is_ok());
    assert_eq!(fs::read_to_string(&signature).unwrap(), again.signatures[0]);
    assert_eq!(packs::keep(&pack(6, "b"), &out, today).unwrap().serial, 6);
    assert!(amanat_reviewer::sealed_file::forms(None, Some(&out)).is_ok());
}
