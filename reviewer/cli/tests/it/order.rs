//! The program's list begins with the most urgent case, and a partner whom a person excluded gets nothing.

use amanat_shared::dates::{Calendar, DateEntry, Day, PartialDate, Precision};
use amanat_shared::seal::HybridIdentity;
use serde_json::{Value, json};

use crate::binary::{errors, out, run, run_typing};
use crate::world::World;

const TODAY: &str = "2026-11-30";

fn sealed(calendar: Calendar, year: i32, month: Option<u8>, day: Option<u8>) -> Value {
    let part = |part: Option<u8>| part.map(|part| part.to_string()).unwrap_or_default();
    let (year, month, day) = (year.to_string(), part(month), part(day));
    let entry = DateEntry { calendar, precision: Precision::Day, year, month, day, age: String::new() };
    serde_json::to_value(PartialDate::read(&entry).unwrap()).unwrap()
}

fn in_days(days: i32) -> Value {
    let (year, month, day) = Day(Day::from_iso(TODAY).unwrap().0 + days).in_calendar(Calendar::Gregorian);
    sealed(Calendar::Gregorian, year, Some(month), Some(day))
}

/// Seals a case in the folder `in`; returns the first twelve digits of its hash.
fn person(world: &World, answers: &Value) -> String {
    let mut all = json!({
        "is_update": "first", "danger_7days": "no", "country_now": "PK", "legal_status": "visa_valid", "status_expiry": in_days(300),
        "removal_signs": ["none"],
    });
    all.as_object_mut().unwrap().extend(answers.as_object().unwrap().clone());
    let path = world.case("in", all, &[]);
    path.file_stem().unwrap().to_str().unwrap()[..12].to_owned()
}

fn told_to_leave(date: &Value) -> Value {
    json!({ "removal_signs": ["written_notice"], "removal_date": date })
}

/// Returns the list's lines of cases.
fn list(world: &World, more: &[&str]) -> Vec<String> {
    let printed = run(world, &[&["list", "--identity", "keys/identity.key", "--today", TODAY], more, &["in"]].concat());
    let rows = out(&printed);
    assert!(printed.status.success(), "{}", errors(&printed));
    rows.lines().skip(1).take_while(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_list_begins_with_a_removal_that_has_just_passed_then_detention_and_removals_within_days() {
    let world = World::new();
    let order = [
        ("removal yesterday", told_to_leave(&in_days(-1))),
        ("detained, visa valid", json!({ "removal_signs": ["detained_now"], "children_count": 2 })),
        (
            "detained, no visa",
            json!({ "removal_signs": ["detained_now"], "legal_status": "none", "status_expiry": { "calendar": "gregorian", "precision": "unknown", "raw": "" } }),
        ),
        ("removal today", told_to_leave(&in_days(0))),
        ("danger in 7 days, visa for 250 days", json!({ "danger_7days": "yes", "status_expiry": in_days(250) })),
        ("removal in 2023", told_to_leave(&sealed(Calendar::Gregorian, 2023, Some(4), Some(1)))),
    ];
    let references: Vec<(&str, String)> = order.iter().map(|(what, answers)| (*what, person(&world, answers))).collect();
    let named = |rows: &[String]| -> Vec<&str> {
        let what = |row: &String| references.iter().find(|(_, reference)| row.contains(reference.as_str())).unwrap().0;
        rows.iter().map(what).collect()
    };
    let rows = list(&world, &[]);
    let expected: Vec<&str> = order.iter().map(|(what, _)| *what).collect();
    assert_eq!(named(&rows), expected, "{rows:#?}");
    assert!(rows[0].contains("2026-11-29") && rows[0].contains(" -1 "), "{}", rows[0]);
    assert!(!rows[0].split_whitespace().any(|word| word == "300"), "the visa's deadline fired nothing: {}", rows[0]);
    assert!(rows[1].contains(" now ") && rows[3].contains("2026-11-30"), "{rows:#?}");
    assert_eq!(named(&list(&world, &["--within", "7"])), expected[..5]);
}

#[test]
fn a_year_is_printed_as_a_year_and_no_date_as_hundreds_of_years_ago() {
    let world = World::new();
    for (date, expected) in [
        (sealed(Calendar::Gregorian, 2026, None, None), " 2026 "),
        (sealed(Calendar::Gregorian, 2026, Some(12), None), " 2026-12 "),
        (sealed(Calendar::Gregorian, 1406, Some(6), Some(1)), " 2027-08-23? "),
        (sealed(Calendar::Solar, 2026, Some(12), Some(2)), " 2026-12-02? "),
    ] {
        let reference = person(&world, &told_to_leave(&date));
        let rows = list(&world, &[]);
        let row = rows.iter().find(|row| row.contains(&reference)).unwrap();
        assert!(row.contains(expected) && !row.contains("2026-01-01"), "{expected} in {row}");
        assert!(row.split_whitespace().filter_map(|word| word.parse::<i64>().ok()).all(|number| number.abs() < 10_000), "{row}");
    }
}

/// Refers a case whose person excluded `never` to a partner of this name; returns what is printed, and whether a referral was
/// made.
fn refer(world: &World, name: &str, never: &str, partner: &str, typed: &str) -> (String, bool) {
    let answers = json!({
        "submitter": "self", "share_partners": "yes", "share_never": never, "name_native": "کریمه", "dob": sealed(Calendar::Gregorian, 1980, Some(1), Some(1)),
    });
    let path = world.case(name, answers, &[]);
    let key = HybridIdentity::from_seed([9; 32]).recipient().to_string();
    let file = format!("{name}.referral.age");
    let arguments = [
        "refer",
        "--identity",
        "keys/identity.key",
        "--notebook",
        "karima.notebook.age",
        "--to",
        &key,
        "--kind",
        "partner",
        "--columns",
        "name_native",
        "--out",
        &file,
        path.to_str().unwrap(),
    ];
    let printed = run_typing(world, &arguments, &format!("{partner}\n{typed}"));
    (out(&printed) + &errors(&printed), world.path(&file).exists())
}

#[test]
fn a_partner_who_was_named_as_never_to_be_told_gets_nothing_from_the_command_line() {
    let world = World::new();
    for (number, partner) in
        ["UNHCR Islamabad", "unhcr  islamabad", "U.N.H.C.R. Islamabad", "UNHCR اسلام آباد"].into_iter().enumerate()
    {
        let (said, made) = refer(&world, &format!("named{number}"), "UNHCR Islamabad", partner, "1\n1\n");
        assert!(!made && said.contains("NEVER to be told") && said.contains("UNHCR Islamabad"), "{said}");
    }
    let (said, made) = refer(&world, "like", "UNHCR Islamabad", "Legal Aid Islamabad", "\n1\n1\n");
    assert!(!made && said.contains("NAMED SOMEBODY LIKE THIS PARTNER"), "{said}");
    let (said, made) = refer(&world, "other", "UNHCR Islamabad", "Safe Passage", "1\n1\n");
    assert!(made, "{said}");
}
