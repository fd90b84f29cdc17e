//! Triage: rules of the form that order the reviewers' queue. They never decide.
//!
//! Only reviewers read them: nothing of this is in the phone's program.

mod deadline;
mod known;

use serde::{Deserialize, Serialize};

use self::deadline::DaysUntil;
use super::{Condition, Form};
use crate::answers::Answers;
use crate::dates::{Day, PartialDate};

pub use self::deadline::{Deadline, Doubt, JUST_PASSED_DAYS};

/// Name of the rule that is in no form: something was answered that the form does not know.
pub const NOT_KNOWN: &str = "X?";

/// The priority of a case, after UNHCR's resettlement handbook (section 4.2).
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

/// The effect of a rule.
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
    /// The sentence that reviewers read beside it, in plain English.
    pub why: String,
    /// The effect.
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
    /// The source, and where it can be read.
    pub source: String,
}

/// Which questions the reviewers' list shows. None of them may be a name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// The person's work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The country or province of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The person's name, shown only when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Dates that are deadlines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deadlines: Vec<String>,
}

/// The result of triage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The priority.
    pub tier: Tier,
    /// Goes before its equals.
    pub raised: bool,
    /// The rules that fired, in the form's order.
    pub rules: Vec<Fired>,
    /// The form's deadlines that were answered with a date, in the form's order.
    pub deadlines: Vec<Deadline>,
    shown: Option<usize>,
}

/// A rule that fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// As in the form.
    pub name: String,
    /// As in the form.
    pub why: String,
    /// As in the form.
    pub effect: Effect,
    /// The deadlines because of which it fired.
    pub deadlines: Vec<String>,
}

impl Verdict {
    /// The deadline to show beside the rules: the one because of which the strongest rule fired. Where none fired so, a
    /// removal that lies ahead; and where no rule says how soon, the nearest date ahead.
    pub fn deadline(&self) -> Option<&Deadline> {
        self.shown.and_then(|at| self.deadlines.get(at))
    }

    /// Says that a human has to look, and why: nothing is normal that this form cannot judge.
    pub fn look(&mut self, why: &str) {
        self.rules.push(Fired { name: NOT_KNOWN.to_owned(), why: why.to_owned(), effect: Effect::Look, deadlines: Vec::new() });
        self.tier = self.tier.min(Tier::Urgent);
    }

    /// Days from today to that deadline (negative: past), if it is one day.
    pub fn deadline_days(&self) -> Option<i64> {
        self.deadline().filter(|deadline| deadline.is_exact).and_then(Deadline::nearest_days)
    }
}

impl Form {
    /// Orders one registration. `today` is a day in Kabul. A form without rules, or read as the phone reads it, calls nothing
    /// [`Tier::Normal`]; nor is normal what has an answer that the form does not know.
    pub fn triage(&self, answers: &Answers, today: Day) -> Verdict {
        let triage = Triage { form: self, answers, today };
        let rules: Vec<Fired> = self.triage.iter().filter_map(|rule| triage.fire(rule)).collect();
        let has = |effect| rules.iter().any(|rule| rule.effect == effect);
        let tier = if has(Effect::Emergency) {
            Tier::Emergency
        } else if has(Effect::Urgent) || has(Effect::Look) || self.triage.is_empty() {
            Tier::Urgent
        } else {
            Tier::Normal
        };
        let deadlines: Vec<Deadline> =
            self.summary.deadlines.iter().filter_map(|question| triage.deadline(question, &rules)).collect();
        let shown = shown(&deadlines, &rules, tier);
        let mut verdict = Verdict { tier, raised: has(Effect::Raise), rules, deadlines, shown };
        if tier == Tier::Normal && self.has_unknown(answers, today) {
            verdict.look("An answer that this form does not know, or a date that cannot be right");
        }
        verdict
    }
}

