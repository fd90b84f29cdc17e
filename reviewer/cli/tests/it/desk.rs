//! Tests of the texts that a reviewer reads: the order of the list, names only when asked for, hostile answers made harmless.

use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::{ack, scan, sealed_file};
use amanat_reviewer_core::case_text;
use amanat_reviewer_core::cases::{self, Names, RowContext};
use amanat_reviewer_core::forms::Forms;
use amanat_shared::dates::Day;
use serde_json::{Value, json};

use crate::world::{World, acknowledgements};

const TODAY: &str = "2026-11-23";

fn gregorian(year: i32, month: u8, day: u8) -> Value {
    let iso = format!("{year}-{month:02}-{day:02}");
    json!({ "calendar": "gregorian", "precision": "day", "year": year, "month": month, "day": day, "raw": iso, "earliest": iso, "latest": iso })
}

fn list(world: &World, names: Names) -> (Vec<String>, String) {
    let forms = Forms::built_in();
    let desk = RowContext { forms: &forms, language: "en", names, today: Day::from_iso(TODAY).unwrap() };
    let all = scan::read(&world.path("in"), &world.identities, desk).unwrap();
    (all.cases.iter().map(|case| case.file.clone()).collect(), cases::page(&all.cases, 1, names))
}

pub fn assert_harmless(text: &str) {
    let mut isolates = 0;
    for character in text.chars().filter(|character| *character != '\n') {
        assert!(!character.is_control(), "{character:?}");
        assert!(
            !matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}' | '\u{2067}'),
            "{character:?}"
        );
        isolates += i32::from(character == '\u{2068}') - i32::from(character == '\u{2069}');
        assert!((0..=1).contains(&isolates), "our own isolates come in pairs");
    }
    assert_eq!(isolates, 0);
}

#[test]
fn the_list_goes_by_tier_then_raised_then_deadline_then_children() {
    let world = World::new();
    let stem = |path: std::path::PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let case = |answers| stem(world.case("in", answers, &[]));
    let normal = case(json!({ "danger_7days": "no", "country_now": "AF", "children_count": 0 }));
    let normal_children = case(json!({ "danger_7days": "no", "country_now": "AF", "children_count": 3 }));
    let late = case(
        json!({ "danger_7days": "no", "country_now": "PK", "legal_status": "visa", "status_expiry": gregorian(2026, 12, 20) }),
    );
    let soon =
        case(json!({ "danger_7days": "no", "country_now": "PK", "legal_status": "visa", "status_expiry": gregorian(2026, 12, 2) }));
    let raised = case(json!({ "danger_7days": "no", "country_now": "PK", "legal_status": "none", "armed_group_cases": "yes" }));
    let emergency = case(json!({ "danger_7days": "yes", "justice_role": "judge", "country_now": "AF", "name_native": "Karima" }));
    let (order, page) = list(&world, Names::Hidden);
    assert_eq!(order, [emergency.clone(), raised, soon, late, normal_children, normal]);
    let rows: Vec<&str> = page.lines().collect();
    assert!(
        rows[1].starts_with("EMERGENCY  E2")
            && rows[1].contains("Judge")
            && rows[1].contains("Afghanistan")
            && rows[1].contains(&emergency[..12]),
        "{page}"
    );
    assert!(rows[3].contains("U2") && rows[3].contains(" 9 "), "{page}");
    assert!(rows[5].starts_with("normal ") && rows[6].starts_with("normal "), "{page}");
    assert!(page.ends_with("Page 1 of 1; 6 cases.\n"));
    assert!(!page.contains("Karima") && list(&world, Names::Shown).1.contains("Karima"));
}

#[test]
fn twenty_are_on_a_page_and_what_cannot_be_opened_is_counted() {
    let (world, other) = (World::new(), World::new());
    for number in 0..23 {
        world.case("in", json!({ "children_count": number }), &[]);
    }
    std::fs::copy(other.case("in", json!({}), &[]), world.path("in/other.age")).unwrap();
    std::fs::write(world.path("in/broken.age"), "age-encryption.org/v1\n").unwrap();
    std::fs::create_dir(world.path("in/folder.age")).unwrap();
    let forms = Forms::built_in();
    let desk = RowContext { forms: &forms, language: "en", names: Names::Hidden, today: Day::from_iso(TODAY).unwrap() };
    let all = scan::read(&world.path("in"), &world.identities, desk).unwrap();
    assert_eq!((all.cases.len(), all.failures.len()), (23, 3));
    assert_eq!(cases::page(&all.cases, 1, Names::Hidden).lines().count(), 1 + 20 + 2);
    assert!(cases::page(&all.cases, 2, Names::Hidden).ends_with("Page 2 of 2; 23 cases.\n"));
    assert_eq!(cases::page(&all.cases, 99, Names::Hidden), cases::page(&all.cases, 2, Names::Hidden));
}

