use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::*;
use crate::codec::json::read;
use crate::form::{AFGHAN_JUSTICE, load};

/// A form (which makes no sense) with every member set, and every kind of condition.
const FULL: &str = r#"{
    "id": "full", "version": "1", "languages": ["ps", "en"], "title": { "ps": "فورمه", "en": "Form" },
    "sections": [{ "name": "you", "label": { "en": "You" } }],
    "lists": { "country": [{ "name": "AF", "label": { "en": "Afghanistan" } }], "none": [] },
    "pages": [{
        "name": "page", "phase": 1, "section": "you", "title": { "en": "Page" }, "stop": true,
        "relevant": { "all": [
            { "any": [{ "answered": "a" }, { "answered": "b" }] },
            { "not": { "is": { "question": "c", "choice": "d" } } },
            { "is_any": { "question": "e", "choices": ["f"] } },
            { "includes_any": { "question": "g", "choices": ["h", "i"] } }
        ] },
        "optional_if": { "more_than": { "question": "j", "number": -2 } },
        "questions": [{
            "name": "question", "type": "group", "label": { "en": "?" }, "field": { "en": "f" }, "hint": { "en": "h" },
            "required": true, "relevant": { "answered": "a" }, "list": "country",
            "choices_by": { "question": "k", "else": "text", "PK": "area" },
            "except": ["x"], "exclusive": ["y"], "conflicts": [["x", "y"]], "multiline": true, "suggestions": "country",
            "calendar": "solar", "precisions": ["unknown"], "country": "l",
            "constraint": {
                "format": "name", "min_chars": 1, "max_chars": 2, "min": -3, "max": 4, "past": true, "not_before": "m",
                "age": { "min": 18, "max": 120, "warn_under": 20 }, "differs_from": "n", "warn_if_same_as": ["o"], "must_be": "yes"
            },
            "questions": [{ "name": "inner", "type": "text", "label": {} }]
        }]
    }],
    "triage": [{ "name": "T", "why": "Look", "effect": "look", "when": { "all": [
        { "in_days": { "question": "p", "from": -7, "to": 7 } }, { "date_unknown": "u" }, { "void_by_policy": "v" }
    ] } }],
    "policy": [{ "question": "v", "choice": "w", "void_from": "2025-07-01", "source": "A decree" }],
    "summary": { "role": "q", "country": "r", "name": "s", "deadlines": ["t"] }
}"#;

/// [`FULL`], parsed.
pub(crate) fn full() -> Value {
    serde_json::from_str(FULL).unwrap()
}

/// The members that only reviewers read.
pub(crate) const UNREAD: [&str; 3] = ["triage", "policy", "summary"];

/// A form without what the phone leaves unread.
pub(crate) fn on_the_phone(form: Form) -> Form {
    Form { triage: Vec::new(), policy: Vec::new(), summary: Summary::default(), ..form }
}

#[test]
fn by_hand_and_derived_read_the_same() {
    let shipped = load("afghan-justice.toml", AFGHAN_JUSTICE).unwrap();
    let json = serde_json::to_string(&shipped).unwrap();
    assert_eq!(serde_json::from_str::<Form>(&json).unwrap(), shipped);
    assert_eq!(read(&json, form), Ok(on_the_phone(shipped)));

    let json = full().to_string();
    let derived: Form = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_value(&derived).unwrap(), full());
    let by_hand = read(&json, form).unwrap();
    assert_eq!(by_hand, on_the_phone(derived));
    let by_hand = serde_json::to_value(by_hand).unwrap();
    for (name, value) in full().as_object().unwrap() {
        assert!(UNREAD.contains(&name.as_str()) || by_hand[name] == *value, "{name} is passed over");
    }
}

#[test]
fn what_reviewers_alone_read_does_not_keep_the_phone_from_asking() {
    let expected = read(&full().to_string(), form).unwrap();
    for name in UNREAD {
        for value in [json!(null), json!(1), json!("x"), json!([{ "unknown": [] }]), json!({ "unknown": {} })] {
            let mut changed = full();
            changed[name] = value;
            assert_eq!(read(&changed.to_string(), form).as_ref(), Ok(&expected), "{changed}");
            assert!(serde_json::from_value::<Form>(changed).is_err(), "{name}");
        }
        let mut without = full();
        without.as_object_mut().unwrap().remove(name);
        assert_eq!(read(&without.to_string(), form).as_ref(), Ok(&expected));
    }
}

#[test]
fn a_condition_of_triage_is_none_of_a_pages() {
    let rule = &full()["triage"][0]["when"]["all"];
    for condition in rule.as_array().unwrap() {
        let kind = condition.as_object().unwrap().keys().next().unwrap();
        let mut changed = full();
        changed["pages"][0]["relevant"] = condition.clone();
        let refused = format!("`{kind}` is missing, unknown or of another type");
        assert_eq!(read(&changed.to_string(), form), Err(refused));
    }
}

/// The words that the derived reader of `T` takes, from what it says about another.
fn derived<T: DeserializeOwned + Debug>(another: Value) -> Vec<String> {
    let complaint = serde_json::from_value::<T>(another).unwrap_err().to_string();
    complaint.split_once("expected one of ").unwrap().1.split(", ").map(|word| word.trim_matches('`').to_owned()).collect()
}

#[test]
fn every_word_is_known() {
    fn all<T: Serialize + DeserializeOwned + Debug + Copy>(words: &[(&str, T)]) {
        assert_eq!(words.iter().map(|(word, _)| *word).collect::<Vec<_>>(), derived::<T>(json!("?")));
        for (word, value) in words {
            assert_eq!(serde_json::to_value(value).unwrap(), *word);
        }
    }
    all(TYPES);
    all(CALENDARS);
    all(PRECISIONS);
    all(FORMATS);
}

#[test]
fn every_condition_is_in_the_full_form() {
    let json = full().to_string();
    for kind in derived::<Condition>(json!({ "?": 1 })) {
        assert!(json.contains(&format!("{{\"{kind}\":")), "{kind}");
    }
}

#[test]
fn the_identity_does_not_hang_on_the_order_of_members() {
    let json = full().to_string();
    let (start, end) = (json.find("\"version\"").unwrap(), json.len() - 1);
    let (version, rest) = (&json[start..end], &json[1..start - 1]);
    let turned: Form = serde_json::from_str(&format!("{{{version},{rest}}}")).unwrap();
    assert_eq!(turned.sha256(), serde_json::from_str::<Form>(&json).unwrap().sha256());
}
