//! End-to-end tests. Each starts what it needs and shares nothing.

mod accessibility;
mod answers;
mod attachments;
mod deleted_data;
mod demo;
pub(crate) mod desk;
mod disk_traces;
mod double_tap;
mod drafts;
pub(crate) mod durability;
mod first_visit;
mod form;
mod full_disk;
mod junk_uploads;
mod kept_files;
mod key_renewal;
mod network;
mod nginx;
mod offline;
mod openapi;
mod operator_manual;
mod overload;
mod packs;
mod photos;
mod pooler;
mod quick_exit;
mod reviewer_manual;
mod saved_files;
mod server_traces;
mod several_servers;
mod skip_logic;
pub(crate) mod slow_clients;
mod startup;
mod stock_tools;
mod third_party_clients;
mod upgrade;
pub(crate) mod upload_flood;
mod uploads;

use sha2::{Digest, Sha256};

use crate::{
    fixtures::deployment::{Deployment, OpenedRegistration},
    personas::Persona,
};

/// Asserts that reviewers read what the person entered, in the person's language.
fn assert_reviewers_read(opened: &OpenedRegistration, person: &Persona) {
    let registration = opened.registration();
    assert_eq!(registration["language"], person.language);
    let (read, expected) = (&registration["answers"], &person.answers);
    let keys = |value: &serde_json::Value| value.as_object().expect("answers are an object").keys().cloned().collect::<Vec<_>>();
    for key in keys(read).iter().chain(&keys(expected)) {
        assert_eq!(read[key], expected[key], "{key}");
    }
    assert_eq!(registration["format"], 2);
    let listed = registration["attachments"].as_array().expect("attachments are a list");
    assert_eq!(listed.len(), opened.attachments.len());
    for (listed, (name, bytes)) in listed.iter().zip(&opened.attachments) {
        assert_eq!(listed["name"], *name);
        assert_eq!(listed["question"], "files");
        assert_eq!(listed["media_type"], "image/jpeg");
        assert_eq!(listed["bytes"], bytes.len());
        assert_eq!(listed["sha256"], hex(&Sha256::digest(bytes)));
        assert!(bytes.starts_with(&[0xff, 0xd8, 0xff]), "{name} is no JPEG");
    }
}

/// Returns the only registration that has arrived, as each reviewer opens it with `amanat-reviewer`.
fn only_registration(deployment: &Deployment) -> OpenedRegistration {
    let mut opened = deployment.reviewers.iter().map(|reviewer| {
        let sealed = deployment.pull(reviewer);
        assert_eq!(sealed.len(), 1, "{} fetched {sealed:?}", reviewer.name);
        deployment.open(reviewer, &sealed[0])
    });
    let first = opened.next().expect("there are reviewers");
    assert!(
        opened.all(|other| other.json == first.json && other.attachments == first.attachments),
        "reviewers read different things"
    );
    first
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
