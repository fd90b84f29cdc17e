//! Drafts that the phone keeps under a passphrase.

use std::time::Duration;

use super::{assert_reviewers_read, only_registration};
use crate::{
    drivers::{
        browser::{Browser, Edition},
        browser_profile::Profile,
        form_driver::FormDriver,
        leak_scanner::find,
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::{Persona, judge, prosecutor, relative},
};

/// Returns the passphrase as another keyboard writes it.
fn typed_on_another_keyboard(words: &str) -> String {
    format!(" {} ", words.replace(' ', "  ").replace('ک', "ك").replace('ی', "ي"))
}

/// Returns the keys in this site's database on the phone.
pub(super) fn stored_keys(browser: &mut Browser) -> serde_json::Value {
    browser.evaluate(
        "new Promise(done => {
            const opening = indexedDB.open('f');
            opening.onupgradeneeded = () => opening.transaction.abort();
            opening.onerror = event => { event.preventDefault(); done('none'); };
            opening.onsuccess = () => {
                const all = opening.result.transaction('s').objectStore('s').getAllKeys();
                all.onsuccess = () => { opening.result.close(); done(all.result.join()); };
            };
        })",
    )
}

/// Returns the beginning of the kept draft, which contains its random salt.
fn draft(browser: &mut Browser) -> serde_json::Value {
    browser.evaluate(
        "new Promise(done => {
            const opening = indexedDB.open('f');
            opening.onsuccess = () => {
                const draft = opening.result.transaction('s').objectStore('s').get(1);
                draft.onsuccess = () => { opening.result.close(); draft.result.slice(0, 80).text().then(done); };
            };
        })",
    )
}

/// Waits until the draft stays the same for a while, since all pages before have then been kept.
fn wait_until_draft_is_stable(browser: &mut Browser) -> serde_json::Value {
    browser.wait_until_unchanged("the draft to be kept", Duration::from_secs(3), |browser| Some(draft(browser)))
}

/// Waits for a passphrase other than `not`, and returns it.
fn shown_passphrase(phone: &mut FormDriver, not: &str) -> String {
    phone.browser.wait_for("the words", |browser| {
        Some(browser.text_of("[data-role=words]")).filter(|words| !words.is_empty() && words != not)
    })
}

/// Keeps a draft; returns its passphrase.
pub(super) fn save(phone: &mut FormDriver) -> String {
    phone.browser.tap("[data-action=save-draft]");
    keep(phone)
}

/// Keeps a draft from the page that shows the passphrase; returns it.
pub(super) fn keep(phone: &mut FormDriver) -> String {
    phone.wait_for_action("keep-draft");
    let words = shown_passphrase(phone, "");
    phone.browser.tap("[data-action=keep-draft]");
    phone.browser.wait_for("it to be kept", |browser| browser.sees("#said .notice").then_some(()));
    assert_eq!(phone.browser.text_of("[data-role=words]"), words);
    phone.browser.tap("[data-action=next]");
    words
}

/// Comes back to a kept draft and opens it, after a wrong passphrase has been refused.
fn open_kept_draft(phone: &mut FormDriver, deployment: &Deployment, person: &Persona, words: &str) {
    phone.come_back(&deployment.proxy.origin, person);
    phone.wait_for_action("open-draft");
    assert_eq!(phone.see()["questions"], serde_json::json!([]));
    phone.browser.write("#words", words.rsplit_once(' ').expect("there are several").0);
    phone.browser.tap("[data-action=open-draft]");
    phone.browser.wait_for("other words to be refused", |browser| browser.sees("#said .fault").then_some(()));
    phone.browser.write("#words", &typed_on_another_keyboard(words));
    phone.browser.tap("[data-action=open-draft]");
}

#[test]
fn the_passphrase_of_a_draft_is_random_and_cannot_be_chosen() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let table = include_str!("../../frontend/locales/passphrase.tsv");
    for (column, language) in ["en", "fa-AF", "ps"].into_iter().enumerate() {
        let known: Vec<&str> = table.lines().skip(1).filter_map(|row| row.split('\t').nth(column)).collect();
        let mut phone = FormDriver::new(Edition::Current);
        let person = Persona { language, direction: if language == "en" { "ltr" } else { "rtl" }, ..relative() };
        phone.begin(&deployment.proxy.origin, &person);
        phone.fill_in_until(&person, "name_native");
        phone.browser.tap("[data-action=save-draft]");
        phone.wait_for_action("draw");
        let first = shown_passphrase(&mut phone, "");
        phone.browser.tap("[data-action=draw]");
        for words in [shown_passphrase(&mut phone, &first), first] {
            let words: Vec<&str> = words.split(' ').collect();
            assert!(words.iter().all(|word| known.contains(word)), "{words:?}");
            #[expect(clippy::cast_precision_loss, reason = "both numbers are small")]
            let bits = words.len() as f64 * (known.len() as f64).log2();
            assert!(bits >= 55.0, "{bits} bits");
        }
        assert!(!phone.browser.sees("main input"), "there is a place for words of one's own");
    }
}

