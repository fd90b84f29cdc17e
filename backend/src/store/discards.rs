//! Discards: reviewers say that a registration opens for nobody.
//!
//! The server cannot verify that. So a discard needs several reviewers and a waiting time, and any reviewer's objection holds
//! it up ([`super::objections`]). One acknowledgement, which only a reviewer who opened the file can make, rules it out for
//! good. The audit log is checked for it, since the log forgets nothing.

use amanat_shared::audit::Action;
use sqlx::AnyConnection;

use super::tokens::ReviewerRequest;
use super::{Store, StoreError};

/// The result of a discard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscardOutcome {
    /// It was noted now or before.
    Noted,
    /// There is no such registration (any more).
    Unknown,
    /// A reviewer has acknowledged the registration at some time, so it opens.
    Opened,
}

impl Store {
    /// Notes discards, and returns a result for each in order, or `None` if the request's token was used before. New discards
    /// are logged, and otherwise the attempt.
    pub async fn discard(
        &self,
        request: &ReviewerRequest,
        files: &[[u8; 32]],
        hour: i64,
    ) -> Result<Option<Vec<DiscardOutcome>>, StoreError> {
        let Some(mut transaction) = self.begin_request(request).await? else { return Ok(None) };
        let (mut outcomes, mut actions) = (Vec::with_capacity(files.len()), Vec::new());
        for sha256 in files {
            let row: Option<(i64,)> = sqlx::query_as(
                "SELECT CAST((SELECT count(*) FROM audit WHERE subject = registrations.sha256 AND action = 'acknowledge') AS BIGINT) \
                 FROM registrations WHERE sha256 = $1",
            )
            .bind(&sha256[..])
            .fetch_optional(transaction.connection())
            .await?;
            outcomes.push(match row {
                None => DiscardOutcome::Unknown,
                Some((acknowledgements,)) if acknowledgements > 0 => DiscardOutcome::Opened,
                Some(_) => {
                    if note(transaction.connection(), *sha256, &request.reviewer, hour).await? {
                        actions.push((Action::Discard, Some(*sha256)));
                    }
                    DiscardOutcome::Noted
                }
            });
        }
        self.commit_request(transaction, request, actions, hour).await?;
        Ok(Some(outcomes))
    }
}

/// Notes a discard if the registration exists, and returns whether it is new.
pub(super) async fn note(connection: &mut AnyConnection, sha256: [u8; 32], reviewer: &str, hour: i64) -> Result<bool, StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO discards (sha256, reviewer, hour) SELECT sha256, $2, $3 FROM registrations WHERE sha256 = $1 \
         ON CONFLICT DO NOTHING",
    )
    .bind(&sha256[..])
    .bind(reviewer)
    .bind(hour)
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Removes all discards of a registration.
pub(super) async fn clear(connection: &mut AnyConnection, sha256: [u8; 32]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM discards WHERE sha256 = $1").bind(&sha256[..]).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
