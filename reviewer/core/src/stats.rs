//! Counts that name nobody, for publication.
//!
//! A count under [`LEAST`] is not given, every other is given as the ten it lies in, and so is the total: with exact counts
//! what is hidden would follow by subtraction, within one table or from the total of another. What the rounded counts leave
//! open is then reckoned, as an attacker would: while a hidden count could not be every number from 1 to 9, the smallest
//! count that is still given is hidden as well, and a table that cannot be saved so is not given at all.
//!
//! Sources: Handbook on Statistical Disclosure Control, chapter 5 (rounding, suppression of small cells and secondary
//! suppression in frequency tables), <https://sdctools.github.io/HandbookSDC/05-frequency-tables.html>. The threshold is
//! DOMAIN.md's. What no table can prevent: two publications a few days apart may differ by one person's step over a ten.

use std::collections::BTreeMap;

use amanat_shared::form::Tier;
use serde::Serialize;

use crate::afghan_form::RegistrationKind;
use crate::cases::Case;
use crate::safe_text;

/// Smaller counts are hidden.
pub const LEAST: u64 = 10;
/// Most values of one kind; a hostile folder may have any number.
const MOST_VALUES: usize = 300;

/// One registration, as it is counted: what is asked of it, and what it is.
pub type Record = BTreeMap<&'static str, String>;

/// Counts that may be published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// All registrations; `None` if they are fewer than [`LEAST`], and then there is no table.
    pub total: Option<Tens>,
    /// One for each thing asked.
    pub tables: Vec<Table>,
}

/// A count, known to ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Tens {
    /// At least.
    pub from: u64,
    /// At most.
    pub to: u64,
}

impl Tens {
    const fn of(count: u64) -> Self {
        let from = count - count % 10;
        Self { from, to: from + 9 }
    }
}

/// One thing that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// The question that is counted.
    pub of: &'static str,
    /// The values that are given, the most frequent first.
    pub given: Vec<Given>,
    /// The values that are hidden, in the order of their names. Each belongs to at least one person.
    pub hidden: Vec<String>,
}

/// A value, and how many have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Given {
    /// The value.
    pub value: String,
    /// The number.
    #[serde(flatten)]
    pub count: Tens,
}

/// Counts the persons of these cases: by tier, role and country, by status if there is a notebook, and by month where it is
/// known when they came.
pub fn of_cases(cases: &[Case], by_status: bool) -> Statistics {
    // Updates, requests for deletion and what is sent again are of persons who are counted already, or must not be.
    let counted =
        || cases.iter().filter(|case| case.kind == RegistrationKind::First && case.repeats.is_none() && !case.deletion_asked());
    let mut of = vec!["tier", "role", "country"];
    if by_status {
        of.push("status");
    }
    if counted().any(|case| case.received.is_some()) {
        of.push("month received");
    }
    count(&counted().map(record).collect::<Vec<_>>(), &of)
}

fn record(case: &Case) -> Record {
    let tier = match case.verdict.as_ref().map(|verdict| verdict.tier) {
        Some(Tier::Emergency) => "emergency",
        Some(Tier::Urgent) => "urgent",
        Some(Tier::Normal) => "normal",
        None => "form not known",
    };
    let mut record = Record::from([
        ("tier", tier.to_owned()),
        ("role", case.role.clone()),
        ("country", case.country.clone()),
        ("status", case.standing.status.words().to_owned()),
    ]);
    if let Some(received) = &case.received {
        record.insert("month received", received.month().to_owned());
    }
    record
}

