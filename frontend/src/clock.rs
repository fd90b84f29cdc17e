//! The one place that reads the phone's clock.

use amanat_shared::dates::Day;
use amanat_shared::pack::build_day;

/// Today in Kabul by the phone's clock, but never before the day on which this program was built.
pub fn today() -> Day {
    const KABUL_OFFSET_MS: f64 = 4.5 * 3_600_000.0;
    const DAY_MS: f64 = 86_400_000.0;
    #[expect(clippy::cast_possible_truncation, reason = "days since 1970 fit for millions of years")]
    let clock = Day(((js_sys::Date::now() + KABUL_OFFSET_MS) / DAY_MS) as i32);
    clock.max(build_day())
}
