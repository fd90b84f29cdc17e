//! A browser's profile on the disk after drafts and sealed files have been deleted.

use std::{collections::BTreeSet, time::Duration};

use super::{disk_traces::CLEARS, drafts};
use crate::{
    drivers::{
        browser::{Browser, Edition},
        browser_profile::Profile,
        form_driver::FormDriver,
        leak_scanner::find,
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::{Persona, prosecutor, relative},
};

/// The page keeps a draft within this time after an answer, on a slow machine too.
const SETTLES: Duration = Duration::from_secs(2);

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
fn wait_for_newer_draft(phone: &mut FormDriver, seen: &mut Vec<String>) {
    let profile = phone.browser.profile();
    let newer = phone.browser.wait_until_unchanged("a newer draft in place of the older ones", SETTLES, |_| {
        only_draft(&Profile::read(&profile).bytes).filter(|salt| !seen.contains(salt))
    });
    seen.push(newer);
}

/// Keeps a draft, changes it twice, comes back to it in another visit, and changes it again. Returns each version's salt.
fn keep_and_change_draft(phone: &mut FormDriver, deployment: &Deployment, person: &Persona) -> Vec<String> {
    let mut versions = Vec::new();
    phone.begin(&deployment.proxy.origin, person);
    phone.fill_in_until(person, "father_name");
    let words = drafts::save(phone);
    wait_for_newer_draft(phone, &mut versions);
    for question in ["dob", "justice_role"] {
        phone.fill_in_until(person, question);
        wait_for_newer_draft(phone, &mut versions);
    }
    phone.come_back(&deployment.proxy.origin, person);
    phone.wait_for_action("open-draft");
    phone.browser.write("#words", &words);
    phone.browser.tap("[data-action=open-draft]");
    phone.browser.wait_for("what was typed", |browser| browser.sees("[data-question]").then_some(()));
    phone.fill_in_until(person, "country_now");
    wait_for_newer_draft(phone, &mut versions);
    versions
}

fn assert_deleted_data_is_not_on_disk(edition: Edition) {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let person = prosecutor();
    let read = |phone: FormDriver| Profile::read(phone.browser.quit().path()).bytes;

    let mut phone = FormDriver::new(edition);
    let mut versions = keep_and_change_draft(&mut phone, &deployment, &person);
    versions.pop();
    let disk = read(phone);
    assert_eq!(find(&versions, &disk), None, "earlier versions are still there");
    assert!(only_draft(&disk).is_some(), "not one draft is kept but {:?}", salts(&disk));

    let mut phone = FormDriver::new(edition);
    let versions = keep_and_change_draft(&mut phone, &deployment, &person);
    phone.come_back(&deployment.proxy.origin, &person);
    phone.wait_for_action("delete-draft");
    phone.browser.tap("[data-action=delete-draft]");
    phone.browser.wait_for("the store to be gone", |browser| (drafts::stored_keys(browser) == "none").then_some(()));
    assert_eq!(find(&versions, &read(phone)), None, "after it was deleted");

    let mut phone = FormDriver::new(edition);
    phone.take_photo(100);
    let versions = keep_and_change_draft(&mut phone, &deployment, &person);
    let code = phone.fill_in(&person);
    phone.browser.tap("[data-role=keep]");
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    phone.browser.wait_for("the store to be gone", |browser| (drafts::stored_keys(browser) == "none").then_some(()));
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
    phone.browser.wait_for("the store to be gone", |browser| (drafts::stored_keys(browser) == "none").then_some(()));
    phone.browser.pause(CLEARS);
    assert!(!sealed(&Profile::read(phone.browser.quit().path()).bytes), "a sealed file is left");
}

#[test]
fn deleted_drafts_and_sealed_files_are_not_on_the_disk_in_chromium() {
    assert_deleted_data_is_not_on_disk(Edition::Current);
}

#[test]
fn deleted_drafts_and_sealed_files_are_not_on_the_disk_in_firefox() {
    assert_deleted_data_is_not_on_disk(Edition::Firefox);
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
