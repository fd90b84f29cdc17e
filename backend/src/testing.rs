//! Fixtures of the tests: a site with a signed pack, sealed files, a temporary database, and the real router.

use std::collections::BTreeMap;

use amanat_shared::answers::Answers;
use amanat_shared::api::{Claims, META_PACK, META_PROOF, Problem, hex};
use amanat_shared::dates::Day;
use amanat_shared::form::Form;
use amanat_shared::pack::{AccessKey, Limits, Pack, Recipient, Roots, SignedPack};
use amanat_shared::seal::{FORMAT, FormRef, HybridIdentity, Mailbox, PackRef, Registration, seal};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use http_body_util::BodyExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::clock::Clock;
use crate::config::LimitSettings;
use crate::config::RetentionSettings;
use crate::http::uploads::max_upload_bytes;
use crate::http::{AcceptedPack, ServerState, Site, router};
use crate::peer::Peer;
use crate::store::Store;
use crate::store::tests::TestDatabase;
use crate::store::tests::postgres::Postgres;

pub const ORIGIN: &str = "https://form.example.org";
pub const HOST: &str = "form.example.org";
pub const ONION: &str = "abc.onion";
pub const PROOF: [u8; 32] = [9; 32];

/// A server with its database.
pub struct TestServer {
    pub site: Site,
    pub store: Store,
    pub clock: Clock,
    pub folder: TempDir,
    pub state: ServerState,
    pub router: Router,
    /// The database server, which ends when this is dropped.
    #[expect(dead_code, reason = "its end is what it is kept for")]
    pub postgres: Option<Postgres>,
}

/// A response, read to its end.
#[derive(Debug)]
pub struct TestResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl TestResponse {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn problem(&self) -> Problem {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem.status, self.status.as_u16());
        problem
    }
}

pub fn access_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn signed(contact: &str) -> (SignedPack, Pack) {
    let form: Form = serde_json::from_value(serde_json::json!({
        "id": "test", "version": "1", "languages": ["en"], "title": {"en": "Form"}, "sections": [], "lists": {}, "pages": []
    }))
    .unwrap();
    let pack = Pack {
        serial: 7,
        issued: "2026-11-01".to_owned(),
        expires: "2026-11-30".to_owned(),
        site: HOST.to_owned(),
        contact: contact.to_owned(),
        exit_url: "https://example.org/".to_owned(),
        phases: vec![1],
        limits: Limits { files: 4, file_bytes: 10 << 20, total_bytes: 20 << 20 },
        recipients: (1..=2)
            .map(|seed| Recipient {
                name: format!("reviewer-{seed}"),
                key: HybridIdentity::from_seed([seed; 32]).recipient().to_string(),
            })
            .collect(),
        access_keys: (1..=2)
            .map(|seed| AccessKey {
                name: format!("reviewer-{seed}"),
                key: URL_SAFE_NO_PAD.encode(access_key(seed).verifying_key().as_bytes()),
            })
            .collect(),
        revoked: vec![3],
        demo: true,
        form,
    };
    let json = serde_json::to_string(&pack).unwrap();
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let signature = minisign::sign(Some(&keys.pk), &keys.sk, json.as_bytes(), None, None).unwrap().to_string();
    let roots = Roots { threshold: 1, keys: vec![keys.pk.to_base64()] };
    let signed = SignedPack { pack: json, signatures: vec![signature], demo_root: Some(roots.clone()) };
    assert_eq!(signed.verify_with(&roots).as_ref(), Ok(&pack));
    (signed, pack)
}

