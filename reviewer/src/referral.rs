//! A referral: chosen columns of a few cases, for one partner, sealed to that partner's key. Nothing else leaves the desk.
//!
//! [`prepare`] asks each case whether it may go ([`consent`]) and reads it in the chosen [`layout`] columns; the operator
//! reads [`preview`] and types the number of rows and columns; [`make`] seals the files and gives the line for the log. No
//! disk, no clock: bytes in, bytes out. There is no way to a plain file from here.

#[cfg(not(target_arch = "wasm32"))]
pub mod beside;
mod columns;
pub mod consent;
mod csv;
mod html;
mod json;
pub mod layout;
mod log;
mod others;
mod pack;
pub mod partner;
pub mod preview;
mod text;
mod xlsx;

use amanat_shared::dates::Day;

use self::columns::Reading;
pub use self::columns::Sheet;
use self::consent::{Asked, Refusal, Word};
use self::layout::{Column, Layout, LayoutError};
pub use self::log::{LogLine, LoggedCase};
pub use self::others::Others;
use self::partner::Partner;
pub use self::text::Value;
use zeroize::Zeroizing;

use crate::forms::{self, Forms};
use crate::picture::Picture;
use crate::sealed::{self, Opened};
use crate::terminal;

/// Rows in one referral, unless there is a reason for more.
pub const MOST_ROWS: usize = 25;
/// Rows in one referral, whatever the reason.
pub const MOST_ROWS_EVER: usize = 100;
/// Pixels of a picture's longer side: a page of small print can be read.
const LONGEST_SIDE: u32 = 3_000;
const MOST_NAME_CHARS: usize = 80;
const MOST_REASON_CHARS: usize = 200;
/// Shortest reason that says something.
const LEAST_REASON_CHARS: usize = 8;
/// Letters and digits of a reference: none that is taken for another.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Whether attached pictures go along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pictures {
    /// They stay.
    #[default]
    None,
    /// Drawn anew from their pixels; nothing else that is attached goes.
    DrawnAnew,
}

/// What is wanted.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Which columns there are.
    pub layout: &'a Layout,
    /// Keys of columns or sections.
    pub columns: &'a [String],
    /// For whom.
    pub partner: &'a Partner,
    /// Known forms.
    pub forms: &'a Forms,
    /// The language of choices.
    pub language: &'a str,
    /// Today in Kabul.
    pub today: Day,
    /// Cases whose persons were asked and said yes.
    pub asked: &'a [Asked],
    /// Whether attached pictures go along.
    pub pictures: Pictures,
    /// All registrations that are at hand, or at least those of the same folder: they may take back a yes.
    pub others: &'a Others,
}

/// What may go, and what may not.
#[derive(Debug)]
pub struct Prepared<'a> {
    layout: &'a Layout,
    columns: Vec<&'a Column>,
    partner: &'a Partner,
    today: Day,
    sheets: Vec<Sheet>,
    refused: Vec<(String, Refusal)>,
    asked: Vec<Asked>,
}

impl Prepared<'_> {
    /// Persons: applicants and members of families.
    pub fn rows(&self) -> usize {
        self.sheets.iter().map(|sheet| sheet.rows.len()).sum()
    }

    /// Chosen columns.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// The cases that go.
    pub fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// The cases that stay, by the SHA-256 of their files, and why.
    pub fn refused(&self) -> &[(String, Refusal)] {
        &self.refused
    }
}

/// The others, and the updates and requests for deletion that are among the cases themselves.
pub fn all_others(others: &Others, cases: &[Opened]) -> Others {
    let mut all = others.clone();
    for case in cases {
        all.note(&case.registration);
    }
    all
}

/// Reads the cases in the chosen columns. `random` fills with randomness, for the references. Cases that may not go are
/// named in [`Prepared::refused`]; they are no error.
pub fn prepare<'a>(
    request: &Request<'a>,
    cases: &[Opened],
    mut random: impl FnMut(&mut [u8]),
) -> Result<Prepared<'a>, LayoutError> {
    let columns = request.layout.choose(request.columns, request.partner.kind)?;
    let others = all_others(request.others, cases);
    let (mut sheets, mut refused, mut asked) = (Vec::<Sheet>::new(), Vec::new(), Vec::new());
    for case in cases {
        let registration = &case.registration;
        let answers = &registration.answers;
        let confirmed = request.asked.iter().find(|asked| asked.case == case.sha256 && asked.on <= request.today);
        let refusal = match consent::word(registration, request.partner.kind, request.today, &others) {
            _ if sheets.iter().any(|sheet| sheet.sha256 == case.sha256) => Some(Refusal::Twice),
            Word::Refused(why) => Some(why),
            Word::AskFirst if confirmed.is_none() => Some(Refusal::AskFirst),
            Word::AskFirst | Word::Yes => None,
        };
        let form = request.forms.get(&registration.form);
        let form = match (refusal, form) {
            (None, Some(form)) => form,
            (refusal, _) => {
                refused.push((case.sha256.clone(), refusal.unwrap_or(Refusal::UnknownForm)));
                continue;
            }
        };
        for column in &columns {
            Layout::check_column(column, form)?;
        }
        let language = forms::language(form, request.language);
        let (rows, mut left_out) = Reading { form, language, columns: &columns, today: request.today }.rows(answers);
        let never = answers.text("share_never").map(str::to_owned);
        let updates = others.updates(registration);
        let pictures = match request.pictures {
            Pictures::None => Vec::new(),
            Pictures::DrawnAnew => drawn(case, &mut left_out),
        };
        let (sha256, reference) = (case.sha256.clone(), reference(&mut random));
        sheets.push(Sheet { sha256, reference, rows, pictures, left_out, never, updates });
        asked.extend(confirmed.cloned());
    }
    Ok(Prepared { layout: request.layout, columns, partner: request.partner, today: request.today, sheets, refused, asked })
}

