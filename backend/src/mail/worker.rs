//! The worker that sends mail on a fixed clock, never on arrival.

use std::pin::pin;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::timeout;

use crate::clock::Clock;
use crate::config::{RetentionRules, Reviewer, Schedule};
use crate::store::{AnnouncedDeletion, LEASE_SECS, LONGEST_RETRY_SECS, LeaseHolder, MailContext, Notification, Store, StoreError};

use super::transport::SEND_TIMEOUT;
use super::{SendError, Transport, Wording};

/// Wait after the first transient failure. Each further failure doubles it.
const FIRST_RETRY_SECS: i64 = 60;
/// The worker checks the clock and the database at least this often, because the machine may have slept, or another server may
/// have died.
const MAX_SLEEP: Duration = Duration::from_mins(1);
/// Mails that are sent at once. One that hangs delays no other, and mail servers allow few connections of one client.
const MAX_CONCURRENT_MAILS: usize = 4;
/// Mails under way may take this long when the server is told to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

// With a shorter lease, a second server would send the mail that the first is still sending.
const _: () = assert!(LEASE_SECS.unsigned_abs() > 2 * SEND_TIMEOUT.as_secs());

/// Notifies reviewers. The worker holds no state of pending or sent mail, so a restart loses nothing, and several servers with
/// one database send each mail once.
pub struct MailWorker {
    /// The store with the pending notices.
    pub store: Store,
    /// This server's identity among those with the same database.
    pub holder: LeaseHolder,
    /// The delivery.
    pub transport: Transport,
    /// The text.
    pub wording: Wording,
    /// The reviewers to notify.
    pub reviewers: Vec<Reviewer>,
    /// The times at which mail goes out.
    pub schedule: Schedule,
    /// Whether mail goes out even if nothing waits.
    pub even_if_none: bool,
    /// The retention rules, whose deletions mail announces.
    pub retention: RetentionRules,
}

impl MailWorker {
    /// Sends mail until `stop` ends. A slot that passed while no server ran is caught up at once.
    pub async fn run(self, clock: Clock, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            {
                let mut tick = pin!(self.tick(&clock));
                tokio::select! {
                    () = &mut stop => {
                        // A mail that is cut short even so is sent again, with the same Message-ID.
                        let _ = timeout(SHUTDOWN_GRACE, tick).await;
                        return;
                    }
                    () = &mut tick => {}
                }
            }
            let wait = self.wait(clock.unix_secs()).await;
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Sends what is due now: at a slot to every reviewer, and between slots only what failed.
    pub async fn tick(&self, clock: &Clock) {
        let now = clock.unix_secs();
        let states = match self.store.mail_states().await {
            Ok(states) => states,
            Err(error) => return tracing::warn!(%error, "whether mail is due cannot be read"),
        };
        let context = self.context(now, 0, &[]);
        let is_due = |reviewer: &&Reviewer| {
            let state = states.iter().find(|state| state.reviewer == reviewer.name);
            state.is_none_or(|state| state.due_at(context, self.schedule.next(now)) <= now)
        };
        let reviewers: Vec<&Reviewer> = self.reviewers.iter().filter(is_due).collect();
        if reviewers.is_empty() {
            return;
        }
        let read =
            async { Ok((self.store.expiring(&self.retention, clock.hour()).await?, self.store.announced(&self.retention).await?)) };
        let (expiring, deletions) = match read.await {
            Ok(read) => read,
            Err::<_, StoreError>(error) => return tracing::warn!(%error, "what mail is to warn of cannot be read"),
        };
        let notify = async |reviewer| self.notify(reviewer, expiring, &deletions, clock).await;
        stream::iter(reviewers).for_each_concurrent(MAX_CONCURRENT_MAILS, notify).await;
    }

    /// Returns how long nothing is due.
    async fn wait(&self, now: i64) -> Duration {
        let next_slot = self.schedule.next(now);
        // If the states cannot be read now, the next round reads them.
        let states = self.store.mail_states().await.unwrap_or_default();
        let ours = states.iter().filter(|state| self.reviewers.iter().any(|reviewer| reviewer.name == state.reviewer));
        // A mail that was due and is still there could not be claimed because the database failed, so it is not waited for.
        let later = ours.map(|state| state.due_at(self.context(now, 0, &[]), next_slot)).filter(|at| *at > now);
        let secs = later.fold(next_slot, i64::min).saturating_sub(now);
        Duration::from_secs(secs.unsigned_abs()).min(MAX_SLEEP)
    }

    fn context<'a>(&self, now: i64, expiring: u64, deletions: &'a [AnnouncedDeletion]) -> MailContext<'a> {
        let slot = self.schedule.last(now);
        MailContext {
            now,
            slot,
            first_of_day: self.schedule.is_first_of_day(slot),
            even_if_none: self.even_if_none,
            expiring,
            deletions,
        }
    }

    /// Sends a reviewer what is due: at most the mail of an earlier slot, and then that of the last.
    async fn notify(&self, reviewer: &Reviewer, expiring: u64, deletions: &[AnnouncedDeletion], clock: &Clock) {
        loop {
            let context = self.context(clock.unix_secs(), expiring, deletions);
            let claimed = self.store.claim_mail(&reviewer.name, self.holder, context).await;
            let notification = match claimed {
                Ok(Some(notification)) => notification,
                Ok(None) => return,
                Err(error) => return tracing::warn!(%error, "what waits for a reviewer cannot be read"),
            };
            let sent = match self.wording.message(reviewer, &notification) {
                Ok(message) => self.transport.send(message).await,
                Err(_) => Err(SendError::new("message", false, String::new())),
            };
            let failed = sent.is_err();
            let noted = match sent {
                Ok(_) => self.store.mail_sent(&reviewer.name, &notification).await,
                Err(error) => self.note_failure(reviewer, &notification, &error, clock.unix_secs()).await,
            };
            if let Err(error) = noted {
                return tracing::warn!(%error, "what became of a mail cannot be noted");
            }
            if failed {
                return;
            }
        }
    }

    async fn note_failure(
        &self,
        reviewer: &Reviewer,
        notification: &Notification,
        error: &SendError,
        now: i64,
    ) -> Result<(), StoreError> {
        tracing::warn!(code = error.code, "mail to a reviewer was not sent");
        let (name, holder) = (reviewer.name.as_str(), self.holder);
        if error.unconfirmed && notification.failures > 0 {
            // A server that may have received the mail twice does not get it a third time soon.
            let later = self.schedule.next(now).min(now + LONGEST_RETRY_SECS);
            self.store.mail_delayed(name, holder, notification, &error.code, later).await
        } else if error.transient {
            self.store.mail_delayed(name, holder, notification, &error.code, now + retry_secs(notification.failures)).await
        } else {
            self.store.mail_refused(name, holder, notification, &error.code, self.schedule.last(now)).await
        }
    }
}

/// Returns the wait after this many earlier failures.
fn retry_secs(failures: u32) -> i64 {
    2_i64.checked_pow(failures).and_then(|times| times.checked_mul(FIRST_RETRY_SECS)).unwrap_or(i64::MAX).min(LONGEST_RETRY_SECS)
}

#[cfg(test)]
mod tests;
