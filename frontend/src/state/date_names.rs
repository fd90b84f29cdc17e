//! The names of calendars and precisions, in the page's controls and in saved drafts.

use amanat_shared::dates::{Calendar, Precision};

const CALENDARS: [(Calendar, &str); 3] =
    [(Calendar::Solar, "solar"), (Calendar::Gregorian, "gregorian"), (Calendar::Lunar, "lunar")];

const PRECISIONS: [(Precision, &str); 6] = [
    (Precision::Day, "day"),
    (Precision::Month, "month"),
    (Precision::Year, "year"),
    (Precision::AgeInYear, "age_in_year"),
    (Precision::Unknown, "unknown"),
    (Precision::Ongoing, "ongoing"),
];

/// The name of a calendar.
pub fn calendar_name(calendar: Calendar) -> &'static str {
    CALENDARS.iter().find(|(other, _)| *other == calendar).map_or("", |(_, name)| name)
}

/// The calendar of this name; the solar one for a name that is unknown.
pub fn calendar_from(name: &str) -> Calendar {
    CALENDARS.iter().find(|(_, other)| *other == name).map_or(Calendar::Solar, |(calendar, _)| *calendar)
}

/// The name of a precision.
pub fn precision_name(precision: Precision) -> &'static str {
    PRECISIONS.iter().find(|(other, _)| *other == precision).map_or("", |(_, name)| name)
}

/// The precision of this name; the day for a name that is unknown.
pub fn precision_from(name: &str) -> Precision {
    PRECISIONS.iter().find(|(_, other)| *other == name).map_or(Precision::Day, |(precision, _)| *precision)
}
