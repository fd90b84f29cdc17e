//! The form while the server is overloaded or has no room.

use super::{assert_reviewers_read, form::OF_2020, only_registration, uploads::announce};
use crate::{
    drivers::{
        browser::Edition,
        form_driver::{FormDriver, screenshot_folder},
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::{judge, prosecutor, relative},
};

/// The announced file, of which nothing is sent.
static NOTHING: [u8; 50_000] = [0; 50_000];

fn assert_announced(deployment: &Deployment) {
    let answer = announce(&deployment.origin, &NOTHING, b"", &[]);
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// Counts how often phones created an upload, and how often with a proof of work.
fn count_creations(deployment: &Deployment) -> (usize, usize) {
    let sent = String::from_utf8_lossy(&deployment.proxy.sent()).to_ascii_lowercase();
    (sent.matches("post /api/v1/uploads ").count(), sent.matches("\nproof-of-work: ").count())
}

#[test]
fn a_phone_always_sends_a_small_proof_of_work_without_an_extra_request() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    for edition in [Edition::Current, Edition::Of2020] {
        let (person, mut phone) = (relative(), FormDriver::new(edition));
        phone.register(&deployment.proxy.origin, &person);
        phone.browser.assert_no_complaints(&OF_2020);
    }
    assert_eq!(count_creations(&deployment), (2, 2), "each created its upload once, with a proof");
    assert_eq!(deployment.pull(&deployment.reviewers[0]).len(), 2);
}

/// Another client behind the same carrier address has used up its share.
#[test]
fn a_phone_whose_address_has_used_its_share_works_longer_and_is_received() {
    let deployment = Deployment::with(RecipientType::PostQuantum, &[("AMANAT_LIMITS__UPLOADS_PER_HOUR", "1")]);
    assert_announced(&deployment);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.register(&deployment.proxy.origin, &person);
    phone.browser.assert_no_complaints(&["status of 429"]);
    let (creations, proofs) = count_creations(&deployment);
    assert!(creations == proofs && creations <= 2, "{creations} creations, {proofs} proofs");
    assert_eq!(deployment.pull(&deployment.reviewers[0]).len(), 1);
}

/// Another client has announced as many uploads as may be unfinished, and sends nothing.
#[test]
fn while_unfinished_uploads_take_every_place_a_phone_works_for_seconds_and_is_received() {
    const PLACES: usize = 4;
    let deployment = Deployment::with(RecipientType::PostQuantum, &[("AMANAT_LIMITS__OPEN_UPLOADS", &PLACES.to_string())]);
    for _ in 0..PLACES {
        assert_announced(&deployment);
    }
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.register(&deployment.proxy.origin, &person);
    phone.browser.assert_no_complaints(&[]);
    assert_reviewers_read(&only_registration(&deployment), &person);
}

#[test]
fn a_server_without_room_is_reported_and_receives_once_there_is_room() {
    for person in [prosecutor(), judge(), relative()] {
        let mut deployment = Deployment::with(RecipientType::PostQuantum, &[("AMANAT_LIMITS__DATABASE", "1KiB")]);
        let refused = announce(&deployment.origin, &NOTHING, b"", &[]);
        assert_eq!((refused.status, refused.header("retry-after")), (507, Some("120")));

        let mut phone = FormDriver::new(Edition::Current);
        phone.take_photo(200);
        phone.begin(&deployment.proxy.origin, &person);
        let code = phone.fill_in(&person);
        phone.browser.tap("[data-action=send]");
        let told = phone.browser.wait_for("words about it", |browser| {
            let told = browser.text_of("#main");
            let known = ["We cannot receive it right now", "فعلاً دریافت کرده نمی‌توانیم", "اوس یې نه شو ترلاسه کولای"];
            known.into_iter().any(|known| told.contains(known)).then_some(told)
        });
        assert!(!told.contains("507"), "{told}");
        phone.save_screenshots_to(screenshot_folder(&format!("no-room-{}", person.language)));
        phone.screenshot("no-room");
        deployment.restart_with(&[]);
        // The worker retries by itself; this event makes it retry at once.
        phone.browser.evaluate_in_worker("dispatchEvent(new Event('online'))");
        phone.wait_until_received(&code);
        assert_reviewers_read(&only_registration(&deployment), &person);
        phone.browser.assert_no_complaints(&["status of 507"]);
    }
}
