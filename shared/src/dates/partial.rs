//! From what was typed to the days that it can mean.

use serde::{Deserialize, Serialize};

use super::{Calendar, DateEntry, Day, Precision};
use crate::answers::FaultCode;
use crate::text::{clean, fold_digits, numbers_in};

/// A date as sealed: as given, and the interval of Gregorian days that it can mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartialDate {
    /// Calendar.
    pub calendar: Calendar,
    /// The precision.
    pub precision: Precision,
    /// Year in that calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
    /// Month from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<u8>,
    /// Day from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<u8>,
    /// Age in that year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<u8>,
    /// As typed: `year-month-day`, cleaned.
    pub raw: String,
    /// First day that it can mean, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<String>,
    /// Last day that it can mean, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<String>,
}

/// Days by which a lunar month's first day may differ from the computed one.
const LUNAR_DOUBT_DAYS: i32 = 2;

/// Oldest age that a document can have written.
const OLDEST: u8 = 120;

/// Centuries that a year of two digits can be of.
const CENTURIES: [(Calendar, i32); 4] =
    [(Calendar::Solar, 1300), (Calendar::Solar, 1400), (Calendar::Gregorian, 1900), (Calendar::Gregorian, 2000)];

/// Solar years that a date may lie ahead (at most a passport's) before it looks like a lunar one.
const YEARS_AHEAD: i32 = 10;

impl PartialDate {
    /// Reads a date. An entry without a year is [`FaultCode::DateYear`], what no calendar has [`FaultCode::DateInvalid`].
    pub fn read(entry: &DateEntry) -> Result<Self, FaultCode> {
        let blank = Self {
            calendar: entry.calendar,
            precision: entry.precision,
            year: None,
            month: None,
            day: None,
            age: None,
            raw: String::new(),
            earliest: None,
            latest: None,
        };
        if matches!(entry.precision, Precision::Unknown | Precision::Ongoing) {
            return Ok(blank);
        }
        let [whole_year, whole_month, whole_day] = whole(&entry.year).unwrap_or_default();
        let filled = |part: &str, whole: String| if clean(part).is_empty() { whole } else { part.to_owned() };
        let year = number(if whole_year.is_empty() { &entry.year } else { &whole_year })?.ok_or(FaultCode::DateYear)?;
        let is_whole = !whole_year.is_empty();
        let (typed_month, typed_day) = (filled(&entry.month, whole_month), filled(&entry.day, whole_day));
        let short = |part: Option<i32>| part.map(|part| u8::try_from(part).map_err(|_| FaultCode::DateInvalid)).transpose();
        let (month, day, age) = match entry.precision {
            Precision::Year if !is_whole => (None, None, None),
            Precision::Month if !is_whole => (short(number(&typed_month)?)?, None, None),
            Precision::AgeInYear => (None, None, Some(short(number(&entry.age)?)?.ok_or(FaultCode::DateInvalid)?)),
            _ => (short(number(&typed_month)?)?, short(number(&typed_day)?)?, None),
        };
        let precision = match (month, day, age) {
            (None, None, Some(_)) => Precision::AgeInYear,
            (None, None, None) => Precision::Year,
            (Some(_), None, _) => Precision::Month,
            (Some(_), Some(_), _) => Precision::Day,
            (None, Some(_), _) => return Err(FaultCode::DateInvalid),
        };
        let (earliest, latest) = interval(entry.calendar, year, month, day, age).ok_or(FaultCode::DateInvalid)?;
        let typed: &[&String] = match precision {
            _ if is_whole => &[&entry.year],
            Precision::AgeInYear => &[&entry.year, &entry.age],
            Precision::Year => &[&entry.year],
            Precision::Month => &[&entry.year, &entry.month],
            _ => &[&entry.year, &entry.month, &entry.day],
        };
        let between = if age.is_some() { "/" } else { "-" };
        Ok(Self {
            precision,
            year: Some(year),
            month,
            day,
            age,
            raw: typed.iter().map(|part| clean(part)).collect::<Vec<_>>().join(between),
            earliest: Some(earliest.iso()),
            latest: Some(latest.iso()),
            ..blank
        })
    }

    /// First day that it can mean.
    pub fn earliest(&self) -> Option<Day> {
        Day::from_iso(self.earliest.as_ref()?)
    }

    /// Last day that it can mean.
    pub fn latest(&self) -> Option<Day> {
        Day::from_iso(self.latest.as_ref()?)
    }

    /// Whether the year is one that somebody who lives, or a document, can have in this calendar.
    pub fn is_possible(&self, today: Day) -> bool {
        let this_year = today.in_calendar(self.calendar).0;
        self.year.is_none_or(|year| (this_year - 176..=this_year + 100).contains(&year))
    }

    /// Whether the year looks like one of another calendar: a solar year far ahead is a lunar one, as a rule.
    pub fn looks_like_another_calendar(&self, today: Day) -> bool {
        let this_year = today.in_calendar(self.calendar).0;
        self.year.is_some_and(|year| match self.calendar {
            Calendar::Gregorian => !(1850..=this_year + 100).contains(&year),
            Calendar::Solar | Calendar::Lunar => !(this_year - 150..=this_year + YEARS_AHEAD).contains(&year),
        })
    }
}

