//! The fixed clock. Mail goes out at its ticks, the *slots*.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

const DAY_SECS: i64 = 86_400;
const HOUR_SECS: i64 = 3600;

/// The times at which mail goes out. It is never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Period after which the ticks repeat.
    period_secs: i64,
    /// Offsets of the ticks from each multiple of the period since 1970, in order.
    offsets_secs: Vec<i64>,
}

/// A time of day (UTC): `06:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(i64);

impl Schedule {
    /// Creates a schedule of multiples of this time since 1970.
    pub fn every(every: Duration) -> Self {
        Self { period_secs: i64::try_from(every.as_secs()).unwrap_or(i64::MAX).max(1), offsets_secs: vec![0] }
    }

    /// Creates a schedule of these times of every day, or of midnight if there are none.
    pub fn at(times: Vec<TimeOfDay>) -> Self {
        let mut offsets_secs: Vec<i64> = times.into_iter().map(|TimeOfDay(secs)| secs).collect();
        offsets_secs.sort_unstable();
        if offsets_secs.is_empty() {
            offsets_secs.push(0);
        }
        Self { period_secs: DAY_SECS, offsets_secs }
    }

    /// Returns the last tick, which may be this very second.
    pub fn last(&self, now: i64) -> i64 {
        let (start, since) = self.split(now);
        match self.offsets_secs.iter().rfind(|offset| **offset <= since) {
            Some(offset) => start + offset,
            None => start - self.period_secs + self.offsets_secs.last().copied().unwrap_or(0),
        }
    }

    /// Returns the next tick, which is later than `now`.
    pub fn next(&self, now: i64) -> i64 {
        let (start, since) = self.split(now);
        match self.offsets_secs.iter().find(|offset| **offset > since) {
            Some(offset) => start + offset,
            None => start.saturating_add(self.period_secs).saturating_add(self.offsets_secs.first().copied().unwrap_or(0)),
        }
    }

    /// Checks whether a tick is the first of its day (UTC).
    pub fn is_first_of_day(&self, tick: i64) -> bool {
        self.last(tick - 1).div_euclid(DAY_SECS) < tick.div_euclid(DAY_SECS)
    }

    /// Returns when the period began, and the seconds since then.
    fn split(&self, now: i64) -> (i64, i64) {
        let since = now.rem_euclid(self.period_secs);
        (now - since, since)
    }
}

impl FromStr for TimeOfDay {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let two = |digits: &str, below: i64| {
            let digits = Some(digits).filter(|digits| digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()));
            digits.and_then(|digits| digits.parse::<i64>().ok()).filter(|number| *number < below)
        };
        let parsed = text.split_once(':').and_then(|(hour, minute)| Some((two(hour, 24)?, two(minute, 60)?)));
        let (hour, minute) = parsed.ok_or("a time of day (UTC) from 00:00 to 23:59 is needed, such as \"06:00\"")?;
        Ok(Self(hour * HOUR_SECS + minute * 60))
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Midnight.
    const DAY: i64 = 20_000 * DAY_SECS;
    const HOUR: i64 = HOUR_SECS;

    fn times(texts: &[&str]) -> Schedule {
        Schedule::at(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn a_tick_is_the_last_one_until_the_next() {
        for schedule in [Schedule::every(Duration::from_hours(4)), times(&["06:00", "23:59"]), times(&["00:00"])] {
            let mut tick = schedule.last(DAY);
            for _ in 0..20 {
                let next = schedule.next(tick);
                assert!(next > tick);
                for moment in [tick, tick + 1, next - 1] {
                    assert_eq!((schedule.last(moment), schedule.next(moment)), (tick, next), "{schedule:?}");
                }
                tick = next;
            }
        }
    }

    #[test]
    fn multiples_are_counted_since_1970_and_times_of_day_in_any_order() {
        let every = Schedule::every(Duration::from_hours(5));
        assert_eq!((every.last(DAY) % (5 * HOUR), every.next(DAY) % (5 * HOUR)), (0, 0));
        let twice = times(&["18:30", "06:00"]);
        assert_eq!(twice.last(DAY), DAY - 5 * HOUR - HOUR / 2, "yesterday's");
        assert_eq!((twice.next(DAY), twice.next(DAY + 6 * HOUR)), (DAY + 6 * HOUR, DAY + 18 * HOUR + HOUR / 2));
        assert_eq!(twice.next(DAY + 19 * HOUR), DAY + 30 * HOUR, "tomorrow's");
    }

    #[test]
    fn each_day_has_one_first_tick() {
        let twice = times(&["18:30", "06:00"]);
        assert!(twice.is_first_of_day(DAY + 6 * HOUR) && !twice.is_first_of_day(DAY + 18 * HOUR + HOUR / 2));
        let every = Schedule::every(Duration::from_hours(4));
        assert!(every.is_first_of_day(DAY) && !every.is_first_of_day(DAY + 4 * HOUR));
        assert!(Schedule::every(Duration::from_hours(36)).is_first_of_day(72 * HOUR));
    }

    #[test]
    fn a_time_of_day_has_two_digits_for_hour_and_minute() {
        for (good, secs) in [("00:00", 0), ("06:05", 6 * HOUR + 300), ("23:59", DAY_SECS - 60)] {
            assert_eq!(good.parse(), Ok(TimeOfDay(secs)));
        }
        for bad in ["24:00", "06:60", "6:00", "0600", "06:00:00", "06-00", "+6:00", "", "noon"] {
            assert!(bad.parse::<TimeOfDay>().is_err(), "{bad}");
        }
    }
}
