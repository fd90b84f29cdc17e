//! The log of what was done to sealed files, chained by hashes: see [`amanat_shared::audit`]. Rows are only added, in the
//! transaction of what they tell of, so that nothing is answered or deleted without its row.

use amanat_shared::api::{from_hex, hex};
use amanat_shared::audit::{Action, Entry, Head};
use sqlx::AnyConnection;

use super::{
    DatabaseKind, Store, StoreError, UnusableDatabase, array, discards, objections, registrations, retention, signed, unsigned,
};

/// `PostgreSQL`: held to the transaction's end by who adds rows; any number that nothing else uses.
const ADVISORY_LOCK: i64 = 0x616d_616e_6175_6474;

/// A reviewer's request, as its token says.
#[derive(Clone, Debug)]
pub struct ReviewerRequest {
    /// Who sent it.
    pub reviewer: String,
    /// The token's own number, which is accepted once.
    pub jti: [u8; 16],
    /// Unix time after which the token is refused anyway.
    pub expires: u64,
}

/// What a replay did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Rows that were missing.
    pub rows: u64,
    /// Acknowledgements that were noted again.
    pub acknowledged: u64,
    /// Requests to discard that were noted again.
    pub discarded: u64,
    /// Registrations that were deleted again.
    pub deleted: u64,
}

/// Whom a row is about, and what was done: the subject is a sealed file's SHA-256.
pub(super) type AuditedAction = (Action, Option<[u8; 32]>);

type AuditRow = (i64, i64, String, String, Vec<u8>, Vec<u8>, Vec<u8>);

impl Store {
    /// Whether this request's token has not been seen before. It is remembered until it expires, and the request enters the
    /// log in the same transaction.
    pub async fn admit(
        &self,
        request: &ReviewerRequest,
        action: Action,
        subject: Option<[u8; 32]>,
        hour: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin_transaction().await?;
        if !super::tokens::accept_once(transaction.connection(), request).await? {
            return Ok(false);
        }
        self.append_audit(transaction.connection(), Some(request), &[(action, subject)], hour).await?;
        transaction.commit().await?;
        self.audited.notify_one();
        Ok(true)
    }

    /// The log's rows that follow `after`, in order; at most `limit`.
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

    /// The log's end.
    pub async fn audit_head(&self) -> Result<Head, StoreError> {
        let mut connection = self.pool.acquire().await?;
        head(&mut connection).await
    }

    /// The hash of one row.
    pub async fn audit_hash(&self, seq: u64) -> Result<Option<[u8; 32]>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        hash_at(&mut connection, seq).await
    }

    /// Waits until rows may have been added here since the last call.
    pub async fn audited(&self) {
        self.audited.notified().await;
    }

    /// Does again what a restored database has not seen: adds rows that follow its log, with the acknowledgements and the
    /// deletions that they tell of. Rows that it has must be the same.
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

    /// Adds rows at the end. What they tell of is done before, since everybody who adds rows waits for the others here.
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

    /// On `SQLite` there is one writer anyway.
    async fn lock_audit(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        if self.kind == DatabaseKind::Postgres {
            // `void` is no type that both databases know.
            sqlx::query("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)").bind(ADVISORY_LOCK).fetch_one(connection).await?;
        }
        Ok(())
    }
}

async fn head(connection: &mut AnyConnection) -> Result<Head, StoreError> {
    let row: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetch_optional(connection).await?;
    row.map_or(Ok(Head::START), |(seq, hash)| Ok(Head { seq: unsigned(seq)?, hash: array(hash)? }))
}

async fn hash_at(connection: &mut AnyConnection, seq: u64) -> Result<Option<[u8; 32]>, StoreError> {
    let row: Option<(Vec<u8>,)> =
        sqlx::query_as("SELECT hash FROM audit WHERE seq = $1").bind(signed(seq)).fetch_optional(connection).await?;
    row.map(|(hash,)| array(hash)).transpose()
}

async fn insert(connection: &mut AnyConnection, entry: &Entry) -> Result<(), StoreError> {
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