impl DateEntry {
    /// Years that the person can have meant, where the typed one cannot be of the calendar that is chosen: it has two digits,
    /// or is a year of another calendar. Empty where it can be, or where nothing makes sense of it.
    pub fn years_meant(&self, today: Day) -> Vec<(Calendar, i32)> {
        let year = match self.precision {
            Precision::Unknown | Precision::Ongoing => None,
            _ => number(&whole(&self.year).map_or_else(|| self.year.clone(), |[year, ..]| year)).ok().flatten(),
        };
        let Some(year) = year else { return Vec::new() };
        let this_year = |calendar| today.in_calendar(calendar).0;
        let lunar = this_year(Calendar::Lunar) - YEARS_AHEAD..=this_year(Calendar::Lunar) + YEARS_AHEAD;
        let mut meant = Vec::new();
        match (self.calendar, year) {
            (_, 0..=99) => {
                for (calendar, century) in CENTURIES {
                    if century + year <= this_year(calendar) + YEARS_AHEAD {
                        meant.push((calendar, century + year));
                    }
                }
            }
            (Calendar::Gregorian, 1300..=1499) => meant.extend([(Calendar::Solar, year), (Calendar::Lunar, year)]),
            (Calendar::Solar | Calendar::Lunar, 1900..=2100) => meant.push((Calendar::Gregorian, year)),
            // A generation ahead, and around the present year of the other calendar.
            (Calendar::Solar, _) if lunar.contains(&year) => meant.push((Calendar::Lunar, year)),
            _ => {}
        }
        meant
    }

    /// Takes one of [`Self::years_meant`]; a whole date stays one.
    pub fn choose_year(&mut self, calendar: Calendar, year: &str) {
        let rest = whole(&self.year).map_or_else(String::new, |[_, month, day]| ["/", &month, "/", &day].concat());
        (self.calendar, self.year) = (calendar, [year, &rest].concat());
    }
}

/// Year, month and day of a text that is a whole date: three numbers, the year first or last.
fn whole(text: &str) -> Option<[String; 3]> {
    let parts = numbers_in(text);
    let [first, second, third] = &parts[..] else { return None };
    let at_most = |part: &str, most| number(part).is_ok_and(|part| part.is_some_and(|part| part <= most));
    // The year is the one of four digits, or the one that is no day.
    let is_year = |part: &str| part.len() == 4 || !at_most(part, 31);
    let [year, month, day] = if is_year(third) && !is_year(first) { [third, second, first] } else { [first, second, third] };
    // No year has more than twelve months.
    let [month, day] = if at_most(month, 12) || !at_most(day, 12) { [month, day] } else { [day, month] };
    Some([year, month, day].map(String::clone))
}

/// A number of at most four digits of any script; `None` where nothing is typed.
fn number(text: &str) -> Result<Option<i32>, FaultCode> {
    let digits = fold_digits(&clean(text));
    match digits.len() {
        0 => Ok(None),
        1..=4 if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(digits.parse().ok()),
        _ => Err(FaultCode::DateInvalid),
    }
}

/// First and last day of what is known of a date.
fn interval(calendar: Calendar, year: i32, month: Option<u8>, day: Option<u8>, age: Option<u8>) -> Option<(Day, Day)> {
    // "Aged a in year Y" was born between the first day of Y - a - 1 and the last day of Y - a.
    let (first_year, last_year) = match age {
        Some(age) if age <= OLDEST => (year - i32::from(age) - 1, year - i32::from(age)),
        Some(_) => return None,
        None => (year, year),
    };
    let first = Day::from_calendar(calendar, first_year, month.unwrap_or(1), day.unwrap_or(1))?;
    let last_month = month.unwrap_or(12);
    let last = match day {
        Some(_) => first,
        None => (28..=31).rev().find_map(|day| Day::from_calendar(calendar, last_year, last_month, day))?,
    };
    let doubt = if calendar == Calendar::Lunar { LUNAR_DOUBT_DAYS } else { 0 };
    Some((Day(first.0 - doubt), Day(last.0 + doubt)))
}

#[cfg(test)]
mod tests {
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
        let vectors: Value = serde_json::from_str(include_str!("../../vectors.json")).unwrap();
        for vector in vectors["solar"].as_array().unwrap() {
            let part = |index: usize| vector["in"][index].as_i64().map_or_else(String::new, |part| part.to_string());
            let read = PartialDate::read(&typed(Calendar::Solar, &part(0), &part(1), &part(2)));
            match vector["out"].as_array() {
                None => assert_eq!(read, Err(FaultCode::DateInvalid), "{vector}"),
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
        assert_eq!(precision("", "3"), Err(FaultCode::DateInvalid));
        assert_eq!(PartialDate::read(&typed(Calendar::Solar, " ", "3", "")), Err(FaultCode::DateYear));
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
            assert_eq!(PartialDate::read(&DateEntry { age: age.into(), ..entry.clone() }), Err(FaultCode::DateInvalid), "{age}");
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
        let doubtful =
            |calendar, year| PartialDate::read(&typed(calendar, year, "", "")).unwrap().looks_like_another_calendar(today);
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
}
