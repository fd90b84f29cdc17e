//! A sealed file that is saved where there is no network, and sent later from the same phone or another.

use std::{fs, process::Command, time::Duration};

use serde_json::json;

use super::{assert_reviewers_read, only_registration, uploads::upload};
use crate::{
    drivers::{
        browser::Edition,
        form_driver::FormDriver,
        processes::{required_path, run},
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::relative,
};

/// A saved file ends with the pack's serial.
const TRAILER: usize = 8;

#[test]
fn a_sealed_file_saved_without_a_network_is_sent_by_another_phone() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    let downloads = deployment.folder("downloads");
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in(&person);
    phone.browser.call("Browser.setDownloadBehavior", json!({"behavior": "allow", "downloadPath": downloads}));
    deployment.proxy.cut(Duration::from_hours(1));
    phone.browser.tap("[data-action=send]");
    phone.wait_for_action("save-file");
    assert!(phone.browser.text_of("main").contains("not kept on this phone"), "it says what closing would mean");
    phone.browser.tap("[data-action=save-file]");
    let file = downloads.join("file.bin");
    phone.browser.wait_for("the download", |_| file.exists().then_some(()));
    phone.browser.wait_until("what it says of it", "document.body.innerText.includes('file.bin')");
    drop(phone);

    // Without the trailer, the saved file is a plain age file.
    let saved = fs::read(&file).expect("the file can be read");
    let sealed = downloads.join("sealed.age");
    fs::write(&sealed, &saved[..saved.len() - TRAILER]).expect("it is written");
    let archive =
        run(Command::new(required_path("AMANAT_AGE")).arg("-d").arg("-i").arg(&deployment.reviewers[0].identity).arg(&sealed));
    assert!(archive.starts_with(b"registration.json\0"));

    // Whoever carries the file cannot turn it into one that no reviewer can delete.
    let relayed = upload(&deployment.origin, &saved[..saved.len() - TRAILER]);
    assert_eq!(relayed.status, 422, "{}", relayed.text());
    assert!(relayed.text().contains("delete_proof"), "{}", relayed.text());

    deployment.proxy.cut(Duration::ZERO);
    let mut other = FormDriver::new(Edition::Current);
    other.come_back(&deployment.proxy.origin, &person);
    let nonsense = other.attach_file("nonsense.bin", b"age-encryption.org/v1\nnonsense");
    other.browser.attach("[data-action=send-file]", &[&nonsense]);
    other.browser.wait_for("nonsense to be refused", |browser| browser.sees("[role=alert]").then_some(()));
    assert_eq!(other.browser.traffic.to("/api/").count(), 0);
    other.browser.tap("[data-action=back]");
    other.wait_for_action("returning");
    other.browser.tap("[data-action=returning]");
    other.browser.wait_for("the way to send a file", |browser| browser.sees("[data-action=send-file]").then_some(()));
    other.browser.attach("[data-action=send-file]", &[&file]);
    other.browser.wait_for("it to be received", |browser| browser.sees("[data-role=received]").then_some(()));
    assert!(!other.browser.sees("[data-role=receipt]"), "the code is the other person's");
    assert_reviewers_read(&only_registration(&deployment), &person);
    other.browser.tap("main [data-action=start]");
    other.browser.wait_for("one's own form", |browser| browser.sees("[data-question=safety_1]").then_some(()));
    other.browser.assert_no_complaints(&[]);
}
