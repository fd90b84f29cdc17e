//! From what was typed to the days that it can mean.

use serde::{Deserialize, Serialize};

use super::{Calendar, DateEntry, Day, Precision};
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

/// An entry that is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateFault {
    /// The year is missing.
    NoYear,
    /// No calendar has such a day, or it is not written in digits.
    Invalid,
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
    /// Reads a date. An entry without a year is [`DateFault::NoYear`], what no calendar has [`DateFault::Invalid`].
    pub fn read(entry: &DateEntry) -> Result<Self, DateFault> {
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
        let year = number(if whole_year.is_empty() { &entry.year } else { &whole_year })?.ok_or(DateFault::NoYear)?;
        let is_whole = !whole_year.is_empty();
        let (typed_month, typed_day) = (filled(&entry.month, whole_month), filled(&entry.day, whole_day));
        let short = |part: Option<i32>| part.map(|part| u8::try_from(part).map_err(|_| DateFault::Invalid)).transpose();
        let (month, day, age) = match entry.precision {
            Precision::Year if !is_whole => (None, None, None),
            Precision::Month if !is_whole => (short(number(&typed_month)?)?, None, None),
            Precision::AgeInYear => (None, None, Some(short(number(&entry.age)?)?.ok_or(DateFault::Invalid)?)),
            _ => (short(number(&typed_month)?)?, short(number(&typed_day)?)?, None),
        };
        let precision = match (month, day, age) {
            (None, None, Some(_)) => Precision::AgeInYear,
            (None, None, None) => Precision::Year,
            (Some(_), None, _) => Precision::Month,
            (Some(_), Some(_), _) => Precision::Day,
            (None, Some(_), _) => return Err(DateFault::Invalid),
        };
        let (earliest, latest) = interval(entry.calendar, year, month, day, age).ok_or(DateFault::Invalid)?;
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
fn number(text: &str) -> Result<Option<i32>, DateFault> {
    let digits = fold_digits(&clean(text));
    match digits.len() {
        0 => Ok(None),
        1..=4 if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(digits.parse().ok()),
        _ => Err(DateFault::Invalid),
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
mod tests;
