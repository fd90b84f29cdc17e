//! Dates in three calendars, as exact as a person knows them.
//!
//! A date is kept as given, with the interval of days that it can mean: an expiry goes by the first of them, a minor's
//! birthday by the last.

mod day;
mod partial;

pub use day::Day;
pub use partial::{DateFault, PartialDate};

use serde::{Deserialize, Serialize};

/// A calendar a person may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calendar {
    /// Solar Hijri, as on tazkiras.
    #[default]
    Solar,
    /// Gregorian, as on passports.
    Gregorian,
    /// Lunar Hijri, as on letters since 2022. Converted with two days' doubt.
    Lunar,
}

/// The precision to which a date is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Year, month and day.
    #[default]
    Day,
    /// Year and month.
    Month,
    /// Only the year.
    Year,
    /// "25 in the year 1398", as some tazkiras say.
    AgeInYear,
    /// The person does not know.
    Unknown,
    /// It has not ended.
    Ongoing,
}

/// Calendars and their names in JSON.
pub const CALENDARS: &[(&str, Calendar)] =
    &[("solar", Calendar::Solar), ("gregorian", Calendar::Gregorian), ("lunar", Calendar::Lunar)];

/// Precisions and their names in JSON.
pub const PRECISIONS: &[(&str, Precision)] = &[
    ("day", Precision::Day),
    ("month", Precision::Month),
    ("year", Precision::Year),
    ("age_in_year", Precision::AgeInYear),
    ("unknown", Precision::Unknown),
    ("ongoing", Precision::Ongoing),
];

/// A date as typed: nothing in it is checked. `month` is a number from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateEntry {
    /// Calendar.
    pub calendar: Calendar,
    /// The precision that the person gives. `Day` means "what is filled in": a blank day makes it `Month`.
    pub precision: Precision,
    /// Year, in digits of any script.
    pub year: String,
    /// Month, `1` to `12`, or empty.
    pub month: String,
    /// Day, in digits of any script, or empty.
    pub day: String,
    /// Age, for `AgeInYear`.
    pub age: String,
}

impl DateEntry {
    /// Nothing is filled in. "I do not know" and "it has not ended" are answers.
    pub fn is_blank(&self) -> bool {
        let blank = |text: &str| crate::text::clean(text).is_empty();
        match self.precision {
            Precision::Day | Precision::Month | Precision::Year => blank(&self.year) && blank(&self.month) && blank(&self.day),
            Precision::AgeInYear => blank(&self.year) && blank(&self.age),
            Precision::Unknown | Precision::Ongoing => false,
        }
    }
}
