//! The names of calendars and precisions, in the page's controls and in saved drafts.

use amanat_shared::dates::{CALENDARS, Calendar, PRECISIONS, Precision};

/// The name of a calendar.
pub fn calendar_name(calendar: Calendar) -> &'static str {
    CALENDARS.iter().find(|(_, other)| *other == calendar).map_or("", |(name, _)| name)
}

/// The calendar of this name; the solar one for a name that is unknown.
pub fn calendar_from(name: &str) -> Calendar {
    CALENDARS.iter().find(|(other, _)| *other == name).map_or(Calendar::Solar, |(_, calendar)| *calendar)
}

/// The name of a precision.
pub fn precision_name(precision: Precision) -> &'static str {
    PRECISIONS.iter().find(|(_, other)| *other == precision).map_or("", |(name, _)| name)
}

/// The precision of this name; the day for a name that is unknown.
pub fn precision_from(name: &str) -> Precision {
    PRECISIONS.iter().find(|(other, _)| *other == name).map_or(Precision::Day, |(_, precision)| *precision)
}
