//! Objections of reviewers to the deletion of registrations. While one stands, only its age deletes the registration.
//!
//! Only who objected can withdraw it. With it go the reviewer's own acknowledgement and discard, which a stolen key may have
//! sent, and the waiting time of all others' begins anew: nothing is deleted the moment somebody stops objecting.

use amanat_shared::audit::Action;
use sqlx::AnyConnection;

use super::tokens::ReviewerRequest;
use super::{Store, StoreError};

/// What a reviewer wants of one registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// It shall be kept.
    Object,
    /// The objection ends.
    Withdraw,
}

/// What became of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectionOutcome {
    /// Noted now or before.
    Noted,
    /// There is no such registration (any more).
    Unknown,
    /// There is no objection of this reviewer that could be withdrawn.
    Without,
}

impl Store {
    /// Notes objections, and that some are withdrawn. One outcome for each, in order; `None` if the request's token has been
    /// seen before. What changed, or that nothing did, enters the log.
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

/// Notes an objection, if the registration is here; whether it is new.
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

/// Ends an objection, with what else this reviewer has asked for, and lets the others' waiting time begin anew; whether there was
/// one.
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
