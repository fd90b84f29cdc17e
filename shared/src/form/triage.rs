//! Triage: rules of the form that order the reviewers' queue. They never decide.
//!
//! Only reviewers read them: nothing of this is in the phone's program.

use serde::{Deserialize, Serialize};

use super::{Condition, Form};
use crate::answers::Answers;
use crate::dates::{Day, PartialDate};

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
    /// What they read beside it: one plain sentence in English.
    pub why: String,
    /// What follows.
    pub effect: Effect,
    /// When it fires.
    pub when: Condition,
}

/// A row of the policy table: what is written on a paper is void from a day on, because a government says so. Kept apart
/// from the rules, since decrees change more often than what follows from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// A `select_one`.
    pub question: String,
    /// The choice that is void.
    pub choice: String,
    /// The first day on which it is.
    pub void_from: Day,
    /// Who said so, and where that can be read.
    pub source: String,
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
    pub rules: Vec<Fired>,
    /// Days from today to the nearest deadline (negative: past), if one is known.
    pub deadline_days: Option<i64>,
}

/// A rule that fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// As in the form.
    pub name: String,
    /// As in the form.
    pub why: String,
}

impl Form {
    /// Orders one registration. `today` is a day in Kabul. A form without rules, or read as the phone reads it, calls nothing
    /// [`Tier::Normal`].
    pub fn triage(&self, answers: &Answers, today: Day) -> Verdict {
        let fired: Vec<&TriageRule> = self.triage.iter().filter(|rule| self.holds(&rule.when, answers, today)).collect();
        let has = |effect| fired.iter().any(|rule| rule.effect == effect);
        let tier = if has(Effect::Emergency) {
            Tier::Emergency
        } else if has(Effect::Urgent) || has(Effect::Look) || self.triage.is_empty() {
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
        let rules = fired.iter().map(|rule| Fired { name: rule.name.clone(), why: rule.why.clone() }).collect();
        Verdict { tier, raised: has(Effect::Raise), rules, deadline_days }
    }

    fn holds(&self, condition: &Condition, answers: &Answers, today: Day) -> bool {
        let holds = |part: &Condition| self.holds(part, answers, today);
        match condition {
            Condition::All(parts) => parts.iter().all(holds),
            Condition::Any(parts) => parts.iter().any(holds),
            Condition::Not(part) => !holds(part),
            Condition::InDays { question, from, to } => {
                let day = answers.date(question).and_then(PartialDate::earliest);
                day.is_some_and(|day| (*from..=*to).contains(&day.days_since(today)))
            }
            Condition::DateUnknown(question) => {
                answers.get(question).is_some() && answers.date(question).and_then(PartialDate::earliest).is_none()
            }
            Condition::VoidByPolicy(question) => {
                let rows = self.policy.iter().filter(|row| row.question == *question && row.void_from <= today);
                answers.text(question).is_some_and(|choice| rows.into_iter().any(|row| row.choice == choice))
            }
            _ => condition.holds(answers),
        }
    }
}
