//! A small form for the tests of the state.

use amanat_shared::answers::Entry;
use amanat_shared::dates::Day;
use amanat_shared::form::Form;
use amanat_shared::pack::{Limits, Pack};
use serde_json::{Value, json};

use super::{AppState, Step};

fn page(name: &str, phase: u8, questions: &Value) -> Value {
    json!({ "name": name, "phase": phase, "section": "s", "questions": questions })
}

fn form() -> Form {
    let choices = |names: &[&str]| names.iter().map(|name| json!({ "name": name, "label": {} })).collect::<Vec<_>>();
    let mut stop = page("stop", 1, &json!([{ "name": "sorry", "type": "note", "label": {} }]));
    stop["stop"] = true.into();
    stop["relevant"] = json!({ "is": { "question": "agrees", "choice": "no" } });
    let form = json!({
        "id": "test", "version": "1", "languages": ["fa-AF", "en"], "title": {}, "sections": [],
        "lists": { "yes_no": choices(&["yes", "no"]), "countries": choices(&["AF", "PK"]), "provinces": choices(&["kabul"]) },
        "pages": [
            page("safety", 1, &json!([{ "name": "safe_place", "type": "note", "label": {} }])),
            page("consent", 1, &json!([
                { "name": "agrees", "type": "select_one", "list": "yes_no", "required": true, "label": {} }
            ])),
            stop,
            page("person", 1, &json!([{ "name": "name", "type": "text", "required": true, "label": {} }])),
            page("place", 1, &json!([
                { "name": "country", "type": "select_one", "list": "countries", "label": {} },
                { "name": "area", "type": "select_one", "label": {},
                    "choices_by": { "question": "country", "AF": "provinces", "else": "text" } },
            ])),
            page("work", 2, &json!([{ "name": "court", "type": "text", "label": {} }])),
        ],
    });
    serde_json::from_value(form).expect("it is a form")
}

/// The state of the empty form, whose worker was ready, with these phases in the pack.
pub fn app(phases: &[u8]) -> AppState {
    let pack = Box::leak(Box::new(Pack {
        serial: 7,
        issued: "2026-11-01".to_owned(),
        expires: "2026-11-08".to_owned(),
        site: "form.example".to_owned(),
        contact: String::new(),
        exit_url: "https://weather.example/".to_owned(),
        phases: phases.to_vec(),
        limits: Limits { files: 5, file_bytes: 1_000_000, total_bytes: 2_000_000 },
        recipients: Vec::new(),
        access_keys: Vec::new(),
        revoked: Vec::new(),
        demo: true,
        form: form(),
    }));
    let app = AppState::new(pack, "", || Day(20_000), false);
    app.worker.was_ready.set(true);
    app
}

/// Enters a text or choice.
pub fn enter(app: AppState, path: &str, text: &str) {
    app.enter(path, Some(Entry::Text(text.to_owned())));
}

/// Enters everything that is required.
pub fn fill_in(app: AppState) {
    enter(app, "agrees", "yes");
    enter(app, "name", "Zarghuna");
}

/// The step of a page of the form.
pub fn at(page: &str) -> Step {
    Step::Page(page.to_owned())
}
