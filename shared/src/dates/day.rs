//! One day, and what the three calendars call it.

use std::fmt;

use icu_calendar::cal::hijri::{TabularAlgorithm, TabularAlgorithmEpoch, TabularAlgorithmLeapYears};
use icu_calendar::cal::{Gregorian, Hijri, Persian};
use icu_calendar::types::RataDie;
use icu_calendar::{AsCalendar, Date};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Calendar;

/// A day, counted from 1970-01-01 (Gregorian, proleptic). In JSON an ISO 8601 date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i32);

/// 1970-01-01, counted from 0000-12-31 as the calendars do.
const EPOCH: i64 = 719_163;

/// Years that can be meant. Others are slips: two digits, or a day's digits in the year's field.
const YEARS: std::ops::RangeInclusive<i32> = 1000..=2999;

/// The civil lunar calendar. Months begin with the moon's sighting, so this is right to within two days only.
const LUNAR: Hijri<TabularAlgorithm> = Hijri::new_tabular(TabularAlgorithmLeapYears::TypeII, TabularAlgorithmEpoch::Friday);

impl Day {
    /// Reads `YYYY-MM-DD`.
    pub fn from_iso(text: &str) -> Option<Self> {
        let (year, rest) = text.split_at_checked(4)?;
        let (month, day) = rest.strip_prefix('-')?.split_once('-')?;
        let number = |text: &str, digits| {
            (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        Date::try_new_gregorian(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?).ok().and_then(|date| day_of(&date))
    }

    /// `YYYY-MM-DD`.
    pub fn iso(self) -> String {
        self.to_string()
    }

    /// The day that this calendar calls so, if there is such a day and its year can be meant.
    pub fn from_calendar(calendar: Calendar, year: i32, month: u8, day: u8) -> Option<Self> {
        if !YEARS.contains(&year) {
            return None;
        }
        match calendar {
            Calendar::Solar => Date::try_new_persian(year, month, day).ok().and_then(|date| day_of(&date)),
            Calendar::Gregorian => Date::try_new_gregorian(year, month, day).ok().and_then(|date| day_of(&date)),
            Calendar::Lunar => Date::try_new_hijri_with_calendar(year, month, day, LUNAR).ok().and_then(|date| day_of(&date)),
        }
    }

    /// Year, month and day in this calendar.
    pub fn in_calendar(self, calendar: Calendar) -> (i32, u8, u8) {
        let rata_die = RataDie::new(i64::from(self.0) + EPOCH);
        match calendar {
            Calendar::Solar => parts(&Date::from_rata_die(rata_die, Persian)),
            Calendar::Gregorian => parts(&Date::from_rata_die(rata_die, Gregorian)),
            Calendar::Lunar => parts(&Date::from_rata_die(rata_die, LUNAR)),
        }
    }

    /// Days from `other` to this one; negative when it is earlier.
    pub fn days_since(self, other: Self) -> i64 {
        i64::from(self.0) - i64::from(other.0)
    }

    /// Whole years from `birth` to this day, by the Gregorian calendar; negative when it is earlier.
    pub fn years_since(self, birth: Self) -> i32 {
        let (year, month, day) = self.in_calendar(Calendar::Gregorian);
        let (birth_year, birth_month, birth_day) = birth.in_calendar(Calendar::Gregorian);
        year - birth_year - i32::from((month, day) < (birth_month, birth_day))
    }
}

fn day_of<A: AsCalendar>(date: &Date<A>) -> Option<Day> {
    i32::try_from(date.to_rata_die().to_i64_date() - EPOCH).ok().map(Day)
}

fn parts<A: AsCalendar>(date: &Date<A>) -> (i32, u8, u8) {
    (date.year().extended_year(), date.month().ordinal, date.day_of_month().0)
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.in_calendar(Calendar::Gregorian);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_iso(&text).ok_or_else(|| de::Error::custom("not a date, YYYY-MM-DD"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_day_in_json_is_its_iso_date() {
        let day = Day::from_iso("2021-08-15").unwrap();
        assert_eq!(day.0, 18_854);
        assert_eq!(serde_json::to_string(&day).unwrap(), "\"2021-08-15\"");
        assert_eq!(serde_json::from_str::<Day>("\"2021-08-15\"").unwrap(), day);
        assert!(serde_json::from_str::<Day>("\"2021-02-29\"").is_err());
    }

    #[test]
    fn only_whole_iso_dates_are_read() {
        for text in ["", "2021", "2021-8-15", "2021-08-1５", "21-08-15", "2021-08-15T00", "+021-08-15", "2021-13-01", "۲۰۲۱-08-15"]
        {
            assert_eq!(Day::from_iso(text), None, "{text}");
        }
    }

    #[test]
    fn leap_years_of_the_solar_calendar_are_as_in_afghanistan() {
        let leap: Vec<i32> = (1390..=1412).filter(|year| Day::from_calendar(Calendar::Solar, *year, 12, 30).is_some()).collect();
        assert_eq!(leap, [1391, 1395, 1399, 1403, 1408, 1412]);
    }

    #[test]
    fn the_fall_of_kabul_is_one_day_in_three_calendars() {
        let day = Day::from_iso("2021-08-15").unwrap();
        assert_eq!(day.in_calendar(Calendar::Solar), (1400, 5, 24));
        assert_eq!(day.in_calendar(Calendar::Gregorian), (2021, 8, 15));
        let (year, month, date) = day.in_calendar(Calendar::Lunar);
        assert_eq!((year, month), (1443, 1));
        assert!((4..=8).contains(&date));
    }

    #[test]
    fn a_birthday_counts_from_its_day_on() {
        let birth = Day::from_iso("2000-02-29").unwrap();
        assert_eq!(Day::from_iso("2018-02-28").unwrap().years_since(birth), 17);
        assert_eq!(Day::from_iso("2018-03-01").unwrap().years_since(birth), 18);
    }

    proptest! {
        #[test]
        fn days_come_back_from_every_calendar(days in -18_000_i32..40_000) {
            let day = Day(days);
            for calendar in [Calendar::Solar, Calendar::Gregorian, Calendar::Lunar] {
                let (year, month, date) = day.in_calendar(calendar);
                prop_assert_eq!(Day::from_calendar(calendar, year, month, date), Some(day));
            }
            prop_assert_eq!(Day::from_iso(&day.iso()), Some(day));
        }

        #[test]
        fn solar_dates_from_1300_to_1450_come_back(year in 1300_i32..=1450, month in 1_u8..=12, date in 1_u8..=31) {
            if let Some(day) = Day::from_calendar(Calendar::Solar, year, month, date) {
                prop_assert_eq!(day.in_calendar(Calendar::Solar), (year, month, date));
            } else {
                prop_assert!(date == 31 && month > 6 || date == 30 && month == 12);
            }
        }

        #[test]
        fn no_day_panics(days in any::<i32>()) {
            for calendar in [Calendar::Solar, Calendar::Gregorian, Calendar::Lunar] {
                let _ = Day(days).in_calendar(calendar);
            }
            prop_assert!(!Day(days).iso().is_empty());
        }
    }
}
