//! The list as text for a terminal, and as pseudonymous JSON.

use amanat_shared::form::{Tier, Verdict};
use serde::Serialize;

use super::{Case, Names, Proof, deadline_words};
use crate::afghan_form::RegistrationKind;
use crate::arrival_times::Received;
use crate::notebook::{Author, Status};
use crate::safe_text;

/// Cases on one page.
pub const PAGE: usize = 20;

/// A tier as the list says it.
pub const fn tier_words(tier: Option<Tier>) -> &'static str {
    match tier {
        Some(Tier::Emergency) => "EMERGENCY",
        Some(Tier::Urgent) => "urgent",
        Some(Tier::Normal) => "normal",
        None => "urgent?",
    }
}

/// One page, from 1, as text that is safe to print.
pub fn page(all: &[Case], number: usize, names: Names) -> String {
    let all: Vec<&Case> = all.iter().collect();
    page_within(&all, number, names, usize::MAX)
}

/// One page, from 1, as text that is safe to print and fits this many columns if it can.
pub fn page_within(all: &[&Case], number: usize, names: Names, columns: usize) -> String {
    let pages = all.len().div_ceil(PAGE).max(1);
    let number = number.clamp(1, pages);
    let shown = || all.iter().skip((number - 1) * PAGE).take(PAGE);
    let assigned = shown().any(|case| case.standing.assigned.is_some());
    let received = shown().any(|case| case.received.is_some());
    let mut head = vec!["tier", "rules", "deadline", "days", "role", "country", "children"];
    head.extend(received.then_some("received"));
    head.push("status");
    head.extend(assigned.then_some("assigned"));
    head.extend(["also", "file"]);
    head.extend((names == Names::Shown).then_some("name"));
    let table = |head: &[&str]| {
        let rows: Vec<Vec<String>> = shown().map(|case| head.iter().map(|column| cell(case, column)).collect()).collect();
        safe_text::table_keeping(head, &rows, columns, &NEVER_CUT)
    };
    let (mut text, mut left_out) = (table(&head), Vec::new());
    for column in FIRST_TO_GO {
        if safe_text::widest_line(&text) <= columns {
            break;
        }
        if let Some(at) = head.iter().position(|it| *it == column) {
            left_out.push(head.remove(at));
            text = table(&head);
        }
    }
    let note = if left_out.is_empty() {
        String::new()
    } else {
        format!("No room for: {}; widen the terminal, or write the list into a file.\n", left_out.join(", "))
    };
    format!("{text}\nPage {number} of {pages}; {} cases.\n{note}", all.len())
}

/// Columns that a narrow terminal never cuts: half a day or half a hash is another one.
const NEVER_CUT: [&str; 7] = ["tier", "rules", "deadline", "days", "children", "received", "file"];
/// Columns that a narrow terminal leaves out, the first first.
const FIRST_TO_GO: [&str; 5] = ["received", "children", "assigned", "status", "role"];

fn cell(case: &Case, column: &str) -> String {
    let verdict = case.verdict.as_ref();
    let none = || "-".to_owned();
    match column {
        "tier" => tier_words(verdict.map(|verdict| verdict.tier)).to_owned(),
        "rules" => verdict.map_or_else(none, |verdict| {
            safe_text::safe(&verdict.rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>().join(" "))
        }),
        "deadline" => deadline_words(case).unwrap_or_else(none),
        "days" => verdict.and_then(Verdict::deadline_days).map_or_else(none, |days| days.to_string()),
        "role" => case.role.clone(),
        "country" => case.country.clone(),
        "children" => case.children.map_or_else(none, |children| children.to_string()),
        "received" => case.received.as_ref().map_or_else(none, |received| received.day().to_owned()),
        "status" => case.standing.status.words().to_owned(),
        "assigned" => case.standing.assigned.as_ref().map_or_else(none, |author| safe_text::isolated(author.as_str())),
        "also" => also(case),
        "file" => safe_text::safe(&case.file.chars().take(12).collect::<String>()),
        _ => case.name.clone().unwrap_or_else(none),
    }
}

