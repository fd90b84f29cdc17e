//! Triage: rules of the form that order the reviewers' queue. They never decide.

use serde::{Deserialize, Serialize};

use super::{Condition, Form};
use crate::answers::Answers;
use crate::dates::Day;

/// How soon a human should look, after UNHCR's resettlement handbook (section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Removal or harm within days.
    Emergency,
    /// Within weeks.
    Urgent,
    /// In its turn.
    Normal,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// At least [`Tier::Emergency`].
    Emergency,
    /// At least [`Tier::Urgent`].
    Urgent,
    /// Before its equals within its tier.
    Raise,
    /// Never [`Tier::Normal`] until a human looked.
    Look,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriageRule {
    /// Short name that reviewers see, e.g. `E3`.
    pub name: String,
    /// What follows.
    pub effect: Effect,
    /// When it fires.
    pub when: Condition,
}

/// Which questions the reviewers' list shows. None of them may be a name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// The person's work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Where the person is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The person's name, shown only when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Dates that are deadlines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deadlines: Vec<String>,
}

/// What triage found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How soon.
    pub tier: Tier,
    /// Goes before its equals.
    pub raised: bool,
    /// The rules that fired, in the form's order.
    pub rules: Vec<String>,
    /// Days from today to the nearest deadline (negative: past), if one is known.
    pub deadline_days: Option<i64>,
}

impl Form {
    /// Orders one registration. `today` is a day in Kabul.
    pub fn triage(&self, answers: &Answers, today: Day) -> Verdict {
        let fired: Vec<&TriageRule> = self.triage.iter().filter(|rule| rule.when.holds(answers, today)).collect();
        let has = |effect| fired.iter().any(|rule| rule.effect == effect);
        let tier = if has(Effect::Emergency) {
            Tier::Emergency
        } else if has(Effect::Urgent) || has(Effect::Look) {
            Tier::Urgent
        } else {
            Tier::Normal
        };
        let deadline_days = self
            .summary
            .deadlines
            .iter()
            .filter_map(|question| answers.date(question)?.earliest())
            .map(|day| day.days_since(today))
            .min_by_key(|days| (*days < 0, days.abs()));
        Verdict { tier, raised: has(Effect::Raise), rules: fired.iter().map(|rule| rule.name.clone()).collect(), deadline_days }
    }
}
