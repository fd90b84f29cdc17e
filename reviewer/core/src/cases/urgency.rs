//! Urgency: the order of cases within one tier.

use amanat_shared::answers::Answers;
use amanat_shared::form::{Deadline, Effect, Tier, Verdict};

use super::Case;
use crate::afghan_form::{AfghanForm, DANGER_DAYS};

/// A threat that the person answered without a date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Threat {
    /// The person or the family is detained now.
    pub is_detained: bool,
    /// The person expects serious danger within days.
    pub is_in_danger: bool,
}

impl Threat {
    pub(super) fn of(answers: &Answers) -> Self {
        let form = AfghanForm::new(answers);
        Self { is_detained: form.is_detained(), is_in_danger: form.expects_danger() }
    }
}

/// Classes of emergencies, the most pressing first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EmergencyClass {
    /// A removal whose day has just passed: the person can be taken away on any day.
    JustPassed,
    /// Detained now, or a removal within days.
    WithinDays,
    /// Any other reason.
    Other,
    /// No threat but a removal whose day passed long ago.
    LongPassed,
}

/// The place among emergencies: class, days (without a sign), not one day, not detained. All cases of other tiers are equal.
pub(super) fn pressing(case: &Case) -> impl Ord + use<> {
    let like_the_others = (EmergencyClass::Other, 0, false, false);
    let Some(verdict) = case.verdict.as_ref().filter(|verdict| verdict.tier == Tier::Emergency) else { return like_the_others };
    let detained = case.threat.is_detained;
    let removal = verdict
        .deadlines
        .iter()
        .filter(|deadline| deadline.is_removal && deadline.has_fired)
        .filter_map(|deadline| Some((deadline, deadline.nearest_days()?)))
        .min_by_key(|(deadline, days)| (!deadline.has_just_passed(), *days < 0, days.abs()));
    match removal {
        Some((removal, days)) if removal.has_just_passed() => {
            (EmergencyClass::JustPassed, days.abs(), !removal.is_exact, !detained)
        }
        _ if detained => (EmergencyClass::WithinDays, 0, false, false),
        Some((removal, days)) if days >= 0 => (EmergencyClass::WithinDays, days, !removal.is_exact, true),
        Some(_) if verdict.rules.iter().all(|rule| rule.effect != Effect::Emergency || !rule.deadlines.is_empty()) => {
            (EmergencyClass::LongPassed, 0, false, false)
        }
        _ => like_the_others,
    }
}

/// The place by the deadline that the list shows: deadlines that have just passed, then the nearest, then those long past,
/// then none.
pub(super) fn shown(case: &Case) -> impl Ord + use<> {
    place(case.verdict.as_ref().and_then(|verdict| verdict.deadline()))
}

/// The place by every threat, whether a rule fired because of it or not.
pub(super) fn nearest(case: &Case) -> impl Ord + use<> {
    let deadlines = case.verdict.iter().flat_map(|verdict| &verdict.deadlines).map(|deadline| place(Some(deadline)));
    let detained = case.threat.is_detained.then_some((DeadlinePlace::Ahead, 0, false));
    deadlines.chain(detained).min().unwrap_or_else(|| place(None))
}

/// Whether something threatens within so many days from today, or a deadline has just passed.
pub(super) fn is_within(case: &Case, days: i64) -> bool {
    let is_near = |deadline: &Deadline| {
        let is_ahead = deadline.days.is_some_and(|(first, last)| first <= days && last >= 0);
        is_ahead || deadline.has_fired && deadline.has_just_passed()
    };
    case.threat.is_detained
        || case.threat.is_in_danger && days >= DANGER_DAYS
        || case.verdict.iter().flat_map(|verdict| &verdict.deadlines).any(is_near)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum DeadlinePlace {
    JustPassed,
    Ahead,
    LongPassed,
    None,
}

fn place(deadline: Option<&Deadline>) -> (DeadlinePlace, i64, bool) {
    let Some((deadline, days)) = deadline.and_then(|deadline| Some((deadline, deadline.nearest_days()?))) else {
        return (DeadlinePlace::None, 0, false);
    };
    let place = match days {
        _ if deadline.has_just_passed() && deadline.has_fired => DeadlinePlace::JustPassed,
        0.. => DeadlinePlace::Ahead,
        _ => DeadlinePlace::LongPassed,
    };
    (place, days.abs(), !deadline.is_exact)
}

/// The deadline of a row in a few characters: the day as exact as it is known, or `now`.
pub fn deadline_words(case: &Case) -> Option<String> {
    let deadline = case.verdict.as_ref().and_then(|verdict| verdict.deadline());
    deadline.map(|deadline| deadline.on.clone()).or_else(|| case.threat.is_detained.then(|| "now".to_owned()))
}

/// The deadline with the days from today, if it is one day: `2026-11-29 (-1)`.
pub fn deadline_and_days(case: &Case) -> Option<String> {
    let days = case.verdict.as_ref().and_then(Verdict::deadline_days);
    let words = deadline_words(case)?;
    Some(days.map_or_else(|| words.clone(), |days| format!("{words} ({days})")))
}

#[cfg(test)]
mod tests;
