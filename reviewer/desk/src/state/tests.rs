use amanat_reviewer_core::cases::{Case, Names, RowContext, Source};
use amanat_reviewer_core::decrypt::OpenedAnswers;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::{Author, Stamp, Status};
use amanat_shared::form::{AFGHAN_JUSTICE, load};
use amanat_shared::seal::Registration;
use serde_json::{Value, json};

use super::*;

const TODAY: Day = Day(20_332);

/// Runs a test with a page's state, whose signals an owner keeps.
fn with_state(test: impl FnOnce(AppState)) {
    Owner::new().with(|| test(AppState::new(TODAY)));
}

fn stamp() -> Stamp {
    Stamp { author: Author::new("Ali").unwrap(), now: 1_760_000_000 }
}

/// Returns a registration with these answers; its hash is made of `number`.
fn case(number: usize, answers: &Value) -> Case {
    let form = load("afghan-justice.toml", AFGHAN_JUSTICE).unwrap();
    let registration: Registration = serde_json::from_value(json!({
        "format": 1, "form": { "id": form.id, "version": form.version, "sha256": "" }, "pack": { "serial": 1, "sha256": "" },
        "language": "en", "mailbox": { "recipient": "", "id": number.to_string() }, "delete_proof": "", "answers": answers,
        "attachments": [],
    }))
    .unwrap();
    let forms = Forms::built_in();
    let context = RowContext { forms: &forms, language: "en", names: Names::Shown, today: TODAY };
    let sha256 = format!("{number:064x}");
    Case::new(Source { file: sha256.clone(), sha256, received: None }, &OpenedAnswers { registration, proven: None }, context)
}

#[test]
fn the_list_follows_the_filter() {
    with_state(|state| {
        let cases = ["AF", "PK", "AF"].iter().zip(1..).map(|(country, number)| case(number, &json!({ "country_now": country })));
        state.cases.set(Arc::new(cases.collect()));
        assert_eq!(state.listed.get().len(), 3);
        state.filter.update(|filter| filter.country = Some("PK".to_owned()));
        assert_eq!(state.listed.get(), [1]);
        state.filter.set(Filter::default());
        assert_eq!(state.listed.get().len(), 3);
    });
}

#[test]
fn what_is_noted_marks_the_notebook_as_unsaved_and_shows_in_the_list() {
    with_state(|state| {
        let one = case(1, &json!({}));
        let sha256 = one.sha256.clone();
        state.cases.set(Arc::new(vec![one]));
        state.write(|notebook| notebook.set_status(&sha256, Status::Checking, &stamp())).unwrap();
        assert!(state.unsaved.get());
        assert_eq!(state.notebook_version.get(), 1);
        assert_eq!(state.cases.get()[0].standing.status, Status::Checking);
    });
}

#[test]
fn what_the_notebook_refuses_changes_nothing() {
    with_state(|state| {
        state.write(|notebook| notebook.add_note(&"0".repeat(64), [1; 16], " ", &stamp())).unwrap_err();
        assert!(!state.unsaved.get());
        assert_eq!(state.notebook_version.get(), 0);
    });
}

#[test]
fn only_a_note_with_words_counts_as_typed() {
    with_state(|state| {
        assert!(!state.is_typing());
        for (typed, counts) in [("", false), (" \n ", false), (" called ", true)] {
            state.note_drafts.set(BTreeMap::from([("0".repeat(64), typed.to_owned())]));
            assert_eq!(state.is_typing(), counts, "{typed:?}");
        }
    });
}

#[test]
fn a_typed_note_stays_typed_until_the_reviewer_has_given_a_name() {
    with_state(|state| {
        let drafts = BTreeMap::from([("0".repeat(64), "called".to_owned())]);
        state.note_drafts.set(drafts.clone());
        state.add_typed().unwrap();
        assert_eq!(state.note_drafts.get(), drafts);
        assert!(!state.unsaved.get());
    });
}

#[test]
fn locking_asks_before_work_is_lost() {
    with_state(|state| {
        state.unsaved.set(true);
        state.lock();
        assert!(state.locking.get());
    });
    with_state(|state| {
        state.note_drafts.set(BTreeMap::from([("0".repeat(64), "called".to_owned())]));
        state.lock();
        assert!(state.locking.get());
    });
}

#[test]
fn a_file_that_cannot_be_read_counts_as_a_person_and_its_name_is_safe_to_show() {
    with_state(|state| {
        state.fail("\u{202e}ega.age", Message::without_advice("it could not be read"));
        let failures = state.failures.get();
        assert!(failures[0].may_be_a_person);
        assert!(!failures[0].file.contains('\u{202e}'));
    });
}

#[test]
fn a_referral_to_another_partner_forgets_who_was_asked_and_names_the_cases_anew() {
    with_state(|state| {
        let draft = state.referral_draft();
        let seed = draft.seed.get_value();
        draft.partner.set("UNHCR".to_owned());
        draft.shown.set(Some("a preview".to_owned()));
        draft.for_another_partner();
        assert_ne!(draft.seed.get_value(), seed);
        assert_eq!((draft.shown.get(), draft.partner.get()), (None, "UNHCR".to_owned()));
        draft.clear();
        assert_eq!(draft.partner.get(), "");
    });
}
