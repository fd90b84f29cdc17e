//! The server learns the hash of a delete proof from the file's header, or otherwise from the metadata.

use amanat_shared::api::{META_PROOF, ProblemCode, UPLOADS};
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::OCTETS;
use crate::store::{AcknowledgeOutcome, OpenedFile, ReviewerRequest};
use crate::testing::{PROOF, TestResponse, TestServer, metadata, sealed, tus};

/// Removes the commitment from the header, as files of other programs have none.
fn unbound(file: &[u8]) -> Vec<u8> {
    let stanza = b"-> commitment ";
    let from = file.windows(stanza.len()).position(|window| window == stanza).unwrap();
    let to = from + file[from..].windows(2).position(|window| window == b"\n\n").unwrap() + 2;
    [&file[..from], &file[to..]].concat()
}

fn said(proof: [u8; 32]) -> String {
    format!("{META_PROOF} {}", STANDARD.encode(Sha256::digest(proof)))
}

/// Creates an upload with these metadata, sends the file in pieces of this length, and returns the last response.
async fn send(server: &TestServer, file: &[u8], metadata: Option<&str>, piece: usize) -> TestResponse {
    let length = file.len().to_string();
    let mut headers = vec![("upload-length", length.as_str())];
    headers.extend(metadata.map(|metadata| ("upload-metadata", metadata)));
    let created = server.call(tus(Method::POST, UPLOADS, &headers, vec![])).await;
    assert_eq!(created.status, StatusCode::CREATED);
    let path = created.header("location");
    let mut offset = 0;
    loop {
        let end = (offset + piece).min(file.len());
        let answer = server.patch(path, offset, file[offset..end].to_vec()).await;
        offset = end;
        if answer.status != StatusCode::NO_CONTENT || offset == file.len() {
            return answer;
        }
    }
}

/// Acknowledges a file with this proof.
async fn acknowledge(server: &TestServer, file: &[u8], delete_proof: [u8; 32]) -> AcknowledgeOutcome {
    let request = ReviewerRequest {
        reviewer: "reviewer-1".to_owned(),
        jti: Sha256::digest(delete_proof)[..16].try_into().unwrap(),
        expires: u64::MAX / 4,
    };
    let opened = [OpenedFile { sha256: Sha256::digest(file).into(), delete_proof }];
    server.store.acknowledge(&request, &opened, server.clock.hour()).await.unwrap().unwrap()[0]
}

#[tokio::test]
async fn a_relay_that_claims_another_hash_is_refused_and_leaves_nothing() {
    let server = TestServer::new().await;
    let file = sealed(2, 200_000);
    let other = said([0; 32]);
    for piece in [file.len(), 1000, 50_000] {
        let refused = send(&server, &file, Some(&other), piece).await;
        assert_eq!((refused.status, refused.problem().code), (StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::DeleteProof));
    }
    let length = file.len().to_string();
    let headers = [("upload-length", length.as_str()), ("upload-metadata", other.as_str()), OCTETS];
    let at_once = server.call(tus(Method::POST, UPLOADS, &headers, file.clone())).await;
    assert_eq!(at_once.problem().code, ProblemCode::DeleteProof);
    assert!(server.table_rows().await.values().all(|&rows| rows == 0));
    // Sent without the relay, the file can be deleted with its own proof.
    assert_eq!(send(&server, &file, None, file.len()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(acknowledge(&server, &file, PROOF).await, AcknowledgeOutcome::Noted);
}

#[tokio::test]
async fn the_header_provides_the_hash_however_the_file_is_split() {
    for (number, piece) in [1_000_000, 700, 40_000].into_iter().enumerate() {
        let server = TestServer::new().await;
        let file = sealed(2, 200_000 + number);
        assert_eq!(send(&server, &file, None, piece).await.status, StatusCode::NO_CONTENT, "{piece}");
        assert_eq!(acknowledge(&server, &file, [0; 32]).await, AcknowledgeOutcome::WrongProof);
        assert_eq!(acknowledge(&server, &file, PROOF).await, AcknowledgeOutcome::Noted, "{piece}");
    }
    let server = TestServer::new().await;
    let file = sealed(2, 1000);
    let length = file.len().to_string();
    let at_once = server.call(tus(Method::POST, UPLOADS, &[("upload-length", &length), OCTETS], file.clone())).await;
    assert_eq!(at_once.status, StatusCode::CREATED);
    assert_eq!(acknowledge(&server, &file, PROOF).await, AcknowledgeOutcome::Noted);
    let head = server.call(tus(Method::HEAD, at_once.header("location"), &[], vec![])).await;
    assert_eq!(head.header("upload-metadata"), said(PROOF));
    // Without any metadata, the header is missing.
    let empty = server.call(tus(Method::POST, UPLOADS, &[("upload-length", &length)], vec![])).await;
    let head = server.call(tus(Method::HEAD, empty.header("location"), &[], vec![])).await;
    assert_eq!((head.status, head.headers.get("upload-metadata")), (StatusCode::OK, None));
}

#[tokio::test]
async fn a_file_without_a_commitment_needs_the_metadatas_hash() {
    let server = TestServer::new().await;
    let file = unbound(&sealed(2, 200_000));
    for said in [None, Some("pack_serial Nw==")] {
        let refused = send(&server, &file, said, file.len()).await;
        assert_eq!((refused.status, refused.problem().code), (StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::DeleteProof));
    }
    assert!(server.table_rows().await.values().all(|&rows| rows == 0));
    for piece in [file.len(), 50_000] {
        assert_eq!(send(&server, &file, Some(&metadata(None)), piece).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(acknowledge(&server, &file, PROOF).await, AcknowledgeOutcome::Noted);
}

#[tokio::test]
async fn a_header_with_two_commitments_or_a_broken_one_is_refused() {
    let server = TestServer::new().await;
    let file = sealed(2, 1000);
    let stanza = format!("-> commitment {}\n\n", STANDARD.encode(Sha256::digest(PROOF)).trim_end_matches('='));
    let at = file.windows(stanza.len()).position(|window| window == stanza.as_bytes()).unwrap();
    for other in [stanza.repeat(2), stanza.replacen("\n\n", "\nAAAA\n", 1), stanza.replacen("-> commitment ", "-> commitment A", 1)]
    {
        let changed = [&file[..at], other.as_bytes(), &file[at + stanza.len()..]].concat();
        assert_eq!(send(&server, &changed, None, changed.len()).await.problem().code, ProblemCode::NotSealed, "{other}");
    }
}
