use amanat_shared::dates::{Calendar, DateEntry, Day, PartialDate, Precision};
use serde_json::{Value, json};

use super::*;
use crate::cases::tests::row_on;
use crate::cases::{Filter, Sort, select};

const TODAY: &str = "2026-11-30";

/// The answer that the form seals for a date in this calendar; parts that are 0 were left empty.
fn sealed(calendar: Calendar, year: i32, month: u8, day: u8) -> Value {
    let part = |part: i32| if part == 0 { String::new() } else { part.to_string() };
    let entry = DateEntry {
        calendar,
        precision: Precision::Day,
        year: part(year),
        month: part(month.into()),
        day: part(day.into()),
        age: String::new(),
    };
    serde_json::to_value(PartialDate::read(&entry).unwrap()).unwrap()
}

fn gregorian(year: i32, month: u8, day: u8) -> Value {
    sealed(Calendar::Gregorian, year, month, day)
}

/// So many days from today.
fn in_days(days: i32) -> Value {
    let (year, month, day) = Day(Day::from_iso(TODAY).unwrap().0 + days).in_calendar(Calendar::Gregorian);
    gregorian(year, month, day)
}

/// Somebody in Pakistan whom nothing but `answers` threatens.
fn person(number: usize, answers: &Value) -> Case {
    let mut all = json!({
        "is_update": "first", "danger_7days": "no", "country_now": "PK", "legal_status": "visa_valid",
        "status_expiry": in_days(300), "removal_signs": ["none"],
    });
    let all_of_it = all.as_object_mut().unwrap();
    all_of_it.extend(answers.as_object().unwrap().clone());
    all_of_it.retain(|_, answer| !answer.is_null());
    row_on(TODAY, number, "", &all, None)
}

fn told_to_leave(date: &Value) -> Value {
    json!({ "removal_signs": ["written_notice"], "removal_date": date })
}

/// The places of these cases in the list. Their hashes run against the order that is expected.
fn listed(cases: &[(&str, Value)], filter: &Filter) -> Vec<String> {
    let rows: Vec<Case> = (1..).zip(cases).map(|(number, (_, answers))| person(100 - number, answers)).collect();
    select(&rows, filter, Sort::Triage).into_iter().map(|at| cases[at].0.to_owned()).collect()
}

fn shown(answers: &Value) -> String {
    deadline_and_days(&person(1, answers)).unwrap_or_default()
}

fn emergencies() -> Vec<(&'static str, Value)> {
    vec![
        ("removal in 2023", told_to_leave(&gregorian(2023, 5, 1))),
        ("danger, visa for 250 days", json!({ "danger_7days": "yes", "status_expiry": in_days(250) })),
        ("removal in 7 days", told_to_leave(&in_days(7))),
        ("removal today", told_to_leave(&in_days(0))),
        ("detained, no visa", json!({ "removal_signs": ["detained_now"], "legal_status": "none", "status_expiry": null })),
        ("detained, visa valid", json!({ "removal_signs": ["detained_now"] })),
        ("removal 30 days ago", told_to_leave(&in_days(-30))),
        ("removal yesterday", told_to_leave(&in_days(-1))),
    ]
}

#[test]
fn a_removal_that_has_just_passed_then_detention_and_removals_within_days_stand_first() {
    assert_eq!(
        listed(&emergencies(), &Filter::default()),
        [
            "removal yesterday",
            "removal 30 days ago",
            "detained, visa valid",
            "detained, no visa",
            "removal today",
            "removal in 7 days",
            "danger, visa for 250 days",
            "removal in 2023",
        ]
    );
}

#[test]
fn within_seven_days_shows_who_is_detained_and_whose_removal_has_just_passed() {
    let within = |days| listed(&emergencies(), &Filter { within_days: Some(days), ..Filter::default() });
    assert!(!within(7).contains(&"removal in 2023".to_owned()) && within(7).len() == 7, "{:?}", within(7));
    let today = ["removal yesterday", "removal 30 days ago", "detained, visa valid", "detained, no visa", "removal today"]
        .map(str::to_owned);
    assert_eq!(within(0), today);
    let others =
        [("removal 31 days ago", told_to_leave(&in_days(-31))), ("visa for 8 days", json!({ "status_expiry": in_days(8) }))];
    assert!(listed(&others, &Filter { within_days: Some(7), ..Filter::default() }).is_empty());
    // The deadline that did not fire the strongest rule counts as well.
    let both = json!({ "removal_signs": ["written_notice"], "removal_date": gregorian(2023, 5, 1), "status_expiry": in_days(5) });
    assert_eq!(listed(&[("both", both)], &Filter { within_days: Some(7), ..Filter::default() }), ["both"]);
}

#[test]
fn the_deadline_that_is_shown_is_the_one_that_fired_the_rule() {
    for (answers, expected) in [
        (told_to_leave(&in_days(-1)), "2026-11-29 (-1)"),
        (told_to_leave(&in_days(0)), "2026-11-30 (0)"),
        (json!({ "removal_signs": ["detained_now"] }), "now"),
        (json!({ "removal_signs": ["detained_now"], "removal_date": in_days(3) }), "2026-12-03 (3)"),
        (json!({ "danger_7days": "yes" }), ""),
        (json!({ "status_expiry": in_days(20) }), "2026-12-20 (20)"),
        (json!({ "danger_7days": "yes", "status_expiry": in_days(20) }), "2026-12-20 (20)"),
        // A removal ahead is shown though only its notice fired a rule, and a date that fires none where none fired.
        (told_to_leave(&in_days(20)), "2026-12-20 (20)"),
        (json!({}), "2027-09-26 (300)"),
    ] {
        assert_eq!(shown(&answers), expected, "{answers}");
    }
}

