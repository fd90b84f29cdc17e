//! `[retention]`: how long sealed files are kept.

use std::time::Duration;

use serde::Deserialize;

use super::Interval;

const HOUR: Duration = Duration::from_hours(1);
/// Anybody who waits for a reviewer's holiday to end is still there.
const LEAST_AT_MOST: Duration = Duration::from_hours(30 * 24);
/// People are told that nothing of theirs is kept for longer.
const MOST_AT_MOST: Duration = Duration::from_hours(180 * 24);

/// When sealed files are deleted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// So many distinct reviewers have to have shown that they opened a file …
    pub acknowledgements: u32,
    /// … for so long, before it is deleted.
    pub after: Interval,
    /// In any case it is deleted at this age.
    pub at_most: Interval,
}

impl Default for Retention {
    fn default() -> Self {
        Self { acknowledgements: 1, after: Interval(Duration::from_hours(7 * 24)), at_most: Interval(MOST_AT_MOST) }
    }
}

impl Retention {
    /// [`Self::after`] in seconds.
    pub fn after_secs(&self) -> i64 {
        i64::try_from(self.after.0.as_secs()).unwrap_or(i64::MAX)
    }

    /// [`Self::at_most`] in seconds.
    pub fn at_most_secs(&self) -> i64 {
        i64::try_from(self.at_most.0.as_secs()).unwrap_or(i64::MAX)
    }

    pub(super) fn check(&self) -> Result<(), (String, String)> {
        let wrong = |key: &str, message: &str| Err((format!("retention.{key}"), message.to_owned()));
        if self.acknowledgements == 0 {
            return wrong("acknowledgements", "is 0: then files would be deleted that nobody has opened; at least 1 is needed");
        }
        if self.after.0 < HOUR {
            return wrong("after", "is less than an hour, and times here are kept to the hour");
        }
        if self.at_most.0 < LEAST_AT_MOST {
            return wrong("at_most", "is less than 30 days: files would be deleted that nobody has had time to open");
        }
        if self.at_most.0 > MOST_AT_MOST {
            return wrong("at_most", "is more than 180 days, and people are told that nothing is kept for longer");
        }
        if self.after.0 >= self.at_most.0 {
            return wrong("after", "is not less than `at_most`");
        }
        Ok(())
    }
}
