//! Applies a batch of steps in one transaction. One statement writes the like rows of many steps, because each statement is a
//! round trip to the database.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use super::retention::remove_acknowledged_before;
use super::upload_record::{CHUNK_BYTES, Upload, UploadId, UploadOutcome, delete_chunks};
use super::{StoreError, array, signed, unsigned};

/// Maximum of rows in one statement, a power of two.
const MAX_ROWS: usize = 64;

/// A step that shares its transaction with others.
#[derive(Debug)]
pub(super) enum BatchStep {
    /// A part of an upload.
    Upload(Box<UploadChange>),
    /// An answered challenge, which is stored. The step fails with [`StoreError::Spent`] if it was answered before.
    Challenge { nonce: [u8; 16], expires: u64 },
}

/// Changes of one upload in one transaction.
#[derive(Debug)]
pub(super) struct UploadChange {
    pub id: UploadId,
    /// The upload, if it begins with this step.
    pub begin: Option<Upload>,
    /// SHA-256 of the delete proof, if the file's header has provided it since the upload began.
    pub proof_sha256: Option<[u8; 32]>,
    /// Offset of the bytes.
    pub at: u64,
    pub bytes: Vec<u8>,
    /// The completion, if these are the upload's last bytes.
    pub end: Option<Completion>,
    pub hour: i64,
}

/// The data that make a registration of an upload.
#[derive(Debug)]
pub(super) struct Completion {
    pub sha256: [u8; 32],
    pub reviewers: Vec<String>,
    /// Registrations beyond this number in one hour go into quarantine.
    pub registrations_per_hour: u32,
}

/// A step whose upload stands at the expected offset.
struct AdmittedChange<'a> {
    step: &'a UploadChange,
    /// SHA-256 of the delete proof, which is always known at the completion.
    proof_sha256: Option<[u8; 32]>,
}

impl BatchStep {
    /// Returns the number of bytes that the step writes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Upload(step) => step.bytes.len(),
            Self::Challenge { .. } => 0,
        }
    }

    fn upload(&self) -> Option<&UploadChange> {
        match self {
            Self::Upload(step) => Some(step),
            Self::Challenge { .. } => None,
        }
    }
}

impl UploadChange {
    fn received(&self) -> u64 {
        self.at + self.bytes.len() as u64
    }

    /// Advances the upload if it stands at `at`, and returns `None` otherwise.
    async fn advance(&self, connection: &mut AnyConnection) -> Result<Option<AdmittedChange<'_>>, StoreError> {
        // The last bytes come with the completion, and only they do.
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
        Ok(Some(AdmittedChange { step: self, proof_sha256: proof.map(array).transpose()? }))
    }
}