#[test]
fn a_deadline_is_shown_as_exact_as_it_was_given() {
    for (date, expected) in [
        (gregorian(2026, 0, 0), "2026"),
        (gregorian(2026, 12, 0), "2026-12"),
        (gregorian(2025, 0, 0), "2025"),
        (sealed(Calendar::Solar, 1405, 0, 0), "1405 solar"),
        (sealed(Calendar::Solar, 1405, 9, 0), "1405-09 solar"),
        (sealed(Calendar::Solar, 1405, 9, 10), "2026-12-01 (1)"),
        (sealed(Calendar::Lunar, 1448, 6, 0), "1448-06 lunar"),
        (sealed(Calendar::Lunar, 1448, 6, 20), "about 2026-12-01"),
    ] {
        assert_eq!(shown(&told_to_leave(&date)), expected, "{date}");
    }
    let year = person(1, &told_to_leave(&gregorian(2026, 0, 0)));
    assert_eq!(year.verdict.unwrap().deadline_days(), None);
}

#[test]
fn a_vague_deadline_stands_behind_the_exact_ones_that_it_may_mean() {
    let cases = [
        ("long past", told_to_leave(&gregorian(2024, 0, 0))),
        ("danger", json!({ "danger_7days": "yes" })),
        ("this year", told_to_leave(&gregorian(2026, 0, 0))),
        ("today", told_to_leave(&in_days(0))),
        ("last month", told_to_leave(&gregorian(2026, 10, 0))),
    ];
    assert_eq!(listed(&cases, &Filter::default()), ["last month", "today", "this year", "danger", "long past"]);
}

#[test]
fn a_year_of_another_calendar_is_read_in_the_one_that_makes_sense() {
    for (date, expected) in [
        // 10 Qaws 1405, sealed as a year of our era.
        (gregorian(1405, 9, 10), "2026-12-01?"),
        (gregorian(1405, 0, 0), "1405 solar?"),
        // 1 December 2026, sealed as a solar year: 2647 of our era.
        (sealed(Calendar::Solar, 2026, 12, 1), "2026-12-01?"),
        (sealed(Calendar::Lunar, 2026, 12, 1), "2026-12-01?"),
        // A lunar year among solar ones, and among ours.
        (sealed(Calendar::Solar, 1448, 6, 20), "about 2026-12-01?"),
        (gregorian(1448, 6, 20), "about 2026-12-01?"),
    ] {
        let case = person(1, &told_to_leave(&date));
        assert_eq!(deadline_and_days(&case).as_deref(), Some(expected), "{date}");
        assert_eq!(case.verdict.as_ref().unwrap().tier, Tier::Emergency, "{date}");
        assert!(is_within(&case, 7), "{date}");
    }
    let ahead = person(1, &told_to_leave(&gregorian(1406, 6, 1)));
    assert_eq!(deadline_and_days(&ahead).as_deref(), Some("2027-08-23?"));
    assert_eq!(ahead.verdict.unwrap().tier, Tier::Urgent, "a removal in nine months is no emergency");
}

#[test]
fn a_date_that_makes_no_sense_is_looked_at_and_has_no_days() {
    for date in
        [gregorian(1026, 12, 2), gregorian(2999, 1, 1), sealed(Calendar::Solar, 1000, 1, 1), sealed(Calendar::Lunar, 2999, 1, 1)]
    {
        let case = person(1, &json!({ "removal_date": date, "status_expiry": in_days(300) }));
        let verdict = case.verdict.as_ref().unwrap();
        assert_ne!(verdict.tier, Tier::Normal, "{date}");
        assert!(
            verdict.deadlines.iter().all(|deadline| deadline.days.is_none_or(|(first, _)| first.abs() < 20_000)),
            "{verdict:?}"
        );
        assert!(deadline_and_days(&case).is_none_or(|words| !words.contains('(') || words.ends_with("(300)")), "{case:?}");
    }
}

#[test]
fn among_urgent_ones_what_has_just_passed_then_what_comes_next_stands_first_and_raised_ones_before_them() {
    let cases = [
        ("no permission", json!({ "legal_status": "none", "status_expiry": null })),
        ("expired 200 days ago", json!({ "status_expiry": in_days(-200) })),
        ("expires in 20 days", json!({ "status_expiry": in_days(20) })),
        ("expires tomorrow", json!({ "status_expiry": in_days(1) })),
        ("expired yesterday", json!({ "status_expiry": in_days(-1) })),
        ("raised", json!({ "legal_status": "none", "status_expiry": null, "armed_group_cases": "yes" })),
        ("normal", json!({})),
        ("emergency", told_to_leave(&gregorian(2023, 5, 1))),
    ];
    assert_eq!(
        listed(&cases, &Filter::default()),
        [
            "emergency",
            "raised",
            "expired yesterday",
            "expires tomorrow",
            "expires in 20 days",
            "expired 200 days ago",
            "no permission",
            "normal",
        ]
    );
}

#[test]
fn raised_goes_first_only_among_what_presses_alike() {
    let cases = [
        ("danger, raised", json!({ "danger_7days": "yes", "deported_before": "yes" })),
        ("removal in 5 days", told_to_leave(&in_days(5))),
        ("danger", json!({ "danger_7days": "yes" })),
    ];
    assert_eq!(listed(&cases, &Filter::default()), ["removal in 5 days", "danger, raised", "danger"]);
}
