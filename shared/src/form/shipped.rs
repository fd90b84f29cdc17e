//! Tests of what the form that the project ships promises.

mod triage;

use super::{AFGHAN_JUSTICE, Form, QuestionType, load};
use crate::answers::{Answer, Answers};
use crate::dates::{Calendar, Day, PartialDate, Precision};

use QuestionType::{Acknowledge, Date, File, Group, Integer, Phone, Repeat, SelectMultiple, SelectOne, Text};

/// 2025-09-01.
const TODAY: Day = Day(20_332);

/// Every question that the coalition asks: name, phase, type, whether an answer is required of a first registration.
const ASKED: &[(&str, u8, QuestionType, bool)] = &[
    ("submitter", 1, SelectOne, true),
    ("submitter_contact", 1, Text, false),
    ("person_agrees", 1, SelectOne, true),
    ("is_update", 1, SelectOne, true),
    ("prior_ref", 1, Text, false),
    ("contact_channels", 1, SelectMultiple, true),
    ("phone", 1, Phone, true),
    ("email", 1, Text, true),
    ("phone_shared", 1, SelectOne, true),
    ("phone_watched", 1, SelectOne, true),
    ("safe_times", 1, SelectMultiple, true),
    ("leave_message", 1, SelectOne, true),
    ("say_who", 1, SelectOne, true),
    ("safe_word", 1, Text, false),
    ("danger_word", 2, Text, false),
    ("contact_language", 1, SelectOne, true),
    ("caller_gender", 2, SelectOne, false),
    ("trusted_person", 1, Group, true),
    ("trusted_contact", 2, Group, false),
    ("name_native", 1, Text, true),
    ("family_name", 2, Text, false),
    ("name_latin", 2, Text, false),
    ("father_name", 1, Text, true),
    ("grandfather_name", 2, Text, false),
    ("sex", 1, SelectOne, true),
    ("dob", 1, Date, true),
    ("marital_status", 3, SelectOne, false),
    ("origin_province", 3, SelectOne, false),
    ("other_citizenship", 3, Text, false),
    ("justice_role", 1, SelectOne, true),
    ("worker_name", 1, Text, true),
    ("worker_status", 1, SelectOne, true),
    ("institution", 1, SelectOne, true),
    ("unit_types", 2, SelectMultiple, false),
    ("job_title", 1, Text, false),
    ("work_province", 1, SelectOne, true),
    ("work_start", 2, Date, false),
    ("work_end", 1, Date, true),
    ("armed_group_cases", 1, SelectOne, true),
    ("proof_kinds", 2, SelectMultiple, false),
    ("staff_no", 3, Text, false),
    ("other_posts", 3, Repeat, false),
    ("intl_programmes", 2, SelectMultiple, false),
    ("referee", 3, Group, false),
    ("country_now", 1, SelectOne, true),
    ("area_now", 1, SelectOne, true),
    ("legal_status", 1, SelectOne, true),
    ("status_expiry", 1, Date, true),
    ("removal_signs", 1, SelectMultiple, true),
    ("removal_date", 1, Date, false),
    ("arrival_date", 3, Date, false),
    ("deported_before", 2, SelectOne, false),
    ("danger_7days", 1, SelectOne, true),
    ("risk_events", 1, SelectMultiple, true),
    ("last_event", 1, SelectOne, true),
    ("threat_from", 2, SelectMultiple, false),
    ("hiding", 2, SelectOne, false),
    ("risk_note", 2, Text, false),
    ("named_publicly", 2, SelectOne, false),
    ("adults_count", 1, Integer, true),
    ("children_count", 1, Integer, true),
    ("household_head", 1, SelectOne, true),
    ("needs", 1, SelectMultiple, true),
    ("family_split", 2, SelectOne, false),
    ("family_members", 3, Repeat, false),
    ("docs_held", 2, SelectMultiple, false),
    ("passport_expiry", 2, Date, false),
    ("passport_no", 3, Text, false),
    ("etazkira_no", 3, Text, false),
    ("ptazkira_no", 3, Group, false),
    ("files", 3, File, false),
    ("other_cases", 2, SelectMultiple, false),
    ("other_case_no", 3, Text, false),
    ("relatives_abroad", 3, SelectMultiple, false),
    ("consent_process", 1, Acknowledge, true),
    ("share_verify", 1, SelectOne, true),
    ("share_partners", 1, SelectOne, true),
    ("share_govts", 3, SelectOne, false),
    ("share_never", 2, Text, false),
    ("family_agrees", 2, SelectOne, false),
];

fn shipped() -> Form {
    load("afghan-justice.toml", AFGHAN_JUSTICE).unwrap_or_else(|error| panic!("{error}"))
}

