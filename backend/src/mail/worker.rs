//! When mail goes out: on a fixed clock, never on arrival.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::Reviewer;
use crate::store::Store;

use super::{SendError, Transport, Waiting, Wording};

/// Wait after a first failure that another attempt may mend; doubled with each further one.
const FIRST_RETRY_SECS: i64 = 60;
/// The clock is asked at least this often: a machine may have slept.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// Tells reviewers that something waits. Nothing of what is to be said is held here: a restart loses nothing.
pub struct Worker {
    /// Where notices wait.
    pub store: Store,
    /// How mail travels.
    pub transport: Transport,
    /// What it says.
    pub wording: Wording,
    /// Whom to tell.
    pub reviewers: Vec<Reviewer>,
    /// The fixed clock: its multiples since 1970.
    pub every: Duration,
    /// Whether mail goes out even if nothing waits.
    pub even_if_none: bool,
    /// Failures to mend before the fixed clock's next tick, by reviewer.
    pub retries: BTreeMap<String, Retry>,
}

/// A mail to be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    failures: u32,
    at_secs: i64,
}

impl Worker {
    /// Sends until `stop` ends.
    pub async fn run(mut self, clock: Clock, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            let due = self.next(clock.unix_secs());
            loop {
                let left = due - clock.unix_secs();
                if left <= 0 {
                    break;
                }
                let sleep = Duration::from_secs(left.unsigned_abs()).min(LONGEST_SLEEP);
                tokio::select! {
                    () = &mut stop => return,
                    () = tokio::time::sleep(sleep) => {}
                }
            }
            // A mail cut short here is sent again, and is known by its id.
            tokio::select! {
                () = &mut stop => return,
                () = self.tick(due) => {}
            }
        }
    }

    /// The next moment after `now` at which there may be something to send.
    fn next(&self, now: i64) -> i64 {
        let regular = (now.div_euclid(self.every_secs()) + 1) * self.every_secs();
        self.retries.values().map(|retry| retry.at_secs.max(now)).fold(regular, i64::min)
    }

    /// Sends what is due at this moment: to everybody at the fixed clock's ticks, between them only what failed.
    pub async fn tick(&mut self, at_secs: i64) {
        let regular = at_secs.rem_euclid(self.every_secs()) == 0;
        for reviewer in self.reviewers.clone() {
            let due = regular || self.retries.get(&reviewer.name).is_some_and(|retry| retry.at_secs <= at_secs);
            if due {
                self.tell(&reviewer, at_secs).await;
            }
        }
    }

    async fn tell(&mut self, reviewer: &Reviewer, at_secs: i64) {
        let files = match self.store.take_notices(&reviewer.name).await {
            Ok(files) => files,
            Err(error) => {
                tracing::warn!(%error, "what waits for a reviewer cannot be read");
                return self.later(&reviewer.name, at_secs);
            }
        };
        if files.is_empty() && !self.even_if_none {
            self.retries.remove(&reviewer.name);
            return;
        }
        let sent = match self.wording.message(reviewer, Waiting { files: &files, at_secs }) {
            Ok(message) => self.transport.send(message).await.map(drop),
            Err(_) => Err(SendError { code: "message".to_owned(), transient: false, answer: String::new() }),
        };
        let noted = match sent {
            Ok(()) => {
                self.retries.remove(&reviewer.name);
                self.store.notices_sent(&reviewer.name, &files).await
            }
            Err(error) => {
                tracing::warn!(code = error.code, "mail to a reviewer was not sent");
                if error.transient {
                    self.later(&reviewer.name, at_secs);
                } else {
                    self.retries.remove(&reviewer.name);
                }
                self.store.mail_failed(&reviewer.name, &error.code).await
            }
        };
        if let Err(error) = noted {
            tracing::warn!(%error, "what became of a mail cannot be noted");
        }
    }

    fn later(&mut self, reviewer: &str, at_secs: i64) {
        let failures = self.retries.get(reviewer).map_or(0, |retry| retry.failures).saturating_add(1);
        let wait = FIRST_RETRY_SECS.checked_shl(failures - 1).filter(|wait| *wait > 0).unwrap_or(i64::MAX).min(self.every_secs());
        self.retries.insert(reviewer.to_owned(), Retry { failures, at_secs: at_secs + wait });
    }

    fn every_secs(&self) -> i64 {
        i64::try_from(self.every.as_secs()).unwrap_or(i64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests;
