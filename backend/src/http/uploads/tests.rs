mod delete_proof;
mod limits;
mod protocol;
mod refusals;
mod resumption;

use amanat_shared::api::UPLOADS;
use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode};
use futures_util::{StreamExt, stream};

use crate::testing::{TestServer, metadata, sealed, tus};

const OCTETS: (&str, &str) = ("content-type", "application/offset+octet-stream");

/// Returns a body that breaks off.
fn cut(bytes: &[u8]) -> Body {
    let pieces: Vec<Result<Bytes, std::io::Error>> = bytes.chunks(5000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Body::from_stream(stream::iter(pieces).chain(stream::once(async { Err(std::io::ErrorKind::ConnectionReset.into()) })))
}

#[tokio::test]
async fn a_sealed_file_becomes_a_registration_with_a_notice_for_each_reviewer() {
    let server = TestServer::new().await;
    let file = sealed(2, 300_000);
    let path = server.create(file.len()).await;
    assert_eq!(server.offset(&path).await, "0");
    let sha256 = server.upload(&file).await;
    let all = server.store.list(None, 10).await.unwrap();
    assert_eq!((all.len(), all[0].sha256, all[0].length, all[0].hour), (1, sha256, file.len() as u64, 1_795_413_600));
    assert_eq!(server.store.notices_waiting().await.unwrap(), [("reviewer-1".to_owned(), 1), ("reviewer-2".to_owned(), 1)]);
    assert!(server.is_on_disk(&file[file.len() - 1000..]));
}

#[tokio::test]
async fn a_file_may_be_sent_with_its_creation() {
    let server = TestServer::new().await;
    let file = sealed(2, 1000);
    let length = file.len().to_string();
    let headers = [("upload-length", length.as_str()), ("upload-metadata", &metadata(Some(7))), OCTETS];
    let sent = server.call(tus(Method::POST, UPLOADS, &headers, file.clone())).await;
    assert_eq!((sent.status, sent.header("upload-offset")), (StatusCode::CREATED, length.as_str()));
    assert_eq!(server.offset(sent.header("location")).await, length);
    assert_eq!(server.table_rows().await["registrations"], 1);

    let begun = server.call(tus(Method::POST, UPLOADS, &headers, file[..10_000].to_vec())).await;
    assert_eq!((begun.status, begun.header("upload-offset")), (StatusCode::CREATED, "10000"));
    assert_eq!(server.patch(begun.header("location"), 10_000, file[10_000..].to_vec()).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_same_file_twice_is_one_registration_and_one_notice() {
    let server = TestServer::new().await;
    let file = sealed(2, 600_000);
    let first = server.upload(&file).await;
    let rows = server.table_rows().await;
    let opened = crate::store::OpenedFile { sha256: first, delete_proof: crate::testing::PROOF };
    server.store.acknowledge(&crate::store::tests::request("reviewer-1", 1), &[opened], server.clock.hour()).await.unwrap();
    assert_eq!(server.upload(&file).await, first);
    let again = server.table_rows().await;
    assert_eq!((again["registrations"], again["chunks"], again["notices"]), (1, rows["chunks"], 1));
}
