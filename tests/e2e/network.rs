//! Faults of the network between phone and server: broken connections, lost responses, outages.

use std::time::Duration;

use super::{assert_reviewers_read, only_registration};
use crate::{
    drivers::{browser::Edition, form_driver::FormDriver, http::request},
    fixtures::{deployment::Deployment, fault_proxy::Fault, pack::RecipientType},
    personas::{Persona, judge, relative},
};

/// A browser reports a broken connection. The page's worker then retries, and learns that the piece has arrived.
const BROKEN: [&str; 2] = ["Failed to load resource: net::ERR_", "status of 409 (Conflict)"];

#[test]
fn a_worker_script_that_does_not_arrive_is_requested_again_and_nothing_is_lost() {
    // A browser retries once by itself.
    let deployment = Deployment::with_network_faults(RecipientType::PostQuantum, [Fault::DropWorkerRequest; 4]);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.register(&deployment.proxy.origin, &person);
    assert_eq!(deployment.proxy.faults_left(), 0, "the network was better than it should have been");
    assert_reviewers_read(&only_registration(&deployment), &person);
    phone.browser.assert_no_complaints(&["net::ERR_"]);
}

#[test]
fn leaving_while_the_registration_is_sealed_sends_nothing() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in(&person);
    // The neutral page is unreachable, so an error page replaces the form, and the form's worker ends.
    phone.browser.wait_for_new_document("the form to be left", |browser| {
        browser.evaluate("['send', 'exit'].forEach(action => document.querySelector(`[data-action=${action}]`).click())");
    });
    let sent = String::from_utf8_lossy(&deployment.proxy.sent()).into_owned();
    // The request for the proof of work tells nothing about the person.
    let nothing_was_sent = !sent.contains("POST /api/") && !sent.contains("PATCH /api/");
    assert!(sent.contains("GET /w-") && nothing_was_sent, "something was sent after the person had left");
}

#[test]
fn a_sealed_file_arrives_although_the_connection_breaks_in_the_middle() {
    let faults = [50_000, 90_000, 20_000].map(Fault::DisconnectAfter);
    let deployment = Deployment::with_network_faults(RecipientType::PostQuantum, faults);
    let (person, mut phone) = (judge(), FormDriver::new(Edition::Current));
    phone.take_photo(400);
    phone.register(&deployment.proxy.origin, &person);
    assert_eq!(deployment.proxy.faults_left(), 0, "the network was better than it should have been");
    assert_reviewers_read(&only_registration(&deployment), &person);
    phone.browser.assert_no_complaints(&BROKEN);
}

#[test]
fn a_lost_response_is_asked_for_again_and_makes_no_second_registration() {
    let deployment = Deployment::with_network_faults(RecipientType::PostQuantum, [Fault::DropFinalResponse]);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.register(&deployment.proxy.origin, &person);
    assert_eq!(deployment.proxy.faults_left(), 0, "the network was better than it should have been");
    assert_reviewers_read(&only_registration(&deployment), &person);
    phone.browser.assert_no_complaints(&BROKEN);
}

#[test]
fn the_page_says_received_only_after_the_servers_last_response() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.begin(&deployment.proxy.origin, &person);
    let code = phone.fill_in(&person);
    phone.browser.hold_responses("*/api/*");
    phone.browser.tap("[data-action=send]");
    let held = phone.release_responses_until_received(|phone, number| {
        // The page has time to draw what it believes.
        phone.browser.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))).then(() => 0)",
        );
        assert!(!phone.browser.sees("[data-role=received]"), "it said so before response {number} came");
    });
    assert!(held >= 2, "creation and the last piece are answered");
    phone.wait_until_received(&code);
    only_registration(&deployment);
    phone.browser.assert_no_complaints(&[]);
}

/// Attaches three files of 1.7 MB, so that the registration exceeds 5 MB. Returns the person, and the files as reviewers must
/// read them.
fn attach_five_megabytes(phone: &mut FormDriver) -> (Persona, Vec<Vec<u8>>) {
    let pdfs = phone.attach_pdfs(3, 1_750_000);
    let mut person = judge();
    person.answers["files"] = serde_json::json!(["attachments/01.pdf", "attachments/02.pdf", "attachments/03.pdf"]);
    (person, pdfs)
}

fn assert_arrived_whole(deployment: &Deployment, person: &Persona, pdfs: &[Vec<u8>]) {
    let opened = only_registration(deployment);
    assert_eq!(opened.registration()["answers"], person.answers);
    let files: Vec<_> = opened.attachments.iter().map(|(_, bytes)| bytes.clone()).collect();
    assert!(files == pdfs, "the attached files are not whole");
}

