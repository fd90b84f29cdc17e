//! Objections of reviewers to deletions. While one stands, a registration is deleted only because of its age.
//!
//! Only the objecting reviewer can withdraw it. The withdrawal also removes this reviewer's acknowledgement and discard, which
//! a stolen key may have sent, and restarts the waiting time of all others', so that nothing is deleted at the moment of a
//! withdrawal.

use amanat_shared::audit::Action;
use sqlx::AnyConnection;

use super::tokens::ReviewerRequest;
use super::{Store, StoreError};

/// A reviewer's wish about one registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The registration must be kept.
    Object,
    /// The objection ends.
    Withdraw,
}

/// The result of an objection or a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectionOutcome {
    /// It was noted now or before.
    Noted,
    /// There is no such registration (any more).
    Unknown,
    /// This reviewer has no objection to withdraw.
    Without,
}

impl Store {
    /// Notes objections and withdrawals, and returns a result for each in order, or `None` if the request's token was used
    /// before. Changes are logged, and otherwise the attempt.
    pub async fn object(
        &self,
        request: &ReviewerRequest,
        objections: &[([u8; 32], Objection)],
        hour: i64,
    ) -> Result<Option<Vec<ObjectionOutcome>>, StoreError> {
        let Some(mut transaction) = self.begin_request(request).await? else { return Ok(None) };
        let (mut outcomes, mut actions) = (Vec::with_capacity(objections.len()), Vec::new());
        for (sha256, objection) in objections {
            let here: Option<(i64,)> = sqlx::query_as("SELECT hour FROM registrations WHERE sha256 = $1")
                .bind(&sha256[..])
                .fetch_optional(transaction.connection())
                .await?;
            outcomes.push(match (here, objection) {
                (None, _) => ObjectionOutcome::Unknown,
                (Some(_), Objection::Object) => {
                    if note(transaction.connection(), *sha256, &request.reviewer, hour).await? {
                        actions.push((Action::Object, Some(*sha256)));
                    }
                    ObjectionOutcome::Noted
                }
                (Some(_), Objection::Withdraw) => {
                    if withdraw(transaction.connection(), *sha256, &request.reviewer, hour).await? {
                        actions.push((Action::Withdraw, Some(*sha256)));
                        ObjectionOutcome::Noted
                    } else {
                        ObjectionOutcome::Without
                    }
                }
            });
        }
        self.commit_request(transaction, request, actions, hour).await?;
        Ok(Some(outcomes))
    }
}

/// Notes an objection if the registration exists, and returns whether it is new.
pub(super) async fn note(connection: &mut AnyConnection, sha256: [u8; 32], reviewer: &str, hour: i64) -> Result<bool, StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO objections (sha256, reviewer, hour) SELECT sha256, $2, $3 FROM registrations WHERE sha256 = $1 \
         ON CONFLICT DO NOTHING",
    )
    .bind(&sha256[..])
    .bind(reviewer)
    .bind(hour)
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Withdraws an objection with this reviewer's other requests, restarts the waiting time of the others', and returns whether
/// there was an objection.
pub(super) async fn withdraw(
    connection: &mut AnyConnection,
    sha256: [u8; 32],
    reviewer: &str,
    hour: i64,
) -> Result<bool, StoreError> {
    let ended = sqlx::query("DELETE FROM objections WHERE sha256 = $1 AND reviewer = $2")
        .bind(&sha256[..])
        .bind(reviewer)
        .execute(&mut *connection)
        .await?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    for own in [
        "DELETE FROM acknowledgements WHERE sha256 = $1 AND reviewer = $2",
        "DELETE FROM discards WHERE sha256 = $1 AND reviewer = $2",
    ] {
        sqlx::query(own).bind(&sha256[..]).bind(reviewer).execute(&mut *connection).await?;
    }
    for others in ["UPDATE acknowledgements SET hour = $2 WHERE sha256 = $1", "UPDATE discards SET hour = $2 WHERE sha256 = $1"] {
        sqlx::query(others).bind(&sha256[..]).bind(hour).execute(&mut *connection).await?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
