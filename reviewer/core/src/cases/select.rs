//! Selects rows and puts them in order.

use std::cmp::{Ordering, Reverse};

use amanat_shared::form::Tier;
use amanat_shared::text::match_key;

use super::{Case, urgency};
use crate::afghan_form::RegistrationKind;
use crate::arrival_times::Received;
use crate::notebook::{Author, Status};
use crate::safe_text;
use crate::search::{Query, Rank};

/// Most children that count for the order: a sender who claims more gains nothing.
const MOST_CHILDREN: i64 = 20;

/// The reviewer whose cases are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// Cases of nobody.
    Nobody,
    /// Cases of this reviewer.
    To(Author),
}

/// A filter of cases. A case fits if everything holds that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The tier. A form that is not known counts as urgent.
    pub tier: Option<Tier>,
    /// The status.
    pub status: Option<Status>,
    /// The country, as the form's choice (`PK`) or in the words of the list (`Pakistan`).
    pub country: Option<String>,
    /// The work, as the form's choice (`judge`) or in the words of the list.
    pub role: Option<String>,
    /// The assignment.
    pub assigned: Option<Assigned>,
    /// Something threatens today or at most so many days ahead, or a deadline has just passed.
    pub within_days: Option<u32>,
    /// First registrations, updates or requests for deletion.
    pub kind: Option<RegistrationKind>,
    /// Names, numbers or the beginning of a hash; see [`Query`].
    pub text: String,
}

/// The order of a list. Equal cases are in the order of triage, and then of hashes, so that a list stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The most urgent first; see [`order`].
    #[default]
    Triage,
    /// Deadlines that have just passed first, then the nearest, then those long past, then cases without one.
    Deadline,
    /// The newest first, those of which the server said nothing last.
    Received,
    /// New ones first, then as work goes on.
    Status,
}

/// Returns the indices of the cases that fit, in order. If a text is searched for, better matches come first.
pub fn select(cases: &[Case], filter: &Filter, sort: Sort) -> Vec<usize> {
    let query = Query::new(&filter.text);
    let mut found: Vec<(Rank, usize)> = cases
        .iter()
        .enumerate()
        .filter(|(_, case)| filter.fits(case))
        .filter_map(|(at, case)| Some((query.rank(case.keys(), &case.sha256)?, at)))
        .collect();
    found.sort_by(|a, b| {
        let (one, other) = (&cases[a.1], &cases[b.1]);
        a.0.cmp(&b.0).then_with(|| by(sort, one, other)).then_with(|| order(one).cmp(&order(other))).then(a.1.cmp(&b.1))
    });
    found.into_iter().map(|(_, at)| at).collect()
}

fn by(sort: Sort, one: &Case, other: &Case) -> Ordering {
    match sort {
        Sort::Triage => Ordering::Equal,
        Sort::Deadline => urgency::nearest(one).cmp(&urgency::nearest(other)),
        Sort::Received => {
            let newest = |case: &Case| case.received.clone().map(Reverse);
            one.received.is_none().cmp(&other.received.is_none()).then_with(|| newest(one).cmp(&newest(other)))
        }
        Sort::Status => one.standing.status.cmp(&other.standing.status),
    }
}

impl Filter {
    fn fits(&self, case: &Case) -> bool {
        self.tier.is_none_or(|tier| tier == tier_of(case))
            && self.status.is_none_or(|status| status == case.standing.status)
            && self.kind.is_none_or(|kind| kind == case.kind)
            && self.country.as_ref().is_none_or(|wanted| is_called(wanted, case.country_key.as_ref(), &case.country))
            && self.role.as_ref().is_none_or(|wanted| is_called(wanted, case.role_key.as_ref(), &case.role))
            && self.within_days.is_none_or(|most| urgency::is_within(case, i64::from(most)))
            && self.assigned.as_ref().is_none_or(|whose| match whose {
                Assigned::Nobody => case.standing.assigned.is_none(),
                Assigned::To(author) => case.standing.assigned.as_ref() == Some(author),
            })
    }
}

fn is_called(wanted: &str, key: Option<&String>, label: &str) -> bool {
    let wanted = wanted.trim();
    key.is_some_and(|key| key.eq_ignore_ascii_case(wanted))
        || !match_key(wanted).is_empty() && match_key(wanted) == match_key(safe_text::without_isolation(label))
}

fn tier_of(case: &Case) -> Tier {
    case.verdict.as_ref().map_or(Tier::Urgent, |verdict| verdict.tier)
}

