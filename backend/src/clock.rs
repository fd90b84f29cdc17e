//! The clock is a value that is passed in. No other code in the program reads the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use amanat_shared::dates::Day;

const HOUR_SECS: i64 = 3600;
const DAY_SECS: i64 = 24 * HOUR_SECS;

/// A source of the current time.
#[derive(Clone, Debug)]
pub struct Clock(TimeSource);

#[derive(Clone, Debug)]
enum TimeSource {
    System,
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// Creates the system's clock.
    pub const fn system() -> Self {
        Self(TimeSource::System)
    }

    /// Creates a clock that stands at this Unix time until [`Clock::advance`]. Its clones share the time.
    pub fn standing_at(unix_secs: i64) -> Self {
        Self(TimeSource::Set(Arc::new(AtomicI64::new(unix_secs))))
    }

    /// Moves a standing clock, and leaves the system's as it is.
    pub fn advance(&self, by: Duration) {
        if let TimeSource::Set(secs) = &self.0 {
            secs.fetch_add(i64::try_from(by.as_secs()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// Returns the Unix time in seconds.
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

    /// Returns the Unix time at which the present hour began. Times are stored no more exactly than this.
    pub fn hour(&self) -> i64 {
        self.unix_secs() / HOUR_SECS * HOUR_SECS
    }

    /// Returns the present day (UTC).
    pub fn today(&self) -> Day {
        Day(i32::try_from(self.unix_secs().div_euclid(DAY_SECS)).unwrap_or(i32::MAX))
    }
}

/// Formats a Unix time to the minute, for people and for the program's own times only: `2026-11-23T06:30Z`.
pub fn minute_text(unix_secs: i64) -> String {
    let day = Day(i32::try_from(unix_secs.div_euclid(DAY_SECS)).unwrap_or(i32::MAX));
    let secs = unix_secs.rem_euclid(DAY_SECS);
    format!("{}T{:02}:{:02}Z", day.iso(), secs / HOUR_SECS, secs % HOUR_SECS / 60)
}

/// Formats a Unix time to the hour, for people and on the wire: `2026-11-23T06:00Z`.
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