/// Counts. `of` are the things to ask, in order; a record without one of them is counted there as "not known".
pub fn count(records: &[Record], of: &[&'static str]) -> Statistics {
    let total = records.len() as u64;
    if total < LEAST {
        return Statistics { total: None, tables: Vec::new() };
    }
    let counted: Vec<Vec<(String, u64)>> = of.iter().map(|of| values(records, of)).collect();
    let mut shown: Vec<usize> = counted.iter().map(|table| table.iter().filter(|(_, count)| *count >= LEAST).count()).collect();
    // `None`: the table is not given.
    let mut tables: Vec<Option<&[(String, u64)]>> = counted.iter().map(|table| Some(table.as_slice())).collect();
    while let Some(unsafe_table) = (0..tables.len()).find(|&at| !is_safe(at, &tables, &shown, total)) {
        if shown[unsafe_table] > 0 {
            shown[unsafe_table] -= 1;
        } else {
            tables[unsafe_table] = None;
        }
    }
    let tables = of.iter().zip(&tables).zip(&shown).filter_map(|((of, table), &shown)| {
        let (given, hidden) = (*table)?.split_at(shown);
        let mut hidden: Vec<String> = hidden.iter().map(|(value, _)| value.clone()).collect();
        hidden.sort();
        let mut given: Vec<Given> =
            given.iter().map(|(value, count)| Given { value: value.clone(), count: Tens::of(*count) }).collect();
        // The order is that of the published numbers: one by exact counts would reveal them.
        given.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        Some(Table { of, given, hidden })
    });
    Statistics { total: Some(Tens::of(total)), tables: tables.collect() }
}

/// Values and how many have them, the most frequent first.
fn values(records: &[Record], of: &str) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for record in records {
        let value = record.get(of).map_or("not known", String::as_str);
        let value = if counts.len() < MOST_VALUES || counts.contains_key(value) { value } else { "other values" };
        *counts.entry(value.to_owned()).or_default() += 1;
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

/// Whether every hidden count of a table could be any number from 1 to 9, for all that is given.
fn is_safe(at: usize, tables: &[Option<&[(String, u64)]>], shown: &[usize], total: u64) -> bool {
    let Some(table) = tables[at] else { return true };
    if shown[at] == table.len() {
        return true;
    }
    let bounds = |at: usize| {
        let table = tables[at]?;
        let (given, hidden) = table.split_at(shown[at]);
        let sum = |end: fn(Tens) -> u64| given.iter().map(|(_, count)| end(Tens::of(*count))).sum::<u64>();
        // Only where none of the hidden ones is large does an attacker know how large they are together.
        let most = hidden.iter().all(|(_, count)| *count < LEAST).then(|| sum(|tens| tens.to) + (LEAST - 1) * hidden.len() as u64);
        Some((sum(|tens| tens.from) + hidden.len() as u64, most))
    };
    let all = || (0..tables.len()).filter_map(bounds);
    let least_in_all = all().map(|(least, _)| least).chain([Tens::of(total).from]).max().unwrap_or(0);
    let most_in_all = all().filter_map(|(_, most)| most).chain([Tens::of(total).to]).min().unwrap_or(0);
    let Some((least_here, most_here)) = bounds(at) else { return true };
    // The one in question is taken out of the sums of its own table.
    let can_be_one = most_here.is_none_or(|most| most - (LEAST - 1) + 1 >= least_in_all);
    let can_be_nine = least_here - 1 + (LEAST - 1) <= most_in_all;
    can_be_one && can_be_nine
}

/// The table as text for a terminal.
pub fn text(statistics: &Statistics) -> String {
    let Some(total) = statistics.total else {
        return format!("Fewer than {LEAST} registrations: nothing is counted, since it could point at somebody.\n");
    };
    let mut out =
        format!("{} registrations. Counts are given by tens; what is \"hidden\" is small, or hides what is small.\n", tens(total));
    for table in &statistics.tables {
        let given = table.given.iter().map(|given| vec![safe_text::isolated(&given.value), tens(given.count)]);
        let hidden = table.hidden.iter().map(|value| vec![safe_text::isolated(value), "hidden".to_owned()]);
        let rows: Vec<Vec<String>> = given.chain(hidden).collect();
        out.push('\n');
        out.push_str(&safe_text::table(&[table.of, "registrations"], &rows));
    }
    out
}

fn tens(count: Tens) -> String {
    format!("{}-{}", count.from, count.to)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(of: &'static str, counts: &[(&str, usize)]) -> Vec<Record> {
        let all = counts.iter().flat_map(|(value, count)| std::iter::repeat_n((*value).to_owned(), *count));
        all.map(|value| Record::from([(of, value)])).collect()
    }

    #[test]
    fn small_counts_are_hidden_and_others_given_by_tens() {
        let statistics = count(&records("tier", &[("normal", 57), ("urgent", 10), ("emergency", 3), ("other", 9)]), &["tier"]);
        assert_eq!(statistics.total, Some(Tens { from: 70, to: 79 }));
        let given: Vec<(&str, u64)> =
            statistics.tables[0].given.iter().map(|given| (given.value.as_str(), given.count.from)).collect();
        assert_eq!(given, [("normal", 50), ("urgent", 10)]);
        assert_eq!(statistics.tables[0].hidden, ["emergency", "other"]);
        let said = text(&statistics);
        assert!(said.contains("normal     50-59") && said.contains("emergency  hidden") && !said.contains("57"), "{said}");
    }

    #[test]
    fn a_few_registrations_are_not_counted_at_all() {
        let statistics = count(&records("tier", &[("normal", 9)]), &["tier"]);
        assert_eq!(statistics, Statistics { total: None, tables: Vec::new() });
        assert!(text(&statistics).contains("Fewer than 10"));
    }

    #[test]
    fn where_small_counts_would_follow_a_large_one_is_hidden_too() {
        // 38 at most by the first table; 30 and eight in the second: each of the eight would be 1.
        let mut all = Vec::new();
        for number in 0..38 {
            let half = if number < 19 { "a" } else { "b" };
            let role = if number < 30 { "judge".to_owned() } else { format!("role {number}") };
            all.push(Record::from([("half", half.to_owned()), ("role", role)]));
        }
        let statistics = count(&all, &["half", "role"]);
        let role = statistics.tables.iter().find(|table| table.of == "role").unwrap();
        assert_eq!((role.given.len(), role.hidden.len()), (0, 9));
    }

    /// Whether what is published could also come from other registrations, of which `wanted` have one hidden value of table
    /// `at`. `hides_large` says, for each table, what an attacker may have found out at worst: whether all that it hides is
    /// small.
    fn is_possible(statistics: &Statistics, hides_large: &[bool], at: usize, wanted: u64) -> bool {
        let Tens { from, to } = statistics.total.unwrap();
        (from..=to).any(|total| {
            statistics.tables.iter().zip(hides_large).enumerate().all(|(number, (table, hides_large))| {
                let least: u64 = table.given.iter().map(|given| given.count.from).sum();
                let most: u64 = table.given.iter().map(|given| given.count.to).sum();
                let (fixed, free) = if number == at { (wanted, table.hidden.len() - 1) } else { (0, table.hidden.len()) };
                let free = free as u64;
                total >= least + fixed + free && (total <= most + fixed + 9 * free || *hides_large)
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_hidden_does_not_follow_by_subtraction(
            first in proptest::collection::vec(prop_oneof![1_usize..12, 1_usize..40], 1..7),
            second in proptest::collection::vec(prop_oneof![1_usize..4, 8_usize..21], 1..12),
        ) {
            let cut = |counts: &[usize]| -> Vec<usize> {
                counts.iter().enumerate().flat_map(|(value, count)| std::iter::repeat_n(value, *count)).collect()
            };
            let (first, second) = (cut(&first), cut(&second));
            let all: Vec<Record> = first
                .iter()
                .zip(second.iter().cycle())
                .map(|(a, b)| Record::from([("first", format!("a{a}")), ("second", format!("b{b}"))]))
                .collect();
            let statistics = count(&all, &["first", "second"]);
            let exact = |of: &str, value: &str| all.iter().filter(|record| record[of] == value).count() as u64;
            let hides_large: Vec<bool> = statistics
                .tables
                .iter()
                .map(|table| table.hidden.iter().any(|value| exact(table.of, value) >= LEAST))
                .collect();
            for (at, table) in statistics.tables.iter().enumerate() {
                for Given { value, count } in &table.given {
                    prop_assert!((count.from..=count.to).contains(&exact(table.of, value)) && count.from >= LEAST);
                }
                for _ in &table.hidden {
                    for wanted in 1..=9 {
                        prop_assert!(is_possible(&statistics, &hides_large, at, wanted), "{wanted} in {statistics:?}");
                    }
                }
            }
        }
    }
}
