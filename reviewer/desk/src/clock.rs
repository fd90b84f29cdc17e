//! This module alone reads the clock.

use amanat_shared::dates::Day;
use gloo::timers::future::TimeoutFuture;

const KABUL_SECS: f64 = 16_200.0;
/// Long work yields after this time, so that the page answers a touch.
const SLICE_MILLIS: f64 = 40.0;

/// Returns the seconds since 1970.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a browser's clock is after 1970")]
pub fn now() -> u64 {
    (js_sys::Date::now() / 1000.0) as u64
}

/// Returns the day in Kabul, which has no summer time.
#[expect(clippy::cast_possible_truncation, reason = "days since 1970 are few")]
pub fn today() -> Day {
    Day(((js_sys::Date::now() / 1000.0 + KABUL_SECS) / 86_400.0) as i32)
}

/// Lets the page answer touches during long work.
pub struct Yielder {
    last: f64,
}

impl Yielder {
    pub fn new() -> Self {
        Self { last: js_sys::Date::now() }
    }

    /// Returns whether the page has waited long enough.
    pub fn is_due(&self) -> bool {
        js_sys::Date::now() - self.last > SLICE_MILLIS
    }

    /// Lets the page work, and starts a new period.
    pub async fn yield_now(&mut self) {
        TimeoutFuture::new(0).await;
        self.last = js_sys::Date::now();
    }
}
