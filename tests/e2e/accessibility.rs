//! The form is accessible with low vision, with a keyboard only, in dark mode, in forced colours and on a narrow screen.

use std::time::Duration;

use super::{assert_reviewers_read, only_registration};
use crate::{
    drivers::{
        accessibility::{AccessibilityAudit, write_contact_sheet},
        browser::{Browser, Document, Edition},
        form_driver::FormDriver,
        http::request,
        keyboard_user::register_by_keyboard,
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::{
        Input::{Many, One, Text, Tick},
        Persona, prosecutor, relative,
    },
};

/// Returns a persona whom the form asks everything that it can ask of one person.
pub(super) fn persona_asked_everything(language: &'static str, direction: &'static str) -> Persona {
    let everything = [
        ("submitter", One("relative")),
        ("submitter_contact", Text("Nephew, +44 20 7946 0958")),
        ("person_agrees", One("yes")),
        ("contact_channels", Many(&["signal", "email", "trusted"])),
        ("email", Text("zarghuna12@example.org")),
        ("trusted_person/name", Text("ګل\u{200c}مکۍ")),
        ("trusted_person/relation", Text("زما خور")),
        ("trusted_person/phone", Text("٠٧٠٠ ١٢٣ ٤٥٦")),
        ("trusted_person/agrees", Tick),
        ("justice_role", One("family")),
        ("worker_name", Text("عبدالله ولد کریم")),
        ("worker_status", One("missing")),
    ];
    let mut person = prosecutor();
    person.inputs.retain(|(name, _)| !everything.iter().any(|(other, _)| name == other));
    person.inputs.extend(everything);
    Persona { language, direction, ..person }
}

/// Audits every page of a registration, and the faults that each page shows when it is submitted empty.
fn audit_every_page(language: &'static str, direction: &'static str) {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = FormDriver::new(Edition::Current);
    phone.take_photo(200);
    phone.audit = Some(AccessibilityAudit::new(language));
    phone.register(&deployment.proxy.origin, &persona_asked_everything(language, direction));
    let seen = phone.audit.take().expect("they were there").assert_no_faults();
    write_contact_sheet();
    for page in ["language", "consent_who-fault", "phone", "more", "files", "check", "receipt", "receipt-send", "received"] {
        assert!(seen.iter().any(|seen| seen == page), "{page} was not seen: {seen:?}");
    }
}

#[test]
fn every_page_in_dari_is_accessible() {
    audit_every_page("fa-AF", "rtl");
}

#[test]
fn every_page_in_pashto_is_accessible() {
    audit_every_page("ps", "rtl");
}

#[test]
fn every_page_in_english_is_accessible() {
    audit_every_page("en", "ltr");
}

/// Answers page after page as far as these actions lead.
fn walk(phone: &mut FormDriver, person: &Persona, actions: &[&str]) {
    for action in actions {
        phone.wait_for_action(action);
        phone.answer_page(person);
        let before = phone.see();
        phone.browser.tap(&format!("[data-action={action}]"));
        phone.wait_for_next_page(&before);
    }
}

#[test]
fn pages_outside_the_main_path_are_accessible() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    for (language, direction) in [("fa-AF", "rtl"), ("ps", "rtl"), ("en", "ltr")] {
        let mut audit = AccessibilityAudit::new(&format!("{language}-beside"));
        let mut person = Persona { language, direction, ..relative() };
        let mut phone = FormDriver::new(Edition::Current);

        phone.begin(&deployment.proxy.origin, &person);
        phone.fill_in(&person);
        phone.start_upload_of_kept_file();
        audit.check(&mut phone.browser, "sending");
        phone.browser.kill_and_restart();
        phone.come_back(&deployment.proxy.origin, &person);
        phone.wait_for_action("send-waiting");
        audit.check(&mut phone.browser, "waiting");
        phone.browser.refuse("*/api/*");
        phone.browser.tap("[data-action=send-waiting]");
        phone.browser.wait_for("the refusal", |browser| browser.sees("[role=alert]").then_some(()));
        audit.check(&mut phone.browser, "not-sent");
        phone.browser.refuse("*/nothing/*");
        deployment.proxy.cut(Duration::from_hours(1));
        phone.browser.tap("[data-action=retry]");
        phone.wait_for_action("save-file");
        audit.check(&mut phone.browser, "no-network");
        deployment.proxy.cut(Duration::ZERO);

        let mut phone = FormDriver::new(Edition::Current);
        phone.begin(&deployment.proxy.origin, &person);
        phone.fill_in_until(&person, "name_native");
        phone.browser.tap("[data-action=save-draft]");
        phone.browser.wait_until("the words", "document.querySelector('[data-role=words]').innerText !== ''");
        audit.check(&mut phone.browser, "save-draft");
        phone.browser.tap("[data-action=keep-draft]");
        phone.browser.wait_for("it to be kept", |browser| browser.sees("#said .notice").then_some(()));
        audit.check(&mut phone.browser, "save-draft-notice");
        phone.browser.kill_and_restart();
        phone.begin(&deployment.proxy.origin, &person);
        phone.fill_in_until(&person, "name_native");
        phone.browser.tap("[data-action=save-draft]");
        phone.browser.wait_until("the words", "document.querySelector('[data-role=words]').innerText !== ''");
        audit.check(&mut phone.browser, "save-draft-replaces");
        phone.come_back(&deployment.proxy.origin, &person);
        phone.wait_for_action("open-draft");
        audit.check(&mut phone.browser, "open-draft");

        person.inputs.retain(|(name, _)| *name != "person_agrees");
        person.inputs.push(("person_agrees", One("no")));
        let mut phone = FormDriver::new(Edition::Current);
        phone.begin(&deployment.proxy.origin, &person);
        walk(&mut phone, &person, &["start", "next", "next"]);
        audit.check(&mut phone.browser, "person_refused");
        audit.assert_no_faults();
    }
    write_contact_sheet();
}

