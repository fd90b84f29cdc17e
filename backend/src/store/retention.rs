//! Deletion of registrations: some days after enough reviewers acknowledged or discarded them, unless one objects, and in any
//! case at their maximum age.

use std::collections::BTreeSet;

use amanat_shared::audit::Action;
use sqlx::AnyConnection;

use super::audit::AuditedAction;
use super::{Store, StoreError, array, unsigned};
use crate::config::RetentionRules;

/// Bounds of one transaction, since others wait for it.
const MAX_FILES: i64 = 16;
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Reviewers are warned this long before an unacknowledged file is deleted.
const WARNING_SECS: i64 = 30 * 24 * 3600;

/// Counts of deleted files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeletedCounts {
    /// Files that enough reviewers acknowledged.
    pub acknowledged: u64,
    /// Files that enough reviewers discarded.
    pub discarded: u64,
    /// Files that reached their maximum age.
    pub expired: u64,
}

impl Store {
    /// Deletes due registrations, a few at a time, each with its row in the audit log.
    pub async fn apply_retention(&self, rules: &RetentionRules, hour: i64) -> Result<DeletedCounts, StoreError> {
        let mut deleted = DeletedCounts::default();
        loop {
            let some = self.apply_retention_batch(rules, hour).await?;
            if some.is_empty() {
                return Ok(deleted);
            }
            for (action, _) in some {
                match action {
                    Action::DeleteAcknowledged => deleted.acknowledged += 1,
                    Action::DeleteDiscarded => deleted.discarded += 1,
                    _ => deleted.expired += 1,
                }
            }
        }
    }

    /// Counts unacknowledged registrations that will be deleted within 30 days, of which mail and `status` warn.
    pub async fn expiring(&self, rules: &RetentionRules, hour: i64) -> Result<u64, StoreError> {
        let (count,): (i64,) = sqlx::query_as(
            "SELECT CAST(count(*) AS BIGINT) FROM registrations WHERE hour < $1 \
             AND NOT EXISTS (SELECT 1 FROM acknowledgements WHERE acknowledgements.sha256 = registrations.sha256)",
        )
        .bind(hour - rules.at_most_secs + WARNING_SECS)
        .fetch_one(&self.pool)
        .await?;
        unsigned(count)
    }

    async fn apply_retention_batch(&self, rules: &RetentionRules, hour: i64) -> Result<Vec<AuditedAction>, StoreError> {
        let mut transaction = self.begin_transaction().await?;
        let (action, due) = due(transaction.connection(), rules, hour).await?;
        let (mut actions, mut bytes) = (Vec::new(), 0);
        for (sha256, length) in due {
            let sha256 = array(sha256)?;
            // Another server may have deleted it first.
            if delete(transaction.connection(), sha256).await? {
                actions.push((action, Some(sha256)));
            }
            bytes += unsigned(length)?;
            if bytes >= MAX_BYTES {
                break;
            }
        }
        if !actions.is_empty() {
            self.append_audit(transaction.connection(), None, &actions, hour).await?;
        }
        transaction.commit().await?;
        if !actions.is_empty() {
            self.audited.notify_one();
        }
        Ok(actions)
    }
}

/// Returns some due files and the reason. Hours are rounded down, so `<` waits until the last minute of the hour is old enough.
async fn due(
    connection: &mut AnyConnection,
    rules: &RetentionRules,
    hour: i64,
) -> Result<(Action, Vec<(Vec<u8>, i64)>), StoreError> {
    const OPENED: &str = "SELECT registrations.sha256, length FROM registrations JOIN (SELECT sha256 FROM acknowledgements \
         WHERE hour < $1 GROUP BY sha256 HAVING count(*) >= $2) AS opened ON opened.sha256 = registrations.sha256 \
         WHERE NOT EXISTS (SELECT 1 FROM objections WHERE objections.sha256 = registrations.sha256) \
         ORDER BY registrations.sha256 LIMIT $3";
    const DISCARDED: &str = "SELECT registrations.sha256, length FROM registrations JOIN (SELECT sha256 FROM discards \
         WHERE hour < $1 GROUP BY sha256 HAVING count(*) >= $2) AS junk ON junk.sha256 = registrations.sha256 \
         WHERE NOT EXISTS (SELECT 1 FROM objections WHERE objections.sha256 = registrations.sha256) \
         AND NOT EXISTS (SELECT 1 FROM audit WHERE subject = registrations.sha256 AND action = 'acknowledge') \
         ORDER BY registrations.sha256 LIMIT $3";
    for (action, sql, wanted) in
        [(Action::DeleteAcknowledged, OPENED, rules.acknowledgements), (Action::DeleteDiscarded, DISCARDED, rules.discards)]
    {
        let asked_for: Vec<(Vec<u8>, i64)> = sqlx::query_as(sql)
            .bind(hour - rules.after_secs)
            .bind(i64::from(wanted))
            .bind(MAX_FILES)
            .fetch_all(&mut *connection)
            .await?;
        if !asked_for.is_empty() {
            return Ok((action, asked_for));
        }
    }
    let expired = sqlx::query_as("SELECT sha256, length FROM registrations WHERE hour < $1 ORDER BY sha256 LIMIT $2")
        .bind(hour - rules.at_most_secs)
        .bind(MAX_FILES)
        .fetch_all(connection)
        .await?;
    Ok((Action::DeleteExpired, expired))
}

/// Deletes a registration with its chunks, and returns whether it existed. Notices and acknowledgements are deleted by their
/// foreign keys.
pub(super) async fn delete(connection: &mut AnyConnection, sha256: [u8; 32]) -> Result<bool, StoreError> {
    let row: Option<(Vec<u8>,)> = sqlx::query_as("DELETE FROM registrations WHERE sha256 = $1 RETURNING upload")
        .bind(&sha256[..])
        .fetch_optional(&mut *connection)
        .await?;
    let Some((upload,)) = row else { return Ok(false) };
    sqlx::query("DELETE FROM chunks WHERE upload = $1").bind(upload).execute(connection).await?;
    Ok(true)
}

/// Removes from newly inserted registrations those whose file was acknowledged and deleted before. Their phone never learned
/// that the file was received, and does now, and no reviewer has to read it twice.
///
/// The check follows the insertion, which has waited for any transaction that deletes the same file.
pub(super) async fn remove_acknowledged_before(
    connection: &mut AnyConnection,
    fresh: &mut BTreeSet<[u8; 32]>,
) -> Result<(), StoreError> {
    const OPENED: &str = "SELECT seq FROM audit WHERE subject = $1 AND action = 'delete_acknowledged' LIMIT 1";
    let (any,): (i64,) = sqlx::query_as(
        "SELECT CAST(count(*) AS BIGINT) FROM (SELECT 1 FROM audit WHERE action = 'delete_acknowledged' LIMIT 1) AS one",
    )
    .fetch_one(&mut *connection)
    .await?;
    if any == 0 {
        return Ok(());
    }
    for sha256 in fresh.clone() {
        let row: Option<(i64,)> = sqlx::query_as(OPENED).bind(&sha256[..]).fetch_optional(&mut *connection).await?;
        if row.is_some() {
            sqlx::query("DELETE FROM registrations WHERE sha256 = $1").bind(&sha256[..]).execute(&mut *connection).await?;
            fresh.remove(&sha256);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
