//! Replays audit entries that a restored database lacks.

use amanat_shared::api::from_hex;
use amanat_shared::audit::{Action, Entry};

use super::audit::{hash_at, head, insert};
use super::{Store, StoreError, UnusableDatabase, discards, objections, registrations, retention};

/// Counts of a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Rows that were missing.
    pub rows: u64,
    /// Acknowledgements that were noted again.
    pub acknowledged: u64,
    /// Discards that were noted again.
    pub discarded: u64,
    /// Registrations that were deleted again.
    pub deleted: u64,
}

impl Store {
    /// Replays entries that a restored database lacks: adds the rows, with the acknowledgements and deletions that they record.
    /// Rows that the database has must be the same.
    pub async fn replay(&self, entries: &[Entry]) -> Result<Replayed, StoreError> {
        let mut replayed = Replayed::default();
        let mut transaction = self.begin_transaction().await?;
        self.lock_audit(transaction.connection()).await?;
        let mut head = head(transaction.connection()).await?;
        for entry in entries {
            if entry.seq <= head.seq {
                if hash_at(transaction.connection(), entry.seq).await? != from_hex(&entry.hash) {
                    return Err(UnusableDatabase::Fork.into());
                }
                continue;
            }
            head = head.follow(entry).map_err(|_| UnusableDatabase::Fork)?;
            let action = Action::of(&entry.action).ok_or(UnusableDatabase::Newer)?;
            insert(transaction.connection(), entry).await?;
            replayed.rows += 1;
            let Some(sha256) = from_hex::<32>(&entry.subject) else { continue };
            match action {
                Action::Acknowledge => {
                    let noted = registrations::note(transaction.connection(), sha256, &entry.reviewer, entry.hour).await?;
                    replayed.acknowledged += u64::from(noted);
                }
                Action::Discard => {
                    let noted = discards::note(transaction.connection(), sha256, &entry.reviewer, entry.hour).await?;
                    replayed.discarded += u64::from(noted);
                }
                Action::Object => {
                    objections::note(transaction.connection(), sha256, &entry.reviewer, entry.hour).await?;
                }
                Action::Withdraw => {
                    objections::withdraw(transaction.connection(), sha256, &entry.reviewer, entry.hour).await?;
                }
                Action::DeleteAcknowledged | Action::DeleteDiscarded | Action::DeleteExpired => {
                    replayed.deleted += u64::from(retention::delete(transaction.connection(), sha256).await?);
                }
                Action::List | Action::Fetch | Action::Attempt | Action::Audit => {}
            }
        }
        transaction.commit().await?;
        Ok(replayed)
    }
}
