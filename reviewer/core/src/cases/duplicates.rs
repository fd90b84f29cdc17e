//! Registrations that may be one person's: sent under one code; the same name and father's name, born about the same time;
//! or the same telephone. A hint for a human: families share a telephone, and many people a name.
//!
//! Cases are sorted and each is compared with its neighbours alone, so that a flood of copies costs no more than others.

use amanat_shared::answers::Answers;
use amanat_shared::dates::Calendar;

use super::Case;
use crate::afghan_form::AfghanForm;
use crate::search;

/// Most others that are named for one case.
pub const MOST: usize = 8;
/// Neighbours that are looked at on each side.
const STEPS: usize = 64;
/// Years between two birth years that may still be one person's.
const YEARS: i32 = 2;
/// Longest time that a birth date leaves open, in years; a hostile one leaves a thousand.
const MOST_OPEN: i32 = 3;

/// The reason why two registrations may be one person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchReason {
    /// Their signatures: whoever sent them had the same code.
    Code,
    /// Name, father's name, about the same age, and telephone.
    Both,
    /// Name, father's name, about the same age.
    Name,
    /// Telephone.
    Phone,
}

impl MatchReason {
    /// The reason in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Code => "sent under the same code",
            Self::Both => "same name, father's name and telephone",
            Self::Name => "same name and father's name, born about the same time",
            Self::Phone => "same telephone",
        }
    }
}

/// Another registration that may be the same person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The registration.
    pub sha256: String,
    /// The reason.
    pub why: MatchReason,
}

/// Registrations that may be the same person's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duplicates {
    /// The most likely first, at most [`MOST`].
    pub others: Vec<Duplicate>,
    /// Whether there are more than those.
    pub many: bool,
}

/// The facts that are compared; never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Person {
    name: Option<Box<str>>,
    /// First and last year, Gregorian.
    born: Option<(i32, i32)>,
}

impl Person {
    pub(crate) fn new(answers: &Answers) -> Self {
        let born = AfghanForm::new(answers).birth_date().and_then(|date| {
            let year = |day: amanat_shared::dates::Day| day.in_calendar(Calendar::Gregorian).0;
            let (first, last) = (year(date.earliest()?), year(date.latest()?));
            Some((first, last.clamp(first, first + MOST_OPEN)))
        });
        Self { name: search::person(answers).map(Into::into), born }
    }

    /// An unknown year excludes nothing.
    fn may_be_born_with(&self, other: &Self) -> bool {
        match (self.born, other.born) {
            (Some(one), Some(other)) => one.0 <= other.1 + YEARS && other.0 <= one.1 + YEARS,
            _ => true,
        }
    }
}

/// Marks likely duplicates in each case. `threads` are those of [`super::updates::join`]: an update is no duplicate of what
/// it updates.
pub fn mark(cases: &mut [Case], threads: &[usize]) {
    let mut found: Vec<(Vec<(usize, MatchReason)>, bool)> = vec![(Vec::new(), false); cases.len()];
    let mut by_code: Vec<usize> = (0..cases.len()).filter(|&at| cases[at].links().owns().is_some()).collect();
    by_code.sort_by_key(|&at| (cases[at].links().owns(), &cases[at].sha256));
    for group in by_code.chunk_by(|&a, &b| cases[a].links().owns() == cases[b].links().owns()) {
        gather(group, &mut found, MatchReason::Code, |a, b| threads[a] != threads[b]);
    }
    let mut by_name: Vec<usize> = (0..cases.len()).filter(|&at| cases[at].person().name.is_some()).collect();
    by_name.sort_by_key(|&at| (&cases[at].person().name, cases[at].person().born, &cases[at].sha256));
    for group in by_name.chunk_by(|&a, &b| cases[a].person().name == cases[b].person().name) {
        gather(group, &mut found, MatchReason::Name, |a, b| {
            threads[a] != threads[b] && cases[a].person().may_be_born_with(cases[b].person())
        });
    }
    let mut by_phone: Vec<usize> = (0..cases.len()).filter(|&at| cases[at].keys().phone().len() >= 7).collect();
    by_phone.sort_by_key(|&at| (cases[at].keys().phone(), &cases[at].sha256));
    for group in by_phone.chunk_by(|&a, &b| cases[a].keys().phone() == cases[b].keys().phone()) {
        gather(group, &mut found, MatchReason::Phone, |a, b| threads[a] != threads[b]);
    }
    for (at, (mut others, mut many)) in found.into_iter().enumerate() {
        others.sort_by(|a, b| (a.1, &cases[a.0].sha256).cmp(&(b.1, &cases[b.0].sha256)));
        many |= others.len() > MOST;
        others.truncate(MOST);
        let others = others.into_iter().map(|(other, why)| Duplicate { sha256: cases[other].sha256.clone(), why }).collect();
        cases[at].duplicates = Duplicates { others, many };
    }
}

