//! A referral: chosen columns of a few cases, for one partner, sealed to that partner's key. Nothing else leaves the desk.
//!
//! [`prepare`] asks each case whether it may go ([`consent`]) and reads it in the chosen [`layout`] columns; the operator
//! reads [`preview`] and types the number of rows and columns; [`make`] seals the files and gives the line for the log. No
//! disk, no clock: bytes in, bytes out. There is no way to a plain file from here.

mod archive;
mod columns;
pub mod consent;
mod csv;
mod exclusion;
mod html;
mod json;
pub mod layout;
mod log;
mod make;
pub mod never_share;
pub mod partner;
pub mod preview;
mod superseding;
mod value;
mod xlsx;

use std::collections::BTreeMap;

use amanat_shared::dates::Day;

pub use self::columns::CaseRows;
use self::columns::ColumnValues;
use self::consent::{Asked, ConsentDecision, Exclusion};
use self::layout::{Column, Layout, LayoutError};
pub use self::log::LogLine;
pub use self::make::{Confirmed, MOST_ROWS, MOST_ROWS_EVER, MakeError, RowLimit, SealedReferral, make, name};
use self::partner::Partner;
pub use self::superseding::Superseding;
pub use self::value::Value;
use zeroize::Zeroizing;

use crate::decrypt::Opened;
use crate::forms::{self, Forms};
use crate::notebook::Notebook;
pub use crate::notebook::{LoggedCase, Referral};
use crate::picture::Picture;

/// Pixels of a picture's longer side: a page of small print can be read.
const LONGEST_SIDE: u32 = 3_000;
/// Most pictures of one case that go along.
const MOST_PICTURES: usize = 20;
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

/// A request for a referral.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The layout that offers the columns.
    pub layout: &'a Layout,
    /// Keys of columns or sections.
    pub columns: &'a [String],
    /// The partner.
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
    pub others: &'a Superseding,
    /// The notebook with earlier referrals: a case keeps its reference with the same partner.
    pub notebook: &'a Notebook,
}

/// A referral that is ready to be confirmed: the cases that go and those that stay.
#[derive(Debug)]
pub struct Prepared<'a> {
    layout: &'a Layout,
    columns: Vec<&'a Column>,
    partner: &'a Partner,
    today: Day,
    cases: Vec<CaseRows>,
    refused: Vec<(String, Exclusion)>,
    /// The names that the persons of excluded cases never want to be told, by the SHA-256 of their files.
    never: BTreeMap<String, String>,
    asked: Vec<Asked>,
}

impl Prepared<'_> {
    /// Persons: applicants and members of families.
    pub fn rows(&self) -> usize {
        self.cases.iter().map(|case| case.rows.len()).sum()
    }

    /// Chosen columns.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// The cases that go.
    pub fn cases(&self) -> &[CaseRows] {
        &self.cases
    }

    /// The cases that stay, by the SHA-256 of their files, and why.
    pub fn refused(&self) -> &[(String, Exclusion)] {
        &self.refused
    }
}

/// The others, and the updates and requests for deletion that are among the cases themselves.
pub fn all_others(others: &Superseding, cases: &[Opened]) -> Superseding {
    let mut all = others.clone();
    for case in cases {
        all.note(&case.registration, case.proven.as_ref());
    }
    all
}

/// Reads the cases in the chosen columns. `random` fills with randomness, for the references. Cases that may not go are
/// named in [`Prepared::refused`]; they are no error.
pub fn prepare<'a>(
    request: &Request<'a>,
    opened: &[Opened],
    mut random: impl FnMut(&mut [u8]),
) -> Result<Prepared<'a>, LayoutError> {
    let columns = request.layout.choose(request.columns, request.partner.kind)?;
    let others = all_others(request.others, opened);
    let (mut cases, mut refused, mut asked) = (Vec::<CaseRows>::new(), Vec::new(), Vec::new());
    let mut never_of_refused = BTreeMap::new();
    for case in opened {
        let registration = &case.registration;
        let answers = &registration.answers;
        let confirmed = request.asked.iter().find(|asked| asked.case == case.sha256 && Asked::counts(asked.on, request.today));
        let refusal = match consent::word(case, request.partner.as_named(), request.today, &others) {
            _ if cases.iter().any(|one| one.sha256 == case.sha256) => Some(Exclusion::Twice),
            ConsentDecision::Refused(why) => Some(why),
            ConsentDecision::AskFirst if confirmed.is_none() => Some(Exclusion::AskFirst),
            ConsentDecision::Resembles if confirmed.is_none() => Some(Exclusion::Resembles),
            ConsentDecision::AskFirst | ConsentDecision::Resembles | ConsentDecision::Yes => None,
        };
        let form = request.forms.get(&registration.form);
        let form = match (refusal, form) {
            (None, Some(form)) => form,
            (refusal, _) => {
                never_of_refused.extend(others.never(case).map(|never| (case.sha256.clone(), never)));
                refused.push((case.sha256.clone(), refusal.unwrap_or(Exclusion::UnknownForm)));
                continue;
            }
        };
        for column in &columns {
            Layout::check_column(column, form)?;
        }
        let language = forms::language(form, request.language);
        let (rows, mut left_out) = ColumnValues { form, language, columns: &columns, today: request.today }.rows(answers);
        let never = others.never(case);
        let (updates, unproven) = (others.updates(case), others.unproven(case));
        let pictures = match request.pictures {
            Pictures::None => Vec::new(),
            Pictures::DrawnAnew => drawn(case, &mut left_out),
        };
        let known =
            request.notebook.reference(&request.partner.key.fingerprint(), &request.partner.name, &case.sha256).map(str::to_owned);
        let (sha256, reference) = (case.sha256.clone(), known.unwrap_or_else(|| reference(&mut random)));
        cases.push(CaseRows { sha256, reference, rows, pictures, left_out, never, updates, unproven });
        asked.extend(confirmed.cloned());
    }
    // The order is not that of our file names, by which two referrals of the same persons could be joined.
    cases.sort_by(|one, other| one.reference.cmp(&other.reference));
    Ok(Prepared {
        layout: request.layout,
        columns,
        partner: request.partner,
        today: request.today,
        cases,
        refused,
        never: never_of_refused,
        asked,
    })
}

/// A case's pictures as fresh JPEG files. What is no picture, or cannot be decoded here, is left out.
fn drawn(case: &Opened, left_out: &mut Vec<&'static str>) -> Vec<Zeroizing<Vec<u8>>> {
    let mut drawn = Vec::new();
    for (attachment, bytes) in case.registration.attachments.iter().zip(&case.files) {
        // One after the other: decoded, a picture takes a hundred times its file's room.
        match Picture::decode(bytes, &attachment.media_type, LONGEST_SIDE) {
            Ok(picture) if drawn.len() < MOST_PICTURES => drawn.push(Zeroizing::new(picture.to_jpeg())),
            _ => columns::note(left_out, "What is attached and is no picture, is damaged or is one of too many: ask us for it."),
        }
    }
    drawn
}

/// Sixty random bits, as in `7KQ2-MZ4P-X9BD`.
fn reference(random: &mut impl FnMut(&mut [u8])) -> String {
    let mut bytes = [0; 12];
    random(&mut bytes);
    let letters: Vec<u8> = bytes.iter().map(|byte| LETTERS[usize::from(byte % 32)]).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests;
