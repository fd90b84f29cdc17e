//! The form, filled in and sent in three languages: in Chromium of today, of 2021 and of 2020, in Firefox and in WebKit.

use super::{assert_reviewers_read, only_registration};
use crate::{
    drivers::{
        browser::Edition,
        form_driver::{FormDriver, publish, screenshot_folder},
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::{AfterFirstPhase, Persona, judge, prosecutor, relative},
};

/// The side of the photo in pixels. It weighs some hundred kilobytes.
const PHOTO: u32 = 300;

/// Chromium 80 does not know this directive, beside what Chromium 92 does not know.
pub(super) const OF_2020: [&str; 2] =
    ["invalid source: ''wasm-unsafe-eval''", "Unrecognized Content-Security-Policy directive 'require-trusted-types-for'"];

/// Chromium 92 does not know some words in the server's headers. It draws the arrow of a field with suggestions by an inline
/// style, which the page's policy refuses.
const OF_2021: [&str; 4] = [
    "invalid source: ''wasm-unsafe-eval''",
    "Error with Permissions-Policy header",
    "sha256-pILX+5FGCpLRHvNBgtABIdSMmytrYudGxJBUYXY1t0s=",
    "\"violatedDirective\":\"style-src-attr\"",
];

fn register(edition: Edition, person: &Persona, pictures: &str, chosen: &[&str]) {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = FormDriver::new(edition);
    // On sixty pages the wait of half a second for each touch would take too long.
    phone.browser.uses_fingers = person.then == AfterFirstPhase::Send;
    phone.take_photo(PHOTO);
    let folder = screenshot_folder(pictures);
    phone.save_screenshots_to(folder.clone());
    phone.begin(&deployment.proxy.origin, person);
    let code = phone.fill_in(person);
    let carried = |path: &str| memchr::memmem::find(&deployment.proxy.sent(), path.as_bytes()).is_some();
    assert!(carried("GET / ") && !carried("/api/"), "something was sent before the person said so");
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    assert!(carried("POST /api/v1/uploads"));
    phone.browser.assert_no_complaints(match edition {
        Edition::Of2021 => &OF_2021,
        Edition::Of2020 => &OF_2020,
        Edition::Current | Edition::Firefox | Edition::WebKit => &[],
    });
    assert_reviewers_read(&only_registration(&deployment), person);
    publish(&folder, chosen);
}

#[test]
fn a_prosecutor_registers_in_dari_with_all_phases() {
    register(Edition::Current, &prosecutor(), "dari", &["language", "dob"]);
}

#[test]
fn a_judge_registers_in_pashto_with_the_required_answers_and_a_photo() {
    register(Edition::Current, &judge(), "pashto", &["files"]);
}

#[test]
fn a_relative_registers_a_lawyer_in_english_with_the_first_phase_only() {
    register(Edition::Current, &relative(), "english", &["receipt"]);
}

#[test]
fn chromium_92_registers_in_dari() {
    register(Edition::Of2021, &prosecutor(), "dari-2021", &[]);
}

#[test]
fn chromium_92_registers_in_english() {
    register(Edition::Of2021, &relative(), "english-2021", &[]);
}

#[test]
fn chromium_80_registers_in_pashto_with_a_photo() {
    register(Edition::Of2020, &judge(), "pashto-2020", &[]);
}

#[test]
fn chromium_80_registers_in_english() {
    register(Edition::Of2020, &relative(), "english-2020", &[]);
}

#[test]
fn firefox_registers_a_judge_in_pashto_with_a_photo() {
    register(Edition::Firefox, &judge(), "pashto-firefox", &[]);
}

#[test]
fn firefox_registers_in_english() {
    register(Edition::Firefox, &relative(), "english-firefox", &[]);
}

#[test]
fn webkit_registers_a_judge_in_pashto_with_a_photo() {
    register(Edition::WebKit, &judge(), "pashto-webkit", &[]);
}

#[test]
fn webkit_registers_in_english() {
    register(Edition::WebKit, &relative(), "english-webkit", &[]);
}

#[test]
fn a_language_that_is_touched_before_the_program_has_loaded_is_kept() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = FormDriver::new(Edition::Current);
    phone.browser.hold_responses("*_bg.wasm");
    phone.browser.go(&deployment.proxy.origin);
    phone.browser.wait_for("the program to be asked for", |browser| browser.holds_response().then_some(()));
    let text = phone.browser.text_of("main");
    assert!(["دری", "پښتو", "English", "alone and safe"].iter().all(|part| text.contains(part)), "{text}");
    phone.browser.tap("[data-action=language][value=ps]");
    assert_eq!(phone.browser.evaluate("document.documentElement.lang"), "fa-AF", "there is nothing yet that could go on");
    phone.browser.release_response();
    phone.wait_for_action("start");
    assert_eq!(phone.browser.evaluate("document.documentElement.lang"), "ps");
    phone.browser.assert_no_complaints(&[]);
}

#[test]
fn a_page_whose_program_does_not_load_or_start_says_so_in_three_languages() {
    let visibility = |wanted: &str| {
        format!("(failed => failed && getComputedStyle(failed).visibility === '{wanted}')(document.querySelector('#failed'))")
    };
    let says_so = |phone: &mut FormDriver, what: &str| {
        phone.browser.wait_until(what, &visibility("visible"));
        let text = phone.browser.text_of("#failed");
        assert!(["این صفحه باز نشد", "دا پاڼه خلاصه نه شوه", "could not start"].iter().all(|part| text.contains(part)), "{text}");
    };
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = FormDriver::new(Edition::Current);
    phone.browser.refuse("*_bg.wasm");
    phone.browser.call("Page.navigate", serde_json::json!({"url": deployment.proxy.origin}));
    phone.browser.wait_until(
        "the first screen to go, of which nothing can be chosen any more",
        "document.readyState === 'complete' && !document.querySelector('#first')",
    );
    says_so(&mut phone, "a message, since the program was refused");

    // The style sheet alone shows the message if even the script that starts the program is missing.
    let mut phone = FormDriver::new(Edition::Current);
    phone.browser.refuse("*/boot.js");
    phone.browser.call("Page.navigate", serde_json::json!({"url": deployment.proxy.origin}));
    phone.browser.wait_until("the style sheet", &visibility("hidden"));
    says_so(&mut phone, "a message, since the script that starts it was refused");
}

#[test]
fn the_page_warns_inside_the_browser_of_another_application() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = FormDriver::new(Edition::Current);
    phone.browser.go(&deployment.proxy.origin);
    phone.wait_for_action("exit");
    assert!(!phone.browser.sees("#watched"));
    let agent = "Mozilla/5.0 (Linux; Android 10; K; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.0.0 Mobile \
                 Safari/537.36 [FB_IAB/FB4A;FBAV/443.0.0.23.229;]";
    phone.browser.call("Network.setUserAgentOverride", serde_json::json!({"userAgent": agent}));
    phone.browser.go(&deployment.proxy.origin);
    phone.wait_for_action("exit");
    assert!(phone.browser.sees("#watched"));
    assert!(phone.browser.text_of("#watched").contains("can read what you write"));
}
