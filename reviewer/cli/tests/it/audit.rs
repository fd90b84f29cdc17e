//! A server's log that continues the one seen before, and every way in which one can fail to.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::thread;

use amanat_reviewer::audit::{self, Activity, AuditError, AuditSummary, HEAD, Restored};
use amanat_reviewer::keys::AccessKey;
use amanat_reviewer::online::{Online, Route};
use amanat_reviewer::request_ledger::{REQUESTS, RequestLedger};
use amanat_reviewer_core::message::Message;
use amanat_shared::api;
use amanat_shared::audit::{Entry, Head};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::binary::{errors, out, run};
use crate::world::World;

/// Changes a hostile server's log before the server shows it.
pub type Twist = fn(Vec<Entry>) -> Vec<Entry>;

pub struct Log {
    pub entries: Vec<Entry>,
    twist: Twist,
}

impl Log {
    pub fn add(&mut self, reviewer: &str, action: &str, subject: &str, request: &str) {
        let last = self.entries.last();
        let head = last.map_or(Head::START, |last| Head { seq: last.seq, hash: api::from_hex(&last.hash).unwrap() });
        let mut entry = Entry {
            seq: head.seq + 1,
            hour: 3600,
            reviewer: reviewer.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            request: request.to_owned(),
            hash: String::new(),
        };
        entry.hash = api::hex(&head.hash_of(&entry));
        self.entries.push(entry);
    }
}

#[test]
fn requests_are_not_noted_through_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let (target, requests) = (dir.path().join("target"), dir.path().join(REQUESTS));
    fs::write(&target, "kept").unwrap();
    std::os::unix::fs::symlink(&target, &requests).unwrap();
    let refused = RequestLedger::open(Some(dir.path()), None).unwrap_err();
    assert!(refused.error.to_string().contains("it is a link"));
    assert_eq!(fs::read(&target).unwrap(), b"kept");
    fs::remove_file(&requests).unwrap();
    RequestLedger::open(Some(dir.path()), None).unwrap().note(1).unwrap();
    assert_eq!(fs::metadata(&requests).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Answers as the server does: every request is in the log before it is answered. The server has only the log.
pub fn serve() -> (String, Arc<Mutex<Log>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let log = Arc::new(Mutex::new(Log { entries: Vec::new(), twist: |entries| entries }));
    let shared = Arc::clone(&log);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let lines: Vec<String> = (&mut stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            let token =
                lines.iter().find_map(|line| line.to_lowercase().starts_with("authorization").then(|| line.clone())).unwrap();
            let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
            let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
            let path = lines[0].split(' ').nth(1).unwrap();
            let mut log = shared.lock().unwrap();
            let body = if path.starts_with(api::AUDIT) {
                log.add("me", "audit", "", claims["jti"].as_str().unwrap());
                let number =
                    |key: &str| path.split(['?', '&']).find_map(|part| part.strip_prefix(key)).unwrap().parse::<u64>().unwrap();
                let shown = (log.twist)(log.entries.clone());
                let behind = shown.into_iter().filter(|entry| entry.seq > number("after="));
                serde_json::to_vec(&behind.take(usize::try_from(number("limit=")).unwrap()).collect::<Vec<_>>()).unwrap()
            } else {
                log.add("me", "list", "", claims["jti"].as_str().unwrap());
                b"[]".to_vec()
            };
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.get_mut().write_all(&[head.as_bytes(), &body].concat()).unwrap();
        }
    });
    (origin, log)
}

fn follow(world: &World, origin: &str, restored: Restored) -> Result<AuditSummary, AuditError> {
    fs::create_dir_all(world.path("in")).unwrap();
    let access = AccessKey::load(&world.path("keys/access.key")).unwrap();
    let ledger = RequestLedger::open(Some(&world.path("in")), None).unwrap();
    let online = Online::new(&Route { server: origin, ..Route::default() }, access).unwrap().noted(ledger);
    audit::follow(&online, &world.path("in"), restored)
}

fn head(world: &World) -> String {
    fs::read_to_string(world.path("in").join(HEAD)).unwrap()
}

