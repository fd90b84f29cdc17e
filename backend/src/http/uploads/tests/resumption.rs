//! Cut uploads, their continuation, and several writers of one upload.

use amanat_shared::api::ProblemCode;
use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};

use super::{OCTETS, cut};
use crate::testing::{TestServer, answer, sealed, tus};

#[tokio::test]
async fn a_cut_upload_resumes_where_it_stopped() {
    let server = TestServer::new().await;
    let file = sealed(2, 900_000);
    let path = server.create(file.len()).await;
    server.patch(&path, 0, cut(&file[..700_001])).await;
    assert_eq!(server.offset(&path).await, "700001");
    server.patch(&path, 700_001, cut(&file[700_001..700_100])).await;
    assert_eq!(server.offset(&path).await, "700100");
    assert_eq!(server.patch(&path, 700_100, file[700_100..].to_vec()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.offset(&path).await, file.len().to_string());
    let registration = server.store.list(None, 10).await.unwrap()[0];
    let mut read = Vec::new();
    while let Some(bytes) = server.store.read(&registration, read.len() as u64).await.unwrap() {
        read.extend(bytes);
    }
    assert!(read == file);
    // Nothing more can be added, and reviewers are notified once.
    assert_eq!(server.patch(&path, 0, file.clone()).await.status, StatusCode::CONFLICT);
    assert_eq!(server.patch(&path, file.len(), vec![]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.table_rows().await["notices"], 2);
}

#[tokio::test]
async fn an_upload_cut_within_its_header_resumes() {
    let server = TestServer::new().await;
    let file = sealed(2, 1000);
    let path = server.create(file.len()).await;
    server.patch(&path, 0, cut(&file[..1000])).await;
    server.patch(&path, 1000, cut(&file[1000..2000])).await;
    assert_eq!(server.offset(&path).await, "2000");
    assert_eq!(server.patch(&path, 2000, file[2000..].to_vec()).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_full_offset_is_shown_from_the_commit_on_and_for_two_weeks() {
    let server = TestServer::new().await;
    let file = sealed(2, 1000);
    let path = server.create(file.len()).await;
    server.patch(&path, 0, file[..file.len() - 1].to_vec()).await;
    assert_eq!(server.offset(&path).await, (file.len() - 1).to_string());
    assert_eq!(server.table_rows().await["registrations"], 0);
    server.patch(&path, file.len() - 1, file[file.len() - 1..].to_vec()).await;
    for hours in [0, 13 * 24] {
        server.clock.advance(std::time::Duration::from_hours(hours));
        server.store.prune_uploads(server.clock.hour()).await.unwrap();
        assert_eq!(server.offset(&path).await, file.len().to_string());
    }
    server.clock.advance(std::time::Duration::from_hours(48));
    server.store.prune_uploads(server.clock.hour()).await.unwrap();
    assert_eq!(server.call(tus(Method::HEAD, &path, &[], vec![])).await.status, StatusCode::NOT_FOUND);
    assert_eq!((server.table_rows().await["registrations"], server.table_rows().await["uploads"]), (1, 0));
    assert!(server.table_rows().await["chunks"] > 0);
}

#[tokio::test]
async fn of_two_writers_at_one_offset_one_wins() {
    let server = TestServer::new().await;
    let file = sealed(2, 100_000);
    let path = server.create(file.len()).await;
    let (one, other) = tokio::join!(server.patch(&path, 0, file.clone()), server.patch(&path, 0, file.clone()));
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::NO_CONTENT, StatusCode::CONFLICT]);
    assert_eq!(server.table_rows().await["registrations"], 1);
}

#[tokio::test]
async fn a_newer_writer_takes_over_from_one_that_hangs() {
    let server = TestServer::new().await;
    let file = sealed(2, 600_000);
    let path = server.create(file.len()).await;
    let first = Bytes::copy_from_slice(&file[..400_000]);
    let hanging = Body::from_stream(stream::once(async { Ok::<_, std::io::Error>(first) }).chain(stream::pending()));
    let mut headers = tus(Method::PATCH, &path, &[("upload-offset", "0"), OCTETS], vec![]);
    *headers.body_mut() = hanging;
    let hanging = tokio::spawn(tower::ServiceExt::oneshot(server.router.clone(), headers));
    let mut offset = 0;
    while offset == 0 {
        tokio::task::yield_now().await;
        offset = server.offset(&path).await.parse().unwrap();
    }
    assert_eq!(server.patch(&path, offset, file[offset..].to_vec()).await.status, StatusCode::NO_CONTENT);
    hanging.abort();
    assert_eq!(server.table_rows().await["registrations"], 1);
}

#[tokio::test]
async fn a_second_writer_ends_the_first_and_so_does_a_termination() {
    let server = TestServer::new().await;
    let file = sealed(2, 600_000);
    let path = server.create(file.len()).await;
    let writer = |offset: usize, bytes: &[u8], checksum: Option<&str>| {
        let first = Bytes::copy_from_slice(bytes);
        let hanging = Body::from_stream(stream::once(async { Ok::<_, std::io::Error>(first) }).chain(stream::pending()));
        let offset = offset.to_string();
        let mut headers = vec![("upload-offset", offset.as_str()), OCTETS];
        headers.extend(checksum.map(|checksum| ("upload-checksum", checksum)));
        let mut request = tus(Method::PATCH, &path, &headers, vec![]);
        *request.body_mut() = hanging;
        tokio::spawn(answer(server.router.clone(), request))
    };
    let sum = format!("sha256 {}", STANDARD.encode(Sha256::digest(b"another")));
    let mut before = writer(0, &file[..100], None);
    for checksum in [None, Some(sum.as_str()), None] {
        // A writer can be ended only once it has its lease.
        while server.state.limits.progress.writers() == 0 {
            tokio::task::yield_now().await;
        }
        let held = server.state.limits.progress.newest_writer();
        let newer = writer(0, &file[..100], checksum);
        while server.state.limits.progress.newest_writer() == held {
            tokio::task::yield_now().await;
        }
        let ended = std::mem::replace(&mut before, newer).await.unwrap();
        assert_eq!((ended.status, ended.problem().code), (StatusCode::CONFLICT, ProblemCode::OffsetMismatch));
    }
    assert_eq!(server.call(tus(Method::DELETE, &path, &[], vec![])).await.status, StatusCode::NO_CONTENT);
    assert_eq!(before.await.unwrap().status, StatusCode::CONFLICT);
    assert!(server.table_rows().await.values().all(|&rows| rows == 0));
}

#[tokio::test]
async fn an_upload_without_progress_expires() {
    let server = TestServer::new().await;
    let file = sealed(2, 600_000);
    let path = server.create(file.len()).await;
    server.patch(&path, 0, file[..300_000].to_vec()).await;
    assert!(server.table_rows().await["chunks"] > 0);
    server.clock.advance(std::time::Duration::from_hours(14 * 24));
    // The upload was not pruned yet, but cannot be continued any more.
    assert_eq!(server.patch(&path, 300_000, file[300_000..].to_vec()).await.problem().code, ProblemCode::NotFound);
    server.store.prune_uploads(server.clock.hour()).await.unwrap();
    assert!(server.table_rows().await.values().all(|&rows| rows == 0));
    server.store.compact().await.unwrap();
    assert!(!server.is_on_disk(&file[200_000..200_100]));
}