/// The index of the deadline that [`Verdict::deadline`] gives.
fn shown(deadlines: &[Deadline], rules: &[Fired], tier: Tier) -> Option<usize> {
    let strength = |deadline: &Deadline| {
        let fired = rules.iter().filter(|rule| rule.deadlines.contains(&deadline.question));
        fired.map(|rule| rule.effect as u8).min().unwrap_or(u8::MAX)
    };
    let is_ahead = |deadline: &Deadline| deadline.nearest_days().is_some_and(|days| days >= 0);
    let may_be_shown =
        |deadline: &Deadline| deadline.has_fired || is_ahead(deadline) && (deadline.is_removal || tier == Tier::Normal);
    let found = deadlines.iter().enumerate().filter(|(_, deadline)| may_be_shown(deadline));
    found.min_by_key(|(_, it)| (strength(it), !it.is_removal, it.nearest_days().map_or(i64::MAX, i64::abs))).map(|(at, _)| at)
}

/// One registration on one day.
#[derive(Clone, Copy)]
struct Triage<'a> {
    form: &'a Form,
    answers: &'a Answers,
    today: Day,
}

impl Triage<'_> {
    fn fire(self, rule: &TriageRule) -> Option<Fired> {
        self.holds(&rule.when).then(|| {
            let mut deadlines = Vec::new();
            self.dates(&rule.when, &mut deadlines);
            Fired { name: rule.name.clone(), why: rule.why.clone(), effect: rule.effect, deadlines }
        })
    }

    /// The questions whose dates make a condition hold.
    fn dates(self, condition: &Condition, found: &mut Vec<String>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                for part in parts.iter().filter(|part| self.holds(part)) {
                    self.dates(part, found);
                }
            }
            Condition::InDays { question, .. } if self.holds(condition) => found.push(question.clone()),
            _ => {}
        }
    }

    fn deadline(self, question: &str, rules: &[Fired]) -> Option<Deadline> {
        let DaysUntil { days, on, is_exact, doubt } = DaysUntil::of(self.answers.get(question)?, self.today)?;
        let from_today = |(first, last): (Day, Day)| (first.days_since(self.today), last.days_since(self.today));
        let is_removal = self.form.triage.iter().any(|rule| rule.effect == Effect::Emergency && asks_in_days(&rule.when, question));
        Some(Deadline {
            question: question.to_owned(),
            on,
            days: days.map(from_today).filter(|_| doubt != Some(Doubt::Unreadable)),
            is_exact,
            doubt,
            is_removal,
            has_fired: rules.iter().any(|rule| rule.deadlines.iter().any(|fired| fired == question)),
        })
    }

    fn holds(self, condition: &Condition) -> bool {
        let holds = |part: &Condition| self.holds(part);
        match condition {
            Condition::All(parts) => parts.iter().all(holds),
            Condition::Any(parts) => parts.iter().any(holds),
            Condition::Not(part) => !holds(part),
            Condition::InDays { question, from, to } => {
                let answer = self.answers.get(question).filter(|_| self.answers.date(question).is_some());
                let days = answer.and_then(|answer| DaysUntil::of(answer, self.today)).and_then(|until| until.days);
                days.is_some_and(|(first, last)| first.days_since(self.today) <= *to && last.days_since(self.today) >= *from)
            }
            Condition::DateUnknown(question) => {
                self.answers.get(question).is_some() && self.answers.date(question).and_then(PartialDate::earliest).is_none()
            }
            Condition::VoidByPolicy(question) => {
                let rows = self.form.policy.iter().filter(|row| row.question == *question && row.void_from <= self.today);
                self.answers.text(question).is_some_and(|choice| rows.into_iter().any(|row| row.choice == choice))
            }
            _ => condition.holds(self.answers),
        }
    }
}

/// Whether a condition asks how near this question's date is.
fn asks_in_days(condition: &Condition, wanted: &str) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| asks_in_days(part, wanted)),
        Condition::Not(part) => asks_in_days(part, wanted),
        Condition::InDays { question, .. } => question == wanted,
        _ => false,
    }
}