/// Further marks of a case, in a few words.
fn also(case: &Case) -> String {
    let mut words = case.standing.conflicts.clone();
    if case.deletion_asked() {
        words.push("DELETE?".to_owned());
    }
    if case.repeats.is_some() {
        words.push("sent again".to_owned());
    }
    match (case.kind, case.proof) {
        (RegistrationKind::Update, Proof::Missing) => words.push("unproven: update".to_owned()),
        (RegistrationKind::Deletion, Proof::Missing) => words.push("unproven: deletion".to_owned()),
        (RegistrationKind::Update, _) => words.push("update".to_owned()),
        // A deletion that is proven has its own word above.
        (RegistrationKind::First | RegistrationKind::Deletion, _) => {}
    }
    if case.later.iter().any(|later| later.kind == RegistrationKind::Update) {
        words.push("updated".to_owned());
    }
    if !case.claimed_by.is_empty() {
        words.push(format!("unproven: {} others", case.claimed_by.len()));
    }
    if case.standing.referred {
        words.push("referred".to_owned());
    }
    if !case.form_known {
        words.push("form not known".to_owned());
    }
    match case.duplicates.others.len() {
        _ if case.duplicates.many => words.push("dup: many".to_owned()),
        0 => {}
        number => words.push(format!("dup: {number}")),
    }
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

#[derive(Serialize)]
struct JsonRow<'a> {
    reference: &'a str,
    sha256: &'a str,
    kind: &'static str,
    tier: Option<Tier>,
    rules: Vec<&'a str>,
    deadline: Option<String>,
    days: Option<i64>,
    role: Option<&'a str>,
    country: Option<&'a str>,
    children: Option<i64>,
    received: Option<&'a str>,
    status: Status,
    assigned: Option<&'a str>,
    marks: Vec<&'static str>,
}

/// These cases as JSON without names, numbers or anything else that a sender wrote freely: a list of `{ reference, sha256,
/// kind, tier, rules, deadline, days, role, country, children, received, status, assigned, marks }`, with `null` for what is
/// not known. `kind` is `first`, `update` or `deletion`: only the first is a person. `days` is a number only where the
/// deadline is one day.
pub fn json(cases: &[&Case]) -> String {
    let rows: Vec<JsonRow<'_>> = cases
        .iter()
        .map(|case| JsonRow {
            reference: case.reference(),
            sha256: &case.sha256,
            kind: match case.kind {
                RegistrationKind::First => "first",
                RegistrationKind::Update => "update",
                RegistrationKind::Deletion => "deletion",
            },
            tier: case.verdict.as_ref().map(|verdict| verdict.tier),
            rules: case.verdict.iter().flat_map(|verdict| &verdict.rules).map(|rule| rule.name.as_str()).collect(),
            deadline: deadline_words(case),
            days: case.verdict.as_ref().and_then(Verdict::deadline_days),
            role: case.role_key.as_deref(),
            country: case.country_key.as_deref(),
            children: case.children,
            received: case.received.as_ref().map(Received::as_str),
            status: case.standing.status,
            assigned: case.standing.assigned.as_ref().map(Author::as_str),
            marks: marks(case),
        })
        .collect();
    serde_json::to_string_pretty(&rows).expect("rows are plain strings and numbers")
}

/// Further marks of a case for programs; these words never change.
fn marks(case: &Case) -> Vec<&'static str> {
    let later_update = case.later.iter().any(|later| later.kind == RegistrationKind::Update);
    [
        (case.deletion_asked(), "deletion_asked"),
        (case.repeats.is_some(), "sent_again"),
        (case.proof == Proof::Missing, "not_proven"),
        (later_update, "updated"),
        (!case.claimed_by.is_empty(), "later_not_proven"),
        (!case.duplicates.others.is_empty() || case.duplicates.many, "likely_duplicate"),
        (case.standing.referred, "referred"),
        (!case.form_known, "form_not_known"),
    ]
    .into_iter()
    .filter_map(|(holds, mark)| holds.then_some(mark))
    .collect()
}

#[cfg(test)]
mod tests {
    use amanat_shared::seal::{MailboxKey, Proven};
    use serde_json::{Value, json};

