use amanat_shared::api::{ProblemCode, UPLOADS};
use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::http::{ServerState, router};
use crate::testing::{TestServer, answer, metadata, request, sealed, tus};

mod delete_proof;
mod limits;

const OCTETS: (&str, &str) = ("content-type", "application/offset+octet-stream");

/// A body that breaks off.
fn cut(bytes: &[u8]) -> Body {
    let pieces: Vec<Result<Bytes, std::io::Error>> = bytes.chunks(5000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Body::from_stream(stream::iter(pieces).chain(stream::once(async { Err(std::io::ErrorKind::ConnectionReset.into()) })))
}

#[tokio::test]
async fn options_describe_the_supported_protocol() {
    let server = TestServer::new().await;
    let options = server.call(request(Method::OPTIONS, UPLOADS, &[], vec![])).await;
    assert_eq!(options.status, StatusCode::NO_CONTENT);
    assert_eq!((options.header("tus-version"), options.header("tus-resumable")), ("1.0.0", "1.0.0"));
    assert_eq!(options.header("tus-extension"), "creation,creation-with-upload,checksum,expiration,termination");
    assert_eq!(options.header("tus-checksum-algorithm"), "sha1,sha256");
    assert_eq!(options.header("tus-max-size"), server.site.max_upload_bytes.to_string());
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
async fn unsealed_bytes_are_refused_and_leave_nothing_behind() {
    let server = TestServer::new().await;
    let secret = b"my name is written here in plain words";
    let mut plain = b"age-encryption.org/v1\n".to_vec();
    plain.extend(secret.iter().cycle().take(200_000));
    for body in [secret.to_vec(), plain] {
        let path = server.create(body.len()).await;
        let refused = server.patch(&path, 0, body.clone()).await;
        assert_eq!((refused.status, refused.problem().code), (StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::NotSealed));
        assert_eq!(server.call(tus(Method::HEAD, &path, &[], vec![])).await.status, StatusCode::NOT_FOUND);
        let length = body.len().to_string();
        let headers = [("upload-length", length.as_str()), ("upload-metadata", &metadata(None)), OCTETS];
        assert_eq!(server.call(tus(Method::POST, UPLOADS, &headers, body)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert!(server.table_rows().await.values().all(|&rows| rows == 0));
    assert!(!server.is_on_disk(&secret[..20]));
}

#[tokio::test]
async fn an_incomplete_header_stays_in_memory() {
    let server = TestServer::new().await;
    let file = sealed(2, 1000);
    let path = server.create(file.len()).await;
    assert_eq!(server.patch(&path, 0, file[..1700].to_vec()).await.header("upload-offset"), "1700");
    assert_eq!(server.offset(&path).await, "1700");
    assert_eq!(server.table_rows().await["chunks"], 0);
    assert!(!server.is_on_disk(b"mlkem768x25519"));

    // A restart forgets it; the phone asks, and begins again.
    let restarted = router(ServerState::new(server.site.clone(), server.store.clone(), server.clock.clone()));
    let restarted = TestServer { router: restarted, ..server };
    assert_eq!(restarted.offset(&path).await, "0");
    assert_eq!(restarted.patch(&path, 1700, file[1700..].to_vec()).await.status, StatusCode::CONFLICT);
    assert_eq!(restarted.patch(&path, 0, file).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn files_that_fit_no_pack_are_refused() {
    let server = TestServer::new().await;
    let file = sealed(1, 1000);
    let path = server.create(file.len()).await;
    assert_eq!(server.patch(&path, 0, file).await.problem().code, ProblemCode::Recipients);
    let mut file = sealed(2, 1000);
    file.push(0);
    let path = server.create(file.len()).await;
    assert_eq!(server.patch(&path, 0, file).await.problem().code, ProblemCode::Length);
    assert!(server.table_rows().await.values().all(|&rows| rows == 0));
}

#[tokio::test]
async fn a_file_sealed_to_last_months_pack_is_accepted_and_one_sealed_to_a_revoked_pack_is_not() {
    let server = TestServer::new().await;
    let file = sealed(3, 1000);
    let length = file.len().to_string();
    let create = async |serial| {
        server
            .call(tus(Method::POST, UPLOADS, &[("upload-length", &length), ("upload-metadata", &metadata(Some(serial)))], vec![]))
            .await
    };
    let created = create(6).await;
    assert_eq!(server.patch(created.header("location"), 0, file).await.status, StatusCode::NO_CONTENT);
    let revoked = create(3).await;
    assert_eq!((revoked.status, revoked.problem().code), (StatusCode::GONE, ProblemCode::PackRevoked));
    // Newer than this server's: another behind the same name has it already, so the phone comes back.
    assert_eq!(create(99).await.problem().code, ProblemCode::Unavailable);
    let unknown = create(1).await;
    assert_eq!((unknown.status, unknown.problem().code), (StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::Recipients));
}

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
    // Nothing more can be added, and the registration is told once.
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
        // A writer that has not come as far as to hold the upload cannot be ended yet.
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
    // Nobody has swept yet, and nobody can go on with it any more.
    assert_eq!(server.patch(&path, 300_000, file[300_000..].to_vec()).await.problem().code, ProblemCode::NotFound);
    server.store.prune_uploads(server.clock.hour()).await.unwrap();
    assert!(server.table_rows().await.values().all(|&rows| rows == 0));
    server.store.compact().await.unwrap();
    assert!(!server.is_on_disk(&file[200_000..200_100]));
}

#[tokio::test]
async fn malformed_requests_are_answered_with_their_problem() {
    let server = TestServer::new().await;
    let good = metadata(None);
    let code = async |headers: &[(&str, &str)]| server.call(tus(Method::POST, UPLOADS, headers, vec![])).await.problem().code;
    assert_eq!(code(&[("upload-metadata", &good)]).await, ProblemCode::BadRequest);
    assert_eq!(code(&[("upload-length", "+5"), ("upload-metadata", &good)]).await, ProblemCode::BadRequest);
    assert_eq!(code(&[("upload-length", "50000"), ("upload-metadata", "delete_proof_sha256 AAAA")]).await, ProblemCode::BadRequest);
    assert_eq!(code(&[("upload-length", "50000"), ("upload-metadata", &format!("{good},{good}"))]).await, ProblemCode::BadRequest);
    assert_eq!(code(&[("upload-length", "99999999999"), ("upload-metadata", &good)]).await, ProblemCode::TooLarge);
    assert_eq!(code(&[("upload-length", "0"), ("upload-metadata", &good)]).await, ProblemCode::NotSealed);

    let version = server.call(request(Method::POST, UPLOADS, &[("tus-resumable", "0.2.2")], vec![])).await;
    assert_eq!((version.problem().code, version.header("tus-version")), (ProblemCode::TusVersion, "1.0.0"));
    let path = server.create(50_000).await;
    let media = server.call(tus(Method::PATCH, &path, &[("upload-offset", "0")], b"age".to_vec())).await;
    assert_eq!((media.status, media.problem().code), (StatusCode::UNSUPPORTED_MEDIA_TYPE, ProblemCode::MediaType));
    assert_eq!(server.patch(&path, 5, b"age".to_vec()).await.problem().code, ProblemCode::OffsetMismatch);
    assert_eq!(server.patch(&path, 0, vec![b'a'; 50_001]).await.problem().code, ProblemCode::TooLarge);
    let unknown = format!("{UPLOADS}/{}", "0".repeat(32));
    assert_eq!(server.patch(&unknown, 0, b"age".to_vec()).await.problem().code, ProblemCode::NotFound);
    assert_eq!(server.patch(&format!("{UPLOADS}/x"), 0, b"age".to_vec()).await.problem().code, ProblemCode::NotFound);
    let put = server.call(tus(Method::PUT, &path, &[], vec![])).await;
    assert_eq!((put.status, put.problem().code), (StatusCode::METHOD_NOT_ALLOWED, ProblemCode::MethodNotAllowed));
    let head = server.call(tus(Method::POST, &path, &[("x-http-method-override", "HEAD")], vec![])).await;
    assert_eq!((head.status, head.header("upload-length")), (StatusCode::OK, "50000"));
}

#[tokio::test]
async fn ids_are_random_and_locations_relative() {
    let server = TestServer::new().await;
    let (one, other) = (server.create(50_000).await, server.create(50_000).await);
    assert_ne!(one, other);
    let id = one.strip_prefix(UPLOADS).unwrap().strip_prefix('/').unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[tokio::test]
async fn a_body_that_does_not_match_its_checksum_is_dropped_whole() {
    let server = TestServer::new().await;
    let file = sealed(2, 600_000);
    let path = server.create(file.len()).await;
    let append = async |offset: usize, bytes: Body, checksum: &str| {
        let offset = offset.to_string();
        let mut request = tus(Method::PATCH, &path, &[("upload-offset", &offset), ("upload-checksum", checksum), OCTETS], vec![]);
        *request.body_mut() = bytes;
        server.call(request).await
    };
    let sum = |bytes: &[u8]| format!("sha1 {}", STANDARD.encode(Sha1::digest(bytes)));
    let refused = append(0, file[..300_000].to_vec().into(), &sum(b"another")).await;
    assert_eq!((refused.status.as_u16(), refused.problem().code), (460, ProblemCode::ChecksumMismatch));
    assert_eq!((server.offset(&path).await.as_str(), server.table_rows().await["chunks"]), ("0", 0));
    assert_eq!(append(0, file[..10].to_vec().into(), "md5 AAAA").await.problem().code, ProblemCode::BadRequest);

    assert_eq!(append(0, file[..1000].to_vec().into(), &sum(&file[..1000])).await.header("upload-offset"), "1000");
    assert_eq!(append(1000, file[1000..2000].to_vec().into(), &sum(b"another")).await.status.as_u16(), 460);
    assert_eq!(server.offset(&path).await, "1000", "what came before is still there");
    append(1000, cut(&file[1000..300_000]), &sum(&file[1000..300_000])).await;
    assert_eq!(server.offset(&path).await, "1000", "and a cut one leaves nothing");
    let sha256 = format!("sha256 {}", STANDARD.encode(Sha256::digest(&file[1000..300_000])));
    assert_eq!(append(1000, file[1000..300_000].to_vec().into(), &sha256).await.header("upload-offset"), "300000");
    let last = append(300_000, file[300_000..].to_vec().into(), &sum(&file[300_000..])).await;
    assert_eq!((last.status, server.table_rows().await["registrations"]), (StatusCode::NO_CONTENT, 1));

    let (length, sum) = (file.len().to_string(), sum(b"another"));
    let headers = [("upload-length", length.as_str()), ("upload-metadata", &metadata(None)), ("upload-checksum", &sum), OCTETS];
    let rows = server.table_rows().await;
    assert_eq!(server.call(tus(Method::POST, UPLOADS, &headers, sealed(2, 600_000))).await.status.as_u16(), 460);
    assert_eq!(server.table_rows().await, rows);
}

#[tokio::test]
async fn every_answer_has_the_expiry_and_an_expired_upload_is_not_found() {
    let server = TestServer::new().await;
    let file = sealed(2, 100_000);
    let length = file.len().to_string();
    let create = tus(Method::POST, UPLOADS, &[("upload-length", &length), ("upload-metadata", &metadata(Some(7)))], vec![]);
    let created = server.call(create).await;
    assert_eq!(created.header("upload-expires"), "Tue, 24 Nov 2026 06:00:00 GMT");
    let path = created.header("location");
    // What is held in memory only does not make it live longer.
    assert_eq!(server.patch(path, 0, file[..1000].to_vec()).await.header("upload-expires"), "Tue, 24 Nov 2026 06:00:00 GMT");
    let sent = server.patch(path, 1000, file[1000..20_000].to_vec()).await;
    assert_eq!(sent.header("upload-expires"), "Mon, 07 Dec 2026 06:00:00 GMT");
    let head = server.call(tus(Method::HEAD, path, &[], vec![])).await;
    assert_eq!((head.header("upload-expires"), head.header("upload-offset")), ("Mon, 07 Dec 2026 06:00:00 GMT", "20000"));
    assert_eq!(head.header("upload-metadata"), metadata(Some(7)));
    let empty = server.create(file.len()).await;
    server.clock.advance(std::time::Duration::from_hours(24));
    assert_eq!(server.call(tus(Method::HEAD, &empty, &[], vec![])).await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.offset(path).await, "20000");
}

#[tokio::test]
async fn a_terminated_upload_is_gone_but_a_registration_stays() {
    let server = TestServer::new().await;
    let file = sealed(2, 300_000);
    let delete = async |path: &str| server.call(tus(Method::DELETE, path, &[], vec![])).await.status;
    for bytes in [0, 1000, 200_000] {
        let path = server.create(file.len()).await;
        server.patch(&path, 0, file[..bytes].to_vec()).await;
        assert_eq!(delete(&path).await, StatusCode::NO_CONTENT);
        assert_eq!(server.call(tus(Method::HEAD, &path, &[], vec![])).await.status, StatusCode::NOT_FOUND);
        assert_eq!(delete(&path).await, StatusCode::NOT_FOUND);
        assert!(server.table_rows().await.values().all(|&rows| rows == 0));
    }
    let path = server.create(file.len()).await;
    server.patch(&path, 0, file.clone()).await;
    let override_header = [("x-http-method-override", "DELETE")];
    assert_eq!(server.call(tus(Method::POST, &path, &override_header, vec![])).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.call(tus(Method::HEAD, &path, &[], vec![])).await.status, StatusCode::NOT_FOUND);
    let rows = server.table_rows().await;
    assert_eq!((rows["registrations"], rows["notices"], rows["uploads"]), (1, 2, 0));
    assert!(rows["chunks"] > 0);
}

#[tokio::test]
async fn a_pack_revoked_during_an_upload_refuses_the_rest() {
    let server = TestServer::new().await;
    let file = sealed(2, 300_000);
    let length = file.len().to_string();
    let create = tus(Method::POST, UPLOADS, &[("upload-length", &length), ("upload-metadata", &metadata(Some(7)))], vec![]);
    let created = server.call(create).await;
    let path = created.header("location");
    server.patch(path, 0, file[..200_000].to_vec()).await;
    let mut site = server.site.clone();
    site.revoked.push(7);
    let restarted = TestServer { router: router(ServerState::new(site, server.store.clone(), server.clock.clone())), ..server };
    let refused = restarted.patch(path, 200_000, file[200_000..].to_vec()).await;
    assert_eq!((refused.status, refused.problem().code), (StatusCode::GONE, ProblemCode::PackRevoked));
    assert_eq!(restarted.table_rows().await["registrations"], 0);
}
