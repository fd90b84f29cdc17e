use std::num::NonZeroU32;

use amanat_shared::api::{META_SHA256, ProblemCode, UPLOADS};
use amanat_shared::proof_of_work::Puzzle;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::config::{ByteSize, LimitSettings};
use crate::http::{ServerState, Site};
use crate::peer::Peer;
use crate::store::{Upload, UploadId};
use crate::testing::{TestResponse, TestServer, metadata, request, sealed, site, tus};

async fn server(settings: LimitSettings) -> TestServer {
    TestServer::with_site(Site { limits: settings, ..site() }).await
}

fn from(peer: Peer, mut request: Request<Body>) -> Request<Body> {
    if peer == Peer::Onion {
        request.headers_mut().insert("host", HeaderValue::from_static("abc.onion"));
    }
    request.extensions_mut().insert(peer);
    request
}

fn address(last: u8) -> Peer {
    Peer::Address([192, 0, 2, last].into())
}

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

async fn create(server: &TestServer, peer: Peer, file: &[u8], proof: Option<&str>) -> TestResponse {
    let (length, sha256) = (file.len().to_string(), STANDARD.encode(Sha256::digest(file)));
    let metadata = format!("{},{META_SHA256} {sha256}", metadata(Some(7)));
    let mut headers = vec![("upload-length", length.as_str()), ("upload-metadata", &metadata)];
    headers.extend(proof.map(|proof| ("proof-of-work", proof)));
    server.call(from(peer, tus(Method::POST, UPLOADS, &headers, vec![]))).await
}

/// Solves the challenge of a refusal, as a phone does.
fn solve(answer: &TestResponse, file: &[u8]) -> String {
    assert_eq!((answer.status, answer.problem().code), (StatusCode::TOO_MANY_REQUESTS, ProblemCode::ProofOfWork));
    solved(answer, file)
}

fn solved(answer: &TestResponse, file: &[u8]) -> String {
    solved_by_less_than(answer, file, u32::MAX)
}

/// Finds a proof that has the required bits but not, by chance, this many.
fn solved_by_less_than(answer: &TestResponse, file: &[u8], most: u32) -> String {
    let (bits, challenge) = answer.header("proof-of-work").split_once(' ').unwrap();
    let mut puzzle = Puzzle::new(challenge, Sha256::digest(file).into()).unwrap();
    let bits = bits.parse().unwrap();
    let counter = (0..100_000).find(|&counter| puzzle.is_solved_by(counter, bits) && !puzzle.is_solved_by(counter, most)).unwrap();
    puzzle.answer(counter)
}

fn bits(answer: &TestResponse) -> u32 {
    answer.header("proof-of-work").split_once(' ').unwrap().0.parse().unwrap()
}

async fn options(server: &TestServer, peer: Peer) -> TestResponse {
    let options = server.call(from(peer, request(Method::OPTIONS, UPLOADS, &[], vec![]))).await;
    assert_eq!(options.status, StatusCode::NO_CONTENT);
    options
}

/// Asks for a challenge, solves it and creates an upload.
async fn begin(server: &TestServer, peer: Peer, file: &[u8]) -> String {
    let proof = solved(&options(server, peer).await, file);
    let created = create(server, peer, file, Some(&proof)).await;
    assert_eq!(created.status, StatusCode::CREATED);
    created.header("location").to_owned()
}

fn none() -> LimitSettings {
    LimitSettings { proof_of_work_bits: 0, ..LimitSettings::default() }
}

#[tokio::test]
async fn under_load_an_upload_brings_work_that_is_good_once_and_for_its_file() {
    let server = server(LimitSettings { free_uploads_per_minute: number(1), ..none() }).await;
    let (file, other) = (sealed(2, 1000), sealed(2, 2000));
    assert_eq!(create(&server, address(1), &other, None).await.status, StatusCode::CREATED);

    let refused = create(&server, address(2), &file, None).await;
    let proof = solve(&refused, &file);
    let created = create(&server, address(2), &file, Some(&proof)).await;
    assert_eq!(created.status, StatusCode::CREATED);
    for (proof, file) in [(&proof, &file), (&proof, &other), (&"AAAA 1".to_owned(), &file), (&"x".repeat(5000), &file)] {
        assert_eq!(create(&server, address(2), file, Some(proof)).await.problem().code, ProblemCode::ProofOfWork);
    }
    let path = created.header("location");
    assert_eq!(server.patch(path, 0, file.clone()).await.status, StatusCode::NO_CONTENT);

    // Work done for one file does not admit another.
    let proof = solve(&create(&server, address(2), &file, None).await, &file);
    let created = create(&server, address(2), &file, Some(&proof)).await;
    let instead = sealed(2, 1000);
    let refused = server.patch(created.header("location"), 0, instead).await;
    assert_eq!((refused.status.as_u16(), refused.problem().code), (460, ProblemCode::ChecksumMismatch));
    assert_eq!(server.table_rows().await["registrations"], 1);

    // A proof that is too old does not admit an upload.
    let proof = solve(&create(&server, address(2), &file, None).await, &file);
    server.clock.advance(std::time::Duration::from_mins(31));
    assert_eq!(create(&server, address(2), &file, None).await.status, StatusCode::CREATED, "fewer come now");
    assert_eq!(create(&server, address(2), &file, Some(&proof)).await.problem().code, ProblemCode::ProofOfWork);
}

