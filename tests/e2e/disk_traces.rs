//! A browser's profile on the disk: while a person answers, and after they left.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    drivers::{
        browser::{Browser, Edition},
        browser_profile::Profile,
        form_driver::FormDriver,
        http::request,
        leak_scanner::find,
    },
    fixtures::{
        deployment::Deployment,
        neutral_page::NeutralPage,
        pack::{EXIT, RecipientType},
    },
    personas::{Input, Persona, prosecutor},
};

/// A browser deletes a site's data within this time. Nothing announces the end of that; where the time is too short, the data
/// is still there and the test fails.
pub(super) const CLEARS: Duration = Duration::from_secs(3);

/// A browser that has written nothing for this long gets another change to write.
const PLANTS_AGAIN: Duration = Duration::from_secs(20);

/// Names that would tell which site this was.
const TELLING: [&str; 2] = ["amanat", "sealer"];

/// Returns the keys of the questions and choices that this person meets, except those that are in the site's files or in the
/// profile of a browser that only showed the first page.
fn identifying_keys(person: &Persona, deployment: &Deployment, profile_of_first_page: &Profile) -> Vec<String> {
    let page = request("GET", &format!("{}/", deployment.origin), &[], b"").text();
    let mut common = profile_of_first_page.bytes.clone();
    for name in page.split('"').filter(|part| part.starts_with('/') && part.contains('.')) {
        for name in [name.to_owned(), name.replace(".js", "_bg.wasm")] {
            common.extend(request("GET", &format!("{}{name}", deployment.origin), &[], b"").body);
        }
    }
    let mut keys = BTreeSet::new();
    for (question, input) in &person.inputs {
        keys.insert(*question);
        match input {
            Input::One(choice) => drop(keys.insert(choice)),
            Input::Many(choices) => keys.extend(*choices),
            _ => {}
        }
    }
    let telling = |key: &&str| key.len() >= 6 && memchr::memmem::find(&common, key.as_bytes()).is_none();
    let keys: Vec<String> = keys.into_iter().filter(telling).map(str::to_owned).collect();
    for known in ["danger_7days", "visa_expired", "police_visit"] {
        assert!(keys.iter().any(|key| key == known), "{known} is not looked for among {keys:?}");
    }
    keys
}

/// Returns the profile of a browser that only showed the first page.
fn profile_of_first_page(edition: Edition, deployment: &Deployment) -> Profile {
    let mut browser = Browser::open(edition);
    browser.go(&deployment.proxy.origin);
    browser.wait_for("the first page", |browser| browser.sees("[data-action=exit]").then_some(()));
    Profile::read(browser.quit().path())
}

/// Stays on a page until the browser has written, by its own clock, what it keeps of the page; returns the profile.
fn wait_for_disk_write(browser: &mut Browser, mark: &str) -> Profile {
    let mark = format!("{mark} ").repeat(40);
    browser.evaluate(&format!("sessionStorage.setItem('mark', {}), 0", json!(mark)));
    let profile = browser.profile();
    let mut planted = Instant::now();
    browser.wait_for("the browser to write what it keeps", |browser| {
        // Firefox writes only after a change, and may have missed this one on a busy machine.
        if planted.elapsed() > PLANTS_AGAIN {
            planted = Instant::now();
            browser.evaluate("sessionStorage.setItem('again', performance.now()), 0");
        }
        let logs_aside = Profile::read(&profile);
        Some(logs_aside).filter(|read| find(std::slice::from_ref(&mark), &read.bytes).is_some())
    })
}

/// Answers pages with every kind of control, and reads the profile on three of them.
fn answer_and_check_disk(phone: &mut FormDriver, deployment: &Deployment, person: &Persona, keys: &[String]) {
    phone.begin(&deployment.proxy.origin, person);
    for question in ["work_province", "removal_signs", "danger_7days"] {
        phone.fill_in_until(person, question);
        phone.answer_page(person);
        let read = wait_for_disk_write(&mut phone.browser, question.split('_').next().unwrap_or_default());
        assert_eq!(find(keys, &read.bytes), None, "on the page of {question}");
        let before = phone.see();
        phone.browser.tap("[data-action=next]");
        phone.wait_for_next_page(&before);
    }
}

fn assert_firefox_writes_no_choice(neutral: Option<&NeutralPage>) {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let person = prosecutor();
    let mut keys = identifying_keys(&person, &deployment, &profile_of_first_page(Edition::Firefox, &deployment));
    keys.extend(person.secrets());
    let browser = neutral.map_or_else(|| Browser::open(Edition::Firefox), |page| Browser::firefox_with_proxy(&page.proxy));
    let mut phone = FormDriver::with(browser);
    answer_and_check_disk(&mut phone, &deployment, &person, &keys);
    phone.browser.wait_for_new_document("the form to be left", |browser| browser.tap("[data-action=exit]"));
    if neutral.is_some() {
        let there = format!("location.href === {} && document.body?.innerText === 'sunny'", json!(EXIT));
        phone.browser.wait_for_the_next_page("the neutral page", &there);
        let read = wait_for_disk_write(&mut phone.browser, "after");
        assert_eq!(find(&keys, &read.bytes), None, "on the neutral page");
    } else {
        phone.browser.pause(CLEARS);
    }
    let left = Profile::read(phone.browser.quit().path());
    keys.extend(TELLING.map(str::to_owned));
    assert_eq!(find(&keys, &left.bytes), None, "after leaving, with the browser closed");
}

#[test]
fn firefox_writes_no_choice_to_the_disk_before_or_after_leaving() {
    assert_firefox_writes_no_choice(Some(&NeutralPage::start("sunny")));
}

#[test]
fn firefox_writes_no_choice_to_the_disk_where_the_neutral_page_is_unreachable() {
    assert_firefox_writes_no_choice(None);
}

#[test]
fn a_choice_that_firefox_writes_is_found() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut browser = Browser::open(Edition::Firefox);
    browser.go(&deployment.proxy.origin);
    browser.wait_for("the first page", |browser| browser.sees("[data-action=exit]").then_some(()));
    // This script adds a checkbox as a careless page would, and ticks it.
    browser.evaluate(
        "(() => { const box = document.createElement('input'); box.type = 'checkbox'; box.autocomplete = 'off';
          box.id = 'planted_question'; document.body.append(box); box.checked = true; return 0; })()",
    );
    let read = wait_for_disk_write(&mut browser, "planted");
    assert!(find(&["planted_question".to_owned()], &read.bytes).is_some(), "what was planted is not found");
}

#[test]
fn chromium_writes_no_choice_to_the_disk_and_leaves_no_identifying_name() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let person = prosecutor();
    let mut keys = identifying_keys(&person, &deployment, &profile_of_first_page(Edition::Current, &deployment));
    keys.extend(person.secrets());
    let mut phone = FormDriver::new(Edition::Current);
    answer_and_check_disk(&mut phone, &deployment, &person, &keys);
    phone.browser.wait_for_new_document("the form to be left", |browser| browser.tap("[data-action=exit]"));
    phone.browser.pause(CLEARS);
    let left = Profile::read(phone.browser.quit().path());
    keys.extend(TELLING.map(str::to_owned));
    assert_eq!(find(&keys, &left.bytes), None, "after leaving, with the browser closed");
}
