//! Answering the questions of a page.

use serde_json::{Value, json};

use super::FormDriver;
use crate::{
    drivers::browser::Browser,
    personas::{Input, Persona},
};

impl FormDriver {
    /// Answers the questions of this page, including those that appear because of an answer.
    pub(crate) fn answer_page(&mut self, person: &Persona) {
        let mut done: Vec<String> = Vec::new();
        loop {
            let seen = self.see();
            let questions = seen["questions"].as_array().expect("a list of questions");
            let next = questions.iter().filter_map(Value::as_str).find(|path| !done.iter().any(|one| one == path));
            let Some(path) = next.map(str::to_owned) else { return };
            if let Some(input) = person.answer_to(&path) {
                self.answer(&path, input);
            }
            done.push(path);
        }
    }

    fn answer(&mut self, path: &str, input: Input) {
        let question = format!("[data-question='{path}']");
        let browser = &mut self.browser;
        match input {
            Input::Text(text) => {
                browser.wait_until(
                    path,
                    &format!("!!document.querySelector({})", json!(format!("{question} input, {question} textarea"))),
                );
                let area = browser.sees(&format!("{question} textarea"));
                browser.write(&format!("{question} {}", if area { "textarea" } else { "input" }), text);
            }
            Input::One(name) if browser.sees(&format!("{question} select")) => {
                browser.choose(&format!("{question} select"), name);
            }
            Input::One(name) => tick(browser, &format!("{question} input[type=radio][value='{name}']")),
            Input::Many(names) => {
                for name in names {
                    tick(browser, &format!("{question} input[type=checkbox][value='{name}']"));
                }
            }
            Input::Tick => tick(browser, &format!("{question} input[type=checkbox]")),
            Input::Date(calendar, precision, year, month, last) => {
                let part = |kind: &str, part: &str| format!("{question} {kind}[data-part={part}]");
                browser.choose(&part("select", "precision"), precision);
                if !year.is_empty() {
                    browser.choose(&part("select", "calendar"), calendar);
                    browser.write(&part("input", "year"), year);
                }
                if !month.is_empty() {
                    browser.choose(&part("select", "month"), month);
                }
                if !last.is_empty() {
                    browser.write(&part("input", if precision == "age_in_year" { "age" } else { "day" }), last);
                }
            }
            Input::Items(count) => {
                for index in 0..count {
                    browser.activate(&format!("{question} [data-action=add]"));
                    let inner = format!("[data-question^='{path}/{index}/']");
                    browser.wait_for("one more item", |browser| browser.sees(&inner).then_some(()));
                }
            }
            Input::Photo => {
                assert!(!self.attached.is_empty(), "something to attach was made before");
                for (index, file) in self.attached.iter().enumerate() {
                    browser.attach(&format!("{question} input[type=file]"), &[file]);
                    let removable =
                        format!("document.querySelectorAll({}).length", json!(format!("{question} [data-action=remove]")));
                    browser.wait_until("a file to be attached", &format!("{removable} === {}", index + 1));
                }
            }
        }
    }
}

/// Ticks a box or a radio button, and waits until it is ticked.
fn tick(browser: &mut Browser, selector: &str) {
    browser.activate(selector);
    browser.wait_until(&format!("a tick at {selector}"), &format!("document.querySelector({})?.checked === true", json!(selector)));
}