#[test]
fn a_case_is_shown_with_the_rules_of_contact_first_and_under_the_forms_labels() {
    let world = World::new();
    let answers = json!({
        "contact_channels": ["signal"], "phone": { "raw": "0799 123 456", "e164": "+93799123456" }, "phone_watched": "yes",
        "safe_word": "انار", "name_native": "کریمه", "justice_role": "judge", "dob": gregorian(1980, 1, 1),
        "trusted_contact": { "name": "Ali", "phone": { "raw": "1" }, "agrees": true },
        "risk_note": "first line\nsecond line", "share_verify": "ask_first", "share_never": "my brother",
    });
    let path = world.case("in", answers, &[&[0xff, 0xd8, 0xff]]);
    let case = sealed_file::open(&path, &world.identities, DEFAULT_MAX_BYTES).unwrap();
    let text = case_text::text(&case, &Forms::built_in(), "en");
    assert_harmless(&text);
    let at = |wanted: &str| text.find(wanted).unwrap_or_else(|| panic!("{wanted} in {text}"));
    assert!(at("BEFORE YOU CONTACT THIS PERSON") < at("NO CALL AND NO SMS"));
    assert!(at("NO CALL AND NO SMS") < at("CONSENT, AND WHAT MAY BE SHARED"));
    assert!(at("ASK FIRST") < at("== "));
    for wanted in [
        "Date of birth",
        "1980-01-01 (Gregorian)",
        "Solar Hijri: 1358-10-11",
        "+93799123456",
        "Judge",
        "\u{2068}کریمه\u{2069}",
        "attachments/01.jpg",
        "  second line",
        "my brother",
        "Ali",
    ] {
        at(wanted);
    }
    let dari = case_text::text(&case, &Forms::built_in(), "fa-AF");
    assert!(dari.contains("تاریخ تولد") && dari.contains("BEFORE YOU CONTACT"));
    assert_harmless(&dari);
    let unknown = case_text::text(&case, &Forms::default(), "en");
    assert!(unknown.contains("not known here") && unknown.contains("justice_role") && unknown.contains("NO CALL"));
}

#[test]
fn hostile_answers_are_harmless_on_a_terminal() {
    let world = World::new();
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}gpj.exe\u{2066}\u{2069}\u{2069}\r\n| NEVER\u{200f}\u{e0041}";
    let answers = json!({
        "contact_channels": [evil, "signal"], "phone": { "raw": evil, "e164": evil }, "safe_word": evil, "danger_word": evil,
        "share_never": evil, "justice_role": evil, "country_now": evil, "name_native": evil, "risk_note": evil, "children_count": i64::MIN,
        "dob": { "calendar": "solar", "precision": "day", "raw": evil, "earliest": evil, "latest": evil },
        "family_members": [{ "relation": evil, evil: evil }], "files": [evil], evil: { evil: [evil] }, "submitter": { evil: 1 },
    });
    let mut hostile = crate::world::registration(answers, &[]);
    for key in ["id", "version"] {
        hostile["form"][key] = json!(evil);
    }
    hostile["language"] = json!(evil);
    let path = world.seal("in/x.age", &crate::world::archive(&hostile, &[]));
    let case = sealed_file::open(&path, &world.identities, DEFAULT_MAX_BYTES).unwrap();
    for forms in [Forms::built_in(), Forms::default()] {
        for language in ["en", "ps", evil] {
            let text = case_text::text(&case, &forms, language);
            assert_harmless(&text);
            assert!(text.contains("<U+202E>") && text.contains("<U+001B>"));
            assert!(!text.lines().any(|line| line.starts_with("| NEVER\u{200f}")));
        }
    }
    assert_harmless(&list(&world, Names::Shown).1);
}

#[test]
fn only_a_file_that_is_whole_is_acknowledged() {
    let world = World::new();
    let good = world.case("in", json!({}), &[&[0xff, 0xd8, 0xff]]);
    let bytes = std::fs::read(&good).unwrap();
    let cut = world.path("in/cut.age");
    std::fs::write(&cut, &bytes[..bytes.len() - 1]).unwrap();
    let out = world.path("ack.json");
    let ack::AckReport { acknowledged: made, failures, .. } =
        ack::make(&[good.clone(), cut.clone(), good.clone()], &world.identities, &out, DEFAULT_MAX_BYTES).unwrap();
    assert_eq!((made, failures.len()), (1, 1));
    let read = acknowledgements(&out);
    assert_eq!(read.acknowledged[0].sha256, good.file_stem().unwrap().to_str().unwrap());
    assert_eq!(read.acknowledged[0].delete_proof, "11".repeat(32));
    std::fs::write(&out, "somebody's letter").unwrap();
    assert!(matches!(ack::make(&[good], &world.identities, &out, DEFAULT_MAX_BYTES), Err((ack::AckError::Exists(_), _))));
    assert_eq!(std::fs::read(&out).unwrap(), b"somebody's letter");
    assert!(matches!(
        ack::make(&[cut], &world.identities, &world.path("none.json"), DEFAULT_MAX_BYTES),
        Err((ack::AckError::Nothing, _))
    ));
}