/// Applies the steps and returns their results in order. A step fails alone, without having written anything, if its upload
/// stands elsewhere ([`StoreError::Offset`]) or its challenge is spent. Any other error fails the whole batch.
pub(super) async fn apply(
    connection: &mut AnyConnection,
    steps: &[&BatchStep],
) -> Result<Vec<Result<UploadOutcome, StoreError>>, StoreError> {
    let uploads = || steps.iter().filter_map(|step| step.upload());
    let created: Vec<(&UploadChange, Upload)> = uploads().filter_map(|step| Some((step, step.begin?))).collect();
    insert_uploads(connection, &created).await?;
    let mut answered = insert_challenges(connection, steps).await?;
    let (mut outcomes, mut admitted) = (Vec::with_capacity(steps.len()), Vec::with_capacity(steps.len()));
    for step in steps {
        let step = match step {
            BatchStep::Upload(step) => step,
            BatchStep::Challenge { nonce, .. } => {
                // If a batch has the same answer twice, the first counts.
                outcomes.push(if answered.remove(nonce) { Ok(UploadOutcome::Incomplete) } else { Err(StoreError::Spent) });
                continue;
            }
        };
        let one = match step.begin {
            Some(upload) => Some(AdmittedChange { step, proof_sha256: upload.proof_sha256 }),
            None => step.advance(connection).await?,
        };
        outcomes.push(if one.is_some() { Ok(UploadOutcome::Incomplete) } else { Err(StoreError::Offset) });
        admitted.extend(one);
    }
    let InsertedRegistrations { mut fresh, quarantined } = insert_registrations(connection, &admitted).await?;
    remove_acknowledged_before(connection, &mut fresh).await?;

    let (mut chunks, mut notices) = (Vec::new(), Vec::new());
    let at_ends = steps.iter().zip(&mut outcomes).filter(|(_, outcome)| outcome.is_ok());
    for (step, outcome) in at_ends.filter_map(|(step, outcome)| Some((step.upload()?, outcome))) {
        if let Some(end) = &step.end {
            // If a batch has the same file twice, the first becomes the registration.
            if fresh.remove(&end.sha256) {
                notices.extend(end.reviewers.iter().map(|reviewer| (reviewer.as_str(), end.sha256)));
                *outcome =
                    Ok(if quarantined.contains(&end.sha256) { UploadOutcome::Quarantined } else { UploadOutcome::Registered });
            } else {
                delete_chunks(connection, step.id).await?;
                *outcome = Ok(UploadOutcome::AlreadyKnown);
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

async fn insert_uploads(connection: &mut AnyConnection, created: &[(&UploadChange, Upload)]) -> Result<(), StoreError> {
    for rows in row_groups(created) {
        let sql = insert_sql("uploads (id, length, received, proof_sha256, pack, sha256, hour)", rows.len(), 7, "");
        let bind = |query: Rows, (step, upload): &(&UploadChange, Upload)| {
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

/// Inserts challenges and returns those that had not been answered before.
async fn insert_challenges(connection: &mut AnyConnection, steps: &[&BatchStep]) -> Result<BTreeSet<[u8; 16]>, StoreError> {
    let answers = steps.iter().filter_map(|step| match step {
        BatchStep::Challenge { nonce, expires } => Some((*nonce, *expires)),
        BatchStep::Upload(_) => None,
    });
    // They are sorted, so that two servers that insert the same ones do not deadlock.
    let answers: Vec<([u8; 16], u64)> = answers.collect::<BTreeMap<_, _>>().into_iter().collect();
    let mut fresh = BTreeSet::new();
    for rows in row_groups(&answers) {
        let sql = insert_sql("challenges (nonce, expires)", rows.len(), 2, " ON CONFLICT (nonce) DO NOTHING RETURNING nonce");
        let bind = |query: sqlx::query::QueryAs<'static, Any, (Vec<u8>,), AnyArguments>, (nonce, expires): &([u8; 16], u64)| {
            query.bind(nonce.to_vec()).bind(signed(*expires))
        };
        let query = rows.iter().fold(sqlx::query_as(AssertSqlSafe(sql)), bind);
        for (nonce,) in query.fetch_all(&mut *connection).await? {
            fresh.insert(array(nonce)?);
        }
    }
    Ok(fresh)
}

/// The results of inserting registrations.
struct InsertedRegistrations {
    /// Files that were not in the database yet.
    fresh: BTreeSet<[u8; 32]>,
    /// Files that go into quarantine if they are fresh.
    quarantined: BTreeSet<[u8; 32]>,
}

async fn insert_registrations(
    connection: &mut AnyConnection,
    admitted: &[AdmittedChange<'_>],
) -> Result<InsertedRegistrations, StoreError> {
    let ends: Vec<(&AdmittedChange<'_>, &Completion)> =
        admitted.iter().filter_map(|one| Some((one, one.step.end.as_ref()?))).collect();
    // They are sorted by hash, so that two servers that insert the same files do not deadlock.
    let ends: BTreeMap<[u8; 32], (&AdmittedChange<'_>, &Completion)> =
        ends.into_iter().rev().map(|(one, end)| (end.sha256, (one, end))).collect();
    let quarantined = beyond_hourly_limit(connection, &ends).await?;
    let ends: Vec<_> = ends.into_iter().map(|(sha256, (one, _))| (sha256, one, quarantined.contains(&sha256))).collect();
    let mut fresh = BTreeSet::new();
    for rows in row_groups(&ends) {
        let conflict = " ON CONFLICT (sha256) DO NOTHING RETURNING sha256";
        let sql = insert_sql("registrations (sha256, upload, length, proof_sha256, hour, quarantine)", rows.len(), 6, conflict);
        let bind = |query: sqlx::query::QueryAs<'static, Any, (Vec<u8>,), AnyArguments>,
                    (sha256, one, quarantine): &([u8; 32], &AdmittedChange<'_>, bool)| {
            query
                .bind(sha256.to_vec())
                .bind(one.step.id.0.to_vec())
                .bind(signed(one.step.received()))
                .bind(one.proof_sha256.map(|proof| proof.to_vec()))
                .bind(one.step.hour)
                .bind(i64::from(*quarantine))
        };
        let query = rows.iter().fold(sqlx::query_as(AssertSqlSafe(sql)), bind);
        for (sha256,) in query.fetch_all(&mut *connection).await? {
            fresh.insert(array(sha256)?);
        }
    }
    Ok(InsertedRegistrations { fresh, quarantined })
}

/// Returns the files beyond their hour's usual number. It counts the stored registrations, so a restart changes nothing.
/// Servers that commit at the same moment may each admit the last few.
async fn beyond_hourly_limit(
    connection: &mut AnyConnection,
    ends: &BTreeMap<[u8; 32], (&AdmittedChange<'_>, &Completion)>,
) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let (mut came, mut beyond) = (BTreeMap::new(), BTreeSet::new());
    for (sha256, (one, end)) in ends {
        let hour = one.step.hour;
        if let Entry::Vacant(unknown) = came.entry(hour) {
            let (count,): (i64,) =
                sqlx::query_as("SELECT CAST(count(*) AS BIGINT) FROM registrations WHERE quarantine = 0 AND hour = $1")
                    .bind(hour)
                    .fetch_one(&mut *connection)
                    .await?;
            unknown.insert(unsigned(count)?);
        }
        let came = came.entry(hour).or_default();
        if *came < u64::from(end.registrations_per_hour) {
            *came += 1;
        } else {
            beyond.insert(*sha256);
        }
    }
    Ok(beyond)
}

async fn insert_chunks(connection: &mut AnyConnection, chunks: &[(UploadId, u64, &[u8])]) -> Result<(), StoreError> {
    for rows in row_groups(chunks) {
        let sql = insert_sql("chunks (upload, position, bytes)", rows.len(), 3, "");
        let bind = |query: Rows, (id, position, bytes): &(UploadId, u64, &[u8])| {
            query.bind(id.0.to_vec()).bind(signed(*position)).bind(bytes.to_vec())
        };
        rows.iter().fold(sqlx::query(AssertSqlSafe(sql)), bind).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_notices(connection: &mut AnyConnection, notices: &[(&str, [u8; 32])]) -> Result<(), StoreError> {
    for rows in row_groups(notices) {
        let sql = insert_sql("notices (reviewer, sha256)", rows.len(), 2, " ON CONFLICT DO NOTHING");
        let bind = |query: Rows, (reviewer, sha256): &(&str, [u8; 32])| query.bind((*reviewer).to_owned()).bind(sha256.to_vec());
        rows.iter().fold(sqlx::query(AssertSqlSafe(sql)), bind).execute(&mut *connection).await?;
    }
    Ok(())
}

type Rows = Query<'static, Any, AnyArguments>;

/// Splits rows into portions of powers of two, so that few different statements are prepared.
fn row_groups<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let most = rows.len().min(MAX_ROWS);
        let (group, rest) = rows.split_at(1 << most.checked_ilog2()?);
        rows = rest;
        Some(group)
    })
}

/// Formats `INSERT INTO table VALUES ($1, $2), ($3, $4) …`. No part of it comes from outside.
fn insert_sql(table: &'static str, rows: usize, columns: usize, end: &'static str) -> String {
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
    fn rows_are_split_into_powers_of_two_without_loss() {
        for count in 0..200 {
            let rows: Vec<usize> = (0..count).collect();
            let row_groups: Vec<&[usize]> = row_groups(&rows).collect();
            assert!(row_groups.iter().all(|group| group.len().is_power_of_two() && group.len() <= MAX_ROWS));
            assert_eq!(row_groups.concat(), rows);
        }
        assert_eq!(insert_sql("a (b, c)", 2, 2, " END"), "INSERT INTO a (b, c) VALUES ($1, $2), ($3, $4) END");
    }
}
