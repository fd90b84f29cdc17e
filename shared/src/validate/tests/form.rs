//! The form that is filled in.

use serde_json::{Value, json};

use crate::form::Form;

/// A question with what every question must have.
fn question(mut question: Value) -> Value {
    question["label"] = json!({});
    let inner = question["questions"].as_array().map(|inner| inner.iter().cloned().map(self::question).collect::<Vec<_>>());
    if let Some(inner) = inner {
        question["questions"] = inner.into();
    }
    question
}

fn page(phase: u8, name: &str, questions: &[Value]) -> Value {
    let questions: Vec<Value> = questions.iter().cloned().map(question).collect();
    json!({ "name": name, "phase": phase, "section": "s", "questions": questions })
}

/// A form with every kind of question.
pub(super) fn form() -> Form {
    let choices = |names: &[&str]| names.iter().map(|name| json!({ "name": name, "label": {} })).collect::<Vec<_>>();
    let mut stop = page(1, "stop", &[json!({ "name": "sorry", "type": "note" })]);
    stop["stop"] = true.into();
    stop["relevant"] = json!({ "is": { "question": "agrees", "choice": "no" } });
    let pages = [
        page(2, "later", &[json!({ "name": "start", "type": "date", "constraint": { "past": true } })]),
        page(
            1,
            "first",
            &[
                json!({ "name": "agrees", "type": "select_one", "list": "yesno", "required": true }),
                json!({ "name": "why", "type": "text", "multiline": true, "required": true, "constraint": { "max_chars": 20 },
                    "relevant": { "is": { "question": "agrees", "choice": "yes" } } }),
            ],
        ),
        stop,
        page(
            1,
            "contact",
            &[
                json!({ "name": "channels", "type": "select_multiple", "list": "channels", "required": true,
                    "exclusive": ["none"], "conflicts": [["call", "sms"]] }),
                json!({ "name": "phone", "type": "phone", "country": "country", "required": true,
                    "relevant": { "includes_any": { "question": "channels", "choices": ["call", "sms"] } } }),
                json!({ "name": "word", "type": "text", "constraint": { "min_chars": 3, "warn_if_same_as": ["name", "phone"] } }),
                json!({ "name": "danger", "type": "text", "constraint": { "differs_from": "word" } }),
            ],
        ),
        page(
            1,
            "person",
            &[
                json!({ "name": "name", "type": "text", "required": true, "constraint": { "format": "name", "max_chars": 120 } }),
                json!({ "name": "dob", "type": "date", "required": true, "precisions": ["age_in_year", "unknown"],
                    "constraint": { "age": { "min": 10, "max": 100, "warn_under": 18 } } }),
                json!({ "name": "country", "type": "select_one", "list": "country", "except": ["XX"] }),
                json!({ "name": "area", "type": "select_one", "constraint": { "max_chars": 8 },
                    "choices_by": { "question": "country", "PK": "pk_area", "else": "text" } }),
                json!({ "name": "adults", "type": "integer", "constraint": { "min": 1, "max": 40 } }),
                json!({ "name": "end", "type": "date", "precisions": ["ongoing"], "constraint": { "not_before": "start" } }),
                json!({ "name": "consent", "type": "acknowledge", "required": true }),
            ],
        ),
        page(
            1,
            "others",
            &[
                json!({ "name": "friend", "type": "group", "questions": [
                    { "name": "name", "type": "text", "required": true },
                    { "name": "agrees", "type": "select_one", "list": "yesno", "constraint": { "must_be": "yes" } },
                ] }),
                json!({ "name": "family", "type": "repeat", "constraint": { "max": 2 }, "questions": [
                    { "name": "name", "type": "text", "required": true, "constraint": { "format": "name" } },
                    { "name": "start", "type": "date" },
                    { "name": "end", "type": "date", "constraint": { "not_before": "start" } },
                    { "name": "papers", "type": "text", "required": true, "relevant": { "answered": "end" } },
                ] }),
                json!({ "name": "photo", "type": "image", "constraint": { "max": 2 } }),
                json!({ "name": "files", "type": "file" }),
            ],
        ),
    ];
    serde_json::from_value(json!({
        "id": "test", "version": "1", "languages": ["en"], "title": {}, "sections": [],
        "lists": {
            "yesno": choices(&["yes", "no"]),
            "channels": choices(&["call", "sms", "email", "none"]),
            "country": choices(&["AF", "PK", "XX", "other"]),
            "pk_area": choices(&["punjab"]),
        },
        "pages": pages,
    }))
    .unwrap()
}
