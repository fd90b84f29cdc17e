//! Making a referral of what was prepared, once the operator has counted it.

use amanat_shared::text::clean;

use super::{LogLine, LoggedCase, Prepared, Referral, archive};
use crate::{decrypt, safe_text};

/// Rows in one referral, unless there is a reason for more.
pub const MOST_ROWS: usize = 25;
/// Rows in one referral, whatever the reason.
pub const MOST_ROWS_EVER: usize = 100;
const MOST_NAME_CHARS: usize = 80;
const MOST_REASON_CHARS: usize = 200;
/// Shortest reason that says something.
const LEAST_REASON_CHARS: usize = 8;

/// The most rows that a referral may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowLimit {
    rows: usize,
    reason: Option<String>,
}

impl Default for RowLimit {
    /// [`MOST_ROWS`], without a reason.
    fn default() -> Self {
        Self { rows: MOST_ROWS, reason: None }
    }
}

impl RowLimit {
    /// Up to [`MOST_ROWS_EVER`]; more than [`MOST_ROWS`] only with a reason, which is logged.
    pub fn new(rows: usize, reason: Option<&str>) -> Result<Self, MakeError> {
        let reason = reason.map(|reason| said(reason, MOST_REASON_CHARS).ok_or(MakeError::Reason)).transpose()?;
        let is_enough = reason.as_ref().is_some_and(|reason| reason.chars().count() >= LEAST_REASON_CHARS);
        if rows > MOST_ROWS_EVER || rows > MOST_ROWS && !is_enough {
            return Err(MakeError::Reason);
        }
        Ok(Self { rows, reason })
    }

    /// The number.
    pub const fn rows(&self) -> usize {
        self.rows
    }
}

/// The numbers that the operator typed after reading [`preview`](super::preview).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
}

/// The reason why no referral was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum MakeError {
    /// No case may go.
    #[error("no case may go, so nothing was made")]
    #[diagnostic(help("The reason of each is given above; do not share them by other means."))]
    Empty,
    /// More rows than allowed.
    #[error("there are {rows} persons in it, and {most} are the most: nothing was made")]
    #[diagnostic(help("Make several referrals, or ask for more of them (up to {MOST_ROWS_EVER}) with a reason."))]
    TooMany {
        /// There are.
        rows: usize,
        /// There may be.
        most: usize,
    },
    /// Too many, without saying why.
    #[error("more than {MOST_ROWS} rows need a reason in words, and more than {MOST_ROWS_EVER} are never made")]
    #[diagnostic(help(
        "Say what the partner needs so many for, in {LEAST_REASON_CHARS} to {MOST_REASON_CHARS} characters, or make several referrals."
    ))]
    Reason,
    /// The numbers that were typed are not those of the referral.
    #[error("the numbers that were typed are not those of the referral: nothing was made")]
    #[diagnostic(help("Read again what would go, and count it."))]
    Miscounted,
    /// A name that says nothing.
    #[error("a name is missing, or longer than {MOST_NAME_CHARS} characters")]
    #[diagnostic(help("Give the name that you want to stand in the log."))]
    Name,
    /// The workbook.
    #[error("the workbook could not be made: {}", safe_text::safe(.0))]
    #[diagnostic(help("Tell whoever maintains this program; nothing was made."))]
    Workbook(String),
    /// Longer than an archive's file can be.
    #[error("a case is too large")]
    #[diagnostic(help("Choose fewer columns; nothing was made."))]
    TooLarge,
    /// Encryption failed.
    #[error("the partner's key could not be used to seal")]
    #[diagnostic(help("Ask the partner for another key; nothing was made."))]
    Seal,
}

/// A referral.
#[derive(Debug)]
pub struct SealedReferral {
    /// An age file for the partner alone.
    pub sealed: Vec<u8>,
    /// The line for the log; a notebook keeps its `referral`.
    pub log: LogLine,
}

/// Seals what was prepared, if the operator has counted it right. `now` is in seconds since 1970.
pub fn make(
    prepared: &Prepared<'_>,
    confirmed: Confirmed,
    most: &RowLimit,
    who: &str,
    now: u64,
) -> Result<SealedReferral, MakeError> {
    let (rows, columns) = (prepared.rows(), prepared.columns());
    if prepared.cases.is_empty() {
        return Err(MakeError::Empty);
    }
    if rows > most.rows {
        return Err(MakeError::TooMany { rows, most: most.rows });
    }
    if confirmed != (Confirmed { rows, columns }) {
        return Err(MakeError::Miscounted);
    }
    let who = name(who)?;
    let sealed = archive::seal(&archive::archive(prepared)?, &prepared.partner.key)?;
    let referral = Referral {
        partner: prepared.partner.name.clone(),
        kind: prepared.partner.kind,
        key: prepared.partner.key.fingerprint(),
        cases: prepared
            .cases
            .iter()
            .map(|sheet| LoggedCase { sha256: sheet.sha256.clone(), reference: sheet.reference.clone() })
            .collect(),
        columns: prepared.columns.iter().map(|column| column.key.clone()).collect(),
        rows: rows as u64,
        reason: most.reason.clone(),
        asked: prepared.asked.clone(),
        file: decrypt::sha256(&sealed),
    };
    let pictures = prepared.cases.iter().map(|sheet| sheet.pictures.len()).sum();
    let log = LogLine { who, when: now, pictures, referral };
    Ok(SealedReferral { sealed, log })
}

/// A name as it may stand in the log and before the partner.
pub fn name(text: &str) -> Result<String, MakeError> {
    said(text, MOST_NAME_CHARS).ok_or(MakeError::Name)
}

/// One line as a notebook keeps it, with nothing that commands a terminal.
fn said(text: &str, most: usize) -> Option<String> {
    let text = clean(&safe_text::safe(&clean(text)));
    (1..=most).contains(&text.chars().count()).then_some(text)
}
