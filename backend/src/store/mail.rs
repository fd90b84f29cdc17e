//! The outbox: pending notices, the mail under way to each reviewer, and the server that sends it.
//!
//! A *slot* is a tick of the fixed clock. At a slot, a reviewer's pending notices are bound to one mail. Its contents stay the
//! same until it is sent, however many attempts that takes, and later notices wait for a later slot. Slots, leases and retries
//! are times of the mail and not of a person, so they are stored to the second.

mod notification;

pub use notification::{LEASE_SECS, LONGEST_RETRY_SECS, LeaseHolder, MailContext, MailState, Notification, notification_id};

use sqlx::AnyConnection;

use super::deletions::AnnouncedDeletion;
use super::{Store, StoreError, array, signed, unsigned};

impl Store {
    /// Returns the number of pending notices of each reviewer.
    pub async fn notices_waiting(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT reviewer, CAST(count(*) AS BIGINT) FROM notices GROUP BY reviewer ORDER BY reviewer")
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(|(reviewer, count)| Ok((reviewer, unsigned(count)?))).collect()
    }

    /// Returns the mail state of each reviewer who was ever considered for mail.
    pub async fn mail_states(&self) -> Result<Vec<MailState>, StoreError> {
        let rows: Vec<StateRow> =
            sqlx::query_as("SELECT reviewer, done, slot, failures, retry_at, held_until, code FROM mail ORDER BY reviewer")
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter()
            .map(|(reviewer, done, slot, failures, retry_at, held_until, code)| {
                let failures = u32::try_from(failures).map_err(|_| StoreError::Damaged)?;
                Ok(MailState { reviewer, done, slot, failures, retry_at, held_until, code })
            })
            .collect()
    }

    /// Returns the reviewers whose last mail failed, with its code.
    pub async fn mail_failures(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(sqlx::query_as("SELECT reviewer, code FROM mail WHERE code <> '' ORDER BY reviewer").fetch_all(&self.pool).await?)
    }

    /// Claims the mail to a reviewer, if one is due and no other server is sending it. The claim holds for [`LEASE_SECS`].
    ///
    /// A slot without anything to say is done, too: later notices must not be sent before the next slot. A reviewer who is new
    /// is told at the next slot, and not at once.
    pub async fn claim_mail(
        &self,
        reviewer: &str,
        holder: LeaseHolder,
        context: MailContext<'_>,
    ) -> Result<Option<Notification>, StoreError> {
        let bounds = context.time_bounds();
        let mut transaction = self.begin_transaction().await?;
        sqlx::query(
            "INSERT INTO mail (reviewer, done, slot, files, expiring, quarantined, deletions, id, failures, retry_at, code, holder, \
             held_until) VALUES ($1, $2, NULL, 0, 0, 0, '[]', $3, 0, 0, '', $3, 0) ON CONFLICT (reviewer) DO NOTHING",
        )
        .bind(reviewer)
        .bind(context.slot)
        .bind(&[0_u8; 0][..])
        .execute(transaction.connection())
        .await?;
        sqlx::query("UPDATE mail SET done = $2 WHERE reviewer = $1 AND done > $3")
            .bind(reviewer)
            .bind(context.slot)
            .bind(bounds.done)
            .execute(transaction.connection())
            .await?;
        let claimed: Option<ClaimRow> = sqlx::query_as(
            "UPDATE mail SET holder = $2, held_until = $3 WHERE reviewer = $1 AND (slot IS NOT NULL OR done < $4) \
             AND (held_until <= $5 OR held_until > $6) AND (retry_at <= $5 OR retry_at > $7) \
             RETURNING slot, files, expiring, quarantined, deletions, id, failures",
        )
        .bind(reviewer)
        .bind(&holder.0[..])
        .bind(context.now + LEASE_SECS)
        .bind(context.slot)
        .bind(context.now)
        .bind(bounds.held_until)
        .bind(bounds.retry_at)
        .fetch_optional(transaction.connection())
        .await?;
        let notification = match claimed {
            None => None,
            Some((slot, files, expiring, quarantined, deletions, id, failures)) => {
                let announced_before: Vec<AnnouncedDeletion> = serde_json::from_str(&deletions).map_err(|_| StoreError::Damaged)?;
                let again = match slot {
                    // All of the mail's files may have been opened or deleted meanwhile.
                    Some(slot) => {
                        context.even_if_none
                            || files == 0
                            || !announced_before.is_empty()
                            || is_bound(transaction.connection(), reviewer, slot).await?
                    }
                    None => false,
                };
                match slot {
                    Some(slot) if again => Some(Notification {
                        slot,
                        files: unsigned(files)?,
                        expiring: unsigned(expiring)?,
                        quarantined: unsigned(quarantined)?,
                        deletions: announced_before,
                        id: array(id)?,
                        failures: u32::try_from(failures).map_err(|_| StoreError::Damaged)?,
                    }),
                    // Notices since then wait for a slot of their own.
                    Some(slot) if slot >= context.slot => {
                        finish_slot(transaction.connection(), reviewer, slot, &announced_before).await?;
                        None
                    }
                    _ => bind_notices(transaction.connection(), reviewer, context, &announced_before).await?,
                }
            }
        };
        transaction.commit().await?;
        Ok(notification)
    }