#[test]
fn a_log_is_followed_to_its_end_over_any_number_of_pages_and_the_end_is_remembered() {
    // The request itself is an entry, so that 999 entries and it fill one page exactly.
    for length in [0, 998, 999, 1000, 2500] {
        let world = World::new();
        let (origin, log) = serve();
        for number in 0..length {
            log.lock().unwrap().add("second", "fetch", "the same file", &number.to_string());
        }
        let news = follow(&world, &origin, Restored::Refuse).unwrap();
        assert!(news.first && news.others.get("second").map_or(0, |deeds| deeds.fetched) == usize::from(length > 0), "{news:?}");
        let end = log.lock().unwrap().entries.last().cloned().unwrap();
        assert_eq!(head(&world), format!("{} {}\n", end.seq, end.hash));
        for file in [HEAD, REQUESTS] {
            assert_eq!(fs::metadata(world.path("in").join(file)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        log.lock().unwrap().add("second", "acknowledge", "it", "");
        let news = follow(&world, &origin, Restored::Refuse).unwrap();
        assert_eq!(news.others["second"], Activity { acknowledged: 1, ..Activity::default() });
        assert_eq!((news.first, news.elsewhere), (false, Activity::default()));
        let kept = fs::read_to_string(world.path("in").join(REQUESTS)).unwrap();
        assert!(kept.starts_with("secret ") && kept.lines().count() == 1, "what was found in the log is forgotten: {kept}");
    }
}

#[test]
fn a_log_that_does_not_go_on_is_refused_in_two_lines_and_nothing_is_fetched() {
    fn rechained(entries: Vec<Entry>) -> Vec<Entry> {
        let mut log = Log { entries: Vec::new(), twist: |entries| entries };
        for entry in entries {
            log.add(&format!("{}!", entry.reviewer), &entry.action, &entry.subject, &entry.request);
        }
        log.entries
    }
    let twists: [(&str, Twist, &str); 8] = [
        ("cut off", |mut entries| (entries.truncate(2), entries).1, "it ends with entry 4, and entry 5 must be there"),
        ("frozen", |mut entries| (entries.truncate(4), entries).1, "it ends with entry 4, and entry 5 must be there"),
        ("begun anew", |entries| rechained(entries[4..].to_vec()), "it ends with entry 4, and entry 5 must be there"),
        ("another past", rechained, "entry 5 does not carry the hash"),
        ("a gap", |mut entries| (entries.remove(4), entries).1, "entry 6 stands where entry 5 should"),
        ("a changed entry", |mut entries| (entries[4].reviewer.push('x'), entries).1, "entry 5 does not carry the hash"),
        ("without our request", |mut entries| (entries.truncate(5), entries).1, "it ends with entry 5, and entry 5 must"),
        ("nothing", |_| Vec::new(), "it ends with entry 4, and entry 5 must be there"),
    ];
    for (what, twist, said) in twists {
        let world = World::new();
        let (origin, log) = serve();
        for number in 0..3 {
            log.lock().unwrap().add("second", "list", "", &number.to_string());
        }
        follow(&world, &origin, Restored::Refuse).unwrap();
        let before = head(&world);
        assert!(before.starts_with("4 "));
        log.lock().unwrap().add("second", "list", "", "later");
        log.lock().unwrap().twist = twist;
        let error = Message::from(follow(&world, &origin, Restored::Refuse).unwrap_err()).to_string();
        assert!(error.lines().count() == 2 && error.contains("Nothing was fetched"), "{what}: {error}");
        assert!(error.contains(said), "{what}: {error}");
        assert_eq!(head(&world), before, "{what}");

        let asked = log.lock().unwrap().entries.len();
        let pulled = run(&world, &["pull", "--server", &origin, "--access", "keys/access.key", "--out", "in"]);
        assert!(!pulled.status.success() && errors(&pulled).lines().count() == 2, "{what}: {}", errors(&pulled));
        let actions: Vec<String> = log.lock().unwrap().entries[asked..].iter().map(|one| one.action.clone()).collect();
        assert_eq!(actions, ["audit"], "{what}");
    }
}

#[test]
fn a_server_that_was_restored_without_its_journal_is_followed_anew_only_when_asked() {
    let world = World::new();
    let (origin, log) = serve();
    log.lock().unwrap().add("second", "list", "", "1");
    follow(&world, &origin, Restored::Refuse).unwrap();
    log.lock().unwrap().entries.clear();
    assert!(matches!(follow(&world, &origin, Restored::Refuse), Err(AuditError::Shorter { wanted: 3, ends: 2 })));
    let pull = ["pull", "--server", &origin, "--access", "keys/access.key", "--out", "in"];
    let said = run(&world, &pull);
    assert!(errors(&said).contains("pull --accept-restored"), "{}", errors(&said));
    let accepted = run(&world, &[&pull[..], &["--accept-restored"]].concat());
    assert!(out(&accepted).contains("What others did before this folder's first pull: nothing."), "{}", out(&accepted));
    assert!(head(&world).starts_with("3 "));
    assert!(follow(&world, &origin, Restored::Refuse).is_ok());
}

#[test]
fn somebody_else_with_our_key_is_noticed_and_an_answer_that_never_came_is_no_alarm() {
    let world = World::new();
    let (origin, log) = serve();
    follow(&world, &origin, Restored::Refuse).unwrap();
    // The request arrived, but its answer did not.
    let noted = |jti: &str| {
        let line = format!("{jti} {}\n", u64::MAX);
        OpenOptions::new().append(true).open(world.path("in").join(REQUESTS)).unwrap().write_all(line.as_bytes()).unwrap();
    };
    let lost = "ab".repeat(16);
    noted(&lost);
    log.lock().unwrap().add("me", "fetch", "x", &lost);
    // Another request has not arrived yet; its note follows a line that a full disk cut off.
    noted("ef 17\ncd");
    assert_eq!(follow(&world, &origin, Restored::Refuse).unwrap().elsewhere, Activity::default());
    log.lock().unwrap().add("me", "fetch", "y", "cd");
    assert_eq!(follow(&world, &origin, Restored::Refuse).unwrap().elsewhere, Activity::default());
    // A number that this reviewer used long ago does not hide a thief.
    for (subject, request) in [("x", lost.as_str()), ("y", "theirs")] {
        log.lock().unwrap().add("me", "fetch", subject, request);
    }
    let news = follow(&world, &origin, Restored::Refuse).unwrap();
    assert_eq!(news.elsewhere, Activity { fetched: 2, ..Activity::default() });
    assert!(news.to_string().contains("WARNING"), "{news}");
}

#[test]
fn an_end_that_cannot_be_read_is_not_taken_for_none() {
    let world = World::new();
    let (origin, log) = serve();
    follow(&world, &origin, Restored::Refuse).unwrap();
    for text in ["", "2", "2 xyz\n", "-1 00\n", &"9".repeat(1000)] {
        fs::write(world.path("in").join(HEAD), text).unwrap();
        let asked = log.lock().unwrap().entries.len();
        let error = follow(&world, &origin, Restored::Refuse).unwrap_err();
        assert!(matches!(error, AuditError::Head(_)) && Message::of(&error).to_string().lines().count() == 2, "{error}");
        assert_eq!(log.lock().unwrap().entries.len(), asked, "nobody is asked");
    }
}
