//! A person who fills in the form with a keyboard only.

use serde_json::{Value, json};

use crate::{
    drivers::browser::{Browser, Key},
    personas::{AfterFirstPhase, Input, Persona},
};

/// An upper bound: no page has so many controls.
const MAX_CONTROLS: usize = 200;

/// This script returns the focused control, what it does, and whether its focus ring is visible.
const STOP: &str = include_str!("keyboard_user/focus.js");

/// Moves from control to control, page after page, from the choice of language to the confirmation. Returns the number of
/// controls.
pub(crate) fn register_by_keyboard(browser: &mut Browser, address: &str, person: &Persona) -> usize {
    browser.go(address);
    browser.wait_until("the program", "document.querySelector('.live') !== null");
    let mut stops = 0;
    loop {
        let page = page(browser);
        let mut answered = Vec::new();
        let mut pressed = false;
        for _ in 0..MAX_CONTROLS {
            browser.press(Key::Tab);
            stops += 1;
            let stop = browser.evaluate(STOP);
            let complaint = stop["complaint"].as_str();
            assert_eq!(complaint, None, "{stop} of {page}");
            if let Some(question) = stop["question"].as_str().filter(|_| stop["action"].is_null()) {
                answer(browser, &stop, person.answer_to(question));
                answered.push(question.to_owned());
            } else if leads_on(&stop, person) {
                browser.press(Key::Enter);
                pressed = true;
                break;
            }
        }
        assert!(pressed, "no key leads on from {page}, after {answered:?}");
        if stops_at_the_end(browser, &page) {
            return stops;
        }
    }
}

/// Waits for the next page, whose heading has the focus; true if it is the confirmation.
fn stops_at_the_end(browser: &mut Browser, before: &Value) -> bool {
    let now = browser.wait_for("the next page", |browser| Some(page(browser)).filter(|now| now != before));
    assert_eq!(now["alert"], "", "{before}");
    if now["actions"] == json!(["exit"]) {
        // Sealing and sending ask for nothing.
        browser.wait_for("the registration to be received", |browser| browser.sees("[data-role=received]").then_some(()));
    }
    // The page of the receipt code continues in its middle, once the code is acknowledged.
    let first = "document.activeElement.matches('h1, [data-role=keep]') && document.activeElement.getClientRects().length > 0";
    browser.wait_until(&format!("the focus on the heading of {now}"), first);
    browser.sees("[data-role=received]")
}

fn page(browser: &mut Browser) -> Value {
    browser.evaluate(
        "(() => {
            const all = selector => [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length > 0);
            return {
                heading: all('h1').map(e => e.innerText).join(' / '),
                alert: all('[role=alert]').map(e => e.innerText).join(' / '),
                actions: all('[data-action]').filter(e => !e.closest('[data-question]')).map(e => e.dataset.action),
            };
        })()",
    )
}

fn leads_on(stop: &Value, person: &Persona) -> bool {
    match stop["action"].as_str() {
        Some("language") => stop["value"] == person.language,
        Some("start" | "next" | "acknowledge" | "send") => true,
        Some("send-now") => person.then == AfterFirstPhase::Send,
        Some("add") => person.then == AfterFirstPhase::AddMore,
        _ => false,
    }
}

fn answer(browser: &mut Browser, stop: &Value, input: Option<Input>) {
    let (kind, value) = (stop["kind"].as_str().expect("a kind"), &stop["value"]);
    match (kind, input) {
        (_, None) => {}
        ("text", Some(Input::Text(text))) => write(browser, text),
        ("radio", Some(Input::One(name))) => choose(browser, name),
        ("select", Some(Input::One(name))) => go_down_to(browser, name),
        ("checkbox", Some(Input::Tick)) => browser.press(Key::Space),
        ("checkbox", Some(Input::Many(names))) => {
            if names.iter().any(|name| value == name) {
                browser.press(Key::Space);
            }
        }
        (_, Some(Input::Date(calendar, precision, year, month, last))) => {
            let text = match stop["part"].as_str() {
                Some("precision") => return go_down_to(browser, precision),
                Some("calendar") => return go_down_to(browser, calendar),
                Some("month") => return go_down_to(browser, month),
                Some("year") => year,
                _ => last,
            };
            write(browser, text);
        }
        (kind, input) => panic!("{stop}: nobody enters {input:?} into a {kind}"),
    }
}

fn write(browser: &mut Browser, text: &str) {
    browser.call("Input.insertText", json!({"text": text}));
}

/// Chooses in a group of radio buttons, which is one stop: the arrow keys move in it and select.
fn choose(browser: &mut Browser, name: &str) {
    if browser.evaluate("document.activeElement.value") == name {
        browser.press(Key::Space);
    } else {
        go_down_to(browser, name);
    }
    assert_eq!(browser.evaluate("document.activeElement.checked"), true, "{name}");
}

fn go_down_to(browser: &mut Browser, name: &str) {
    for _ in 0..MAX_CONTROLS {
        if browser.evaluate("document.activeElement.value") == name {
            return;
        }
        browser.press(Key::Down);
    }
    panic!("the arrows do not lead to {name}");
}
