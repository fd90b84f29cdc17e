//! Steps of uploads, done together. What is alike in them is written by one statement for many, since each statement is a
//! round trip to the database.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use super::retention::undo_opened_before;
use super::uploads::{CHUNK_BYTES, Finished, Upload, UploadId, delete_chunks};
use super::{StoreError, array, signed};

/// Rows in one statement; a power of two.
const MOST_ROWS: usize = 64;

/// What is done to an upload in one transaction.
#[derive(Debug)]
pub(super) struct Step {
    pub id: UploadId,
    /// The upload, where it begins with this step.
    pub begin: Option<Upload>,
    /// SHA-256 of the delete proof, where the file's header has said it since the upload began.
    pub proof_sha256: Option<[u8; 32]>,
    /// Where the bytes stand.
    pub at: u64,
    pub bytes: Vec<u8>,
    /// What is to be done where they are its last.
    pub end: Option<End>,
    pub hour: i64,
}

/// What makes a registration of an upload.
#[derive(Debug)]
pub(super) struct End {
    pub sha256: [u8; 32],
    pub reviewers: Vec<String>,
}

/// A step that its upload allows.
struct Allowed<'a> {
    step: &'a Step,
    /// Always known at the end.
    proof_sha256: Option<[u8; 32]>,
}

impl Step {
    fn received(&self) -> u64 {
        self.at + self.bytes.len() as u64
    }

    /// Moves an upload that stands at `at` on; `None` where it stands elsewhere.
    async fn advance(&self, connection: &mut AnyConnection) -> Result<Option<Allowed<'_>>, StoreError> {
        // Its last bytes come with what makes a registration of it, and no others do.
        const MIDDLE: &str = "UPDATE uploads SET received = $1, hour = $2, proof_sha256 = COALESCE($5, proof_sha256) \
             WHERE id = $3 AND received = $4 AND length > $1 RETURNING proof_sha256";
        const LAST: &str = "UPDATE uploads SET received = $1, hour = $2, proof_sha256 = COALESCE($5, proof_sha256) \
             WHERE id = $3 AND received = $4 AND length = $1 AND COALESCE($5, proof_sha256) IS NOT NULL RETURNING proof_sha256";
        let moved: Option<(Option<Vec<u8>>,)> = sqlx::query_as(if self.end.is_some() { LAST } else { MIDDLE })
            .bind(signed(self.received()))
            .bind(self.hour)
            .bind(&self.id.0[..])
            .bind(signed(self.at))
            .bind(self.proof_sha256.map(|proof| proof.to_vec()))
            .fetch_optional(connection)
            .await?;
        let Some((proof,)) = moved else { return Ok(None) };
        Ok(Some(Allowed { step: self, proof_sha256: proof.map(array).transpose()? }))
    }
}

/// Does them; an outcome for each, in order. One that its upload does not allow ([`StoreError::Offset`]) has written nothing;
/// any other error is of all of them.
pub(super) async fn apply(
    connection: &mut AnyConnection,
    steps: &[&Step],
) -> Result<Vec<Result<Finished, StoreError>>, StoreError> {
    let begun: Vec<(&Step, Upload)> = steps.iter().filter_map(|step| Some((*step, step.begin?))).collect();
    insert_uploads(connection, &begun).await?;
    let (mut outcomes, mut allowed) = (Vec::with_capacity(steps.len()), Vec::with_capacity(steps.len()));
    for step in steps {
        let one = match step.begin {
            Some(upload) => Some(Allowed { step, proof_sha256: upload.proof_sha256 }),
            None => step.advance(connection).await?,
        };
        outcomes.push(if one.is_some() { Ok(Finished::Not) } else { Err(StoreError::Offset) });
        allowed.extend(one);
    }
    let mut fresh = insert_registrations(connection, &allowed).await?;
    undo_opened_before(connection, &mut fresh).await?;

    let (mut chunks, mut notices) = (Vec::new(), Vec::new());
    let at_ends = steps.iter().zip(&mut outcomes).filter(|(_, outcome)| outcome.is_ok());
    for (step, outcome) in at_ends {
        if let Some(end) = &step.end {
            // Of the same file twice, the first is it.
            if fresh.remove(&end.sha256) {
                notices.extend(end.reviewers.iter().map(|reviewer| (reviewer.as_str(), end.sha256)));
                *outcome = Ok(Finished::Registered);
            } else {
                delete_chunks(connection, step.id).await?;
                *outcome = Ok(Finished::Already);
                continue;
            }
        }
        let positions = (step.at..).step_by(CHUNK_BYTES);
        chunks.extend(positions.zip(step.bytes.chunks(CHUNK_BYTES)).map(|(position, bytes)| (step.id, position, bytes)));
    }
    insert_chunks(connection, &chunks).await?;
    insert_notices(connection, &notices).await?;
    Ok(outcomes)
}

