//! The back button and the quick exit: what the browser's history still shows.

use serde_json::json;

use super::drafts::save;
use crate::{
    drivers::{
        browser::{Browser, Document, Edition},
        form_driver::FormDriver,
    },
    fixtures::{
        deployment::Deployment,
        pack::{EXIT, RecipientType},
        third_party_site::third_party_site,
    },
    personas::relative,
};

/// Answers a few pages on a phone whose neutral page is served by the test.
fn form_after_some_pages(deployment: &Deployment) -> FormDriver {
    let mut phone = FormDriver::new(Edition::Current);
    phone.browser.replace(EXIT, Document { body: "<title>weather</title>sunny".to_owned(), headers: Vec::new() });
    answer_some_pages(deployment, &mut phone);
    phone
}

fn answer_some_pages(deployment: &Deployment, phone: &mut FormDriver) {
    let person = relative();
    phone.begin(&deployment.proxy.origin, &person);
    for action in ["start", "next", "next"] {
        phone.wait_for_action(action);
        phone.answer_page(&person);
        let before = phone.see();
        phone.browser.tap(&format!("[data-action={action}]"));
        phone.wait_for_next_page(&before);
    }
}

#[test]
fn the_back_button_goes_one_page_back_and_loses_no_answer() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.browser.go(&deployment.proxy.origin);
    let entries = phone.browser.evaluate("history.length").as_u64().expect("a number");
    phone.begin(&deployment.proxy.origin, &person);
    let mut pages = Vec::new();
    for action in ["start", "next", "next"] {
        phone.wait_for_action(action);
        phone.answer_page(&person);
        let before = phone.see();
        let values = phone.browser.evaluate(VALUES);
        phone.browser.tap(&format!("[data-action={action}]"));
        phone.wait_for_next_page(&before);
        pages.push((before["heading"].clone(), values));
    }
    let address = phone.browser.evaluate("[location.pathname, location.search, location.hash, document.title].join('|')");
    assert_eq!(address.as_str().map(|text| text.split('|').take(3).collect::<String>()).as_deref(), Some("/"));
    for (heading, values) in pages.iter().rev() {
        phone.browser.evaluate("history.back()");
        phone.browser.wait_until("the page before", &format!("document.querySelector('h1')?.innerText === {heading}"));
        assert_eq!(&phone.browser.evaluate(VALUES), values);
        let focused = phone.browser.evaluate("document.activeElement.tagName");
        assert_eq!(focused, "H1", "a page is read out from its heading");
    }
    // The form adds one history entry, however many pages there were.
    assert_eq!(phone.browser.evaluate("history.length").as_u64(), Some(entries + 1));
    phone.browser.assert_no_complaints(&[]);
}

/// This script returns the values of a page's controls.
const VALUES: &str = "[...document.querySelectorAll('input, select, textarea')].map(e => e.checked ? 'on' : e.value).join('|')";

#[test]
fn after_the_quick_exit_back_and_forward_do_not_show_the_form() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = form_after_some_pages(&deployment);
    phone.browser.tap("[data-action=exit]");
    let neutral = format!("location.href === {} && document.body?.innerText === 'sunny'", json!(EXIT));
    phone.browser.wait_for_the_next_page("the neutral page", &neutral);
    // The entry ahead leads to the server, which redirects to the neutral page.
    phone.browser.forward();
    phone.browser.wait_for_the_next_page("the neutral page again", &neutral);
    phone.browser.back();
    let shown = phone.browser.evaluate("location.href + document.body?.innerText");
    assert!(!shown.as_str().is_some_and(|shown| shown.contains(&deployment.proxy.origin)), "{shown}");
}

