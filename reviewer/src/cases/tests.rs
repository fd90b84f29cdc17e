use std::sync::LazyLock;

use amanat_shared::api::hex;
use amanat_shared::form;
use amanat_shared::seal::{Proven, Registration};
use serde_json::{Value, json};

use super::*;

/// A row of the shipped form; its hash is made of `number`.
pub(crate) fn row(number: usize, mailbox: &str, answers: &Value) -> Case {
    proven_row(number, mailbox, answers, None)
}

/// The same, with what its signatures prove.
pub(crate) fn proven_row(number: usize, mailbox: &str, answers: &Value, proven: Option<Proven>) -> Case {
    static FORM: LazyLock<(Forms, Value)> = LazyLock::new(|| {
        let form = form::load("afghan-justice.toml", form::AFGHAN_JUSTICE).unwrap();
        let named = json!({ "id": form.id, "version": form.version, "sha256": hex(&form.sha256()) });
        let mut forms = Forms::default();
        forms.add(form);
        (forms, named)
    });
    let (forms, named) = &*FORM;
    let registration: Registration = serde_json::from_value(json!({
        "format": 1, "form": named, "pack": { "serial": 1, "sha256": "" }, "language": "en",
        "mailbox": { "recipient": "", "id": mailbox }, "delete_proof": "", "answers": answers, "attachments": [],
    }))
    .unwrap();
    let sha256 = format!("{number:064x}");
    let desk = Desk { forms, language: "en", names: Names::Hidden, today: Day::from_iso("2026-11-23").unwrap() };
    case(Source { file: sha256.clone(), sha256, received: None }, &Read { registration, proven }, desk)
}

#[test]
fn only_choices_of_the_form_become_keys_and_names_stay_hidden() {
    let case = row(1, "", &json!({ "justice_role": "judge", "country_now": "Karima of Kabul", "name_native": "Karima" }));
    assert_eq!((case.role_key.as_deref(), case.country_key), (Some("judge"), None));
    assert_eq!(case.name, None);
    assert!(!format!("{:?}", row(1, "", &json!({ "name_native": "Karima", "phone": { "raw": "0799123456" } }))).contains("arima"));
}

#[test]
fn a_file_that_is_not_named_by_a_hash_tells_no_identity() {
    assert_eq!(identity(&"ab".repeat(32)), Some("ab".repeat(32).as_str()));
    for name in ["new", "AB", &"AB".repeat(32), &"ab".repeat(31)] {
        assert_eq!(identity(name), None);
    }
}