pub fn site() -> Site {
    let (signed, pack) = signed("by mail");
    let shape = pack.shape().unwrap();
    Site {
        accepted: vec![AcceptedPack { serial: 7, shape }, AcceptedPack { serial: 6, shape: (shape.0, 3) }],
        revoked: pack.revoked.clone(),
        origins: vec![ORIGIN.to_owned(), "http://abc.onion".to_owned()],
        tls: true,
        onion_location: Some("http://abc.onion".to_owned()),
        max_upload_bytes: max_upload_bytes(&pack.limits),
        reviewers_to_notify: vec!["reviewer-1".to_owned(), "reviewer-2".to_owned()],
        // Other tests cover the proof of work.
        limits: LimitSettings { proof_of_work_bits: 0, ..LimitSettings::default() },
        retention: RetentionSettings::default().rules(2),
        signed,
        pack,
    }
}

impl TestServer {
    pub async fn new() -> Self {
        Self::with_site(site()).await
    }

    pub async fn with_site(site: Site) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}/amanat.sqlite", folder.path().display())).await.unwrap();
        // 2026-11-23 06:10:00.
        let clock = Clock::standing_at(1_795_414_200);
        let state = ServerState::new(site.clone(), store.clone(), clock.clone());
        let router = router(state.clone());
        Self { site, store, clock, folder, state, router, postgres: None }
    }

    /// Creates a server on an existing database.
    pub fn on_database(site: Site, database: TestDatabase) -> Self {
        let TestDatabase { store, folder, server } = database;
        let clock = Clock::standing_at(1_795_414_200);
        let state = ServerState::new(site.clone(), store.clone(), clock.clone());
        let router = router(state.clone());
        Self { site, store, clock, folder, state, router, postgres: server }
    }

    /// Creates another server on an existing database.
    pub fn another_on(site: Site, store: &Store, clock: Clock) -> (ServerState, Router) {
        let state = ServerState::new(site, store.clone(), clock);
        (state.clone(), router(state))
    }

    pub async fn call(&self, request: Request<Body>) -> TestResponse {
        answer(self.router.clone(), request).await
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> TestResponse {
        self.call(request(Method::GET, path, headers, Vec::new())).await
    }

    /// Sends a request through the onion service.
    pub async fn get_via_onion(&self, path: &str, headers: &[(&str, &str)]) -> TestResponse {
        let mut request = request(Method::GET, path, headers, Vec::new());
        request.extensions_mut().insert(Peer::Onion);
        self.call(request).await
    }

    /// Creates an upload and returns its address.
    pub async fn create(&self, bytes: usize) -> String {
        let length = bytes.to_string();
        let created = self
            .call(tus(
                Method::POST,
                amanat_shared::api::UPLOADS,
                &[("upload-length", &length), ("upload-metadata", &metadata(None))],
                vec![],
            ))
            .await;
        assert_eq!(created.status, StatusCode::CREATED);
        created.header("location").to_owned()
    }

    pub async fn patch(&self, path: &str, offset: usize, bytes: impl Into<Body>) -> TestResponse {
        let offset = offset.to_string();
        let mut request =
            tus(Method::PATCH, path, &[("upload-offset", &offset), ("content-type", "application/offset+octet-stream")], vec![]);
        *request.body_mut() = bytes.into();
        self.call(request).await
    }

    pub async fn offset(&self, path: &str) -> String {
        self.call(tus(Method::HEAD, path, &[], vec![])).await.header("upload-offset").to_owned()
    }

    /// Uploads a whole file and returns its SHA-256.
    pub async fn upload(&self, file: &[u8]) -> [u8; 32] {
        let path = self.create(file.len()).await;
        let sent = self.patch(&path, 0, file.to_vec()).await;
        assert_eq!((sent.status, sent.header("upload-offset")), (StatusCode::NO_CONTENT, file.len().to_string().as_str()));
        Sha256::digest(file).into()
    }

    /// Counts the rows of each table that a person's file can leave something in.
    pub async fn table_rows(&self) -> BTreeMap<&'static str, i64> {
        let url = format!("sqlite://{}/amanat.sqlite", self.folder.path().display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        let mut rows = BTreeMap::new();
        for (table, count) in [
            ("uploads", "SELECT count(*) FROM uploads"),
            ("chunks", "SELECT count(*) FROM chunks"),
            ("registrations", "SELECT count(*) FROM registrations"),
            ("notices", "SELECT count(*) FROM notices"),
        ] {
            let (number,): (i64,) = sqlx::query_as(count).fetch_one(&pool).await.unwrap();
            rows.insert(table, number);
        }
        rows
    }

    /// Checks whether any file of the database contains these bytes.
    pub fn is_on_disk(&self, needle: &[u8]) -> bool {
        std::fs::read_dir(self.folder.path()).unwrap().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(needle.len()).any(|window| window == needle)
        })
    }

    /// Returns valid claims for a request without a body.
    pub fn claims(&self, method: &str, path: &str) -> Claims {
        let mut jti = [0; 16];
        getrandom::fill(&mut jti).unwrap();
        Claims {
            aud: ORIGIN.to_owned(),
            exp: u64::try_from(self.clock.unix_secs()).unwrap() + 60,
            htm: method.to_owned(),
            htu: format!("{ORIGIN}{}", path.split('?').next().unwrap()),
            path: path.to_owned(),
            body_sha256: hex(&Sha256::digest(b"")),
            jti: hex(&jti),
        }
    }

    /// Sends a request of reviewer 1.
    pub async fn get_as_reviewer(&self, path: &str, headers: &[(&str, &str)]) -> TestResponse {
        let token = token(&access_key(1), &self.claims("GET", path));
        let mut all = vec![("authorization", token.as_str())];
        all.extend(headers);
        self.get(path, &all).await
    }
}

