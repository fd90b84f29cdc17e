//! The `[retention]` table.

use std::time::Duration;

use serde::Deserialize;

use super::Interval;

const HOUR: Duration = Duration::from_hours(1);
/// A shorter time would delete files before a reviewer is back from a holiday.
const MIN_AT_MOST: Duration = Duration::from_hours(30 * 24);
/// People are told that nothing of theirs is kept for longer.
const MAX_AT_MOST: Duration = Duration::from_hours(180 * 24);

/// From this many reviewers on, one alone deletes nothing.
const SEVERAL_REVIEWERS: usize = 3;
/// A discard needs no proof from inside the file, so it always needs a second reviewer.
const MIN_DISCARDS: u32 = 2;

/// The retention settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionSettings {
    /// Number of distinct reviewers who must have proven that they opened a file. [`Retention::rules`] raises it to the
    /// minimum.
    pub acknowledgements: Option<u32>,
    /// Time between the last necessary acknowledgement or discard and the deletion.
    pub after: Interval,
    /// Age at which a file is deleted in any case.
    pub at_most: Interval,
}

/// The retention settings, resolved for the present number of reviewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionRules {
    /// Number of distinct reviewers who must have proven that they opened a file.
    pub acknowledgements: u32,
    /// Number of distinct reviewers who must have said that a file opens for nobody.
    pub discards: u32,
    /// Time between the last necessary request and the deletion.
    pub after_secs: i64,
    /// Age at which a file is deleted in any case.
    pub at_most_secs: i64,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { acknowledgements: None, after: Interval(Duration::from_hours(7 * 24)), at_most: Interval(MAX_AT_MOST) }
    }
}

impl RetentionSettings {
    /// Resolves the rules for a number of reviewers with access keys. From three on, one acknowledgement alone deletes nothing.
    /// The configuration can ask for more, never for less.
    pub fn rules(&self, reviewers: usize) -> RetentionRules {
        let least = if reviewers >= SEVERAL_REVIEWERS { 2 } else { 1 };
        let acknowledgements = self.acknowledgements.unwrap_or(least).max(least);
        let secs = |interval: Interval| i64::try_from(interval.0.as_secs()).unwrap_or(i64::MAX);
        RetentionRules {
            acknowledgements,
            discards: acknowledgements.max(MIN_DISCARDS),
            after_secs: secs(self.after),
            at_most_secs: secs(self.at_most),
        }
    }

    pub(super) fn check(&self) -> Result<(), (String, String)> {
        let invalid = |key: &str, message: &str| Err((format!("retention.{key}"), message.to_owned()));
        if self.acknowledgements == Some(0) {
            return invalid("acknowledgements", "is 0: then files would be deleted that nobody has opened; at least 1 is needed");
        }
        if self.after.0 < HOUR {
            return invalid("after", "is less than an hour, and times here are kept to the hour");
        }
        if self.at_most.0 < MIN_AT_MOST {
            return invalid("at_most", "is less than 30 days: files would be deleted that nobody has had time to open");
        }
        if self.at_most.0 > MAX_AT_MOST {
            return invalid("at_most", "is more than 180 days, and people are told that nothing is kept for longer");
        }
        if self.after.0 >= self.at_most.0 {
            return invalid("after", "is not less than `at_most`");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_three_reviewers_never_deletes_alone_and_a_discard_always_takes_two() {
        let wanted = |acknowledgements, reviewers| {
            let rules = RetentionSettings { acknowledgements, ..RetentionSettings::default() }.rules(reviewers);
            (rules.acknowledgements, rules.discards)
        };
        for (acknowledgements, reviewers, expected) in [
            (None, 1, (1, 2)),
            (None, 2, (1, 2)),
            (None, 3, (2, 2)),
            (None, 12, (2, 2)),
            (Some(1), 3, (2, 2)),
            (Some(2), 2, (2, 2)),
            (Some(3), 4, (3, 3)),
        ] {
            assert_eq!(wanted(acknowledgements, reviewers), expected, "{acknowledgements:?} of {reviewers}");
        }
    }
}
