//! The clock, as a value that is passed in. Nothing else in the program asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use amanat_shared::dates::Day;

const HOUR_SECS: i64 = 3600;
const DAY_SECS: i64 = 24 * HOUR_SECS;

/// Tells the time.
#[derive(Clone, Debug)]
pub struct Clock(TimeSource);

#[derive(Clone, Debug)]
enum TimeSource {
    System,
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// The system's.
    pub const fn system() -> Self {
        Self(TimeSource::System)
    }

    /// One that stands at this Unix time until [`Clock::advance`]; clones of it stay together.
    pub fn standing_at(unix_secs: i64) -> Self {
        Self(TimeSource::Set(Arc::new(AtomicI64::new(unix_secs))))
    }

    /// Moves a standing clock; the system's goes its own way.
    pub fn advance(&self, by: Duration) {
        if let TimeSource::Set(secs) = &self.0 {
            secs.fetch_add(i64::try_from(by.as_secs()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// Seconds since 1970.
    pub fn unix_secs(&self) -> i64 {
        match &self.0 {
            TimeSource::Set(secs) => secs.load(Ordering::SeqCst),
            TimeSource::System => {
                #[expect(clippy::disallowed_methods, reason = "this is the one function that reads the clock")]
                let now = SystemTime::now();
                now.duration_since(UNIX_EPOCH).map_or(0, |passed| i64::try_from(passed.as_secs()).unwrap_or(i64::MAX))
            }
        }
    }

    /// The Unix time at which the present hour began: times are kept no more exactly than this.
    pub fn hour(&self) -> i64 {
        self.unix_secs() / HOUR_SECS * HOUR_SECS
    }

    /// The present day (UTC).
    pub fn today(&self) -> Day {
        Day(i32::try_from(self.unix_secs().div_euclid(DAY_SECS)).unwrap_or(i32::MAX))
    }
}

/// The minute of a Unix time, for people, where it is of a clock of ours: `2026-11-23T06:30Z`.
pub fn minute_text(unix_secs: i64) -> String {
    let day = Day(i32::try_from(unix_secs.div_euclid(DAY_SECS)).unwrap_or(i32::MAX));
    let secs = unix_secs.rem_euclid(DAY_SECS);
    format!("{}T{:02}:{:02}Z", day.iso(), secs / HOUR_SECS, secs % HOUR_SECS / 60)
}

/// The hour of a Unix time, for people and on the wire: `2026-11-23T06:00Z`.
pub fn hour_text(unix_secs: i64) -> String {
    let day = Day(i32::try_from(unix_secs.div_euclid(DAY_SECS)).unwrap_or(i32::MAX));
    format!("{}T{:02}:00Z", day.iso(), unix_secs.rem_euclid(DAY_SECS) / HOUR_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_formatted_to_the_hour_and_to_the_minute() {
        assert_eq!(hour_text(1_763_999_999), "2025-11-24T15:00Z");
        assert_eq!(hour_text(0), "1970-01-01T00:00Z");
        assert_eq!((minute_text(1_763_999_999), minute_text(0)), ("2025-11-24T15:59Z".to_owned(), "1970-01-01T00:00Z".to_owned()));
    }

    #[test]
    fn a_standing_clock_and_its_clones_move_only_by_advance() {
        let clock = Clock::standing_at(1_764_000_123);
        let clone = clock.clone();
        assert_eq!((clone.hour(), clone.today()), (1_764_000_000, Day(20_416)));
        clock.advance(Duration::from_secs(DAY_SECS.unsigned_abs()));
        assert_eq!((clone.unix_secs(), clone.today()), (1_764_086_523, Day(20_417)));
    }
}
