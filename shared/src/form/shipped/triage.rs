//! Every rule of the queue fires on its case and on no other, and the policy table on its days.

use super::super::{Condition, Effect, Tier};
use super::{TODAY, answers, shipped};
use crate::answers::Answer;
use crate::dates::Day;

/// A first registration of somebody in Pakistan whom nothing threatens soon.
const CALM: &str = "is_update=first danger_7days=no country_now=PK legal_status=visa_valid status_expiry=+90 removal_signs=none,";
/// The same in Afghanistan.
const CALM_AT_HOME: &str = "is_update=first danger_7days=no country_now=AF";

/// Tier, whether raised, and the names of the rules that fired.
fn judged(given: &str, today: Day) -> (Tier, bool, String) {
    let verdict = shipped().triage(&answers(given), today);
    let names: Vec<&str> = verdict.rules.iter().map(|rule| rule.name.as_str()).collect();
    (verdict.tier, verdict.raised, names.join(" "))
}

fn assert_judged(base: &str, cases: &[(&str, Tier, bool, &str)]) {
    for (given, tier, raised, rules) in cases {
        // The last of two entries for one question counts.
        assert_eq!(judged(&format!("{base} {given}"), TODAY), (*tier, *raised, (*rules).to_owned()), "{given}");
    }
}

#[test]
fn every_rule_fires_on_its_case_and_on_no_other() {
    assert_judged(
        CALM,
        &[
            ("", Tier::Normal, false, ""),
            ("removal_signs=detained_now,", Tier::Emergency, false, "E1"),
            ("danger_7days=yes", Tier::Emergency, false, "E2"),
            ("removal_signs=landlord, removal_date=+7", Tier::Emergency, false, "E3 U3"),
            ("removal_date=+8", Tier::Normal, false, ""),
            ("removal_date=+-3", Tier::Emergency, false, "E3"),
            ("risk_events=attack, last_event=7d", Tier::Emergency, false, "E4"),
            ("risk_events=attack, last_event=30d", Tier::Normal, false, ""),
            ("risk_events=calls, last_event=7d", Tier::Normal, false, ""),
            ("needs=child_alone,", Tier::Emergency, false, "E5"),
            ("needs=medicine,medical_urgent", Tier::Emergency, false, "E5"),
            ("needs=medicine,", Tier::Normal, false, ""),
            ("household_head=child", Tier::Emergency, false, "E5"),
            ("legal_status=none", Tier::Urgent, false, "U1"),
            ("country_now=TR legal_status=visa_expired status_expiry=+-400", Tier::Urgent, false, "U1"),
            ("legal_status=visa_expired", Tier::Urgent, false, "U1"),
            ("legal_status=unhcr_cert", Tier::Normal, false, ""),
            ("status_expiry=+31", Tier::Normal, false, ""),
            ("status_expiry=+30", Tier::Urgent, false, "U2"),
            ("status_expiry=+0", Tier::Urgent, false, "U2"),
            ("status_expiry=+-1", Tier::Urgent, false, "U1 U2"),
            ("status_expiry=+-365", Tier::Urgent, false, "U1 U2"),
            ("status_expiry=+-366", Tier::Urgent, false, "U1"),
            ("removal_signs=stopped,", Tier::Normal, false, ""),
            ("removal_signs=stopped,written_notice", Tier::Urgent, false, "U3"),
            ("removal_signs=extension_refused,", Tier::Urgent, false, "U3"),
            ("household_head=woman", Tier::Normal, false, ""),
            ("risk_events=summons, last_event=6m", Tier::Normal, false, ""),
            ("armed_group_cases=yes", Tier::Normal, true, "U6"),
            ("armed_group_cases=no unit_types=juvenile,", Tier::Normal, false, ""),
            ("unit_types=juvenile,terrorism", Tier::Normal, true, "U6"),
            ("institution=jcip", Tier::Normal, true, "U6"),
            ("institution=huquq justice_role=judge", Tier::Normal, false, ""),
            ("justice_role=military_justice", Tier::Normal, true, "U6"),
            ("deported_before=yes danger_7days=yes", Tier::Emergency, true, "E2 U6"),
        ],
    );
    assert_judged(
        CALM_AT_HOME,
        &[
            ("", Tier::Normal, false, ""),
            ("legal_status=none", Tier::Normal, false, ""),
            ("risk_events=summons, last_event=6m", Tier::Urgent, false, "U4"),
            ("risk_events=summons, last_event=older", Tier::Normal, false, ""),
            ("risk_events=calls, last_event=7d", Tier::Normal, false, ""),
            ("household_head=woman", Tier::Urgent, false, "U5"),
            ("household_head=couple", Tier::Normal, false, ""),
        ],
    );
}

