//! The tus protocol: options, problems, checksums, expiry and termination.

use amanat_shared::api::{ProblemCode, UPLOADS};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{OCTETS, cut};
use crate::testing::{TestServer, metadata, request, sealed, tus};

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
    // Buffered bytes do not extend the expiry.
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
