//! Sealed files that the phone keeps until they are sent.

use super::{assert_reviewers_read, only_registration};
use crate::{
    drivers::{browser::Edition, form_driver::FormDriver},
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::{Persona, judge, relative},
};

/// Fills in the form, lets the phone keep the sealed file, and kills the browser when the upload has begun. After the restart,
/// the file waits.
fn kill_browser_during_upload(deployment: &Deployment, phone: &mut FormDriver, person: &Persona) {
    phone.begin(&deployment.proxy.origin, person);
    phone.fill_in(person);
    phone.start_upload_of_kept_file();
    assert!(!phone.browser.sees("[data-role=received]"));
    phone.browser.kill_and_restart();
    phone.come_back(&deployment.proxy.origin, person);
    phone.wait_for_action("send-waiting");
}

#[test]
fn a_refusal_by_the_network_does_not_delete_the_kept_file() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    kill_browser_during_upload(&deployment, &mut phone, &person);
    // A hotel's captive portal refuses like this.
    phone.browser.refuse("*/api/*");
    phone.browser.tap("[data-action=send-waiting]");
    phone.browser.wait_for("the refusal", |browser| browser.sees("[role=alert]").then_some(()));
    phone.browser.refuse("*/nothing/*");
    phone.come_back(&deployment.proxy.origin, &person);
    phone.wait_for_action("send-waiting");
    phone.browser.tap("[data-action=send-waiting]");
    phone.browser.wait_for("what waited to be received", |browser| browser.sees("[data-role=received]").then_some(()));
    assert_reviewers_read(&only_registration(&deployment), &person);
}

#[test]
fn a_kept_sealed_file_outlives_the_browser_and_is_deleted_when_it_has_arrived() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (judge(), FormDriver::new(Edition::Current));
    phone.take_photo(400);
    kill_browser_during_upload(&deployment, &mut phone, &person);
    assert_eq!(phone.see()["questions"], serde_json::json!([]));
    phone.browser.tap("[data-action=send-waiting]");
    phone.browser.wait_for("what waited to be received", |browser| browser.sees("[data-role=received]").then_some(()));
    assert_reviewers_read(&only_registration(&deployment), &person);

    phone.come_back(&deployment.proxy.origin, &person);
    assert!(!phone.browser.sees("[data-action=send-waiting]"));
    phone.browser.assert_no_complaints(&[]);
}

#[test]
fn a_kept_sealed_file_can_be_deleted_and_is_deleted_by_the_quick_exit() {
    for way in ["delete-waiting", "exit"] {
        let deployment = Deployment::start(RecipientType::PostQuantum);
        let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
        kill_browser_during_upload(&deployment, &mut phone, &person);
        let waits =
            |phone: &mut FormDriver| phone.browser.evaluate("indexedDB.databases().then(all => all.map(one => one.name).join())");
        assert_eq!(waits(&mut phone), "f");
        let button = format!("[data-action={way}]");
        if way == "exit" {
            phone.browser.wait_for_new_document("the form to be left", |browser| browser.tap(&button));
            phone.browser.go(&deployment.proxy.origin);
        } else {
            phone.browser.tap(&button);
            phone.browser.wait_for("it to be gone", |browser| (!browser.sees("[data-action=delete-waiting]")).then_some(()));
        }
        phone.browser.wait_until("the store to be gone", "indexedDB.databases().then(all => all.length === 0)");
        phone.come_back(&deployment.proxy.origin, &person);
        assert!(!phone.browser.sees("[data-action=delete-waiting]"));
        assert_eq!(waits(&mut phone), "", "nothing is left of it");
        assert!(deployment.pull(&deployment.reviewers[0]).is_empty());
    }
}

#[test]
fn a_kept_sealed_file_is_sent_too_after_another_registration_was_received() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    kill_browser_during_upload(&deployment, &mut phone, &person);
    // The person does not open the kept file, and fills in the form anew.
    phone.begin(&deployment.proxy.origin, &person);
    let code = phone.fill_in(&person);
    phone.browser.tap("[data-role=keep]");
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    phone.browser.wait_for("both files", |_| (deployment.pull(&deployment.reviewers[0]).len() == 2).then_some(()));
    phone.browser.wait_until("the store to be gone", "indexedDB.databases().then(all => all.length === 0)");
}