/// `question=choice`, `question=one,two,` (a comma makes it several) or `question=+days` (a date so many days from today).
fn answers(given: &str) -> Answers {
    let answer = |value: &str| match value.strip_prefix('+') {
        Some(days) => Answer::Date(date(days.parse().ok())),
        None if value == "?" => Answer::Date(date(None)),
        None if value.contains(',') => Answer::Many(value.split_terminator(',').map(str::to_owned).collect()),
        None => Answer::Text(value.to_owned()),
    };
    Answers(
        given
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), answer(value)))
            .collect(),
    )
}

fn date(days: Option<i32>) -> PartialDate {
    let iso = days.map(|days| Day(TODAY.0 + days).iso());
    let precision = if days.is_some() { Precision::Day } else { Precision::Unknown };
    PartialDate {
        calendar: Calendar::Gregorian,
        precision,
        year: None,
        month: None,
        day: None,
        age: None,
        raw: String::new(),
        earliest: iso.clone(),
        latest: iso,
    }
}

#[test]
fn the_shipped_form_has_no_fault() {
    let form = shipped();
    assert_eq!(form.languages, ["fa-AF", "ps", "en"]);
}

#[test]
fn the_shipped_form_asks_every_question_in_its_phase() {
    let form = shipped();
    for (name, phase, r#type, required) in ASKED {
        let page = form.pages.iter().find(|page| page.questions.iter().any(|question| question.name == *name));
        let page = page.unwrap_or_else(|| panic!("{name} is not asked"));
        let question = form.question(name).expect("it stands on a page");
        assert_eq!((page.phase, question.r#type, question.required), (*phase, *r#type, *required), "{name}");
    }
    for question in form.pages.iter().flat_map(|page| &page.questions).filter(|question| question.r#type != QuestionType::Note) {
        assert!(ASKED.iter().any(|(name, ..)| *name == question.name), "{} is not in ASKED", question.name);
    }
}

#[test]
fn nothing_beyond_the_first_phase_is_required() {
    let form = shipped();
    for page in form.pages.iter().filter(|page| page.phase > 1) {
        assert!(page.questions.iter().all(|question| !question.required), "{}", page.name);
    }
}

#[test]
fn the_form_travels_as_json_unchanged() {
    let form = shipped();
    let json = serde_json::to_vec(&form).expect("a form serialises");
    assert_eq!(serde_json::from_slice::<Form>(&json).expect("and back"), form);
}

#[test]
fn who_asks_for_deletion_is_asked_only_who_and_how_to_call_back() {
    let form = shipped();
    let delete = answers("submitter=self is_update=delete contact_channels=call,");
    let open = form.pages.iter().filter(|page| page.relevant.as_ref().is_none_or(|it| it.holds(&delete)));
    let asked: Vec<&str> = open
        .flat_map(|page| &page.questions)
        .filter(|question| question.r#type != QuestionType::Note && question.relevant.as_ref().is_none_or(|it| it.holds(&delete)))
        .map(|question| question.name.as_str())
        .collect();
    assert_eq!(
        asked,
        [
            "consent_process",
            "submitter",
            "is_update",
            "prior_ref",
            "contact_channels",
            "phone",
            "safe_word",
            "contact_language",
            "name_native",
            "father_name"
        ]
    );
}

#[test]
fn who_adds_one_thing_must_only_say_who_it_is_and_how_to_call_back() {
    let form = shipped();
    let update = answers("submitter=self is_update=update contact_channels=none,");
    let page_asks = |page: &super::Page| {
        page.relevant.as_ref().is_none_or(|it| it.holds(&update)) && !page.optional_if.as_ref().is_some_and(|it| it.holds(&update))
    };
    let required: Vec<&str> = form
        .pages
        .iter()
        .filter(|page| page_asks(page))
        .flat_map(|page| &page.questions)
        .filter(|question| question.required && question.relevant.as_ref().is_none_or(|it| it.holds(&update)))
        .map(|question| question.name.as_str())
        .collect();
    assert_eq!(
        required,
        ["consent_process", "submitter", "is_update", "contact_channels", "contact_language", "name_native", "father_name"]
    );
}

#[test]
fn who_will_tell_later_is_not_asked_when() {
    let form = shipped();
    let last_event = form.question("last_event").and_then(|question| question.relevant.clone()).expect("it hangs on risk_events");
    assert!(!last_event.holds(&answers("risk_events=discuss_later,")));
    assert!(!last_event.holds(&answers("risk_events=none,")));
    assert!(last_event.holds(&answers("risk_events=calls,discuss_later,")));
}
