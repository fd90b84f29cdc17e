//! What was typed so far, kept on the phone under words.

use super::{assert_reads_the_same, the_only_registration};
use crate::{
    browser::{Browser, Edition},
    people::{Person, judge, prosecutor, relative},
    phone::Phone,
    profile::Profile,
    searcher::find,
    world::{Keys, World},
};

const WORDS: &str = "انار کوزه باران خروس";
/// The same, from another keyboard.
const OTHERWISE: &str = " انار  كوزه باران خروس ";

/// The keys in this site's database on the phone.
fn kept(browser: &mut Browser) -> serde_json::Value {
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

/// The beginning of the draft that is kept, in which its random salt is.
fn draft(browser: &mut Browser) -> serde_json::Value {
    browser.evaluate(
        "new Promise(done => {
            const opening = indexedDB.open('f');
            opening.onsuccess = () => {
                const draft = opening.result.transaction('s').objectStore('s').get(3);
                draft.onsuccess = () => { opening.result.close(); done([...draft.result.slice(0, 80)].join()); };
            };
        })",
    )
}

/// Waits until the draft has been the same for a while: the pages before have all been kept.
fn settles(browser: &mut Browser) -> serde_json::Value {
    let mut before = draft(browser);
    browser.wait_for("the draft to be kept", |browser| {
        std::thread::sleep(std::time::Duration::from_secs(3));
        let now = draft(browser);
        (std::mem::replace(&mut before, now.clone()) == now).then_some(now)
    })
}

fn save(phone: &mut Phone, words: &str) {
    phone.browser.tap("[data-action=save-draft]");
    phone.wait_for_action("keep-draft");
    phone.browser.write("#words", words);
    phone.browser.tap("[data-action=keep-draft]");
}

fn saved(phone: &mut Phone) {
    phone.browser.wait_for("it to be kept", |browser| browser.sees("#said .notice").then_some(()));
    phone.browser.tap("[data-action=next]");
}

/// Comes back to what was kept, and opens it.
fn come_back(phone: &mut Phone, world: &World, person: &Person) {
    phone.begin(&world.wire.origin, person);
    phone.wait_for_action("open-draft");
    assert_eq!(phone.see()["questions"], serde_json::json!([]));
    phone.browser.write("#words", "انار کوزه باران");
    phone.browser.tap("[data-action=open-draft]");
    phone.browser.wait_for("other words to be refused", |browser| browser.sees("#said .fault").then_some(()));
    phone.browser.write("#words", OTHERWISE);
    phone.browser.tap("[data-action=open-draft]");
}

#[test]
fn what_is_kept_under_words_outlives_the_browser_and_goes_when_it_has_been_sent() {
    for (person, question) in [(prosecutor(), "family_members"), (judge(), "files")] {
        let world = World::start(Keys::PostQuantum);
        let mut phone = Phone::new(Edition::Current);
        phone.take_photo(100);
        phone.begin(&world.wire.origin, &person);
        phone.fill_in_until(&person, "danger_7days");
        assert_eq!(kept(&mut phone.browser), "none", "nothing is kept unless it is asked for");
        save(&mut phone, "12345678");
        phone.browser.wait_for("a PIN to be refused", |browser| browser.sees("#said .fault").then_some(()));
        assert_eq!(kept(&mut phone.browser), "none");
        phone.browser.write("#words", WORDS);
        phone.browser.tap("[data-action=keep-draft]");
        saved(&mut phone);
        // What follows is kept without being asked for again.
        phone.fill_in_until(&person, question);
        phone.answer_the_page(&person);
        let kept_before = settles(&mut phone.browser);
        let before = phone.see();
        phone.browser.tap("[data-action=next]");
        phone.wait_for_another_page(&before);
        let next = phone.see();
        phone.browser.wait_for("this page to be kept, too", |browser| (draft(browser) != kept_before).then_some(()));
        phone.browser.kill_and_start_again();

        come_back(&mut phone, &world, &person);
        phone.browser.wait_for("what was typed", |browser| browser.sees("[data-question]").then_some(()));
        assert_eq!(phone.see()["questions"], next["questions"], "it goes on where it was left");
        let code = phone.fill_in(&person);
        phone.browser.tap("[data-action=send]");
        phone.wait_until_received(&code);
        assert_reads_the_same(&the_only_registration(&world), &person);
        assert_eq!(kept(&mut phone.browser), "", "what has been sent is kept no longer");
        phone.browser.assert_no_complaints(&[]);
    }
}

