//! The examples in `docs/formats.md` are read by the server's own parsers.

use std::fs;

use amanat_backend::audit_journal::AuditJournal;
use amanat_backend::clock::Clock;
use amanat_backend::config::{Config, LimitSettings, RetentionSettings};
use amanat_backend::http::uploads::max_upload_bytes;
use amanat_backend::http::{AcceptedPack, ServerState, Site, router};
use amanat_backend::store::Store;
use amanat_shared::audit::Entry;
use amanat_shared::pack::{Pack, SignedPack};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use tower::ServiceExt;

const DOCUMENT: &str = include_str!("../../docs/formats.md");
/// The hour of the examples.
const NOW: i64 = 1_795_413_600;

/// The text of the fenced block whose info string ends in this mark.
fn example(name: &str) -> String {
    let mut lines = DOCUMENT.lines().skip_while(|line| !line.ends_with(&format!(" format={name}"))).skip(1);
    let text: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
    assert!(!text.is_empty(), "there is no example {name}");
    text.join("\n")
}

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder for the database");
    let store = Store::open(&format!("sqlite://{}/amanat.sqlite", folder.path().display())).await.expect("a new database");
    (folder, store)
}

/// A server that serves the pack of the examples.
fn state(store: Store) -> ServerState {
    let pack = Pack::from_json(&example("pack.json")).expect("it is a pack");
    let shape = pack.shape().expect("its keys can be sealed to");
    let site = Site {
        signed: SignedPack { pack: example("pack.json"), signatures: Vec::new(), demo_root: None },
        accepted: vec![AcceptedPack { serial: pack.serial, shape }],
        revoked: Vec::new(),
        origins: vec!["https://form.example.org".to_owned()],
        tls: true,
        onion_location: None,
        max_upload_bytes: max_upload_bytes(&pack.limits),
        reviewers_to_notify: Vec::new(),
        // The challenge of the example is another server's.
        limits: LimitSettings { proof_of_work_bits: 0, ..LimitSettings::default() },
        retention: RetentionSettings::default().rules(1),
        pack,
    };
    ServerState::new(site, store, Clock::standing_at(NOW))
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[test]
fn the_configuration_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("amanat.toml");
    fs::write(&file, example("amanat.toml")).unwrap();
    let config = Config::load(&file).unwrap();
    assert_eq!((config.origins, config.reviewer.len()), (vec!["https://form.example.org".to_owned()], 1));
}

#[tokio::test]
async fn the_journal_brings_a_new_database_to_the_end_of_the_audit_log() {
    let (folder, store) = store().await;
    let file = folder.path().join("journal");
    fs::write(&file, format!("{}\n", example("journal"))).unwrap();
    let mut journal = AuditJournal::open(&file).unwrap();
    journal.reconcile(&store).await.unwrap();
    let entries: Vec<Entry> = serde_json::from_str(&example("audit")).unwrap();
    assert_eq!((journal.entries(), store.audit(0, 100).await.unwrap()), (entries.len() as u64, entries));
}

#[tokio::test]
async fn an_upload_is_created_whose_metadata_head_says_again() {
    let (_folder, store) = store().await;
    let router = router(state(store));
    let upload = example("upload");
    let mut lines = upload.lines();
    assert_eq!(lines.next(), Some("POST /api/v1/uploads HTTP/1.1"));
    let mut request = Request::post("/api/v1/uploads");
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    for (name, value) in &headers {
        request = request.header(*name, *value);
    }
    let created = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);

    let head = Request::head(header(&created, "location")).header("host", "form.example.org").header("tus-resumable", "1.0.0");
    let answer = router.oneshot(head.body(Body::empty()).unwrap()).await.unwrap();
    let said = |wanted: &str| headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    for name in ["Upload-Length", "Upload-Metadata"] {
        assert_eq!(Some(header(&answer, name)), said(name));
    }
    assert_eq!(header(&answer, "Upload-Offset"), "0");
}
