//! The list as text for a terminal, and as pseudonymous JSON.

use amanat_shared::form::Tier;
use serde::Serialize;

use super::{Case, Kind, Names};
use crate::joined::Proof;
use crate::notebook::Status;
use crate::received::Received;
use crate::terminal;

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
    let mut head = vec!["tier", "rules", "days", "role", "country", "children"];
    head.extend(received.then_some("received"));
    head.push("status");
    head.extend(assigned.then_some("assigned"));
    head.extend(["also", "file"]);
    head.extend((names == Names::Shown).then_some("name"));
    let rows: Vec<Vec<String>> = shown().map(|case| head.iter().map(|column| cell(case, column)).collect()).collect();
    format!("{}\nPage {number} of {pages}; {} cases.\n", terminal::table_within(&head, &rows, columns), all.len())
}

fn cell(case: &Case, column: &str) -> String {
    let verdict = case.verdict.as_ref();
    let none = || "-".to_owned();
    match column {
        "tier" => tier_words(verdict.map(|verdict| verdict.tier)).to_owned(),
        "rules" => verdict.map_or_else(none, |verdict| {
            terminal::safe(&verdict.rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>().join(" "))
        }),
        "days" => verdict.and_then(|verdict| verdict.deadline_days).map_or_else(none, |days| days.to_string()),
        "role" => case.role.clone(),
        "country" => case.country.clone(),
        "children" => case.children.map_or_else(none, |children| children.to_string()),
        "received" => case.received.as_ref().map_or_else(none, |received| received.day().to_owned()),
        "status" => case.standing.status.words().to_owned(),
        "assigned" => case.standing.assigned.as_ref().map_or_else(none, |author| terminal::isolated(author.as_str())),
        "also" => also(case),
        "file" => terminal::safe(&case.file.chars().take(12).collect::<String>()),
        _ => case.name.clone().unwrap_or_else(none),
    }
}

/// What else there is to know of a case, in a few words.
fn also(case: &Case) -> String {
    let mut words = case.standing.conflicts.clone();
    if case.deletion_asked() {
        words.push("DELETE?".to_owned());
    }
    if case.repeats.is_some() {
        words.push("sent again".to_owned());
    }
    match (case.kind, case.proof) {
        (Kind::Update, Proof::Missing) => words.push("unproven: update".to_owned()),
        (Kind::Deletion, Proof::Missing) => words.push("unproven: deletion".to_owned()),
        (Kind::Update, _) => words.push("update".to_owned()),
        // A deletion that is proven has its own word above.
        (Kind::First | Kind::Deletion, _) => {}
    }
    if case.later.iter().any(|later| later.kind == Kind::Update) {
        words.push("updated".to_owned());
    }
    if !case.claimed_by.is_empty() {
        words.push(format!("unproven: {} others", case.claimed_by.len()));
    }
    match case.duplicates.others.len() {
        _ if case.duplicates.many => words.push("dup: many".to_owned()),
        0 => {}
        number => words.push(format!("dup: {number}")),
    }
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

#[derive(Serialize)]
struct Row<'a> {
    reference: &'a str,
    tier: Option<Tier>,
    rules: Vec<&'a str>,
    days: Option<i64>,
    role: Option<&'a str>,
    country: Option<&'a str>,
    children: Option<i64>,
    received: Option<&'a str>,
    status: Status,
}

/// These cases as JSON without names, numbers or anything else that a sender wrote freely: a list of `{ reference, tier,
/// rules, days, role, country, children, received, status }`, with `null` for what is not known.
pub fn json(cases: &[&Case]) -> String {
    let rows: Vec<Row<'_>> = cases
        .iter()
        .map(|case| Row {
            reference: case.reference(),
            tier: case.verdict.as_ref().map(|verdict| verdict.tier),
            rules: case.verdict.iter().flat_map(|verdict| &verdict.rules).map(|rule| rule.name.as_str()).collect(),
            days: case.verdict.as_ref().and_then(|verdict| verdict.deadline_days),
            role: case.role_key.as_deref(),
            country: case.country_key.as_deref(),
            children: case.children,
            received: case.received.as_ref().map(Received::as_str),
            status: case.standing.status,
        })
        .collect();
    serde_json::to_string_pretty(&rows).expect("rows are plain strings and numbers")
}

#[cfg(test)]
mod tests {
    use amanat_shared::seal::{MailboxKey, Proven};
    use serde_json::{Value, json};

    use super::*;
    use crate::cases::relate;
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
                "reference": "000000000000", "tier": "emergency", "rules": rows[0]["rules"], "days": null, "role": null,
                "country": "PK", "children": 3, "received": null, "status": "new",
            })
        );
        assert!(rows[0]["rules"].as_array().unwrap().contains(&json!("E2")));
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
        relate(&mut cases);
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
        relate(&mut cases);
        assert_eq!(cases.each_ref().map(also), ["DELETE?, updated", "update", "DELETE?, dup: 1", "sent again, dup: 1"]);
    }
}