#[test]
fn what_is_kept_can_be_deleted_and_goes_with_who_leaves() {
    for way in ["delete-draft", "exit"] {
        let world = World::start(Keys::PostQuantum);
        let (person, mut phone) = (relative(), Phone::new(Edition::Current));
        phone.begin(&world.wire.origin, &person);
        phone.fill_in_until(&person, "name_native");
        save(&mut phone, WORDS);
        saved(&mut phone);
        phone.browser.kill_and_start_again();
        phone.begin(&world.wire.origin, &person);
        phone.wait_for_action("open-draft");
        assert_eq!(kept(&mut phone.browser), "3");
        phone.browser.tap(&format!("[data-action={way}]"));
        if way == "exit" {
            phone.browser.wait_until("the neutral page", &format!("location.origin !== {}", serde_json::json!(world.wire.origin)));
            phone.browser.go(&world.wire.origin);
        } else {
            phone.wait_for_action("start");
        }
        phone.browser.wait_for("it to be gone", |browser| matches!(kept(browser).as_str(), Some("" | "none")).then_some(()));
    }
}

#[test]
fn nothing_that_was_typed_is_readable_on_the_phone_whatever_was_kept() {
    let world = World::start(Keys::PostQuantum);
    let (person, mut phone) = (prosecutor(), Phone::new(Edition::Current));
    phone.take_photo(100);
    phone.begin(&world.wire.origin, &person);
    phone.fill_in_until(&person, "hiding");
    save(&mut phone, WORDS);
    saved(&mut phone);
    let code = phone.fill_in(&person);
    phone.begin_to_send_what_is_kept();
    let mut secrets = person.secrets();
    secrets.extend([code, WORDS.to_owned(), OTHERWISE.trim().to_owned()]);
    for _ in 0..2 {
        phone.browser.kill_and_start_again();
        phone.begin(&world.wire.origin, &person);
        phone.wait_for_action("send-waiting");
        // The sealed file and the draft; where the server had begun to take the file may not have been heard.
        let kept = kept(&mut phone.browser);
        assert!(kept == "1,3" || kept == "1,2,3", "{kept}");
        assert_eq!(find(&secrets, &Profile::read(&phone.browser.profile()).bytes), None);
    }

    // What a careless page would keep is found, unpacked from where the browser put it.
    let planted = serde_json::to_string(&secrets[0]).expect("a text is JSON");
    phone.browser.evaluate(&format!(
        "new Promise(done => {{
            const opening = indexedDB.open('planted', 1);
            opening.onupgradeneeded = () => opening.result.createObjectStore('s');
            opening.onsuccess = () => {{
                const writing = opening.result.transaction('s', 'readwrite', {{durability: 'strict'}});
                // So much that it does not stay in the browser's log: a table is made of it, and may be packed.
                for (let at = 0; at < 800; at++) writing.objectStore('s').put({{typed: {planted}, more: 'A'.repeat(9000)}}, at);
                writing.oncomplete = () => done(1);
            }};
        }})"
    ));
    phone.browser.kill_and_start_again();
    phone.begin(&world.wire.origin, &person);
    phone.wait_for_action("send-waiting");
    let profile = Profile::read(&phone.browser.profile());
    assert!(find(&secrets, &profile.bytes).is_some(), "what was planted is not found");
    assert!(profile.tables > 0, "the browser keeps tables, and none was taken apart");
}

#[test]
fn nothing_that_was_typed_is_readable_in_firefoxs_profile() {
    let world = World::start(Keys::PostQuantum);
    let (person, mut phone) = (relative(), Phone::new(Edition::Firefox));
    phone.begin(&world.wire.origin, &person);
    phone.fill_in_until(&person, "sex");
    save(&mut phone, WORDS);
    saved(&mut phone);
    let mut secrets = person.secrets();
    secrets.push(WORDS.to_owned());
    // What is planted is what a browser keeps of a page that is open, packed, after a while; what was typed before is then
    // where it would be.
    let planted = "planted ".repeat(40);
    phone.browser.evaluate(&format!("sessionStorage.setItem('planted', '{planted}'), 0"));
    let profile = phone.browser.profile();
    let read = crate::programs::wait_for("the browser to keep what was planted", || {
        Some(Profile::read(&profile)).filter(|read| find(std::slice::from_ref(&planted), &read.bytes).is_some())
    });
    assert_eq!(find(&secrets, &read.bytes), None);
}
