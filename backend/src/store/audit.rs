//! The audit log of what was done to sealed files, a chain of hashes: see [`amanat_shared::audit`]. Rows are only added, in the
//! transaction of the action that they record, so that nothing is answered or deleted without its row.

use amanat_shared::api::{from_hex, hex};
use amanat_shared::audit::{Action, Entry, Head};
use sqlx::AnyConnection;

use super::tokens::{ReviewerRequest, accept_once};
use super::transaction::Transaction;
use super::{DatabaseKind, Store, StoreError, array, signed, unsigned};

/// The key of `PostgreSQL`'s advisory lock, held to the transaction's end by a writer of rows. Nothing else uses this number.
const ADVISORY_LOCK: i64 = 0x616d_616e_6175_6474;

/// An action, and the SHA-256 of the sealed file that it concerns.
pub(super) type AuditedAction = (Action, Option<[u8; 32]>);

type AuditRow = (i64, i64, String, String, Vec<u8>, Vec<u8>, Vec<u8>);

impl Store {
    /// Accepts a request if its token is new. The token is stored until it expires, and the request is logged in the same
    /// transaction.
    pub async fn admit(
        &self,
        request: &ReviewerRequest,
        action: Action,
        subject: Option<[u8; 32]>,
        hour: i64,
    ) -> Result<bool, StoreError> {
        let Some(transaction) = self.begin_request(request).await? else { return Ok(false) };
        self.commit_request(transaction, request, vec![(action, subject)], hour).await?;
        Ok(true)
    }

    /// Begins the transaction of a reviewer's request. Returns `None` if its token was used before.
    pub(super) async fn begin_request(&self, request: &ReviewerRequest) -> Result<Option<Transaction>, StoreError> {
        let mut transaction = self.begin_transaction().await?;
        Ok(accept_once(transaction.connection(), request).await?.then_some(transaction))
    }

    /// Logs the actions of a reviewer's request, or the attempt if there are none, and commits its transaction.
    pub(super) async fn commit_request(
        &self,
        mut transaction: Transaction,
        request: &ReviewerRequest,
        mut actions: Vec<AuditedAction>,
        hour: i64,
    ) -> Result<(), StoreError> {
        if actions.is_empty() {
            actions.push((Action::Attempt, None));
        }
        self.append_audit(transaction.connection(), Some(request), &actions, hour).await?;
        transaction.commit().await?;
        self.audited.notify_one();
        Ok(())
    }

    /// Returns up to `limit` rows that follow `after`, in order.
    pub async fn audit(&self, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let rows: Vec<AuditRow> = sqlx::query_as(
            "SELECT seq, hour, reviewer, action, subject, request, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2",
        )
        .bind(signed(after))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(seq, hour, reviewer, action, subject, request, hash)| {
                let (subject, request, hash) = (hex(&subject), hex(&request), hex(&hash));
                Ok(Entry { seq: unsigned(seq)?, hour, reviewer, action, subject, request, hash })
            })
            .collect()
    }

    /// Returns the end of the log.
    pub async fn audit_head(&self) -> Result<Head, StoreError> {
        let mut connection = self.pool.acquire().await?;
        head(&mut connection).await
    }

    /// Returns the hash of one row.
    pub async fn audit_hash(&self, seq: u64) -> Result<Option<[u8; 32]>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        hash_at(&mut connection, seq).await
    }

    /// Waits until rows may have been added since the last call.
    pub async fn audited(&self) {
        self.audited.notified().await;
    }

    /// Appends rows. The actions themselves come before, because every writer of rows waits here for the others.
    pub(super) async fn append_audit(
        &self,
        connection: &mut AnyConnection,
        request: Option<&ReviewerRequest>,
        actions: &[AuditedAction],
        hour: i64,
    ) -> Result<(), StoreError> {
        self.lock_audit(connection).await?;
        let mut head = head(connection).await?;
        for (action, subject) in actions {
            let mut entry = Entry {
                seq: head.seq + 1,
                hour,
                reviewer: request.map_or_else(String::new, |request| request.reviewer.clone()),
                action: action.word().to_owned(),
                subject: subject.map_or_else(String::new, |sha256| hex(&sha256)),
                request: request.map_or_else(String::new, |request| hex(&request.jti)),
                hash: String::new(),
            };
            head = Head { seq: entry.seq, hash: head.hash_of(&entry) };
            entry.hash = hex(&head.hash);
            insert(connection, &entry).await?;
        }
        Ok(())
    }

    /// Serialises writers of rows. `SQLite` has only one writer anyway.
    pub(super) async fn lock_audit(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        if self.kind == DatabaseKind::Postgres {
            // Only `PostgreSQL` has the type `void`, so it is cast.
            sqlx::query("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)").bind(ADVISORY_LOCK).fetch_one(connection).await?;
        }
        Ok(())
    }
}

pub(super) async fn head(connection: &mut AnyConnection) -> Result<Head, StoreError> {
    let row: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetch_optional(connection).await?;
    row.map_or(Ok(Head::START), |(seq, hash)| Ok(Head { seq: unsigned(seq)?, hash: array(hash)? }))
}

pub(super) async fn hash_at(connection: &mut AnyConnection, seq: u64) -> Result<Option<[u8; 32]>, StoreError> {
    let row: Option<(Vec<u8>,)> =
        sqlx::query_as("SELECT hash FROM audit WHERE seq = $1").bind(signed(seq)).fetch_optional(connection).await?;
    row.map(|(hash,)| array(hash)).transpose()
}

pub(super) async fn insert(connection: &mut AnyConnection, entry: &Entry) -> Result<(), StoreError> {
    let subject = from_hex::<32>(&entry.subject).map_or_else(Vec::new, |sha256| sha256.to_vec());
    let request = from_hex::<16>(&entry.request).map_or_else(Vec::new, |jti| jti.to_vec());
    let hash = from_hex::<32>(&entry.hash).ok_or(StoreError::Damaged)?;
    sqlx::query("INSERT INTO audit (seq, hour, reviewer, action, subject, request, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(signed(entry.seq))
        .bind(entry.hour)
        .bind(entry.reviewer.as_str())
        .bind(entry.action.as_str())
        .bind(subject)
        .bind(request)
        .bind(&hash[..])
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
