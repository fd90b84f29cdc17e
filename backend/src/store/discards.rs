//! Which registrations open for nobody, as reviewers say.
//!
//! The server cannot see whether that is true. So it takes several of them, it takes time, anybody's objection holds it up
//! ([`super::objections`]), and one acknowledgement, which only who has opened the file can make, rules it out for good: the
//! log is asked for it, which forgets nothing.

use amanat_shared::audit::Action;
use sqlx::AnyConnection;

use super::tokens::ReviewerRequest;
use super::{Store, StoreError};

/// What became of a request to discard a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscardOutcome {
    /// Noted now or before.
    Noted,
    /// There is no such registration (any more).
    Unknown,
    /// Somebody has acknowledged it, now or at any time before, so it opens.
    Opened,
}

impl Store {
    /// Notes which files open for nobody, as this reviewer says. One outcome for each, in order; `None` if the request's token
    /// has been seen before. What was noted for the first time, or that nothing was, enters the log.
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

/// Notes that a reviewer says so, if the registration is here; whether that was new.
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

/// Forgets what reviewers said of this registration.
pub(super) async fn clear(connection: &mut AnyConnection, sha256: [u8; 32]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM discards WHERE sha256 = $1").bind(&sha256[..]).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