fn gather(group: &[usize], found: &mut [(Vec<(usize, MatchReason)>, bool)], why: MatchReason, fits: impl Fn(usize, usize) -> bool) {
    for (place, &at) in group.iter().enumerate() {
        let (others, many) = &mut found[at];
        let before = group[..place].iter().rev();
        let after = group[place + 1..].iter();
        *many |= before.len() > STEPS || after.len() > STEPS;
        for &other in before.take(STEPS).chain(after.take(STEPS)).filter(|&&other| fits(at, other)) {
            match others.iter().position(|(known, _)| *known == other) {
                Some(known) if others[known].1 == MatchReason::Code => {}
                Some(known) => others[known].1 = MatchReason::Both,
                None if others.len() > 2 * MOST => *many = true,
                None => others.push((other, why)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use amanat_shared::seal::{MailboxKey, Proven};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::cases::tests::{proven_row, row};
    use crate::cases::updates;

    fn person(number: usize, name: &str, year: Option<i32>, phone: &str) -> Case {
        let mut answers = json!({ "name_native": name, "father_name": "کریم", "phone": { "raw": phone } });
        if let Some(year) = year {
            answers["dob"] = json!({ "calendar": "gregorian", "precision": "year", "year": year, "raw": year.to_string(),
                "earliest": format!("{year}-01-01"), "latest": format!("{year}-12-31") });
        }
        row(number, &format!("{number:032x}"), &answers)
    }

    fn marked(mut cases: Vec<Case>) -> Vec<Case> {
        let threads = updates::join(&mut cases);
        mark(&mut cases, &threads);
        cases
    }

    #[test]
    fn one_name_and_father_within_two_years_or_one_telephone_is_marked_with_the_reason() {
        let cases = marked(vec![
            person(1, "علي", Some(1980), "0799123456"),
            person(2, "علی", Some(1982), "0799123457"),
            person(3, "علی", Some(1983), "0799123458"),
            person(4, "Karima", Some(1990), "٠٧٩٩١٢٣٤٥٦"),
            person(5, "علی", None, "0799123456"),
        ]);
        let why = |a: usize, b: usize| {
            cases[a].duplicates.others.iter().find(|other| other.sha256 == cases[b].sha256).map(|other| other.why)
        };
        assert_eq!(why(0, 1), Some(MatchReason::Name));
        assert_eq!(why(0, 2), None, "three years apart");
        assert_eq!(why(0, 3), Some(MatchReason::Phone));
        assert_eq!(why(0, 4), Some(MatchReason::Both), "a year that is not known speaks against nothing");
        for (a, b) in (0..5).flat_map(|a| (0..5).map(move |b| (a, b))) {
            assert_eq!(why(a, b), why(b, a));
        }
        assert_eq!(cases[0].duplicates.others[0].why, MatchReason::Both, "the most likely first");
    }

    #[test]
    fn what_was_sent_under_one_code_is_one_persons_whatever_is_in_it() {
        let mailbox = "7".repeat(32);
        let code = MailboxKey { id: [0x77; 16], key: [7; 32] };
        let signed = |number: u8, answers| {
            proven_row(number.into(), &mailbox, answers, Some(Proven { text: [number; 32], mailbox: code, prior: None }))
        };
        let named = json!({ "name_native": "علی", "father_name": "کریم" });
        let cases = marked(vec![signed(1, &named), signed(2, &named), row(3, &"8".repeat(32), &json!({}))]);
        assert_eq!(cases[0].duplicates.others, [Duplicate { sha256: cases[1].sha256.clone(), why: MatchReason::Code }]);
        assert_eq!(cases[2].duplicates, Duplicates::default());
    }

    #[test]
    fn whoever_names_a_mailbox_without_its_code_is_not_marked_as_the_same_person() {
        let mailbox = "7".repeat(32);
        let code = MailboxKey { id: [0x77; 16], key: [7; 32] };
        let first = Proven { text: [1; 32], mailbox: code, prior: None };
        let other_key = Proven { text: [2; 32], mailbox: MailboxKey { key: [8; 32], ..code }, prior: None };
        let cases = marked(vec![
            proven_row(1, &mailbox, &json!({}), Some(first)),
            proven_row(2, &mailbox, &json!({}), Some(other_key)),
            row(3, &mailbox, &json!({})),
            row(4, &mailbox, &json!({})),
        ]);
        assert!(cases.iter().all(|case| case.duplicates == Duplicates::default()));
    }

    #[test]
    fn a_name_without_a_father_and_an_update_are_no_duplicates() {
        let nameless = json!({ "name_native": "علی" });
        let cases = marked(vec![row(1, "", &nameless), row(2, "", &nameless)]);
        assert!(cases.iter().all(|case| case.duplicates == Duplicates::default()));
        let mailbox = |number: u8| MailboxKey { id: u128::from(number).to_be_bytes(), key: [number; 32] };
        let id = |number: u8| format!("{number:032x}");
        let answers = json!({ "name_native": "علی", "father_name": "کریم", "phone": { "raw": "0799123456" } });
        let mut update = answers.clone();
        (update["is_update"], update["prior_ref"]) = ("update".into(), id(1).into());
        let first = Proven { text: [1; 32], mailbox: mailbox(1), prior: None };
        let proven = Proven { text: [2; 32], mailbox: mailbox(2), prior: Some(mailbox(1)) };
        let cases = marked(vec![proven_row(1, &id(1), &answers, Some(first)), proven_row(2, &id(2), &update, Some(proven))]);
        assert!(cases.iter().all(|case| case.duplicates == Duplicates::default()));
    }

    #[test]
    fn a_flood_of_one_telephone_is_called_many_and_names_few() {
        let cases = marked((0..3_000).map(|number| person(number, "علی", Some(1980), "0799123456")).collect());
        assert!(cases.iter().all(|case| case.duplicates.many && case.duplicates.others.len() == MOST));
    }

    proptest! {
        #[test]
        fn being_alike_is_mutual_and_never_with_oneself(people in prop::collection::vec((0_usize..3, prop::option::of(1970_i32..1980), 0_usize..4), 0..8)) {
            let names = ["علی", "کریمه", "احمد"];
            let cases = marked(people.iter().enumerate().map(|(number, (name, year, phone))| person(number, names[*name], *year, &format!("079912345{phone}"))).collect());
            for case in &cases {
                for other in &case.duplicates.others {
                    prop_assert!(other.sha256 != case.sha256);
                    let back = cases.iter().find(|case| case.sha256 == other.sha256).unwrap();
                    prop_assert!(back.duplicates.others.iter().any(|back| back.sha256 == case.sha256 && back.why == other.why));
                }
            }
        }
    }
}