/// The order of triage, the most urgent first: cases that are done come last; then tier; in an emergency the nearest threat (see
/// [`pressing`](super::urgency)); then raised, the deadline that is shown, children, time of arrival; then by hash. A form that
/// is not known is urgent until a human has looked.
pub fn order(case: &Case) -> impl Ord + '_ {
    let raised = case.verdict.as_ref().is_none_or(|verdict| verdict.raised);
    let received = case.received.as_ref().map(Received::as_str);
    (
        case.standing.status.is_done(),
        tier_of(case),
        urgency::pressing(case),
        !raised,
        urgency::shown(case),
        Reverse(case.children.unwrap_or(0).min(MOST_CHILDREN)),
        (received.is_none(), received),
        case.sha256.as_str(),
        case.file.as_str(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::cases::tests::row;

    fn cases() -> Vec<Case> {
        let mut cases = vec![
            row(1, "", &json!({ "danger_7days": "yes", "country_now": "PK", "justice_role": "judge", "name_native": "علي" })),
            row(2, "", &json!({ "danger_7days": "no", "country_now": "IR", "justice_role": "prosecutor", "name_latin": "Ali" })),
            row(3, "", &json!({ "danger_7days": "no", "is_update": "delete" })),
        ];
        cases[1].standing.status = Status::Checking;
        cases[1].standing.assigned = Author::new("Karima");
        cases[1].received = Received::parse("2026-11-22T06:00Z");
        cases[2].received = Received::parse("2026-11-23");
        cases
    }

    fn found(filter: &Filter) -> Vec<usize> {
        select(&cases(), filter, Sort::Triage)
    }

    #[test]
    fn each_part_of_a_filter_narrows_and_none_finds_all() {
        let all = Filter::default;
        assert_eq!(found(&all()).len(), 3);
        assert_eq!(found(&Filter { tier: Some(Tier::Emergency), ..all() }), [0]);
        assert_eq!(found(&Filter { status: Some(Status::Checking), ..all() }), [1]);
        for country in ["PK", "pk", "Pakistan"] {
            assert_eq!(found(&Filter { country: Some(country.to_owned()), ..all() }), [0], "{country}");
        }
        assert_eq!(found(&Filter { role: Some("Prosecutor".to_owned()), ..all() }), [1]);
        assert!(found(&Filter { role: Some(String::new()), ..all() }).is_empty());
        assert_eq!(found(&Filter { assigned: Some(Assigned::Nobody), ..all() }), [0, 2]);
        assert_eq!(found(&Filter { assigned: Author::new("Karima").map(Assigned::To), ..all() }), [1]);
        assert_eq!(found(&Filter { kind: Some(RegistrationKind::Deletion), ..all() }), [2]);
        assert_eq!(found(&Filter { text: "علی".to_owned(), ..all() }), [0, 1], "the exact spelling first");
        // Danger in the next seven days, and nothing sooner.
        assert_eq!(found(&Filter { within_days: Some(30), ..all() }), [0]);
        assert!(found(&Filter { within_days: Some(6), ..all() }).is_empty());
    }

    #[test]
    fn what_is_done_comes_last_and_each_order_is_as_it_says() {
        let mut cases = cases();
        assert_eq!(select(&cases, &Filter::default(), Sort::Received), [2, 1, 0]);
        assert_eq!(select(&cases, &Filter::default(), Sort::Status)[2], 1);
        cases[0].standing.status = Status::Closed;
        assert_eq!(select(&cases, &Filter::default(), Sort::Triage)[2], 0);
    }

    #[test]
    fn a_better_match_comes_before_a_more_urgent_case() {
        let cases = vec![
            row(1, "", &json!({ "danger_7days": "yes", "name_latin": "Mohd" })),
            row(2, "", &json!({ "danger_7days": "no", "name_latin": "Mohammad" })),
        ];
        assert_eq!(select(&cases, &Filter { text: "mohammad".to_owned(), ..Filter::default() }, Sort::Triage), [1, 0]);
    }

    proptest! {
        #[test]
        fn a_filter_only_takes_away_and_the_order_stays(
            rows in prop::collection::vec((prop::sample::select(vec!["yes", "no", "not_sure"]), prop::option::of(0_i64..5), prop::sample::select(vec!["PK", "IR", "AF"])), 0..12),
            tier in prop::option::of(prop::sample::select(vec![Tier::Emergency, Tier::Urgent, Tier::Normal])),
            country in prop::option::of(prop::sample::select(vec!["PK", "IR"])),
        ) {
            let cases: Vec<Case> = rows.iter().enumerate().map(|(number, (danger, children, country))| {
                let mut answers = json!({ "danger_7days": danger, "country_now": country });
                if let Some(children) = children {
                    answers["children_count"] = (*children).into();
                }
                row(number, "", &answers)
            }).collect();
            let all = select(&cases, &Filter::default(), Sort::Triage);
            let mut sorted = all.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..cases.len()).collect::<Vec<_>>());
            let filter = Filter { tier, country: country.map(str::to_owned), ..Filter::default() };
            let expected: Vec<usize> = all.into_iter()
                .filter(|&at| tier.is_none_or(|tier| cases[at].verdict.as_ref().unwrap().tier == tier))
                .filter(|&at| country.is_none_or(|country| cases[at].country_key.as_deref() == Some(country)))
                .collect();
            prop_assert_eq!(select(&cases, &filter, Sort::Triage), expected);
        }
    }
}
