//! Uploads that are refused, and what they leave behind.

use amanat_shared::api::{ProblemCode, UPLOADS};
use axum::http::{Method, StatusCode};

use super::OCTETS;
use crate::http::{ServerState, router};
use crate::testing::{TestServer, metadata, sealed, tus};

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

    // A restart loses the buffer. The phone asks for the offset, and begins again.
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
    // The pack is newer than this server's. Another server behind the same name has it already, so the phone retries.
    assert_eq!(create(99).await.problem().code, ProblemCode::Unavailable);
    let unknown = create(1).await;
    assert_eq!((unknown.status, unknown.problem().code), (StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::Recipients));
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