    use super::*;
    use crate::cases::list::link_cases;
    use crate::cases::tests::{proven_row, row};

    #[test]
    fn json_has_pseudonymous_columns_only_whatever_a_sender_writes() {
        let mut case = row(
            7,
            "",
            &json!({
                "name_native": "Karima", "father_name": "Ahmad", "phone": { "raw": "0799123456" }, "justice_role": "Karima",
                "country_now": "PK", "children_count": 3, "danger_7days": "yes", "risk_note": "Karima", "is_update": "Karima",
            }),
        );
        case.name = Some("Karima".to_owned());
        let text = json(&[&case]);
        assert!(!text.contains("Karima") && !text.contains("Ahmad") && !text.contains("799123456"), "{text}");
        let rows: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            rows[0],
            json!({
                "reference": "000000000000", "sha256": format!("{:064x}", 7), "kind": "first", "tier": "emergency",
                "rules": rows[0]["rules"], "deadline": null, "days": null, "role": null, "country": "PK", "children": 3,
                "received": null, "status": "new", "assigned": null, "marks": [],
            })
        );
        assert!(rows[0]["rules"].as_array().unwrap().contains(&json!("E2")));
    }

    #[test]
    fn a_narrow_terminal_cuts_no_day_no_rule_and_no_hash() {
        let mut cases = [
            row(
                1,
                "",
                &json!({
                    "danger_7days": "yes", "country_now": "PK", "justice_role": "military_justice", "legal_status": "none",
                    "removal_signs": ["detained_now", "written_notice"], "children_count": 12, "deported_before": "yes",
                }),
            ),
            row(2, "", &json!({ "danger_7days": "no", "country_now": "IR" })),
        ];
        for case in &mut cases {
            case.received = Received::parse("2026-11-22T06:00Z");
            case.standing.assigned = Author::new("Karima Karimi");
        }
        let all: Vec<&Case> = cases.iter().collect();
        for columns in [80, 100, 200] {
            let text = page_within(&all, 1, Names::Hidden, columns);
            let rows: Vec<&str> = text.lines().collect();
            assert!(safe_text::widest_line(rows[1]) <= columns, "{text}");
            for whole in ["EMERGENCY", "E1 E2 U1 U3 U6", "now", "000000000000"] {
                assert!(rows[1].contains(whole), "{whole} at {columns} in {text}");
            }
            assert_eq!(text.contains("No room for: received"), columns < 200, "{text}");
        }
    }

    #[test]
    fn a_row_says_what_else_there_is() {
        let mailbox = |number: usize| format!("{number:032x}");
        let mut cases = [
            row(1, &mailbox(1), &json!({ "phone": { "raw": "0799123456" } })),
            row(2, &mailbox(2), &json!({ "is_update": "update", "prior_ref": mailbox(1) })),
            row(3, &mailbox(3), &json!({ "is_update": "delete", "prior_ref": mailbox(1) })),
            row(4, &mailbox(4), &json!({ "phone": { "raw": "0799123456" } })),
        ];
        link_cases(&mut cases);
        let unproven = ["unproven: 2 others, dup: 1", "unproven: update", "unproven: deletion", "dup: 1"];
        assert_eq!(cases.each_ref().map(also), unproven);

        let code = |number: u8| MailboxKey { id: u128::from(number).to_be_bytes(), key: [number; 32] };
        let signed = |number: u8, text: u8, answers: &Value| {
            let prior = answers.get("prior_ref").map(|_| code(1));
            proven_row(number.into(), &mailbox(text.into()), answers, Some(Proven { text: [text; 32], mailbox: code(text), prior }))
        };
        let mut cases = [
            signed(1, 1, &json!({})),
            signed(2, 2, &json!({ "is_update": "update", "prior_ref": mailbox(1) })),
            signed(3, 3, &json!({ "is_update": "delete", "prior_ref": mailbox(1) })),
            signed(4, 3, &json!({ "is_update": "delete", "prior_ref": mailbox(1) })),
        ];
        link_cases(&mut cases);
        assert_eq!(cases.each_ref().map(also), ["DELETE?, updated", "update", "DELETE?, dup: 1", "sent again, dup: 1"]);
    }
}
