//! Entries that no person makes.

use proptest::prelude::*;

use super::read_phases;
use crate::answers::{Answers, Entries, Entry, FileEntry};
use crate::dates::{Calendar, DateEntry, Precision};

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["yes", "no", "PK", "AF", "punjab", "0701234567", "۱۲", "علی", "", " "]).prop_map(str::to_owned),
        any::<String>(),
    ]
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let calendar = prop::sample::select(vec![Calendar::Solar, Calendar::Gregorian, Calendar::Lunar]);
    let precision = prop::sample::select(vec![Precision::Day, Precision::Year, Precision::AgeInYear, Precision::Unknown]);
    let part = "([0-9۰-۹]{0,4}|\\PC{0,3})";
    let date = (calendar, precision, part, part, part, part).prop_map(|(calendar, precision, year, month, day, age)| {
        Entry::Date(DateEntry { calendar, precision, year, month, day, age })
    });
    let attached = ("[a-z/]{0,9}", prop::sample::select(vec!["image/jpeg", "application/pdf", "x"]), any::<u64>())
        .prop_map(|(name, media_type, bytes)| FileEntry { name, media_type: media_type.to_owned(), bytes });
    let choice = prop::sample::select(vec!["call", "sms", "email", "none", "fax"]).prop_map(str::to_owned);
    let leaf = prop_oneof![
        any_text().prop_map(Entry::Text),
        prop::collection::vec(choice, 0..4).prop_map(Entry::Many),
        any::<bool>().prop_map(Entry::Acknowledged),
        date,
        prop::collection::vec(attached, 0..4).prop_map(Entry::Files),
    ];
    leaf.prop_recursive(2, 24, 6, |inner| {
        let entries = any_entries(inner.boxed());
        prop_oneof![entries.clone().prop_map(Entry::Group), prop::collection::vec(entries, 0..4).prop_map(Entry::Repeat)]
    })
}

fn any_entries(entry: BoxedStrategy<Entry>) -> impl Strategy<Value = Entries> + Clone {
    let names = vec![
        "agrees", "why", "channels", "phone", "word", "danger", "name", "dob", "country", "area", "adults", "end", "start",
        "consent", "friend", "family", "papers", "photo", "files", "nothing",
    ];
    let name = prop::sample::select(names).prop_map(str::to_owned);
    prop::collection::btree_map(name, entry, 0..20).prop_map(|map| Entries(map.into_iter().collect()))
}

proptest! {
    #[test]
    fn reading_never_panics_and_every_fault_is_on_a_relevant_question(raw in any_entries(any_entry().boxed())) {
        let validation = read_phases(&raw, &[1, 2, 3]);
        for fault in &validation.faults {
            prop_assert!(validation.relevant.contains(&fault.path), "{}", fault.path);
        }
        for name in validation.answers.0.keys() {
            prop_assert!(validation.relevant.contains(name), "{}", name);
        }
        prop_assert_eq!(read_phases(&raw, &[1, 2, 3]), validation);
    }

    #[test]
    fn answers_come_back_from_their_json(raw in any_entries(any_entry().boxed())) {
        let answers = read_phases(&raw, &[1, 2, 3]).answers;
        let json = serde_json::to_string(&answers).unwrap();
        prop_assert_eq!(serde_json::from_str::<Answers>(&json).unwrap(), answers);
    }
}
