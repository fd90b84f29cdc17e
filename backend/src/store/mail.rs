//! The outbox: who is still to be told of what, which mail is on its way, and which server sends it.
//!
//! A *slot* is a tick of the fixed clock. At a slot, what waits for a reviewer is bound to it: one mail, which speaks of that
//! and of nothing else until it has gone out, however often it has to be sent. What comes meanwhile waits for a later slot.
//! Slots, leases and retries are the mail's times, not a person's, so they are kept to the second.

mod notification;

pub use notification::{Batch, Due, Holder, LEASE_SECS, LONGEST_RETRY_SECS, MailState, batch_id};

use sqlx::AnyConnection;

use super::deletions::Announced;
use super::{Store, StoreError, array, signed, unsigned};

impl Store {
    /// How many registrations each reviewer is still to be told of.
    pub async fn notices_waiting(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT reviewer, CAST(count(*) AS BIGINT) FROM notices GROUP BY reviewer ORDER BY reviewer")
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(|(reviewer, count)| Ok((reviewer, unsigned(count)?))).collect()
    }

    /// How the mail to each reviewer is who ever got one, or could have.
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

    /// The codes of last mails that failed, by reviewer.
    pub async fn mail_failures(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(sqlx::query_as("SELECT reviewer, code FROM mail WHERE code <> '' ORDER BY reviewer").fetch_all(&self.pool).await?)
    }

    /// The mail that this server is to send to a reviewer now, if one is due and no other server is sending it. It is this
    /// server's for [`LEASE_SECS`].
    ///
    /// A slot at which there is nothing to say is done with as well: what comes after it must not be told before the next.
    /// Somebody who is new here is told at the next slot, not at once.
    pub async fn claim_mail(&self, reviewer: &str, holder: Holder, due: Due<'_>) -> Result<Option<Batch>, StoreError> {
        let limits = due.limits();
        let mut write = self.write().await?;
        sqlx::query(
            "INSERT INTO mail (reviewer, done, slot, files, expiring, quarantined, deletions, id, failures, retry_at, code, holder, \
             held_until) VALUES ($1, $2, NULL, 0, 0, 0, '[]', $3, 0, 0, '', $3, 0) ON CONFLICT (reviewer) DO NOTHING",
        )
        .bind(reviewer)
        .bind(due.slot)
        .bind(&[0_u8; 0][..])
        .execute(write.connection())
        .await?;
        sqlx::query("UPDATE mail SET done = $2 WHERE reviewer = $1 AND done > $3")
            .bind(reviewer)
            .bind(due.slot)
            .bind(limits.done)
            .execute(write.connection())
            .await?;
        let claimed: Option<ClaimRow> = sqlx::query_as(
            "UPDATE mail SET holder = $2, held_until = $3 WHERE reviewer = $1 AND (slot IS NOT NULL OR done < $4) \
             AND (held_until <= $5 OR held_until > $6) AND (retry_at <= $5 OR retry_at > $7) \
             RETURNING slot, files, expiring, quarantined, deletions, id, failures",
        )
        .bind(reviewer)
        .bind(&holder.0[..])
        .bind(due.now + LEASE_SECS)
        .bind(due.slot)
        .bind(due.now)
        .bind(limits.held_until)
        .bind(limits.retry_at)
        .fetch_optional(write.connection())
        .await?;
        let batch = match claimed {
            None => None,
            Some((slot, files, expiring, quarantined, deletions, id, failures)) => {
                let said: Vec<Announced> = serde_json::from_str(&deletions).map_err(|_| StoreError::Damaged)?;
                let again = match slot {
                    // All that it spoke of may have been opened meanwhile, or deleted.
                    Some(slot) => {
                        due.even_if_none || files == 0 || !said.is_empty() || is_bound(write.connection(), reviewer, slot).await?
                    }
                    None => false,
                };
                match slot {
                    Some(slot) if again => Some(Batch {
                        slot,
                        files: unsigned(files)?,
                        expiring: unsigned(expiring)?,
                        quarantined: unsigned(quarantined)?,
                        deletions: said,
                        id: array(id)?,
                        failures: u32::try_from(failures).map_err(|_| StoreError::Damaged)?,
                    }),
                    // What came since waits for a slot of its own.
                    Some(slot) if slot >= due.slot => {
                        done_with(write.connection(), reviewer, slot, &said).await?;
                        None
                    }
                    _ => bind(write.connection(), reviewer, due, &said).await?,
                }
            }
        };
        write.commit().await?;
        Ok(batch)
    }

