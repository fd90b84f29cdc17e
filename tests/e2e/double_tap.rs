//! A double tap: the second touch answers nothing on the next page.

use std::time::Duration;

use serde_json::{Value, json};

use super::accessibility::persona_asked_everything;
use crate::{
    drivers::{browser::Edition, form_driver::FormDriver},
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::{AfterFirstPhase, Persona},
};

/// The times between the two touches.
const GAPS_MS: [u64; 3] = [100, 200, 300];
/// After this time even a slow phone's page has reacted to a touch or a key. Nothing signals that a touch was ignored.
const SETTLES: Duration = Duration::from_millis(700);

/// This script returns what a second touch could have changed on a page: ticks and texts.
const ANSWERED: &str =
    "[...document.querySelectorAll('main input, main textarea')].filter(e => e.checked || (e.type === 'text' && e.value))
    .map(e => `${e.id} ${e.value}`).join()";

impl FormDriver {
    /// Touches the same point twice.
    fn touch_twice(&mut self, selector: &str, gap_ms: u64) {
        let place = self.browser.place_of(selector);
        for pause in [gap_ms, 0] {
            let point = json!([{"x": place["x"], "y": place["y"]}]);
            self.browser.call("Input.dispatchTouchEvent", json!({"type": "touchStart", "touchPoints": point}));
            self.browser.call("Input.dispatchTouchEvent", json!({"type": "touchEnd", "touchPoints": []}));
            self.browser.pause(Duration::from_millis(pause));
        }
        self.browser.pause(SETTLES);
    }

    /// Answers page after page and returns the names of all pages. With gaps, each page is left by two touches.
    fn complete_form(&mut self, deployment: &Deployment, person: &Persona, gaps: &[u64]) -> Vec<String> {
        let mut pages = Vec::new();
        self.browser.go(&deployment.proxy.origin);
        self.wait_for_action("exit");
        let mut action = format!("[data-action=language][value='{}']", person.language);
        loop {
            let gap = gaps.get(pages.len() % gaps.len().max(1)).copied();
            let before = self.browser.evaluate(PAGE);
            match gap {
                Some(gap) => self.touch_twice(&action, gap),
                None => self.browser.activate(&action),
            }
            let now = self.browser.wait_for("another page", |browser| {
                let now = browser.evaluate(PAGE);
                (now != before && !now["loading"].as_bool()?).then_some(now)
            });
            if gap.is_some() {
                assert_eq!(self.browser.evaluate(ANSWERED), "", "{now} after {action} on {before}");
            }
            pages.push(now["name"].as_str().expect("a page has a name").to_owned());
            let has = |name: &str| now["actions"].as_array().is_some_and(|actions| actions.contains(&Value::from(name)));
            let next = match () {
                () if has("send") => return pages,
                () if has("acknowledge") => "acknowledge",
                () if has("send-now") && person.then == AfterFirstPhase::Send => "send-now",
                () if has("send-now") => "add",
                () if has("start") => "start",
                () => "next",
            };
            self.answer_page(person);
            action = format!("main > form > [data-action={next}], main > form > div > [data-action={next}]");
        }
    }
}

/// This script returns a page's name, by its first question if it has one, and its actions.
const PAGE: &str = "(() => {
    const all = (selector, name) => [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length > 0).map(name);
    const actions = all('main [data-action]', e => e.dataset.action);
    const name = all('[data-question]', e => e.dataset.question)[0] ?? all('h1', e => e.innerText).join() + actions.includes('send');
    return {name, actions, loading: document.querySelector('[data-role=loading]') !== null};
})()";

fn assert_second_touch_answers_nothing(language: &'static str, direction: &'static str, at_full_speed: AfterFirstPhase) {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    for (then, slowness) in [(at_full_speed, 1), (AfterFirstPhase::Send, 6)] {
        let person = Persona { then, ..persona_asked_everything(language, direction) };
        let mut phone = FormDriver::new(Edition::Current);
        phone.take_photo(100);
        let undisturbed = phone.complete_form(&deployment, &person, &[]);
        let mut phone = FormDriver::new(Edition::Current);
        phone.take_photo(100);
        phone.browser.call("Emulation.setCPUThrottlingRate", json!({"rate": slowness}));
        let pages = phone.complete_form(&deployment, &person, &GAPS_MS);
        assert_eq!(pages, undisturbed, "a page was left by the second touch, with the processor {slowness} times slower");
        assert!(pages.len() > 25, "{pages:?}");
        assert_eq!(phone.browser.evaluate("document.querySelector('[data-role=keep]').checked"), false);
        assert_eq!(phone.browser.traffic.to("/api/").count(), 0);
    }
}

#[test]
fn a_second_touch_answers_nothing_on_any_page_in_dari() {
    assert_second_touch_answers_nothing("fa-AF", "rtl", AfterFirstPhase::AddMore);
}

#[test]
fn a_second_touch_answers_nothing_on_any_page_in_pashto() {
    assert_second_touch_answers_nothing("ps", "rtl", AfterFirstPhase::Send);
}

#[test]
fn a_second_touch_answers_nothing_on_any_page_in_english() {
    assert_second_touch_answers_nothing("en", "ltr", AfterFirstPhase::Send);
}

/// A screen reader activates controls without a key or a touch.
#[test]
fn a_second_key_does_nothing_and_a_screen_reader_is_not_delayed() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = FormDriver::new(Edition::Current);
    phone.begin(&deployment.proxy.origin, &persona_asked_everything("en", "ltr"));
    phone.wait_for_action("start");
    let press_twice = "document.querySelector('[data-action=start]').focus()";
    phone.browser.wait_until_still();
    phone.browser.evaluate(press_twice);
    phone.browser.press_at_once(crate::drivers::browser::Key::Enter);
    // The worker has started by now, so the next page is there.
    phone.browser.wait_until("the next page", "document.querySelector('[data-action=back] ~ [data-question]') !== null");
    phone.browser.evaluate("document.querySelector('[data-action=back]').focus()");
    phone.browser.press_at_once(crate::drivers::browser::Key::Enter);
    phone.browser.pause(SETTLES);
    assert!(!phone.browser.sees("[data-action=start]"), "the second key left the page");
    // This script clicks without a key or a touch, right after the page is drawn.
    phone.browser.pause(SETTLES);
    let drawn_and_clicked = "new Promise(done => {
        document.querySelector('[data-action=back]').click();
        requestAnimationFrame(() => { document.querySelector('[data-action=start]').click(); setTimeout(() => done(0), 300); });
    })";
    phone.browser.evaluate(drawn_and_clicked);
    assert!(!phone.browser.sees("[data-action=start]"), "assistive technology was held up");
}