/// Returns the router's response.
pub async fn answer(router: Router, request: Request<Body>) -> TestResponse {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    TestResponse { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes().to_vec() }
}

pub fn token(key: &SigningKey, claims: &Claims) -> String {
    let header = Header { kid: Some(URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes())), ..Header::new(Algorithm::EdDSA) };
    let der = key.to_pkcs8_der().unwrap();
    format!("Bearer {}", encode(&header, claims, &EncodingKey::from_ed_der(der.as_bytes())).unwrap())
}

pub fn request(method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", HOST);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body)).unwrap()
}

pub fn tus(method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request<Body> {
    let mut all = vec![("tus-resumable", "1.0.0")];
    all.extend(headers);
    request(method, path, &all, body)
}

pub fn metadata(pack: Option<u64>) -> String {
    let proof = format!("{META_PROOF} {}", STANDARD.encode(Sha256::digest(PROOF)));
    pack.map_or_else(|| proof.clone(), |serial| format!("{proof},{META_PACK} {}", STANDARD.encode(serial.to_string())))
}

/// Returns a sealed file for this many recipients, of about this length.
pub fn sealed(recipients: u8, bytes: usize) -> Vec<u8> {
    let keys: Vec<String> = (1..=recipients).map(|seed| HybridIdentity::from_seed([seed; 32]).recipient().to_string()).collect();
    let recipients = amanat_shared::seal::Recipients::parse(keys.iter().map(String::as_str)).unwrap();
    let registration = Registration {
        format: FORMAT,
        form: FormRef { id: "test".to_owned(), version: "1".to_owned(), sha256: String::new() },
        pack: PackRef { serial: 7, sha256: String::new() },
        language: "en".to_owned(),
        mailbox: Mailbox { recipient: String::new(), id: String::new() },
        delete_proof: hex(&PROOF),
        answers: Answers::default(),
        attachments: vec![amanat_shared::seal::Attachment {
            name: "attachments/01.jpg".to_owned(),
            question: "photo".to_owned(),
            media_type: "image/jpeg".to_owned(),
            bytes: bytes as u64,
            sha256: String::new(),
        }],
    };
    seal(&registration, &[&vec![5; bytes]], &recipients).unwrap()
}

#[test]
fn the_test_clock_is_within_the_packs_validity() {
    assert_eq!(Day(i32::try_from(1_795_414_200_i64 / 86_400).unwrap()).iso(), "2026-11-23");
}
