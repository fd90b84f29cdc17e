//! A browser's profile on the disk: while a person answers, after they left, and after what was kept has been deleted.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::json;

use super::drafts;
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
    personas::{Input, Persona, prosecutor, relative},
};

/// The page keeps a draft within this time after an answer, on a slow machine too.
const SETTLES: Duration = Duration::from_secs(2);

/// A browser deletes a site's data within this time. Nothing announces the end of that; where the time is too short, the data
/// is still there and the test fails.
const CLEARS: Duration = Duration::from_secs(3);

/// A browser that has written nothing for this long gets another change to write.
const PLANTS_AGAIN: Duration = Duration::from_secs(20);

/// Names that would tell which site this was.
const TELLING: [&str; 2] = ["amanat", "sealer"];

/// Returns the keys of the questions and choices that this person meets, except those that are in the site's files or in the
/// profile of a browser that only showed the first page.
fn keys(person: &Persona, deployment: &Deployment, visitor: &Profile) -> Vec<String> {
    let page = request("GET", &format!("{}/", deployment.origin), &[], b"").text();
    let mut common = visitor.bytes.clone();
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
fn visitor(edition: Edition, deployment: &Deployment) -> Profile {
    let mut browser = Browser::open(edition);
    browser.go(&deployment.proxy.origin);
    browser.wait_for("the first page", |browser| browser.sees("[data-action=exit]").then_some(()));
    Profile::read(browser.quit().path())
}

/// Stays on a page until the browser has written, by its own clock, what it keeps of the page; returns the profile.
fn rest(browser: &mut Browser, mark: &str) -> Profile {
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
fn answers_and_rests(phone: &mut FormDriver, deployment: &Deployment, person: &Persona, keys: &[String]) {
    phone.begin(&deployment.proxy.origin, person);
    for question in ["work_province", "removal_signs", "danger_7days"] {
        phone.fill_in_until(person, question);
        phone.answer_the_page(person);
        let read = rest(&mut phone.browser, question.split('_').next().unwrap_or_default());
        assert_eq!(find(keys, &read.bytes), None, "on the page of {question}");
        let before = phone.see();
        phone.browser.tap("[data-action=next]");
        phone.wait_for_next_page(&before);
    }
}

fn firefox_writes_no_choice(neutral: Option<&NeutralPage>) {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let person = prosecutor();
    let mut keys = keys(&person, &deployment, &visitor(Edition::Firefox, &deployment));
    keys.extend(person.secrets());
    let browser = neutral.map_or_else(|| Browser::open(Edition::Firefox), |page| Browser::firefox_with_proxy(&page.proxy));
    let mut phone = FormDriver::with(browser);
    answers_and_rests(&mut phone, &deployment, &person, &keys);
    phone.browser.wait_for_new_document("the form to be left", |browser| browser.tap("[data-action=exit]"));
    if neutral.is_some() {
        let there = format!("location.href === {} && document.body?.innerText === 'sunny'", json!(EXIT));
        phone.browser.wait_for_the_next_page("the neutral page", &there);
        let read = rest(&mut phone.browser, "after");
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
    firefox_writes_no_choice(Some(&NeutralPage::start("sunny")));
}

#[test]
fn firefox_writes_no_choice_to_the_disk_where_the_neutral_page_is_unreachable() {
    firefox_writes_no_choice(None);
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
    let read = rest(&mut browser, "planted");
    assert!(find(&["planted_question".to_owned()], &read.bytes).is_some(), "what was planted is not found");
}

#[test]
fn chromium_writes_no_choice_to_the_disk_and_leaves_no_identifying_name() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let person = prosecutor();
    let mut keys = keys(&person, &deployment, &visitor(Edition::Current, &deployment));
    keys.extend(person.secrets());
    let mut phone = FormDriver::new(Edition::Current);
    answers_and_rests(&mut phone, &deployment, &person, &keys);
    phone.browser.wait_for_new_document("the form to be left", |browser| browser.tap("[data-action=exit]"));
    phone.browser.pause(CLEARS);
    let left = Profile::read(phone.browser.quit().path());
    keys.extend(TELLING.map(str::to_owned));
    assert_eq!(find(&keys, &left.bytes), None, "after leaving, with the browser closed");
}

/// Returns the salts in the headers of all drafts on the disk; each draft has its own.
fn salts(disk: &[u8]) -> BTreeSet<String> {
    const START: &[u8] = b"age-encryption.org/v1\n-> scrypt ";
    let salt = |at: usize| String::from_utf8_lossy(&disk[at + START.len()..][..22]).into_owned();
    memchr::memmem::find_iter(disk, START).map(salt).collect()
}

/// Returns the draft's salt if the disk holds exactly one draft.
fn only_draft(disk: &[u8]) -> Option<String> {
    let mut salts = salts(disk).into_iter();
    salts.next().filter(|_| salts.next().is_none())
}

/// Waits until the disk holds only one draft, which is new, and the page has stopped keeping newer ones.
fn wait_for_a_newer_one(phone: &mut FormDriver, seen: &mut Vec<String>) {
    let profile = phone.browser.profile();
    let newer = phone.browser.wait_until_unchanged("a newer draft in place of the older ones", SETTLES, |_| {
        only_draft(&Profile::read(&profile).bytes).filter(|salt| !seen.contains(salt))
    });
    seen.push(newer);
}

/// Keeps a draft, changes it twice, comes back to it in another visit, and changes it again. Returns each version's salt.
fn keeps_and_changes(phone: &mut FormDriver, deployment: &Deployment, person: &Persona) -> Vec<String> {
    let mut versions = Vec::new();
    phone.begin(&deployment.proxy.origin, person);
    phone.fill_in_until(person, "father_name");
    let words = drafts::save(phone);
    wait_for_a_newer_one(phone, &mut versions);
    for question in ["dob", "justice_role"] {
        phone.fill_in_until(person, question);
        wait_for_a_newer_one(phone, &mut versions);
    }
    phone.come_back(&deployment.proxy.origin, person);
    phone.wait_for_action("open-draft");
    phone.browser.write("#words", &words);
    phone.browser.tap("[data-action=open-draft]");
    phone.browser.wait_for("what was typed", |browser| browser.sees("[data-question]").then_some(()));
    phone.fill_in_until(person, "country_now");
    wait_for_a_newer_one(phone, &mut versions);
    versions
}

fn what_is_gone_is_not_on_the_disk(edition: Edition) {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let person = prosecutor();
    let read = |phone: FormDriver| Profile::read(phone.browser.quit().path()).bytes;

    let mut phone = FormDriver::new(edition);
    let mut versions = keeps_and_changes(&mut phone, &deployment, &person);
    versions.pop();
    let disk = read(phone);
    assert_eq!(find(&versions, &disk), None, "earlier versions are still there");
    assert!(only_draft(&disk).is_some(), "not one draft is kept but {:?}", salts(&disk));

    let mut phone = FormDriver::new(edition);
    let versions = keeps_and_changes(&mut phone, &deployment, &person);
    phone.come_back(&deployment.proxy.origin, &person);
    phone.wait_for_action("delete-draft");
    phone.browser.tap("[data-action=delete-draft]");
    phone.browser.wait_for("the store to be gone", |browser| (drafts::kept(browser) == "none").then_some(()));
    assert_eq!(find(&versions, &read(phone)), None, "after it was deleted");

    let mut phone = FormDriver::new(edition);
    phone.take_photo(100);
    let versions = keeps_and_changes(&mut phone, &deployment, &person);
    let code = phone.fill_in(&person);
    phone.browser.tap("[data-role=keep]");
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    phone.browser.wait_for("the store to be gone", |browser| (drafts::kept(browser) == "none").then_some(()));
    let disk = read(phone);
    assert_eq!(find(&versions, &disk), None, "after it was received");
    assert!(memchr::memmem::find(&disk, b"age-encryption.org/v1\n-> ").is_none(), "a sealed file is left");
}

/// The file waited and was sent in another visit, which read it from the store.
#[test]
fn a_sealed_file_that_waited_is_not_on_the_disk_after_it_was_received() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in(&person);
    phone.start_upload_of_kept_file();
    phone.browser.kill_and_restart();
    phone.come_back(&deployment.proxy.origin, &person);
    phone.wait_for_action("send-waiting");
    let sealed = |disk: &[u8]| memchr::memmem::find(disk, b"age-encryption.org/v1\n-> ").is_some();
    let profile = phone.browser.profile();
    assert!(sealed(&Profile::read(&profile).bytes), "what waits is not found");
    phone.browser.tap("[data-action=send-waiting]");
    phone.browser.wait_for("it to be received", |browser| browser.sees("[data-role=received]").then_some(()));
    phone.browser.wait_for("the store to be gone", |browser| (drafts::kept(browser) == "none").then_some(()));
    phone.browser.pause(CLEARS);
    assert!(!sealed(&Profile::read(phone.browser.quit().path()).bytes), "a sealed file is left");
}

#[test]
fn deleted_drafts_and_sealed_files_are_not_on_the_disk_in_chromium() {
    what_is_gone_is_not_on_the_disk(Edition::Current);
}

#[test]
fn deleted_drafts_and_sealed_files_are_not_on_the_disk_in_firefox() {
    what_is_gone_is_not_on_the_disk(Edition::Firefox);
}

/// A value that is not a `Blob` and is deleted by its key stays in the profile, which shows that the search works.
#[test]
fn a_deleted_value_that_is_still_on_the_disk_is_found() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut browser = Browser::open(Edition::Current);
    browser.go(&deployment.proxy.origin);
    let planted = "planted-value-".repeat(9);
    browser.evaluate(&format!(
        "new Promise(done => {{
            const opening = indexedDB.open('planted', 1);
            opening.onupgradeneeded = () => opening.result.createObjectStore('s');
            opening.onsuccess = () => {{
                const writing = opening.result.transaction('s', 'readwrite', {{durability: 'strict'}});
                writing.objectStore('s').put(new TextEncoder().encode('{planted}'), 1);
                writing.oncomplete = () => {{
                    const deleting = opening.result.transaction('s', 'readwrite', {{durability: 'strict'}});
                    deleting.objectStore('s').delete(1);
                    deleting.oncomplete = () => {{ opening.result.close(); done(1); }};
                }};
            }};
        }})"
    ));
    let disk = Profile::read(browser.quit().path()).bytes;
    assert!(find(&[planted], &disk).is_some(), "what was planted is not found");
}

#[test]
fn the_first_pages_are_the_same_whether_a_draft_is_kept_or_not() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    let screens = |phone: &mut FormDriver| {
        phone.browser.go(&deployment.proxy.origin);
        phone.wait_for_action("exit");
        let first = phone.browser.evaluate("document.body.innerHTML");
        phone.begin(&deployment.proxy.origin, &person);
        phone.wait_for_action("returning");
        [first, phone.browser.evaluate("document.body.innerHTML")]
    };
    let before = screens(&mut phone);
    phone.fill_in_until(&person, "name_native");
    drafts::save(&mut phone);
    phone.browser.kill_and_restart();
    assert_eq!(screens(&mut phone), before);
    phone.browser.tap("[data-action=returning]");
    phone.wait_for_action("open-draft");
}