/// A case's pictures as fresh JPEG files. What is no picture, or cannot be decoded here, is left out.
fn drawn(case: &Opened, left_out: &mut Vec<&'static str>) -> Vec<Zeroizing<Vec<u8>>> {
    let attached = case.registration.attachments.iter().zip(&case.files);
    let all: Vec<Option<Picture>> =
        attached.map(|(attachment, bytes)| Picture::decode(bytes, &attachment.media_type, LONGEST_SIDE).ok()).collect();
    if all.iter().any(Option::is_none) {
        left_out.push("What is attached and is no picture, or is damaged: ask us for it.");
    }
    all.into_iter().flatten().map(|picture| Zeroizing::new(picture.to_jpeg())).collect()
}

/// Sixty random bits, as in `7KQ2-MZ4P-X9BD`.
fn reference(random: &mut impl FnMut(&mut [u8])) -> String {
    let mut bytes = [0; 12];
    random(&mut bytes);
    let letters: Vec<u8> = bytes.iter().map(|byte| LETTERS[usize::from(byte % 32)]).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join("-")
}

/// How many rows there may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Most {
    rows: usize,
    reason: Option<String>,
}

impl Default for Most {
    /// [`MOST_ROWS`], without a reason.
    fn default() -> Self {
        Self { rows: MOST_ROWS, reason: None }
    }
}

impl Most {
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

/// What the operator typed after reading [`preview`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
}

/// Why no referral was made: what happened, then what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MakeError {
    /// No case may go.
    #[error("no case may go, so nothing was made\nThe reason of each is given above; do not share them by other means.")]
    Empty,
    /// More rows than allowed.
    #[error(
        "there are {rows} persons in it, and {most} are the most: nothing was made\nMake several referrals, or give --most (up to {MOST_ROWS_EVER}) with --reason."
    )]
    TooMany {
        /// There are.
        rows: usize,
        /// There may be.
        most: usize,
    },
    /// Too many, without saying why.
    #[error(
        "more than {MOST_ROWS} rows need a reason in words, and more than {MOST_ROWS_EVER} are never made\nGive --reason with what the partner needs them for, or make several referrals."
    )]
    Reason,
    /// The numbers that were typed are not those of the referral.
    #[error("the numbers that were typed are not those of the referral: nothing was made\nRead again what would go, and count it.")]
    Miscounted,
    /// A name that says nothing.
    #[error("a name is missing, or longer than {MOST_NAME_CHARS} characters\nGive the name that you want to stand in the log.")]
    Name,
    /// The workbook.
    #[error("the workbook could not be made: {}\nTell whoever maintains this program; nothing was made.", terminal::safe(.0))]
    Workbook(String),
    /// Longer than an archive's file can be.
    #[error("a case is too large\nChoose fewer columns; nothing was made.")]
    TooLarge,
    /// Encryption failed.
    #[error("the partner's key could not be used to seal\nAsk the partner for another key; nothing was made.")]
    Seal,
}

/// A referral.
#[derive(Debug)]
pub struct Made {
    /// An age file for the partner alone.
    pub sealed: Vec<u8>,
    /// For the log.
    pub log: LogLine,
}

/// Seals what was prepared, if the operator has counted it right. `now` is in seconds since 1970.
pub fn make(prepared: &Prepared<'_>, confirmed: Confirmed, most: &Most, who: &str, now: u64) -> Result<Made, MakeError> {
    let (rows, columns) = (prepared.rows(), prepared.columns());
    if prepared.sheets.is_empty() {
        return Err(MakeError::Empty);
    }
    if rows > most.rows {
        return Err(MakeError::TooMany { rows, most: most.rows });
    }
    if confirmed != (Confirmed { rows, columns }) {
        return Err(MakeError::Miscounted);
    }
    let who = name(who)?;
    let sealed = pack::seal(&pack::archive(prepared)?, &prepared.partner.key)?;
    let log = LogLine {
        who,
        when: now,
        partner: prepared.partner.name.clone(),
        kind: prepared.partner.kind,
        key: prepared.partner.key.fingerprint(),
        cases: prepared
            .sheets
            .iter()
            .map(|sheet| LoggedCase { sha256: sheet.sha256.clone(), reference: sheet.reference.clone() })
            .collect(),
        columns: prepared.columns.iter().map(|column| column.key.clone()).collect(),
        rows,
        pictures: prepared.sheets.iter().map(|sheet| sheet.pictures.len()).sum(),
        reason: most.reason.clone(),
        asked: prepared.asked.clone(),
        file: sealed::sha256(&sealed),
    };
    Ok(Made { sealed, log })
}

/// A name as it may stand in the log and before the partner.
pub fn name(text: &str) -> Result<String, MakeError> {
    said(text, MOST_NAME_CHARS).ok_or(MakeError::Name)
}

fn said(text: &str, most: usize) -> Option<String> {
    let text = terminal::safe(text.trim());
    (1..=most).contains(&text.chars().count()).then_some(text)
}

#[cfg(test)]
mod tests;
