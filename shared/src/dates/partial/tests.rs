use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn typed(calendar: Calendar, year: &str, month: &str, day: &str) -> DateEntry {
    DateEntry { calendar, year: year.into(), month: month.into(), day: day.into(), ..DateEntry::default() }
}

fn days(entry: &DateEntry) -> (String, String) {
    let date = PartialDate::read(entry).unwrap();
    (date.earliest.unwrap(), date.latest.unwrap())
}

#[test]
fn solar_dates_mean_the_days_that_the_vectors_say() {
    let vectors: Value = serde_json::from_str(include_str!("../../../vectors.json")).unwrap();
    for vector in vectors["solar"].as_array().unwrap() {
        let part = |index: usize| vector["in"][index].as_i64().map_or_else(String::new, |part| part.to_string());
        let read = PartialDate::read(&typed(Calendar::Solar, &part(0), &part(1), &part(2)));
        match vector["out"].as_array() {
            None => assert_eq!(read, Err(DateFault::Invalid), "{vector}"),
            Some(out) => {
                let date = read.unwrap();
                assert_eq!(date.earliest.as_deref(), out[0].as_str(), "{vector}");
                assert_eq!(date.latest.as_deref(), out[1].as_str(), "{vector}");
            }
        }
    }
}

#[test]
fn what_is_filled_in_tells_how_exact_a_date_is() {
    let precision = |month, day| PartialDate::read(&typed(Calendar::Solar, "۱۳۶۸", month, day)).map(|date| date.precision);
    assert_eq!(precision("", ""), Ok(Precision::Year));
    assert_eq!(precision("۱۱", ""), Ok(Precision::Month));
    assert_eq!(precision("11", "٣"), Ok(Precision::Day));
    assert_eq!(precision("", "3"), Err(DateFault::Invalid));
    assert_eq!(PartialDate::read(&typed(Calendar::Solar, " ", "3", "")), Err(DateFault::NoYear));
}

#[test]
fn what_was_typed_stays_beside_what_it_means() {
    let date = PartialDate::read(&typed(Calendar::Solar, " ۱۳۶۸", "11", "۰۳ ")).unwrap();
    assert_eq!((date.raw.as_str(), date.year, date.month, date.day), ("۱۳۶۸-11-۰۳", Some(1368), Some(11), Some(3)));
}

#[test]
fn a_lunar_day_is_doubtful_by_two_days() {
    let (earliest, latest) = days(&typed(Calendar::Lunar, "1443", "8", "23"));
    let (earliest, latest) = (Day::from_iso(&earliest).unwrap(), Day::from_iso(&latest).unwrap());
    assert_eq!(latest.days_since(earliest), 4);
    // 26 March 2022, when letters changed their calendar.
    assert!((earliest..=latest).contains(&Day::from_iso("2022-03-26").unwrap()));
}

#[test]
fn an_age_in_a_year_means_two_years_of_births() {
    let entry = DateEntry { precision: Precision::AgeInYear, year: "1398".into(), age: "۲۵".into(), ..DateEntry::default() };
    // 1372-01-01 to 1373-12-29.
    assert_eq!(days(&entry), ("1993-03-21".to_owned(), "1995-03-20".to_owned()));
    for age in ["", "121", "999", "x"] {
        assert_eq!(PartialDate::read(&DateEntry { age: age.into(), ..entry.clone() }), Err(DateFault::Invalid), "{age}");
    }
}

#[test]
fn not_knowing_and_not_ended_have_no_days() {
    for precision in [Precision::Unknown, Precision::Ongoing] {
        let date = PartialDate::read(&DateEntry { precision, year: "1390".into(), ..DateEntry::default() }).unwrap();
        assert_eq!((date.earliest(), date.latest(), date.year), (None, None, None));
    }
}

#[test]
fn a_whole_date_in_the_field_of_the_year_is_read() {
    for whole in ["1362/5/12", "۱۳۶۲-۰۵-۱۲", "12.5.1362", "12 5 1362", "5/12/1362 "] {
        let date = PartialDate::read(&typed(Calendar::Solar, whole, "", "")).unwrap();
        let parts = (date.precision, date.year, date.month.zip(date.day));
        let day_first = whole.starts_with("5/");
        let expected = if day_first { (12, 5) } else { (5, 12) };
        assert_eq!(parts, (Precision::Day, Some(1362), Some(expected)), "{whole}");
        assert_eq!(date.raw, clean(whole));
    }
    let american = PartialDate::read(&typed(Calendar::Gregorian, "5/25/2026", "", "")).unwrap();
    assert_eq!((american.month, american.day), (Some(5), Some(25)));
    let twice = PartialDate::read(&typed(Calendar::Solar, "1362/5/12", "5", "12")).unwrap();
    assert_eq!((twice.year, twice.month, twice.day), (Some(1362), Some(5), Some(12)));
    for wrong in ["1362/5", "1362/13/40", "136/2/5/12", "1362/5/12/1"] {
        assert!(PartialDate::read(&typed(Calendar::Solar, wrong, "", "")).is_err(), "{wrong}");
    }
}