    /// This mail went out: what it spoke of waits no longer. Whoever sent it, and however late.
    pub async fn mail_sent(&self, reviewer: &str, batch: &Batch) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let noted = sqlx::query(
            "UPDATE mail SET done = slot, slot = NULL, failures = 0, retry_at = 0, code = '', held_until = 0 \
             WHERE reviewer = $1 AND slot = $2 AND id = $3",
        )
        .bind(reviewer)
        .bind(batch.slot)
        .bind(&batch.id[..])
        .execute(write.connection())
        .await?;
        if noted.rows_affected() == 1 {
            sqlx::query("DELETE FROM notices WHERE reviewer = $1 AND slot = $2")
                .bind(reviewer)
                .bind(batch.slot)
                .execute(write.connection())
                .await?;
        }
        write.commit().await
    }

    /// This mail failed with this code, which quotes nobody, and is to be tried again, the same, at this time.
    pub async fn mail_delayed(
        &self,
        reviewer: &str,
        holder: Holder,
        batch: &Batch,
        code: &str,
        retry_at: i64,
    ) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query(
            "UPDATE mail SET failures = failures + 1, retry_at = $1, code = $2, held_until = 0 \
             WHERE reviewer = $3 AND holder = $4 AND slot = $5 AND id = $6",
        )
        .bind(retry_at)
        .bind(code)
        .bind(reviewer)
        .bind(&holder.0[..])
        .bind(batch.slot)
        .bind(&batch.id[..])
        .execute(write.connection())
        .await?;
        write.commit().await
    }

    /// This mail failed with this code, which quotes nobody, and would fail again: what it spoke of waits for the slot after
    /// this one.
    pub async fn mail_refused(
        &self,
        reviewer: &str,
        holder: Holder,
        batch: &Batch,
        code: &str,
        slot: i64,
    ) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query(
            "UPDATE mail SET done = $1, slot = NULL, failures = 0, retry_at = 0, code = $2, held_until = 0, deletions = '[]' \
             WHERE reviewer = $3 AND holder = $4 AND slot = $5 AND id = $6",
        )
        .bind(slot.max(batch.slot))
        .bind(code)
        .bind(reviewer)
        .bind(&holder.0[..])
        .bind(batch.slot)
        .bind(&batch.id[..])
        .execute(write.connection())
        .await?;
        write.commit().await
    }
}

type StateRow = (String, i64, Option<i64>, i64, i64, i64, String);
type ClaimRow = (Option<i64>, i64, i64, i64, String, Vec<u8>, i64);

/// Binds what waits for a reviewer to the last slot. No mail is on its way, so what is bound to an earlier slot waits too. `said`
/// is what the last mail has announced.
async fn bind(
    connection: &mut AnyConnection,
    reviewer: &str,
    due: Due<'_>,
    said: &[Announced],
) -> Result<Option<Batch>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = sqlx::query_as("UPDATE notices SET slot = $2 WHERE reviewer = $1 RETURNING sha256")
        .bind(reviewer)
        .bind(due.slot)
        .fetch_all(&mut *connection)
        .await?;
    let files: Vec<[u8; 32]> = rows.into_iter().map(|(sha256,)| array(sha256)).collect::<Result<_, _>>()?;
    if files.is_empty() && !due.even_if_none && !due.is_reminder(said) {
        done_with(connection, reviewer, due.slot, due.deletions).await?;
        return Ok(None);
    }
    let (quarantined,): (i64,) = sqlx::query_as(
        "SELECT CAST(count(*) AS BIGINT) FROM notices JOIN registrations ON registrations.sha256 = notices.sha256 \
         WHERE reviewer = $1 AND quarantine = 1",
    )
    .bind(reviewer)
    .fetch_one(&mut *connection)
    .await?;
    let batch = Batch {
        slot: due.slot,
        files: files.len() as u64,
        expiring: due.expiring,
        quarantined: unsigned(quarantined)?,
        deletions: due.deletions.to_vec(),
        id: batch_id(reviewer, due.slot, &files),
        failures: 0,
    };
    sqlx::query(
        "UPDATE mail SET slot = $2, files = $3, expiring = $4, quarantined = $5, deletions = $6, id = $7, failures = 0, retry_at = 0 \
         WHERE reviewer = $1",
    )
    .bind(reviewer)
    .bind(batch.slot)
    .bind(signed(batch.files))
    .bind(signed(batch.expiring))
    .bind(quarantined)
    .bind(json(&batch.deletions))
    .bind(&batch.id[..])
    .execute(connection)
    .await?;
    Ok(Some(batch))
}

/// Nothing is to be said (any more) at this slot; these deletions have been announced.
async fn done_with(connection: &mut AnyConnection, reviewer: &str, slot: i64, said: &[Announced]) -> Result<(), StoreError> {
    let done =
        "UPDATE mail SET done = $2, slot = NULL, failures = 0, retry_at = 0, held_until = 0, deletions = $3 WHERE reviewer = $1";
    sqlx::query(done).bind(reviewer).bind(slot).bind(json(said)).execute(connection).await?;
    Ok(())
}

fn json(deletions: &[Announced]) -> String {
    serde_json::to_string(deletions).expect("it is numbers and strings")
}

/// Whether anything that a slot's mail speaks of is still to be told of.
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
