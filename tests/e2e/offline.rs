//! The network fails, or a new build is deployed, while a person fills in the form: nothing is lost, and the page says what
//! happens.

use std::time::Duration;

use serde_json::json;

use super::{assert_reviewers_read, only_registration};
use crate::{
    drivers::{browser::Edition, form_driver::FormDriver},
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::{Persona, relative},
};

const FOR_LONG: Duration = Duration::from_hours(1);

/// Sends without a network, which the page says, and is received once the network is back.
fn send_once_the_network_is_back(deployment: &Deployment, phone: &mut FormDriver, person: &Persona, code: &str) {
    phone.browser.tap("[data-action=send]");
    phone.browser.wait_for("words for what happens", |browser| browser.sees("main .warning").then_some(()));
    assert!(!phone.browser.sees("[data-role=received]"));
    deployment.proxy.cut(Duration::ZERO);
    // A phone fires this event when it has a network again.
    phone.browser.evaluate_in_worker("void dispatchEvent(new Event('online'))");
    phone.wait_until_received(code);
    assert_reviewers_read(&only_registration(deployment), person);
}

#[test]
fn a_person_who_goes_offline_at_any_question_fills_in_the_rest_and_is_received() {
    let person = relative();
    for question in ["consent_who", "contact_channels", "legal_status"] {
        let deployment = Deployment::start(RecipientType::PostQuantum);
        let mut phone = FormDriver::new(Edition::Current);
        phone.begin(&deployment.proxy.origin, &person);
        phone.fill_in_until(&person, question);
        deployment.proxy.cut(FOR_LONG);
        let fetched = phone.browser.traffic.exchanges.len();
        let code = phone.fill_in(&person);
        assert_eq!(phone.browser.traffic.exchanges.len(), fetched, "something was asked for after {question}");
        send_once_the_network_is_back(&deployment, &mut phone, &person, &code);
    }
}

#[test]
fn an_outage_at_each_page_that_ends_before_the_next_loses_nothing() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.begin(&deployment.proxy.origin, &person);
    // Another test covers an outage before this page.
    phone.fill_in_until(&person, "consent_who");
    let mut pages = 0;
    while !phone.browser.sees("[data-action=acknowledge]") {
        deployment.proxy.cut(FOR_LONG);
        let fetched = phone.browser.traffic.exchanges.len();
        let seen = phone.see();
        phone.complete_page(&person, &seen);
        assert_eq!(phone.browser.traffic.exchanges.len(), fetched, "something was asked for at {seen}");
        deployment.proxy.cut(Duration::ZERO);
        pages += 1;
    }
    assert!(pages > 20, "only {pages} pages");
    deployment.proxy.cut(FOR_LONG);
    let code = phone.fill_in(&person);
    send_once_the_network_is_back(&deployment, &mut phone, &person, &code);
}

#[test]
fn an_outage_before_the_first_question_is_shown_at_once_and_the_form_continues_by_itself() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.browser.refuse("*/w-*");
    phone.begin(&deployment.proxy.origin, &person);
    phone.wait_for_action("start");
    phone.browser.tap("[data-action=start]");
    phone.wait_for_action("retry");
    assert!(phone.browser.sees("[data-role=loading]") && phone.browser.sees("main .fault"));
    assert!(!phone.browser.sees("[data-question]"), "something is asked that could not be sent");
    phone.browser.refuse("*/nothing/*");
    phone.browser.wait_for("the first question", |browser| browser.sees("[data-question]").then_some(()));
    let code = phone.fill_in(&person);
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
}

/// The server no longer has the files of the page's build, as after a deployment that keeps no earlier ones.
#[test]
fn a_new_build_that_is_deployed_while_a_person_answers_loses_nothing() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in_until(&person, "contact_language");
    phone.browser.refuse("*/w-*");
    let words = super::drafts::save(&mut phone);
    assert!(!words.is_empty());
    let code = phone.fill_in(&person);
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    assert_reviewers_read(&only_registration(&deployment), &person);
}

#[test]
fn a_server_that_hangs_is_reported_and_the_registration_is_received_once_it_answers() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.begin(&deployment.proxy.origin, &person);
    let code = phone.fill_in(&person);
    phone.browser.hold_responses("*/api/*");
    phone.browser.tap("[data-action=send]");
    phone.browser.wait_for("an answer to be held", |browser| browser.holds_response().then_some(()));
    // The warning comes while the first response is still held back.
    phone.browser.wait_for("words for the silence", |browser| browser.sees("main .warning").then_some(()));
    assert!(phone.browser.text_of("main").contains("No answer has come yet"));
    phone.release_responses_until_received(|_, _| {});
    phone.wait_until_received(&code);
}

/// In some private windows, `indexedDB` never answers or throws, in the worker and in the page.
#[test]
fn a_store_that_never_answers_or_fails_does_not_stop_a_registration() {
    let never = "Object.defineProperty(indexedDB, 'open', {value: () => ({})}); \
                 Object.defineProperty(indexedDB, 'deleteDatabase', {value: () => ({})});";
    let throws = "Object.defineProperty(indexedDB, 'open', {value: () => { throw new Error('no'); }});";
    for broken in [never, throws] {
        let deployment = Deployment::start(RecipientType::PostQuantum);
        let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
        phone.browser.change_workers(broken);
        phone.browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": broken}));
        phone.begin(&deployment.proxy.origin, &person);
        phone.fill_in_until(&person, "contact_channels");
        phone.browser.tap("[data-action=save-draft]");
        phone.wait_for_action("keep-draft");
        phone.browser.wait_until("words", "document.querySelector('[data-role=words]')?.innerText.trim().split(' ').length === 7");
        phone.browser.tap("[data-action=keep-draft]");
        phone.browser.wait_for("that it cannot be kept", |browser| browser.sees("#said .fault").then_some(()));
        phone.browser.tap("[data-action=back]");
        let code = phone.fill_in(&person);
        phone.browser.tap("[data-role=keep]");
        phone.browser.tap("[data-action=send]");
        phone.wait_until_received(&code);
    }
}
