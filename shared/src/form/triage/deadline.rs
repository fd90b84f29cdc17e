//! A deadline as triage reads it: from a date as it was sealed to days from today.

use crate::answers::Answer;
use crate::dates::{Calendar, DateEntry, Day, PartialDate, Precision};

/// A deadline that passed at most so many days ago is still the most pressing one: whoever should have left can be taken
/// away on any of them.
pub const JUST_PASSED_DAYS: i64 = 30;

/// A deadline older than this is a slip in the year. It is longer than any card that has run out is kept.
const YEARS_BACK: i32 = 20;
/// A date that is read in another calendar than the given one lies no farther ahead than this.
const YEARS_AHEAD: i32 = 20;

/// A date that is a deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The form's question.
    pub question: String,
    /// As exact as it was given: `2026-11-29`, `2026-11`, `2026`, `1405 solar`. It ends in `?` where the calendar or the
    /// year cannot be right as given.
    pub on: String,
    /// The days that it can mean, counted from today: the first and the last. `None` where no calendar makes sense of it.
    pub days: Option<(i64, i64)>,
    /// Whether it is one day, and not a month, a year or a guess.
    pub is_exact: bool,
    /// A doubt about how the date was read, if it was not read as it was given.
    pub doubt: Option<Doubt>,
    /// Whether an emergency hangs on this question: a removal, where others are the end of a permission.
    pub is_removal: bool,
    /// Whether a rule fired because of it.
    pub has_fired: bool,
}

/// Why a date is not taken as it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The year makes sense only in this calendar.
    ReadAs(Calendar),
    /// The year makes sense in no calendar, or the answer is no date.
    Unreadable,
}

impl Deadline {
    /// Days from today to the nearest day that it can mean; negative if all of them are past.
    pub fn nearest_days(&self) -> Option<i64> {
        self.days.map(|(first, last)| 0.clamp(first, last))
    }

    /// Whether it passed within the last [`JUST_PASSED_DAYS`] days.
    pub fn has_just_passed(&self) -> bool {
        self.nearest_days().is_some_and(|days| (-JUST_PASSED_DAYS..0).contains(&days))
    }
}

/// A date with the days that triage takes it to mean.
pub(super) struct DaysUntil {
    /// The days for the rules. A date that makes no sense counts as it was given if it is past, since that is the careful
    /// side, and as none if it lies ahead.
    pub(super) days: Option<(Day, Day)>,
    /// The same in words.
    pub(super) on: String,
    pub(super) is_exact: bool,
    pub(super) doubt: Option<Doubt>,
}

impl DaysUntil {
    /// Reads an answer that should be a date. `None` where it says that the date is not known.
    pub(super) fn of(answer: &Answer, today: Day) -> Option<Self> {
        let Answer::Date(date) = answer else {
            return Some(Self { days: None, on: "?".to_owned(), is_exact: false, doubt: Some(Doubt::Unreadable) });
        };
        if date.earliest().is_none() && date.latest().is_none() {
            let is_known = !matches!(date.precision, Precision::Unknown | Precision::Ongoing);
            return is_known.then(|| Self { days: None, on: "?".to_owned(), is_exact: false, doubt: Some(Doubt::Unreadable) });
        }
        let given = span(date)?;
        if given.1 >= years_from(today, -YEARS_BACK) && !date.looks_like_another_calendar(today) {
            return Some(Self::new(date, given, None));
        }
        let others = [Calendar::Solar, Calendar::Gregorian, Calendar::Lunar].into_iter().filter(|other| *other != date.calendar);
        let read = others.filter_map(|other| in_calendar(date, other)).filter_map(|date| Some((span(&date)?, date)));
        let may_be_meant = |span: &(Day, Day)| span.1 >= years_from(today, -YEARS_BACK) && span.0 <= years_from(today, YEARS_AHEAD);
        let nearest = read
            .filter(|(span, _)| may_be_meant(span))
            .min_by_key(|(span, _)| (today.clamp(span.0, span.1).days_since(today)).abs());
        Some(match nearest {
            Some((span, date)) => Self::new(&date, span, Some(Doubt::ReadAs(date.calendar))),
            None => Self { days: (given.0 < today).then_some(given), ..Self::new(date, given, Some(Doubt::Unreadable)) },
        })
    }

    fn new(date: &PartialDate, days: (Day, Day), doubt: Option<Doubt>) -> Self {
        let is_day = date.precision == Precision::Day || days.0 == days.1;
        let is_exact = is_day && days.0 == days.1;
        let calendar = match date.calendar {
            Calendar::Gregorian => "",
            Calendar::Solar => " solar",
            Calendar::Lunar => " lunar",
        };
        let on = match (date.year, date.month) {
            (Some(year), _) if date.precision == Precision::Year => format!("{year}{calendar}"),
            (Some(year), Some(month)) if date.precision == Precision::Month => format!("{year}-{month:02}{calendar}"),
            _ if is_exact => days.0.to_string(),
            _ if is_day => format!("about {}", Day(i32::midpoint(days.0.0, days.1.0))),
            _ => format!("{} to {}", days.0, days.1),
        };
        let on = if doubt.is_some() { format!("{on}?") } else { on };
        Self { days: Some(days), on, is_exact: is_exact && doubt.is_none(), doubt }
    }
}

/// First and last day, in this order whatever was sealed.
fn span(date: &PartialDate) -> Option<(Day, Day)> {
    let (first, last) = (date.earliest().or(date.latest())?, date.latest().or(date.earliest())?);
    Some((first.min(last), first.max(last)))
}

/// The same year, month and day in another calendar.
fn in_calendar(date: &PartialDate, calendar: Calendar) -> Option<PartialDate> {
    let part = |part: Option<i32>| part.map_or_else(String::new, |part| part.to_string());
    let entry = DateEntry {
        calendar,
        precision: date.precision,
        year: part(date.year),
        month: part(date.month.map(i32::from)),
        day: part(date.day.map(i32::from)),
        age: part(date.age.map(i32::from)),
    };
    PartialDate::read(&entry).ok()
}

/// The day so many years from another, give or take a few days.
fn years_from(today: Day, years: i32) -> Day {
    Day(today.0.saturating_add(years.saturating_mul(365)))
}
