//! `FormDriver` fills in the form in a browser and sends it. It relies only on the page's documented hooks (`data-action`,
//! `data-question`, `data-role`).

mod answering;
mod attachments;
mod screenshots;

use std::{path::PathBuf, time::Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    drivers::{
        accessibility::AccessibilityAudit,
        browser::{Browser, Edition, PATIENCE},
    },
    personas::{AfterFirstPhase, Persona},
};

pub(crate) use attachments::{CAMERA, bytes_of};
pub(crate) use screenshots::{publish, screenshot_folder};

/// This script returns the visible questions by path, buttons by action, and texts.
const SEEN: &str = r"(() => {
    const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
    const all = selector => [...document.querySelectorAll(selector)].filter(shown);
    return {
        questions: all('[data-question]').map(e => e.dataset.question),
        // `save-draft` appears by itself once the worker has started.
        actions: all('[data-action]:not([data-action=save-draft])').filter(e => !e.closest('[data-question]')).map(e => e.dataset.action),
        heading: all('h1').map(e => e.innerText).join(' / '),
        alert: all('[role=alert]').map(e => e.innerText).join(' / '),
    };
})()";

/// The page that waits for the worker.
const LOADING: &str = "[data-role=loading]";

/// This script tells whether the error summary has the focus and is not hidden behind the header with the quick exit.
const COMPLAINT_IN_VIEW: &str = "document.activeElement.matches('.summary') \
    && document.activeElement.getBoundingClientRect().top >= document.querySelector('header').getBoundingClientRect().bottom";

/// A registration without documents takes far fewer responses.
const MOST_RESPONSES: usize = 50;

/// A phone that shows a page of the form.
pub(crate) struct FormDriver {
    pub(crate) browser: Browser,
    folder: TempDir,
    pictures: Option<PathBuf>,
    /// The files to attach where the form asks for a photo.
    attached: Vec<PathBuf>,
    /// The audit that checks every page, if this run is about accessibility.
    pub(crate) audit: Option<AccessibilityAudit>,
}

impl FormDriver {
    /// Opens a browser; no page is open yet.
    pub(crate) fn new(edition: Edition) -> Self {
        Self::with(Browser::open(edition))
    }

