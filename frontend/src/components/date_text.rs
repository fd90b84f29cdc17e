//! Dates as the person reads them.

use amanat_shared::dates::{Calendar, Day, PartialDate, Precision};

use crate::i18n::{self, DeferredText, Language, month};

/// The name of a calendar.
pub fn calendar_label(calendar: Calendar) -> DeferredText {
    match calendar {
        Calendar::Solar => i18n::DATE_SOLAR,
        Calendar::Gregorian => i18n::DATE_GREGORIAN,
        Calendar::Lunar => i18n::DATE_LUNAR,
    }
}

/// A date as it was given.
pub fn given_date(date: &PartialDate, language: Language) -> String {
    let year = date.year.map_or_else(String::new, |year| year.to_string());
    let name = |number: u8| month(date.calendar, usize::from(number)).to(language);
    let text = match (date.precision, date.month, date.day) {
        (Precision::Unknown, ..) => return i18n::UI_NOT_SURE.to(language).to_owned(),
        (Precision::Ongoing, ..) => return i18n::F_STILL_WORKING.to(language).to_owned(),
        (Precision::AgeInYear, ..) => {
            [i18n::DATE_AGE.to(language), &date.age.unwrap_or(0).to_string(), i18n::DATE_AGE_IN_YEAR.to(language), &year].join(" ")
        }
        (_, Some(number), Some(day)) => format!("{day} {} {year}", name(number)),
        (_, Some(number), None) => format!("{} {year}", name(number)),
        _ => year,
    };
    language.in_digits(format!("{text} ({})", calendar_label(date.calendar).to(language)))
}

/// The same date in the other calendar that people use; `None` for one that names no day or range.
pub fn converted_date(date: &PartialDate, language: Language) -> Option<String> {
    let (earliest, latest) = (date.earliest()?, date.latest()?);
    let other = if date.calendar == Calendar::Gregorian { Calendar::Solar } else { Calendar::Gregorian };
    let written = |day: Day| {
        let (year, number, day) = day.in_calendar(other);
        language.in_digits(format!("{day} {} {year}", month(other, usize::from(number)).to(language)))
    };
    Some(if earliest == latest {
        i18n::DATE_CONVERTED.with(language, &[("date", &written(earliest))])
    } else {
        i18n::DATE_CONVERTED_RANGE.with(language, &[("from", &written(earliest)), ("to", &written(latest))])
    })
}