#[test]
fn the_quick_exit_without_a_network_hides_and_forgets_the_form() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = form_after_some_pages(&deployment);
    phone.browser.call(
        "Network.emulateNetworkConditions",
        json!({"offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}),
    );
    phone.browser.wait_for_new_document("the form to be left", |browser| {
        let left =
            browser.evaluate("(document.querySelector('[data-action=exit]').click(), document.body.innerText + document.title)");
        assert_eq!(left, "", "the screen is covered in the moment of the touch");
    });
    phone.browser.back();
    assert_eq!(count_controls(&mut phone.browser), 0, "after back");
    phone.browser.forward();
    assert_eq!(count_controls(&mut phone.browser), 0, "after forward");
}

/// Leaves where the test cannot serve the neutral page, so that the browser shows its own error page.
fn leave_for_good(edition: Edition) {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = FormDriver::new(edition);
    answer_some_pages(&deployment, &mut phone);
    assert_ne!(count_controls(&mut phone.browser), 0);
    phone.browser.evaluate("void (document.querySelector('main').style.minHeight = '200vh', scrollTo(0, 400))");
    phone.browser.wait_until("the page to be scrolled", "scrollY > 300");
    let place = phone.browser.evaluate("document.querySelector('[data-action=exit]').getBoundingClientRect().top");
    assert!(place.as_f64().is_some_and(|top| (0.0..100.0).contains(&top)), "the way out has scrolled away to {place}");
    phone.browser.wait_for_new_document("the form to be left", |browser| browser.tap("[data-action=exit]"));
    // WebKit's driver cannot tell when the document has been replaced.
    phone.browser.wait_for("the form to be gone", |browser| (count_controls(browser) == 0).then_some(()));
    phone.browser.back();
    assert_eq!(count_controls(&mut phone.browser), 0, "back shows the form again");
    let sent = String::from_utf8_lossy(&deployment.proxy.sent()).into_owned();
    assert!(sent.contains("GET / ") && !sent.contains("/api/"), "something was sent");
}

/// Counts questions and buttons, which would show that there was a form. Firefox answers with null while one document replaces
/// another, so the question is asked again until there is a number.
fn count_controls(browser: &mut Browser) -> u64 {
    browser.wait_for("a document", |browser| {
        browser.evaluate("document.querySelectorAll('[data-question], [data-action]').length").as_u64()
    })
}

#[test]
fn the_quick_exit_shows_no_form_again_in_chromium_80() {
    leave_for_good(Edition::Of2020);
}

#[test]
fn the_quick_exit_shows_no_form_again_in_firefox() {
    leave_for_good(Edition::Firefox);
}

#[test]
fn the_quick_exit_shows_no_form_again_in_webkit() {
    leave_for_good(Edition::WebKit);
}

/// Sends everything to this site that a page of another site can have a browser send.
fn assert_other_site_deletes_nothing(edition: Edition) {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(edition));
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in_until(&person, "name_native");
    save(&mut phone);
    let leave = format!("{}/leave", deployment.proxy.origin);
    let site = third_party_site(format!(
        "<img src='{leave}'><iframe name=frame></iframe><form method=post target=frame action='{leave}'></form>"
    ));
    phone.browser.go(&site);
    phone.browser.wait_until("the image", "document.images[0].complete");
    let plain =
        format!("fetch({}, {{method: 'POST', mode: 'no-cors', credentials: 'include'}}).then(() => 0, () => 0)", json!(leave));
    // The browser hides the response from the page.
    phone.browser.evaluate(&plain);
    let ours =
        format!("fetch({}, {{method: 'POST', headers: {{'Clear-Site': '1'}}}}).then(() => 'sent', () => 'refused')", json!(leave));
    assert_eq!(phone.browser.evaluate(&ours), "refused");
    phone.browser.evaluate("void document.forms[0].submit()");
    phone.browser.wait_for("the form to be sent", |_| {
        (String::from_utf8_lossy(&deployment.proxy.sent()).matches("POST /leave").count() >= 2).then_some(())
    });
    // The link leads to the neutral page, of which the browser shows an error page.
    phone.browser.wait_for_new_document("the link to be followed", |browser| {
        browser.evaluate(&format!("void setTimeout(() => location.href = {}, 50)", json!(leave)));
    });
    let sent = String::from_utf8_lossy(&deployment.proxy.sent()).into_owned();
    assert!(sent.matches("GET /leave").count() >= 2, "the link was not followed");
    phone.come_back(&deployment.proxy.origin, &person);
    phone.wait_for_action("open-draft");
}

#[test]
fn a_page_of_another_site_deletes_nothing_in_chromium() {
    assert_other_site_deletes_nothing(Edition::Current);
}

#[test]
fn a_page_of_another_site_deletes_nothing_in_firefox() {
    assert_other_site_deletes_nothing(Edition::Firefox);
}

#[test]
fn a_page_in_the_background_shows_nothing() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = FormDriver::new(Edition::Current);
    answer_some_pages(&deployment, &mut phone);
    assert!(phone.browser.sees("[data-question]"));
    // A headless browser has no background, so the script fires the event of one.
    let turn = |hidden: bool| {
        format!(
            "Object.defineProperty(document, 'hidden', {{configurable: true, get: () => {hidden}}}),
             document.dispatchEvent(new Event('visibilitychange')), 0"
        )
    };
    phone.browser.evaluate(&turn(true));
    let shown = "[...document.querySelectorAll('*')].filter(e => document.body.contains(e) && getComputedStyle(e).visibility !== 'hidden').length";
    assert_eq!(phone.browser.evaluate(shown), 0, "something can be seen among the open applications");
    phone.browser.evaluate(&turn(false));
    assert!(phone.browser.sees("[data-question]"));
}