    /// Uses this browser; no page is open yet.
    pub(crate) fn with(browser: Browser) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the phone");
        Self { browser, folder, pictures: None, audit: None, attached: Vec::new() }
    }

    /// Opens the form and chooses the language.
    pub(crate) fn begin(&mut self, address: &str, person: &Persona) {
        self.browser.go(address);
        // A touch before the program has started is another test's subject; waiting also lets the demo's banner settle the
        // layout.
        self.wait_for_action("exit");
        self.screenshot("language");
        self.browser.activate(&format!("[data-action=language][value='{}']", person.language));
        self.browser.wait_until("the language", &format!("document.documentElement.lang === {}", json!(person.language)));
        let direction =
            self.browser.evaluate("[document.documentElement.dir, getComputedStyle(document.body).direction, document.dir].join()");
        assert_eq!(direction, [person.direction; 3].join(","));
    }

    /// Opens the form, chooses the language, and shows what this phone has kept.
    pub(crate) fn come_back(&mut self, address: &str, person: &Persona) {
        self.begin(address, person);
        self.wait_for_action("returning");
        self.browser.activate("[data-action=returning]");
        self.browser.wait_for("what is kept", |browser| browser.sees("[data-action=send-file]").then_some(()));
    }

    /// Fills in page after page up to the receipt code, acknowledges it, and returns it.
    pub(crate) fn fill_in(&mut self, person: &Persona) -> String {
        loop {
            let seen = self.see();
            if seen["actions"].as_array().is_some_and(|actions| actions.contains(&json!("acknowledge"))) {
                return self.acknowledge_code();
            }
            self.complete_page(person, &seen);
        }
    }

    /// Goes on from a page whose questions are answered, and fills in the rest.
    pub(crate) fn fill_in_rest(&mut self, person: &Persona) -> String {
        if self.browser.sees("[data-action=next]") {
            let before = self.see();
            self.browser.activate("[data-action=next]");
            self.wait_for_next_page(&before);
        }
        self.fill_in(person)
    }

    /// Fills in page after page until one asks this question.
    pub(crate) fn fill_in_until(&mut self, person: &Persona, question: &str) {
        loop {
            let seen = self.see();
            if seen["questions"].as_array().is_some_and(|questions| questions.contains(&json!(question))) {
                return;
            }
            self.complete_page(person, &seen);
        }
    }

    /// Fills in page after page up to the check page.
    pub(crate) fn fill_in_until_check(&mut self, person: &Persona) {
        loop {
            let seen = self.see();
            if seen["actions"].as_array().is_some_and(|actions| actions.contains(&json!("change"))) {
                return;
            }
            self.complete_page(person, &seen);
        }
    }

    /// Changes an answer from the check page, and answers what that asks for, up to the check page again.
    pub(crate) fn change(&mut self, person: &Persona, question: &str) {
        let before = self.see();
        self.browser.activate(&format!("[data-action=change][value='{question}']"));
        self.wait_for_next_page(&before);
        let ticked = format!("[data-question='{question}'] input[type=checkbox]:checked");
        while self.browser.sees(&ticked) {
            self.browser.activate(&ticked);
        }
        self.fill_in_until_check(person);
    }

    /// Answers this page and goes on to the next.
    pub(crate) fn complete_page(&mut self, person: &Persona, seen: &Value) {
        let has = |action: &str| seen["actions"].as_array().is_some_and(|actions| actions.contains(&json!(action)));
        let way_on = if has("send-now") {
            if person.then == AfterFirstPhase::Send { "send-now" } else { "add" }
        } else {
            if self.audit.is_some() && has("next") {
                self.submit_empty_page(seen);
            }
            self.answer_page(person);
            if has("start") { "start" } else { "next" }
        };
        self.screenshot(&page_name(seen));
        let before = self.see();
        self.browser.activate(&format!("[data-action={way_on}]"));
        self.wait_for_next_page(&before);
    }

    /// Submits a page before anything is answered, checks the faults it shows, and comes back to the page without them.
    fn submit_empty_page(&mut self, seen: &Value) {
        self.browser.activate("[data-action=next]");
        let after = self.wait_for_change_from(seen);
        let complains = after["alert"] != "";
        if complains {
            self.browser.wait_until("the complaint to have the focus, and to be seen", COMPLAINT_IN_VIEW);
            self.screenshot(&format!("{}-fault", page_name(seen)));
        }
        self.browser.activate("[data-action=back]");
        if complains {
            self.wait_for_change_from(&after);
            self.browser.activate("[data-action=next], [data-action=start]");
        }
        self.browser.wait_for("the page again", |browser| (browser.evaluate(SEEN) == *seen).then_some(()));
    }

    fn wait_for_change_from(&mut self, before: &Value) -> Value {
        self.browser.wait_for("the page to change", |browser| Some(browser.evaluate(SEEN)).filter(|now| now != before))
    }

    /// Fills in everything, sends it, and returns the receipt code.
    pub(crate) fn register(&mut self, address: &str, person: &Persona) -> String {
        self.begin(address, person);
        let code = self.fill_in(person);
        self.browser.activate("[data-action=send]");
        self.wait_until_received(&code);
        code
    }

    /// Lets the phone keep the sealed file, and sends it up to the server's first response, which stays held back.
    pub(crate) fn start_upload_of_kept_file(&mut self) {
        self.browser.activate("[data-role=keep]");
        self.browser.hold_responses("*/api/*");
        self.browser.activate("[data-action=send]");
        // The worker asks for the proof of work while it seals; then it keeps the file and starts the upload.
        self.browser.wait_for("the work", |browser| browser.holds_response().then_some(()));
        self.browser.release_response();
        self.browser.wait_for("the upload to begin", |browser| browser.holds_response().then_some(()));
    }

    /// Lets held responses through one after the other until the page confirms the registration; returns their number. `before`
    /// is called before each release, with its number.
    pub(crate) fn release_responses_until_received(&mut self, mut before: impl FnMut(&mut Self, usize)) -> usize {
        for number in 1..=MOST_RESPONSES {
            let is_received = self.browser.wait_for("a response, or the confirmation", |browser| {
                if browser.holds_response() { Some(false) } else { browser.sees("[data-role=received]").then_some(true) }
            });
            if is_received {
                return number - 1;
            }
            before(self, number);
            self.browser.release_response();
        }
        panic!("not received after {MOST_RESPONSES} responses");
    }

    /// Waits for the confirmation under the receipt code that was acknowledged.
    pub(crate) fn wait_until_received(&mut self, code: &str) {
        self.browser.wait_for("the registration to be received", |browser| {
            assert!(!browser.sees("[role=alert]"), "the page complains: {}", browser.text_of("[role=alert]"));
            browser.sees("[data-role=received]").then_some(())
        });
        assert_eq!(digits(&self.browser.text_of("[data-role=receipt]")), code);
        self.screenshot("received");
    }

    fn acknowledge_code(&mut self) -> String {
        assert!(self.browser.sees("[data-role=receipt]"), "there is no code to write down");
        let code = digits(&self.browser.text_of("[data-role=receipt]"));
        assert_eq!(code.len(), 24, "a code has 24 digits");
        assert_eq!(self.browser.traffic.to("/api/").count(), 0, "nothing is sent before the code is written down");
        assert!(!self.browser.sees("[data-action=send]"), "nothing can be sent before the code is written down");
        assert!(!self.browser.sees("[data-role=received]"));
        self.screenshot("receipt");
        self.browser.activate("[data-action=acknowledge]");
        self.wait_for_action("send");
        self.screenshot("receipt-send");
        assert_eq!(self.browser.traffic.to("/api/").count(), 0, "nothing is sent before the person says so");
        code
    }

    /// Returns what the page shows at present.
    pub(crate) fn see(&mut self) -> Value {
        // The page that waits for the worker goes on by itself.
        self.browser.wait_for("what the form needs", |browser| (!browser.sees(LOADING)).then_some(()));
        self.browser.evaluate(SEEN)
    }

    pub(crate) fn wait_for_action(&mut self, action: &str) {
        let button = format!("[data-action={action}]");
        self.browser.wait_for(&format!("the button {action}"), |browser| browser.sees(&button).then_some(()));
    }

    pub(crate) fn wait_for_next_page(&mut self, before: &Value) {
        let deadline = Instant::now() + PATIENCE;
        self.browser.wait_for("the next page", |browser| {
            let now = browser.evaluate(SEEN);
            let complaint = now["alert"].as_str().unwrap_or_default();
            assert!(complaint.is_empty(), "the page does not go on from {before}: {complaint}");
            assert!(Instant::now() < deadline, "the page stays at {now}");
            (now != *before).then_some(())
        });
    }
}

/// Names a page by its first question, or by its actions where it has none.
fn page_name(seen: &Value) -> String {
    let question = seen["questions"].as_array().and_then(|names| names.first()).and_then(Value::as_str);
    question.map_or_else(
        || if seen["actions"].to_string().contains("\"change\"") { "check" } else { "more" }.to_owned(),
        |name| name.replace('/', "-"),
    )
}

/// Returns the ASCII digits of a text.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