async fn insert_uploads(connection: &mut AnyConnection, begun: &[(&Step, Upload)]) -> Result<(), StoreError> {
    for rows in portions(begun) {
        let sql = insert("uploads (id, length, received, proof_sha256, pack, sha256, hour)", rows.len(), 7, "");
        let bind = |query: Rows, (step, upload): &(&Step, Upload)| {
            query
                .bind(step.id.0.to_vec())
                .bind(signed(upload.length))
                .bind(signed(step.received()))
                .bind(upload.proof_sha256.map(|proof| proof.to_vec()))
                .bind(upload.pack.map(signed))
                .bind(upload.sha256.map(|sha256| sha256.to_vec()))
                .bind(step.hour)
        };
        rows.iter().fold(sqlx::query(AssertSqlSafe(sql)), bind).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The files that were not here yet.
async fn insert_registrations(connection: &mut AnyConnection, allowed: &[Allowed<'_>]) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let ends: Vec<(&Allowed<'_>, &End)> = allowed.iter().filter_map(|one| Some((one, one.step.end.as_ref()?))).collect();
    // In the order of their names: two servers that insert the same files wait for each other, and not both.
    let ends: BTreeMap<[u8; 32], &Allowed<'_>> = ends.into_iter().rev().map(|(one, end)| (end.sha256, one)).collect();
    let ends: Vec<_> = ends.into_iter().collect();
    let mut fresh = BTreeSet::new();
    for rows in portions(&ends) {
        let conflict = " ON CONFLICT (sha256) DO NOTHING RETURNING sha256";
        let sql = insert("registrations (sha256, upload, length, proof_sha256, hour)", rows.len(), 5, conflict);
        let bind = |query: sqlx::query::QueryAs<'static, Any, (Vec<u8>,), AnyArguments>,
                    (sha256, one): &([u8; 32], &Allowed<'_>)| {
            query
                .bind(sha256.to_vec())
                .bind(one.step.id.0.to_vec())
                .bind(signed(one.step.received()))
                .bind(one.proof_sha256.map(|proof| proof.to_vec()))
                .bind(one.step.hour)
        };
        let query = rows.iter().fold(sqlx::query_as(AssertSqlSafe(sql)), bind);
        for (sha256,) in query.fetch_all(&mut *connection).await? {
            fresh.insert(array(sha256)?);
        }
    }
    Ok(fresh)
}

async fn insert_chunks(connection: &mut AnyConnection, chunks: &[(UploadId, u64, &[u8])]) -> Result<(), StoreError> {
    for rows in portions(chunks) {
        let sql = insert("chunks (upload, position, bytes)", rows.len(), 3, "");
        let bind = |query: Rows, (id, position, bytes): &(UploadId, u64, &[u8])| {
            query.bind(id.0.to_vec()).bind(signed(*position)).bind(bytes.to_vec())
        };
        rows.iter().fold(sqlx::query(AssertSqlSafe(sql)), bind).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_notices(connection: &mut AnyConnection, notices: &[(&str, [u8; 32])]) -> Result<(), StoreError> {
    for rows in portions(notices) {
        let sql = insert("notices (reviewer, sha256)", rows.len(), 2, " ON CONFLICT DO NOTHING");
        let bind = |query: Rows, (reviewer, sha256): &(&str, [u8; 32])| query.bind((*reviewer).to_owned()).bind(sha256.to_vec());
        rows.iter().fold(sqlx::query(AssertSqlSafe(sql)), bind).execute(&mut *connection).await?;
    }
    Ok(())
}

type Rows = Query<'static, Any, AnyArguments>;

/// All rows in portions of powers of two: so few different statements are ever prepared.
fn portions<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let most = rows.len().min(MOST_ROWS);
        let (portion, rest) = rows.split_at(1 << most.checked_ilog2()?);
        rows = rest;
        Some(portion)
    })
}

/// `INSERT INTO table VALUES ($1, $2), ($3, $4) …`. Nothing in it comes from outside.
fn insert(table: &'static str, rows: usize, columns: usize, end: &'static str) -> String {
    let row = |row: usize| {
        let values: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", values.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("INSERT INTO {table} VALUES {}{end}", rows.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_in_portions_of_powers_of_two_and_none_is_left_out() {
        for count in 0..200 {
            let rows: Vec<usize> = (0..count).collect();
            let portions: Vec<&[usize]> = portions(&rows).collect();
            assert!(portions.iter().all(|portion| portion.len().is_power_of_two() && portion.len() <= MOST_ROWS));
            assert_eq!(portions.concat(), rows);
        }
        assert_eq!(insert("a (b, c)", 2, 2, " END"), "INSERT INTO a (b, c) VALUES ($1, $2), ($3, $4) END");
    }
}
