use std::sync::LazyLock;

use amanat_shared::api::hex;
use amanat_shared::dates::Day;
use amanat_shared::form::{self, Tier};
use amanat_shared::seal::{Proven, Registration};
use serde_json::{Value, json};

use super::*;
use crate::decrypt::{OpenedAnswers, identity_in_name};
use crate::forms::Forms;

/// A row of the shipped form; its hash is made of `number`.
pub(crate) fn row(number: usize, mailbox: &str, answers: &Value) -> Case {
    proven_row(number, mailbox, answers, None)
}

/// The same, with what its signatures prove.
pub(crate) fn proven_row(number: usize, mailbox: &str, answers: &Value, proven: Option<Proven>) -> Case {
    row_on("2026-11-23", number, mailbox, answers, proven)
}

/// The same on another day.
pub(crate) fn row_on(today: &str, number: usize, mailbox: &str, answers: &Value, proven: Option<Proven>) -> Case {
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
    let context = RowContext { forms, language: "en", names: Names::Hidden, today: Day::from_iso(today).unwrap() };
    Case::new(Source { file: sha256.clone(), sha256, received: None }, &OpenedAnswers { registration, proven }, context)
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
    assert_eq!(identity_in_name(&"ab".repeat(32)), Some("ab".repeat(32).as_str()));
    for name in ["new", "AB", &"AB".repeat(32), &"ab".repeat(31)] {
        assert_eq!(identity_in_name(name), None);
    }
}

/// A registration of a form that is not known here, or of a version of ours that is not.
fn of_form(id: &str, answers: &Value) -> Case {
    let mut forms = Forms::default();
    forms.add(form::load("afghan-justice.toml", form::AFGHAN_JUSTICE).unwrap());
    let registration: Registration = serde_json::from_value(json!({
        "format": 1, "form": { "id": id, "version": "0", "sha256": "00".repeat(32) }, "pack": { "serial": 1, "sha256": "" },
        "language": "en", "mailbox": { "recipient": "", "id": "" }, "delete_proof": "", "answers": answers, "attachments": [],
    }))
    .unwrap();
    let sha256 = "ab".repeat(32);
    let context = RowContext { forms: &forms, language: "en", names: Names::Hidden, today: Day::from_iso("2026-11-23").unwrap() };
    Case::new(Source { file: sha256.clone(), sha256, received: None }, &OpenedAnswers { registration, proven: None }, context)
}

/// Calm answers that the shipped form calls normal.
fn calm() -> Value {
    json!({ "is_update": "first", "danger_7days": "no", "country_now": "AF", "justice_role": "judge" })
}

#[test]
fn a_case_of_another_version_is_judged_by_the_known_one_and_is_never_normal() {
    let tier = |case: &Case| case.verdict.as_ref().map(|verdict| verdict.tier);
    let case = of_form("afghan-justice", &calm());
    assert_eq!(tier(&case), Some(Tier::Urgent));
    assert_eq!((case.role.as_str(), case.country.as_str(), case.form_known), ("judge (no label)", "AF (no label)", false));
    let mut detained = calm();
    detained["removal_signs"] = json!(["detained_now"]);
    assert_eq!(tier(&of_form("afghan-justice", &detained)), Some(Tier::Emergency), "what the known rules say still counts");
    assert_eq!(tier(&of_form("another", &calm())), None);
    let list = page(&[case], 1, Names::Hidden);
    assert!(list.contains("form not known") && list.contains("X?") && !list.contains("normal"), "{list}");
}

#[test]
fn an_answer_that_the_form_does_not_know_is_never_normal() {
    let tier = |answers: &Value| row(1, "", answers).verdict.unwrap().tier;
    assert_eq!(tier(&calm()), Tier::Normal);
    for (question, answer) in [
        ("no_such_question", json!("yes")),
        ("", json!("yes")),
        ("legal_status", json!("a_choice_that_is_gone")),
        ("removal_signs", json!(["a_choice_that_is_gone"])),
        ("removal_signs", json!("detained_now_or_so")),
        ("needs", json!(["none", "renamed"])),
        ("removal_date", json!("tomorrow")),
        ("danger_7days", json!(["no"])),
    ] {
        let mut answers = calm();
        answers[question] = answer.clone();
        assert_ne!(tier(&answers), Tier::Normal, "{question} {answer}");
    }
    let gone = row(1, "", &json!({ "justice_role": "judge_of_old", "country_now": "SU" }));
    assert_eq!((gone.role.as_str(), gone.role_key), ("judge_of_old (not a choice of the form)", None));
}