#[tokio::test]
async fn an_address_beyond_its_share_brings_work_and_other_addresses_do_not() {
    let server = server(LimitSettings { uploads_per_hour: number(2), ..none() }).await;
    let file = sealed(2, 1000);
    for _ in 0..2 {
        assert_eq!(create(&server, address(1), &file, None).await.status, StatusCode::CREATED);
    }
    let proof = solve(&create(&server, address(1), &file, None).await, &file);
    assert_eq!(create(&server, address(1), &file, Some(&proof)).await.status, StatusCode::CREATED);
    assert_eq!(create(&server, address(2), &file, None).await.status, StatusCode::CREATED);
    for _ in 0..5 {
        assert_eq!(create(&server, Peer::Onion, &file, None).await.status, StatusCode::CREATED);
    }
}

#[tokio::test]
async fn two_hundred_people_behind_one_address_register_within_an_hour() {
    let server = server(none()).await;
    let file = sealed(2, 1000);
    for person in 0..200 {
        // Each person makes a first visit, an upload in some pieces, and some requests after it.
        for _ in 0..7 {
            assert_eq!(
                server.call(from(address(1), request(Method::GET, "/", &[], vec![]))).await.status,
                StatusCode::OK,
                "{person}"
            );
        }
        assert_eq!(create(&server, address(1), &file, None).await.status, StatusCode::CREATED, "{person}");
        for _ in 0..5 {
            let missing = format!("{UPLOADS}/{}", "0".repeat(32));
            let head = server.call(from(address(1), tus(Method::HEAD, &missing, &[], vec![]))).await;
            assert_eq!(head.status, StatusCode::NOT_FOUND, "{person}");
        }
        server.clock.advance(std::time::Duration::from_secs(18));
    }
}