#[test]
fn what_is_not_known_is_never_normal() {
    assert_judged(
        CALM,
        &[
            ("danger_7days=not_sure", Tier::Urgent, false, "X1"),
            ("risk_events=discuss_later,", Tier::Urgent, false, "X1"),
            ("legal_status=sharp_slip", Tier::Urgent, false, "X1"),
            ("status_expiry=?", Tier::Urgent, false, "X1"),
            // This answer has the wrong type: no day can be read from it.
            ("status_expiry=2030", Tier::Urgent, false, "X1"),
            ("danger_7days=never-heard-of-it", Tier::Urgent, false, "X1"),
        ],
    );
    let look = (Tier::Urgent, false, "X1".to_owned());
    for given in [
        "",
        "danger_7days=no",
        "danger_7days=no country_now=PK",
        "danger_7days=no country_now=PK legal_status=visa_valid",
        "danger_7days=no country_now=PK status_expiry=?",
        "country_now=AF",
        "is_update=first country_now=AF",
    ] {
        assert_eq!(judged(given, TODAY), look, "{given}");
    }
    for given in ["is_update=update", "is_update=delete", "is_update=update country_now=PK", "is_update=update danger_7days=no"] {
        assert_eq!(judged(given, TODAY), (Tier::Normal, false, String::new()), "{given}: the earlier form says the rest");
    }
    assert_eq!(judged("is_update=update danger_7days=not_sure", TODAY), look);
}

#[test]
fn a_status_is_void_from_the_day_of_its_decree() {
    let form = shipped();
    let days = [("acc", "2025-04-01"), ("por", "2025-07-01"), ("headcount", "2025-07-07")];
    assert_eq!(form.policy.len(), days.len());
    for (choice, void_from) in days {
        let void_from = Day::from_iso(void_from).expect("it is a day");
        let country = if choice == "headcount" { "IR" } else { "PK" };
        for (today, fires) in [(Day(void_from.0 - 1), false), (void_from, true), (Day(void_from.0 + 1), true), (TODAY, true)] {
            let given = format!("{CALM} country_now={country} legal_status={choice} status_expiry=+900");
            let expected = if fires { (Tier::Urgent, false, "U1".to_owned()) } else { (Tier::Normal, false, String::new()) };
            assert_eq!(judged(&given, today), expected, "{choice} on {today}");
        }
        assert!(form.policy.iter().any(|row| (row.choice.as_str(), row.void_from) == (choice, void_from)));
    }
}

#[test]
fn the_rules_are_those_of_the_coalitions_table_and_each_says_why() {
    let form = shipped();
    let rules: Vec<(&str, Effect)> = form.triage.iter().map(|rule| (rule.name.as_str(), rule.effect)).collect();
    let emergencies = ["E1", "E2", "E3", "E4", "E5"].map(|name| (name, Effect::Emergency));
    let urgent = ["U1", "U2", "U3", "U4", "U5"].map(|name| (name, Effect::Urgent));
    assert_eq!(rules, [&emergencies[..], &urgent, &[("U6", Effect::Raise), ("X1", Effect::Look)]].concat());

    let verdict = form.triage(&answers("removal_date=+2 is_update=update"), TODAY);
    assert_eq!(verdict.rules[0].why, "Must leave within a week, or should have left");
    assert_eq!(verdict.deadline_days(), Some(2));
}

#[test]
fn a_form_without_rules_calls_nothing_normal() {
    let form = super::Form { triage: Vec::new(), ..shipped() };
    assert_eq!(form.triage(&answers(CALM), TODAY).tier, Tier::Urgent);
}

#[test]
fn away_from_triage_its_conditions_never_hold() {
    let given = answers("status_expiry=+3 legal_status=por removal_date=?");
    assert!(matches!(given.get("legal_status"), Some(Answer::Text(_))));
    let in_days = Condition::InDays { question: "status_expiry".to_owned(), from: 0, to: 7 };
    for condition in
        [in_days, Condition::DateUnknown("removal_date".to_owned()), Condition::VoidByPolicy("legal_status".to_owned())]
    {
        assert!(!condition.holds(&given), "{condition:?}");
    }
}