#[test]
fn five_megabytes_arrive_once_and_whole_over_three_outages_of_half_a_minute() {
    let half_a_minute = Duration::from_secs(30);
    let cuts = [Fault::OutageAfter(1_300_000, half_a_minute); 3];
    let deployment = Deployment::with_network_faults(RecipientType::PostQuantum, cuts);
    let mut phone = FormDriver::new(Edition::Current);
    let (person, pdfs) = attach_five_megabytes(&mut phone);
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in(&person);
    phone.browser.tap("[data-action=send]");
    for left in (0..3).rev() {
        phone.browser.wait_for("the network to be cut", |_| (deployment.proxy.faults_left() == left).then_some(()));
        assert!(!phone.browser.sees("[data-role=received]"), "received, though the network was cut before the end");
    }
    phone.browser.wait_for("all of it to be received", |browser| browser.sees("[data-role=received]").then_some(()));
    assert_arrived_whole(&deployment, &person, &pdfs);
    let created = phone.browser.traffic.to("/api/").filter(|request| request.status == Some(201)).count();
    assert_eq!(created, 1, "it went on where it was, and did not begin anew");
}

#[test]
fn five_megabytes_arrive_once_and_whole_although_the_browser_is_killed_in_the_middle() {
    let deployment =
        Deployment::with_network_faults(RecipientType::PostQuantum, [Fault::OutageAfter(2_500_000, Duration::from_secs(10))]);
    let mut phone = FormDriver::new(Edition::Current);
    let (person, pdfs) = attach_five_megabytes(&mut phone);
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in(&person);
    phone.browser.tap("[data-role=keep]");
    phone.browser.tap("[data-action=send]");
    phone.browser.wait_for("the network to be cut", |_| (deployment.proxy.faults_left() == 0).then_some(()));
    assert!(!phone.browser.sees("[data-role=received]"));
    phone.browser.kill_and_restart();
    deployment.proxy.cut(Duration::ZERO);
    let sent_before = deployment.proxy.sent().len();
    phone.come_back(&deployment.proxy.origin, &person);
    phone.wait_for_action("send-waiting");
    phone.browser.tap("[data-action=send-waiting]");
    phone.browser.wait_for("what waited to be received", |browser| browser.sees("[data-role=received]").then_some(()));
    assert_arrived_whole(&deployment, &person, &pdfs);
    let sent_again = deployment.proxy.sent().len() - sent_before;
    assert!(sent_again < 5_000_000, "it went on where the server had it: {sent_again} bytes after the kill");
}

/// An expired upload is not found any more, either.
#[test]
fn an_upload_that_the_server_has_forgotten_restarts_from_the_sealed_file() {
    let deployment =
        Deployment::with_network_faults(RecipientType::PostQuantum, [Fault::OutageAfter(1_300_000, Duration::from_secs(5))]);
    let mut phone = FormDriver::new(Edition::Current);
    let (person, pdfs) = attach_five_megabytes(&mut phone);
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in(&person);
    phone.browser.tap("[data-action=send]");
    phone.browser.wait_for("the network to be cut", |_| (deployment.proxy.faults_left() == 0).then_some(()));
    let sent = String::from_utf8_lossy(&deployment.proxy.sent()).into_owned();
    let (_, after) = sent.split_once("PATCH ").expect("some of it has been sent");
    let path = after.split(' ').next().expect("a request line has an address");
    let forgotten = request("DELETE", &format!("{}{path}", deployment.origin), &[("Tus-Resumable", "1.0.0")], b"");
    assert_eq!(forgotten.status, 204, "{}", forgotten.text());
    phone.browser.wait_for("all of it to be received", |browser| browser.sees("[data-role=received]").then_some(()));
    assert_arrived_whole(&deployment, &person, &pdfs);
    let created = phone.browser.traffic.to("/api/").filter(|request| request.status == Some(201)).count();
    assert_eq!(created, 2);
}

#[test]
fn a_received_registration_stays_received_although_the_next_worker_does_not_start() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.begin(&deployment.proxy.origin, &person);
    let code = phone.fill_in(&person);
    // A worker whose script does not load fires an error event without data.
    phone.browser.evaluate(
        "window.failures = 0; \
         window.Worker = function () { \
             const worker = {postMessage() {}, terminate() {}}; \
             setTimeout(() => { failures += 1; worker.onerror(new Event('error')); }, 0); \
             return worker; \
         }, 0",
    );
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    phone.browser.wait_until("the next sealer to fail twice", "failures > 1");
    assert!(phone.browser.sees("[data-role=received]"), "{}", phone.browser.text_of("main"));
    assert_eq!(deployment.pull(&deployment.reviewers[0]).len(), 1);
}
