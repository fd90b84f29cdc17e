//! Stock tools open and make the same files: two versions of `age`, and `tar`.

use std::{fs, path::Path, process::Command};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{assert_reviewers_read, hex, only_registration, uploads::upload};
use crate::{
    drivers::{
        browser::Edition,
        form_driver::FormDriver,
        processes::{required_path, run},
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::{Persona, judge, relative},
};

#[test]
fn a_notice_is_sent_over_tls_and_the_registration_opens_with_stock_age_and_tar() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (judge(), FormDriver::new(Edition::Current));
    phone.take_photo(200);
    phone.register(&deployment.proxy.origin, &person);

    let mails = deployment.mail.wait_for_mails(2);
    for reviewer in &deployment.reviewers {
        let to = format!("To: {}@reviewers.test", reviewer.name);
        assert!(
            mails.iter().any(|mail| mail.contains(&to) || mail.contains(&format!("{}@reviewers.test>", reviewer.name))),
            "no mail {to}: {mails:?}"
        );
    }
    for mail in &mails {
        assert!(mail.contains("using TLSv1."), "it did not come over TLS: {mail}");
    }

    let ours = only_registration(&deployment);
    assert_reviewers_read(&ours, &person);
    for reviewer in &deployment.reviewers {
        let stock = deployment.open_with(&required_path("AMANAT_AGE"), reviewer, &deployment.pull(reviewer)[0]);
        assert_eq!(stock.json, ours.json);
        assert_eq!(stock.attachments, ours.attachments);
    }
}

#[test]
fn x25519_keys_work_too_and_open_with_an_age_before_post_quantum_keys() {
    let deployment = Deployment::start(RecipientType::X25519);
    let person = relative();
    FormDriver::new(Edition::Current).register(&deployment.proxy.origin, &person);
    let ours = only_registration(&deployment);
    assert_reviewers_read(&ours, &person);
    for age in ["AMANAT_AGE_11", "AMANAT_AGE"] {
        for reviewer in &deployment.reviewers {
            let stock = deployment.open_with(&required_path(age), reviewer, &deployment.pull(reviewer)[0]);
            assert_eq!(stock.json, ours.json, "{age}");
        }
    }
}

#[test]
fn a_registration_that_stock_tools_pack_and_seal_is_accepted_and_opens() {
    for keys in [RecipientType::PostQuantum, RecipientType::X25519] {
        let deployment = Deployment::start(keys);
        let folder = deployment.folder("by-hand");
        let photo = [b"\xff\xd8\xff\xe0".as_slice(), &vec![0x55; 40_000], b"\xff\xd9"].concat();
        let json = registration_by_stock_tools(&deployment, &relative(), &photo).to_string();
        fs::create_dir(folder.join("attachments")).expect("a fresh folder");
        fs::write(folder.join("registration.json"), &json).expect("it is written");
        fs::write(folder.join("attachments/01.jpg"), &photo).expect("it is written");
        let sealed = seal_with_stock_tools(&deployment, &folder, 64 * 1024);

        let answer = upload(&deployment.origin, &sealed);
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(answer.header("upload-offset"), Some(sealed.len().to_string().as_str()));
        let opened = only_registration(&deployment);
        assert_eq!(opened.json, json.as_bytes());
        assert_eq!(opened.attachments, [("attachments/01.jpg".to_owned(), photo)]);
    }
}

/// Seals a folder with `tar` and `age -R`, with zeros up to a bucket's length between them.
pub(super) fn seal_with_stock_tools(deployment: &Deployment, folder: &Path, bucket_bytes: usize) -> Vec<u8> {
    let (archive, recipients, sealed) = (folder.join("archive.tar"), folder.join("recipients.txt"), folder.join("sealed.age"));
    let mut tar = Command::new("tar");
    tar.args(["--format=ustar", "-c", "-f"]).arg(&archive).arg("-C").arg(folder).arg("registration.json");
    if folder.join("attachments").exists() {
        tar.arg("attachments/01.jpg");
    }
    run(&mut tar);
    let mut plaintext = fs::read(&archive).expect("tar wrote it");
    assert!(plaintext.len() <= bucket_bytes, "{} bytes need a larger bucket", plaintext.len());
    plaintext.resize(bucket_bytes, 0);
    fs::write(&archive, plaintext).expect("it is written");
    let keys: Vec<&str> = deployment.reviewers.iter().map(|reviewer| reviewer.recipient.as_str()).collect();
    fs::write(&recipients, keys.join("\n")).expect("it is written");
    run(Command::new(required_path("AMANAT_AGE")).arg("-R").arg(&recipients).arg("-o").arg(&sealed).arg(&archive));
    let bytes = fs::read(&sealed).expect("age wrote it");
    fs::remove_file(sealed).expect("it is ours");
    bytes
}

pub(super) fn registration_by_stock_tools(deployment: &Deployment, person: &Persona, photo: &[u8]) -> serde_json::Value {
    json!({
        "format": 1,
        "form": {"id": "afghan-justice", "version": "1", "sha256": "00".repeat(32)},
        "pack": {"serial": 7, "sha256": "00".repeat(32)},
        "language": person.language,
        "mailbox": {"recipient": deployment.reviewers[0].recipient, "id": "00".repeat(16)},
        "delete_proof": "11".repeat(32),
        "answers": person.answers,
        "attachments": [{
            "name": "attachments/01.jpg",
            "question": "files",
            "media_type": "image/jpeg",
            "bytes": photo.len(),
            "sha256": hex(&Sha256::digest(photo)),
        }],
    })
}