    /// Records that a mail was sent, by any server and however late, and removes its notices.
    pub async fn mail_sent(&self, reviewer: &str, notification: &Notification) -> Result<(), StoreError> {
        let mut transaction = self.begin_transaction().await?;
        let noted = sqlx::query(
            "UPDATE mail SET done = slot, slot = NULL, failures = 0, retry_at = 0, code = '', held_until = 0 \
             WHERE reviewer = $1 AND slot = $2 AND id = $3",
        )
        .bind(reviewer)
        .bind(notification.slot)
        .bind(&notification.id[..])
        .execute(transaction.connection())
        .await?;
        if noted.rows_affected() == 1 {
            sqlx::query("DELETE FROM notices WHERE reviewer = $1 AND slot = $2")
                .bind(reviewer)
                .bind(notification.slot)
                .execute(transaction.connection())
                .await?;
        }
        transaction.commit().await
    }

    /// Records a transient failure, with a code that quotes nobody, and when to send the same mail again.
    pub async fn mail_delayed(
        &self,
        reviewer: &str,
        holder: LeaseHolder,
        notification: &Notification,
        code: &str,
        retry_at: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin_transaction().await?;
        sqlx::query(
            "UPDATE mail SET failures = failures + 1, retry_at = $1, code = $2, held_until = 0 \
             WHERE reviewer = $3 AND holder = $4 AND slot = $5 AND id = $6",
        )
        .bind(retry_at)
        .bind(code)
        .bind(reviewer)
        .bind(&holder.0[..])
        .bind(notification.slot)
        .bind(&notification.id[..])
        .execute(transaction.connection())
        .await?;
        transaction.commit().await
    }

    /// Records a permanent failure, with a code that quotes nobody. The mail's notices wait for the slot after this one.
    pub async fn mail_refused(
        &self,
        reviewer: &str,
        holder: LeaseHolder,
        notification: &Notification,
        code: &str,
        slot: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin_transaction().await?;
        sqlx::query(
            "UPDATE mail SET done = $1, slot = NULL, failures = 0, retry_at = 0, code = $2, held_until = 0, deletions = '[]' \
             WHERE reviewer = $3 AND holder = $4 AND slot = $5 AND id = $6",
        )
        .bind(slot.max(notification.slot))
        .bind(code)
        .bind(reviewer)
        .bind(&holder.0[..])
        .bind(notification.slot)
        .bind(&notification.id[..])
        .execute(transaction.connection())
        .await?;
        transaction.commit().await
    }
}

type StateRow = (String, i64, Option<i64>, i64, i64, i64, String);
type ClaimRow = (Option<i64>, i64, i64, i64, String, Vec<u8>, i64);

/// Binds a reviewer's pending notices to the last slot. No mail is under way, so notices bound to an earlier slot are pending,
/// too. `said` are the deletions that the last mail announced.
async fn bind_notices(
    connection: &mut AnyConnection,
    reviewer: &str,
    context: MailContext<'_>,
    announced_before: &[AnnouncedDeletion],
) -> Result<Option<Notification>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = sqlx::query_as("UPDATE notices SET slot = $2 WHERE reviewer = $1 RETURNING sha256")
        .bind(reviewer)
        .bind(context.slot)
        .fetch_all(&mut *connection)
        .await?;
    let files: Vec<[u8; 32]> = rows.into_iter().map(|(sha256,)| array(sha256)).collect::<Result<_, _>>()?;
    if files.is_empty() && !context.even_if_none && !context.is_reminder(announced_before) {
        finish_slot(connection, reviewer, context.slot, context.deletions).await?;
        return Ok(None);
    }
    let (quarantined,): (i64,) = sqlx::query_as(
        "SELECT CAST(count(*) AS BIGINT) FROM notices JOIN registrations ON registrations.sha256 = notices.sha256 \
         WHERE reviewer = $1 AND quarantine = 1",
    )
    .bind(reviewer)
    .fetch_one(&mut *connection)
    .await?;
    let notification = Notification {
        slot: context.slot,
        files: files.len() as u64,
        expiring: context.expiring,
        quarantined: unsigned(quarantined)?,
        deletions: context.deletions.to_vec(),
        id: notification_id(reviewer, context.slot, &files),
        failures: 0,
    };
    sqlx::query(
        "UPDATE mail SET slot = $2, files = $3, expiring = $4, quarantined = $5, deletions = $6, id = $7, failures = 0, retry_at = 0 \
         WHERE reviewer = $1",
    )
    .bind(reviewer)
    .bind(notification.slot)
    .bind(signed(notification.files))
    .bind(signed(notification.expiring))
    .bind(quarantined)
    .bind(json(&notification.deletions))
    .bind(&notification.id[..])
    .execute(connection)
    .await?;
    Ok(Some(notification))
}

/// Records that a slot needs no mail (any more), and which deletions have been announced.
async fn finish_slot(
    connection: &mut AnyConnection,
    reviewer: &str,
    slot: i64,
    announced_before: &[AnnouncedDeletion],
) -> Result<(), StoreError> {
    let done =
        "UPDATE mail SET done = $2, slot = NULL, failures = 0, retry_at = 0, held_until = 0, deletions = $3 WHERE reviewer = $1";
    sqlx::query(done).bind(reviewer).bind(slot).bind(json(announced_before)).execute(connection).await?;
    Ok(())
}

fn json(deletions: &[AnnouncedDeletion]) -> String {
    serde_json::to_string(deletions).expect("it is numbers and strings")
}

/// Checks whether any notice of a slot's mail is still pending.
async fn is_bound(connection: &mut AnyConnection, reviewer: &str, slot: i64) -> Result<bool, StoreError> {
    let (bound,): (i64,) = sqlx::query_as("SELECT CAST(count(*) AS BIGINT) FROM notices WHERE reviewer = $1 AND slot = $2")
        .bind(reviewer)
        .bind(slot)
        .fetch_one(connection)
        .await?;
    Ok(bound > 0)
}

#[cfg(test)]
mod tests;