#[test]
fn the_page_that_refuses_a_pack_is_accessible() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let served = request("GET", &format!("{}/", deployment.origin), &[("Accept", "text/html")], &[]);
    let html = served.text();
    let pack = html.find("<script type=\"application/json\"").expect("the page has a pack");
    let end = pack + html[pack..].find("</script>").expect("the pack ends");
    let body = format!("{}<script type=\"application/json\" id=\"amanat-pack\">null{}", &html[..pack], &html[end..]);

    let mut phone = FormDriver::new(Edition::Current);
    let address = format!("{}/", deployment.origin);
    phone.browser.replace(&address, Document { headers: served.headers, body });
    phone.browser.go(&address);
    phone.browser.wait_for("the refusal", |browser| browser.sees("[data-role=refused]").then_some(()));
    let mut audit = AccessibilityAudit::new("refused");
    audit.check(&mut phone.browser, "refused");
    audit.assert_no_faults();
    write_contact_sheet();
}

#[test]
fn a_person_with_only_a_keyboard_registers_and_always_sees_the_focus() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let person = Persona { language: "fa-AF", direction: "rtl", ..relative() };
    let mut browser = Browser::open(Edition::Current);
    let stops = register_by_keyboard(&mut browser, &deployment.proxy.origin, &person);
    assert!(stops > 100, "only {stops} stops");
    assert_reviewers_read(&only_registration(&deployment), &person);
    browser.assert_no_complaints(&[]);
}

/// Declarations and selectors that the oldest phones do not know. The page loses nothing important without them.
const OPTIONAL_CSS: [&str; 5] =
    ["color-scheme: light dark", "accent-color: var(--accent)", "appearance: none", "text-align: match-parent", ":focus-visible"];

/// This script returns the style sheet's declarations and selectors that the browser does not know.
const UNKNOWN_CSS: &str = r"(async () => {
    const sheet = await (await fetch(document.querySelector('link[rel=stylesheet]').href)).text();
    const unknown = [];
    // Every browser accepts a value with a variable until it computes it, so black replaces the variable.
    const plain = value => value.replace(/var\(--[a-z]+\)/g, 'black');
    for (const [, declarations] of sheet.matchAll(/\{([^{}]*)\}/g)) {
        for (const [, property, value] of declarations.matchAll(/([a-z-]+): ((?:'[^']*'|\x22[^\x22]*\x22|[^;])*);/g)) {
            if (!property.startsWith('--') && !CSS.supports(property, plain(value).replace(/ *!important/, ''))) {
                unknown.push(`${property}: ${value}`);
            }
        }
    }
    for (const [, selector] of sheet.matchAll(/^([^@\n{}][^\n{}]*) \{/gm)) {
        try { document.querySelector(selector); } catch { unknown.push(selector); }
    }
    return unknown;
})()";

#[test]
fn chromium_80_knows_every_css_declaration_that_matters() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut browser = Browser::open(Edition::Of2020);
    browser.go(&deployment.proxy.origin);
    let unknown = browser.evaluate(UNKNOWN_CSS);
    let unknown: Vec<&str> = unknown.as_array().expect("a list").iter().filter_map(serde_json::Value::as_str).collect();
    let lost: Vec<&&str> = unknown.iter().filter(|words| !OPTIONAL_CSS.iter().any(|pleasant| words.contains(pleasant))).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(!unknown.is_empty(), "the sheet was not read");
}
