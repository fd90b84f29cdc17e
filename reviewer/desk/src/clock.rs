//! The one place that reads the clock.

use amanat_shared::dates::Day;
use gloo::timers::future::TimeoutFuture;

const KABUL_SECS: f64 = 16_200.0;
/// The page answers a hand within this.
const SLICE_MILLIS: f64 = 40.0;

/// Seconds since 1970.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a browser's clock is after 1970")]
pub fn now() -> u64 {
    (js_sys::Date::now() / 1000.0) as u64
}

/// The day in Kabul, without summer time.
#[expect(clippy::cast_possible_truncation, reason = "days since 1970 are few")]
pub fn today() -> Day {
    Day(((js_sys::Date::now() / 1000.0 + KABUL_SECS) / 86_400.0) as i32)
}

/// Lets the page answer a hand, again and again during long work.
pub struct Breath {
    last: f64,
}

impl Breath {
    /// The work begins.
    pub fn new() -> Self {
        Self { last: js_sys::Date::now() }
    }

    /// Whether the page has waited long enough.
    pub fn is_due(&self) -> bool {
        js_sys::Date::now() - self.last > SLICE_MILLIS
    }

    /// The page's turn.
    pub async fn take(&mut self) {
        TimeoutFuture::new(0).await;
        self.last = js_sys::Date::now();
    }
}
