//! The one function that reads the clock; everything else is told the time.

use std::time::{SystemTime, UNIX_EPOCH};

use amanat_shared::dates::Day;

/// Kabul is four and a half hours ahead of UTC, without summer time.
const KABUL_SECS: u64 = 16_200;

/// Seconds since 1970.
pub fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "this is the one function that reads the clock")]
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}

/// The day in Kabul at this time.
pub fn day_in_kabul(unix_secs: u64) -> Day {
    Day(i32::try_from((unix_secs + KABUL_SECS) / 86_400).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_in_kabul_begins_before_that_in_greenwich() {
        assert_eq!(day_in_kabul(86_400 - KABUL_SECS), Day(1));
        assert_eq!(day_in_kabul(86_400 - KABUL_SECS - 1), Day(0));
    }
}
