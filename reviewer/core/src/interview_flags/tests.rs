use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn fired(answers: Value) -> Vec<Flag> {
    flags(&serde_json::from_value(answers).unwrap(), Day::from_iso("2026-11-23").unwrap())
}

fn line(name: &str, answers: Value) -> Option<String> {
    fired(answers).into_iter().find(|flag| flag.name == name).map(|flag| flag.line)
}

fn between(earliest: &str, latest: &str) -> Value {
    json!({ "calendar": "gregorian", "precision": "day", "raw": earliest, "earliest": earliest, "latest": latest })
}

fn on(day: &str) -> Value {
    between(day, day)
}

fn says(name: &str, words: &str, answers: &Value) {
    let said = line(name, answers.clone());
    assert!(said.as_ref().is_some_and(|said| said.contains(words)), "{name}: {said:?} of {answers}");
}

fn is_silent(name: &str, answers: &Value) {
    assert_eq!(line(name, answers.clone()), None, "{answers}");
}

#[test]
fn whoever_cannot_be_reached_is_asked_about() {
    is_silent("contactable_how", &json!({ "contact_channels": ["signal", "call"], "phone_watched": "not_sure" }));
    says("contactable_how", "another way", &json!({ "contact_channels": ["sms"], "phone_watched": "yes" }));
    says("contactable_how", "will contact us", &json!({ "contact_channels": ["none"] }));
    is_silent("contactable_how", &json!({ "contact_channels": ["carrier pigeon"] }));
}

#[test]
fn a_minor_is_one_by_the_latest_birthday_that_the_answer_leaves_open() {
    says("minor_applicant", "Under 18", &json!({ "dob": on("2009-01-01") }));
    says("minor_applicant", "May be", &json!({ "dob": between("2008-03-20", "2009-03-20") }));
    is_silent("minor_applicant", &json!({ "dob": on("2008-11-23") }));
}

#[test]
fn who_left_before_the_fall_and_who_still_works_is_asked() {
    says("left_before_fall", "Left the work", &json!({ "work_end": on("2021-08-14") }));
    says("left_before_fall", "May have", &json!({ "work_end": between("2021-03-21", "2022-03-20") }));
    is_silent("left_before_fall", &json!({ "work_end": on("2021-08-15") }));
    says("still_employed", "Still works", &json!({ "work_end": { "calendar": "solar", "precision": "ongoing", "raw": "" } }));
    is_silent("still_employed", &json!({ "work_end": on("2021-08-15") }));
}

#[test]
fn days_for_an_exit_permit_are_counted_from_the_end_of_a_pakistani_visa() {
    let ended = |day: &str| json!({ "country_now": "PK", "legal_status": "visa_expired", "status_expiry": on(day) });
    says("exit_permit_days_left", "355 days left", &ended("2026-11-13"));
    says("exit_permit_days_left", "0 days left", &ended("2025-11-23"));
    says("exit_permit_days_left", "no longer", &ended("2025-11-22"));
    is_silent("exit_permit_days_left", &ended("2026-11-23"));
    let some_day = |from, to| json!({ "country_now": "PK", "legal_status": "visa_expired", "status_expiry": between(from, to) });
    says("exit_permit_days_left", "as few as 0 days", &some_day("2025-01-01", "2025-12-31"));
    says("exit_permit_days_left", "as few as 326 days", &some_day("2026-10-15", "2026-12-01"));
    says("exit_permit_days_left", "no longer", &some_day("2024-01-01", "2025-11-22"));
    is_silent(
        "exit_permit_days_left",
        &json!({ "country_now": "IR", "legal_status": "visa_expired", "status_expiry": on("2026-11-13") }),
    );
    is_silent("exit_permit_days_left", &json!({ "country_now": "PK", "legal_status": "por", "status_expiry": on("2025-06-30") }));
}

#[test]
fn dates_that_cannot_both_be_right_are_asked_about() {
    says("served_before_18", "age of 15", &json!({ "dob": on("1990-01-01"), "work_start": on("2005-06-01") }));
    says("served_before_18", "before the date of birth", &json!({ "dob": on("1990-01-01"), "work_start": on("1985-06-01") }));
    is_silent("served_before_18", &json!({ "dob": on("1990-01-01"), "work_start": on("2008-01-01") }));
    is_silent("served_before_18", &json!({ "dob": on("1990-01-01"), "work_start": between("2007-01-01", "2008-12-31") }));
    says(
        "expiry_before_arrival",
        "before the arrival",
        &json!({ "status_expiry": on("2024-01-01"), "arrival_date": on("2024-01-02") }),
    );
    is_silent("expiry_before_arrival", &json!({ "status_expiry": on("2024-01-02"), "arrival_date": on("2024-01-02") }));
    says("left_before_start", "before it begins", &json!({ "work_start": on("2015-01-01"), "work_end": on("2014-01-01") }));
    is_silent("left_before_start", &json!({ "work_start": on("2015-01-01"), "work_end": on("2021-08-15") }));
}

#[test]
fn a_judge_in_the_prosecutors_office_and_a_foreign_number_are_asked_about() {
    says("role_and_institution", "do not fit", &json!({ "justice_role": "judge", "institution": "ago" }));
    is_silent("role_and_institution", &json!({ "justice_role": "judge", "institution": "primary_court" }));
    is_silent("role_and_institution", &json!({ "justice_role": "family", "institution": "ago" }));
    let phone = |country: &str, number: &str| json!({ "country_now": country, "phone": { "raw": "1", "e164": number } });
    says("dial_code", "Is in Pakistan, with a telephone number of Afghanistan", &phone("PK", "+93799123456"));
    says("dial_code", "another country", &phone("PK", "+491701234567"));
    is_silent("dial_code", &phone("PK", "+923001234567"));
    is_silent("dial_code", &phone("other", "+491701234567"));
}

#[test]
fn nothing_is_asked_where_nothing_was_answered() {
    assert_eq!(fired(json!({})), []);
}

#[test]
fn its_keys_are_the_shipped_forms() {
    let form = amanat_shared::form::load("afghan-justice.toml", amanat_shared::form::AFGHAN_JUSTICE).unwrap();
    for question in [
        "contact_channels",
        "phone_watched",
        "dob",
        "work_end",
        "country_now",
        "legal_status",
        "status_expiry",
        "work_start",
        "justice_role",
        "institution",
        "phone",
        "arrival_date",
    ] {
        assert!(form.question(question).is_some(), "{question}");
    }
    let has = |list: &str, name: &str| form.lists.get(list).unwrap().iter().any(|choice| choice.name == name);
    for (role, institutions) in MISMATCHES {
        assert!(has("justice_role", role), "{role}");
        assert!(institutions.iter().all(|institution| has("institution", institution)), "{institutions:?}");
    }
    for (country, ..) in DIAL_CODES {
        assert!(has("country", country), "{country}");
    }
}

proptest! {
    #[test]
    fn no_answers_panic_and_nothing_of_a_sender_gets_through(text in "\\PC{0,20}", days in prop::collection::vec(-400_000_i32..400_000, 5)) {
        let day = |at: usize| on(&Day(days[at]).iso());
        let answers = json!({ "contact_channels": [text.clone(), "signal"], "dob": day(0), "work_start": day(1), "work_end": day(2), "status_expiry": day(3),
            "arrival_date": day(4), "country_now": "PK", "legal_status": "visa_expired", "justice_role": text.clone(), "institution": text.clone(), "phone": { "raw": text.clone(), "e164": text } });
        for flag in fired(answers) {
            prop_assert!(flag.line.is_ascii(), "{}", flag.line);
        }
    }
}
