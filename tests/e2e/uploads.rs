//! Files that the server accepts, and files that it refuses.

use std::fs;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    only_registration,
    stock_tools::{registration_by_stock_tools, seal_with_stock_tools},
};
use crate::{
    drivers::{
        http::{Response, request},
        proof_of_work,
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::relative,
};

/// Sends a file in one request, as any tus client may.
pub(super) fn upload(origin: &str, bytes: &[u8]) -> Response {
    upload_with(origin, bytes, &[])
}

/// Sends a file in one request with more headers.
pub(super) fn upload_with(origin: &str, bytes: &[u8], more: &[(&str, &str)]) -> Response {
    announce(origin, bytes, bytes, &[&[("Content-Type", "application/offset+octet-stream")], more].concat())
}

/// Creates an upload with the proof of work that the server asks for, and sends some bytes with it.
pub(super) fn announce(origin: &str, file: &[u8], bytes: &[u8], more: &[(&str, &str)]) -> Response {
    let uploads = format!("{origin}/api/v1/uploads");
    let mut metadata = format!("delete_proof_sha256 {}", STANDARD.encode(Sha256::digest([0x11; 32])));
    let work = request("OPTIONS", &uploads, &[], b"").header(proof_of_work::HEADER).map(|asked| proof_of_work::solve(asked, file));
    if work.is_some() {
        metadata = format!("{metadata},{}", proof_of_work::metadata(file));
    }
    let length = file.len().to_string();
    let mut headers = vec![("Tus-Resumable", "1.0.0"), ("Upload-Length", length.as_str()), ("Upload-Metadata", metadata.as_str())];
    headers.extend(work.as_deref().map(|work| (proof_of_work::HEADER, work)));
    request("POST", &uploads, &[&headers, more].concat(), bytes)
}

pub(super) fn a_sealed_file(deployment: &Deployment) -> Vec<u8> {
    let folder = deployment.folder("by-hand");
    let mut registration = registration_by_stock_tools(deployment, &relative(), &[]);
    registration["attachments"] = Value::Array(Vec::new());
    fs::write(folder.join("registration.json"), registration.to_string()).expect("it is written");
    seal_with_stock_tools(deployment, &folder, 32 * 1024)
}

#[test]
fn a_sealed_file_that_is_sent_twice_is_one_registration() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let sealed = a_sealed_file(&deployment);
    for time in ["once", "twice"] {
        let answer = upload(&deployment.origin, &sealed);
        assert_eq!(answer.status, 201, "{time}: {}", answer.text());
    }
    only_registration(&deployment);
    let pulled = deployment.pull(&deployment.reviewers[0]);
    assert_eq!(fs::read(&pulled[0]).expect("it was pulled"), sealed);
    assert_eq!(pulled[0].file_stem().expect("it has a name").to_string_lossy(), super::hex(&Sha256::digest(&sealed)));
}

#[test]
fn a_file_that_is_not_a_sealed_registration_is_refused_and_leaves_nothing() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let sealed = a_sealed_file(&deployment);
    let plain = "نام من رحیم\u{200c}الله است. ".repeat(2_000).into_bytes();
    let short = &sealed[..sealed.len() - 1];
    let long = [&sealed, b"x".as_slice()].concat();
    for (what, bytes, code) in [
        ("plaintext", plain.as_slice(), "not_sealed"),
        ("a file with another first line", &[b"age-encryption.org/v2".as_slice(), &sealed[21..]].concat(), "not_sealed"),
        ("a file that is a byte short", short, "length"),
        ("a file that is a byte long", &long, "length"),
    ] {
        let answer = upload(&deployment.origin, bytes);
        assert_eq!(answer.status, 422, "{what}: {}", answer.text());
        let problem: Value = serde_json::from_slice(&answer.body).expect("a problem is JSON");
        assert_eq!(problem["code"], code, "{what}");
        assert!(answer.header("location").is_none(), "{what}");
    }
    assert!(deployment.pull(&deployment.reviewers[0]).is_empty());
    let database = deployment.database();
    assert!(!database.is_empty());
    for piece in [&plain[..60], &sealed[sealed.len() - 60..]] {
        assert!(memchr::memmem::find(&database, piece).is_none(), "something of it was kept");
    }
    assert!(deployment.mail.mails().is_empty(), "nothing waits, so no mail");
}