#[tokio::test]
async fn an_address_with_too_many_requests_is_told_when_to_retry() {
    let server = server(LimitSettings { requests_per_minute: number(2), ..LimitSettings::default() }).await;
    let get = async |peer, path: &str| server.call(from(peer, request(Method::GET, path, &[], vec![]))).await;
    for _ in 0..2 {
        assert_eq!(get(address(1), "/").await.status, StatusCode::OK);
    }
    let refused = get(address(1), "/").await;
    assert_eq!((refused.status, refused.problem().code), (StatusCode::TOO_MANY_REQUESTS, ProblemCode::Busy));
    assert!((1..=31).contains(&refused.header("retry-after").parse().unwrap()), "{}", refused.header("retry-after"));
    assert!(refused.header("content-security-policy").contains("default-src 'none'"));
    for (peer, path) in [(address(2), "/"), (Peer::Onion, "/"), (address(1), "/healthz"), (address(1), "/readyz")] {
        assert_eq!(get(peer, path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn every_upload_brings_a_small_proof_even_without_load() {
    let server = server(LimitSettings::default()).await;
    let file = sealed(2, 1000);
    for peer in [address(1), Peer::Onion] {
        let refused = create(&server, peer, &file, None).await;
        assert_eq!((bits(&refused), bits(&options(&server, peer).await)), (4, 4));
        let path = begin(&server, peer, &file).await;
        let again = create(&server, peer, &file, Some(&solve(&refused, &file))).await;
        assert_eq!(again.status, StatusCode::CREATED);
        assert_eq!(server.patch(&path, 0, file.clone()).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(server.table_rows().await["registrations"], 1);
}

#[tokio::test]
async fn asking_for_a_challenge_does_not_use_up_the_share() {
    let server = server(LimitSettings { uploads_per_hour: number(1), ..LimitSettings::default() }).await;
    let file = sealed(2, 1000);
    for _ in 0..3 {
        assert_eq!(bits(&create(&server, address(1), &file, None).await), 4);
    }
    begin(&server, address(1), &file).await;
    let proof = solved_by_less_than(&options(&server, address(1)).await, &file, 6);
    let refused = create(&server, address(1), &file, Some(&proof)).await;
    assert_eq!((refused.problem().code, bits(&refused)), (ProblemCode::ProofOfWork, 8));
}

#[tokio::test]
async fn proofs_hoarded_without_load_are_refused_under_load() {
    let server = server(LimitSettings { open_uploads: 8, ..LimitSettings::default() }).await;
    let file = sealed(2, 1000);
    let mut hoarded = Vec::new();
    for _ in 0..4 {
        let asked = options(&server, address(1)).await;
        assert_eq!(bits(&asked), 4);
        hoarded.push(solved_by_less_than(&asked, &file, 8));
    }
    for _ in 0..6 {
        begin(&server, address(1), &file).await;
    }
    // A phone that worked for four bits while the requirement grew to six is admitted.
    assert_eq!(bits(&options(&server, address(1)).await), 6);
    assert_eq!(create(&server, address(1), &file, Some(&hoarded[0])).await.status, StatusCode::CREATED);
    begin(&server, address(1), &file).await;
    for proof in &hoarded[1..] {
        let refused = create(&server, address(1), &file, Some(proof)).await;
        assert_eq!((refused.problem().code, bits(&refused)), (ProblemCode::ProofOfWork, 10));
    }
    begin(&server, address(1), &file).await;
}

#[tokio::test]
async fn at_the_ceiling_the_upload_with_the_least_progress_is_evicted_and_no_new_one_refused() {
    let server = server(LimitSettings { open_uploads: 8, ..none() }).await;
    let file = sealed(2, 600_000);
    let path = async |peer| {
        let proof = options(&server, peer).await;
        let proof = (!proof.header("proof-of-work").is_empty()).then(|| solved(&proof, &file));
        create(&server, peer, &file, proof.as_deref()).await.header("location").to_owned()
    };
    let second = || server.clock.advance(std::time::Duration::from_secs(1));
    let slow = path(address(1)).await;
    assert_eq!(server.patch(&slow, 0, file[..40_000].to_vec()).await.status, StatusCode::NO_CONTENT);
    let onion = path(Peer::Onion).await;
    let mut flood = Vec::new();
    for number in 0..30 {
        second();
        flood.push(path(address(number)).await);
        if number % 10 == 0 {
            let offset = server.offset(&slow).await.parse::<usize>().unwrap();
            assert_eq!(server.patch(&slow, offset, file[offset..offset + 40_000].to_vec()).await.status, StatusCode::NO_CONTENT);
        }
    }
    let there = server.store.unfinished().await.unwrap();
    assert_eq!(there.len(), 8);
    let exists = async |path: &str| server.call(tus(Method::HEAD, path, &[], vec![])).await.status == StatusCode::OK;
    assert!(exists(&slow).await && exists(&onion).await, "a place is kept for the onion service");
    assert!(!exists(&flood[0]).await && exists(&flood[29]).await);

    // An evicted upload begins again.
    assert_eq!(server.patch(&flood[0], 0, file.clone()).await.problem().code, ProblemCode::NotFound);
    let anew = path(address(1)).await;
    assert_eq!(server.patch(&anew, 0, file.clone()).await.status, StatusCode::NO_CONTENT);
    let offset = server.offset(&slow).await.parse::<usize>().unwrap();
    assert_eq!(server.patch(&slow, offset, file[offset..].to_vec()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.table_rows().await["registrations"], 1);
}

#[tokio::test]
async fn after_a_flood_stale_uploads_are_evicted_and_the_work_is_small_again() {
    let server = server(LimitSettings { open_uploads: 8, ..LimitSettings::default() }).await;
    let file = sealed(2, 1000);
    for _ in 0..8 {
        begin(&server, address(1), &file).await;
    }
    assert_eq!(bits(&options(&server, address(2)).await), 10);
    server.clock.advance(std::time::Duration::from_mins(10));
    begin(&server, address(2), &file).await;
    assert_eq!(server.store.unfinished().await.unwrap().len(), 1);
    assert_eq!(bits(&options(&server, address(2)).await), 4);
}

#[tokio::test]
async fn a_full_database_refuses_new_uploads_and_lets_others_finish() {
    let server = server(none()).await;
    let file = sealed(2, 600_000);
    let path = server.create(file.len()).await;
    server.patch(&path, 0, file[..300_000].to_vec()).await;
    let used = server.store.usage().await.unwrap();
    assert!(used.database_bytes > 300_000 && used.open_uploads == 1 && used.disk.unwrap().bytes > 0);

    // The database is at its ceiling, but not a quarter beyond it.
    let at_its_ceiling = LimitSettings { database: ByteSize(used.database_bytes), ..none() };
    let full = TestServer { router: restarted(&server, at_its_ceiling), ..server };
    let refused = create(&full, Peer::Onion, &file, None).await;
    assert_eq!((refused.status, refused.problem().code), (StatusCode::INSUFFICIENT_STORAGE, ProblemCode::Full));
    assert_eq!(refused.header("retry-after"), "120");
    assert_eq!(full.patch(&path, 300_000, file[300_000..].to_vec()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(full.table_rows().await["registrations"], 1);

    let far_beyond = LimitSettings { database: ByteSize(used.database_bytes / 2), ..none() };
    let full = TestServer { router: restarted(&full, far_beyond), ..full };
    let upload =
        Upload { length: 600_000, received: 0, proof_sha256: Some([0; 32]), pack: None, sha256: None, hour: full.clock.hour() };
    full.store.create(UploadId([1; 16]), &upload).await.unwrap();
    let path = format!("{UPLOADS}/{}", UploadId([1; 16]));
    assert_eq!(full.patch(&path, 0, file).await.problem().code, ProblemCode::Full);
}

fn restarted(server: &TestServer, settings: LimitSettings) -> axum::Router {
    let site = Site { limits: settings, ..server.site.clone() };
    crate::http::router(ServerState::new(site, server.store.clone(), server.clock.clone()))
}