#[test]
fn a_year_that_the_calendar_cannot_have_is_asked_about() {
    let today = Day::from_iso("2026-11-30").unwrap();
    let meant = |calendar, year| typed(calendar, year, "", "").years_meant(today);
    for year in ["1300", "1362", "1406", "1447", "1499"] {
        let number = year.parse().unwrap();
        assert_eq!(meant(Calendar::Gregorian, year), [(Calendar::Solar, number), (Calendar::Lunar, number)]);
    }
    for year in ["1900", "1990", "2026", "2100"] {
        assert_eq!(meant(Calendar::Solar, year), [(Calendar::Gregorian, year.parse().unwrap())]);
        assert_eq!(meant(Calendar::Lunar, year), [(Calendar::Gregorian, year.parse().unwrap())]);
    }
    assert_eq!(meant(Calendar::Solar, "1448"), [(Calendar::Lunar, 1448)]);
    assert_eq!(meant(Calendar::Solar, "62"), [(Calendar::Solar, 1362), (Calendar::Gregorian, 1962)]);
    assert_eq!(
        meant(Calendar::Gregorian, "05"),
        [(Calendar::Solar, 1305), (Calendar::Solar, 1405), (Calendar::Gregorian, 1905), (Calendar::Gregorian, 2005)]
    );
    let mut entry = typed(Calendar::Gregorian, "12/5/62", "", "");
    assert_eq!(entry.years_meant(today).len(), 2);
    entry.choose_year(Calendar::Solar, "1362");
    assert_eq!((entry.calendar, entry.year.as_str()), (Calendar::Solar, "1362/5/12"));
    for (calendar, year) in [
        (Calendar::Solar, "1362"),
        (Calendar::Solar, "1415"),
        (Calendar::Gregorian, "2031"),
        (Calendar::Lunar, "1405"),
        (Calendar::Lunar, "1448"),
        (Calendar::Gregorian, "2647"),
    ] {
        assert_eq!(meant(calendar, year), [], "{year}");
    }
}

#[test]
fn a_year_that_nobody_can_mean_is_impossible() {
    let today = Day::from_iso("2026-11-30").unwrap();
    let possible = |calendar, year| PartialDate::read(&typed(calendar, year, "", "")).is_ok_and(|date| date.is_possible(today));
    for (calendar, year) in
        [(Calendar::Gregorian, "2647"), (Calendar::Gregorian, "1250"), (Calendar::Solar, "700"), (Calendar::Lunar, "1700")]
    {
        assert!(!possible(calendar, year), "{year}");
    }
    for (calendar, year) in
        [(Calendar::Gregorian, "1931"), (Calendar::Solar, "1310"), (Calendar::Lunar, "1448"), (Calendar::Gregorian, "2099")]
    {
        assert!(possible(calendar, year), "{year}");
    }
}

#[test]
fn a_year_of_another_calendar_is_noticed() {
    let today = Day::from_iso("2025-11-23").unwrap();
    let doubtful = |calendar, year| PartialDate::read(&typed(calendar, year, "", "")).unwrap().looks_like_another_calendar(today);
    for year in ["1300", "1369", "1450"] {
        assert!(doubtful(Calendar::Gregorian, year), "{year}");
    }
    for year in ["1444", "1900", "1990", "2100"] {
        assert!(doubtful(Calendar::Solar, year), "{year}");
    }
    for (calendar, year) in
        [(Calendar::Gregorian, "1990"), (Calendar::Solar, "1406"), (Calendar::Solar, "1310"), (Calendar::Lunar, "1447")]
    {
        assert!(!doubtful(calendar, year), "{year}");
    }
}

proptest! {
    #[test]
    fn reading_never_panics_and_intervals_are_never_upside_down(
        calendar in prop::sample::select(vec![Calendar::Solar, Calendar::Gregorian, Calendar::Lunar]),
        precision in prop::sample::select(vec![Precision::Day, Precision::Month, Precision::Year, Precision::AgeInYear]),
        (year, month, day, age) in ("[0-9۰-۹]{0,5}", "[0-9]{0,3}", "[0-9]{0,3}", "\\PC{0,3}"),
    ) {
        if let Ok(date) = PartialDate::read(&DateEntry { calendar, precision, year, month, day, age }) {
            prop_assert!(date.earliest().unwrap() <= date.latest().unwrap());
        }
    }
}