#[test]
fn a_kept_draft_outlives_the_browser_and_is_deleted_when_it_has_been_sent() {
    for (person, question) in [(prosecutor(), "family_members"), (judge(), "files")] {
        let deployment = Deployment::start(RecipientType::PostQuantum);
        let mut phone = FormDriver::new(Edition::Current);
        phone.take_photo(100);
        phone.begin(&deployment.proxy.origin, &person);
        phone.fill_in_until(&person, "danger_7days");
        assert_eq!(stored_keys(&mut phone.browser), "none", "nothing is kept unless it is asked for");
        let words = save(&mut phone);
        // Later pages are kept without being asked for again.
        phone.fill_in_until(&person, question);
        phone.answer_page(&person);
        let kept_before = wait_until_draft_is_stable(&mut phone.browser);
        let before = phone.see();
        phone.browser.tap("[data-action=next]");
        phone.wait_for_next_page(&before);
        let next = phone.see();
        phone.browser.wait_for("this page to be kept, too", |browser| (draft(browser) != kept_before).then_some(()));
        phone.browser.kill_and_restart();

        open_kept_draft(&mut phone, &deployment, &person, &words);
        phone.browser.wait_for("what was typed", |browser| browser.sees("[data-question]").then_some(()));
        assert_eq!(phone.see()["questions"], next["questions"], "it goes on where it was left");
        let code = phone.fill_in(&person);
        phone.browser.tap("[data-action=send]");
        phone.wait_until_received(&code);
        assert_reviewers_read(&only_registration(&deployment), &person);
        assert_eq!(stored_keys(&mut phone.browser), "none", "what has been sent is kept no longer");
        phone.browser.assert_no_complaints(&[]);
    }
}

#[test]
fn a_kept_draft_can_be_deleted_and_is_deleted_by_the_quick_exit() {
    for way in ["delete-draft", "exit"] {
        let deployment = Deployment::start(RecipientType::PostQuantum);
        let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
        phone.begin(&deployment.proxy.origin, &person);
        phone.fill_in_until(&person, "name_native");
        save(&mut phone);
        phone.browser.kill_and_restart();
        phone.come_back(&deployment.proxy.origin, &person);
        phone.wait_for_action("open-draft");
        assert_eq!(stored_keys(&mut phone.browser), "1");
        phone.browser.tap(&format!("[data-action={way}]"));
        if way == "exit" {
            phone.browser.wait_for_the_next_page(
                "the neutral page",
                &format!("location.origin !== {}", serde_json::json!(deployment.proxy.origin)),
            );
            phone.browser.go(&deployment.proxy.origin);
        } else {
            phone.browser.wait_for("it to be gone", |browser| (!browser.sees("[data-action=delete-draft]")).then_some(()));
        }
        phone.browser.wait_for("the store to be gone", |browser| (stored_keys(browser) == "none").then_some(()));
    }
}

#[test]
fn no_answer_is_readable_on_the_phone_whatever_was_kept() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (prosecutor(), FormDriver::new(Edition::Current));
    phone.take_photo(100);
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in_until(&person, "hiding");
    let words = save(&mut phone);
    let code = phone.fill_in(&person);
    phone.start_upload_of_kept_file();
    let mut secrets = person.secrets();
    secrets.extend([code, words]);
    for _ in 0..2 {
        phone.browser.kill_and_restart();
        phone.come_back(&deployment.proxy.origin, &person);
        phone.wait_for_action("send-waiting");
        // The store has the sealed file and the draft. The upload's address is a third entry, if the phone has received it.
        let kept = stored_keys(&mut phone.browser);
        assert!(kept == "1,2" || kept == "1,2,3", "{kept}");
        assert_eq!(find(&secrets, &Profile::read(&phone.browser.profile()).bytes), None);
    }

    // A secret that a careless page would keep is found, which shows that the profile is unpacked.
    let planted = serde_json::to_string(&secrets[0]).expect("a text is JSON");
    phone.browser.evaluate(&format!(
        "new Promise(done => {{
            const opening = indexedDB.open('planted', 1);
            opening.onupgradeneeded = () => opening.result.createObjectStore('s');
            opening.onsuccess = () => {{
                const writing = opening.result.transaction('s', 'readwrite', {{durability: 'strict'}});
                // The values are too large for the browser's log, so that it makes a table of them, which it may pack.
                for (let at = 0; at < 800; at++) writing.objectStore('s').put({{typed: {planted}, more: 'A'.repeat(9000)}}, at);
                writing.oncomplete = () => done(1);
            }};
        }})"
    ));
    phone.browser.kill_and_restart();
    phone.come_back(&deployment.proxy.origin, &person);
    phone.wait_for_action("send-waiting");
    let profile = Profile::read(&phone.browser.profile());
    assert!(find(&secrets, &profile.bytes).is_some(), "what was planted is not found");
    assert!(profile.tables > 0, "the browser keeps tables, and none was taken apart");
}

#[test]
fn no_answer_is_readable_in_firefoxs_profile() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Firefox));
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in_until(&person, "sex");
    let words = save(&mut phone);
    let mut secrets = person.secrets();
    secrets.push(words);
    // Firefox keeps `sessionStorage` of an open page, packed, after a while. Once it has written this value, it has also
    // written whatever it keeps of the answers before.
    let planted = "planted ".repeat(40);
    phone.browser.evaluate(&format!("sessionStorage.setItem('planted', '{planted}'), 0"));
    let profile = phone.browser.profile();
    let read = phone.browser.wait_for("the browser to keep what was planted", |_| {
        Some(Profile::read(&profile)).filter(|read| find(std::slice::from_ref(&planted), &read.bytes).is_some())
    });
    assert_eq!(find(&secrets, &read.bytes), None);
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
    save(&mut phone);
    phone.browser.kill_and_restart();
    assert_eq!(screens(&mut phone), before);
    phone.browser.tap("[data-action=returning]");
    phone.wait_for_action("open-draft");
}
