//! The notebook as one age file, `NAME.notebook.age`: JSON, padded with spaces to a bucket so that its length tells
//! little, sealed to the reviewers of the pack and to oneself. `age -d -i identity.key FILE` shows it.
//!
//! Plain JSON, not the archive that registrations are: there is one thing in it, JSON may end in spaces, and a reader that
//! accepts registrations can then never take a notebook for one.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

use age::DecryptError;
use amanat_shared::api::from_hex;
use amanat_shared::envelope;
use amanat_shared::envelope::RecipientKind;
use amanat_shared::pack::Pack;
use amanat_shared::padding::bucket;
use amanat_shared::seal::{HybridRecipient, RecipientError, look_at};
use amanat_shared::text::clean_lines;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{AHEAD_SECS, Author, Logged, MOST_NOTE_CHARS, Note, Notebook, Work};
use crate::identities::Identities;
use crate::leftovers::stem_of_sealed;
use crate::newest_pack::{NewestPack, OlderPack, SeenIn};

/// The end of a notebook's file name, behind its owner's name.
pub const SUFFIX: &str = ".notebook.age";
/// Whether a file of this name is a notebook: also where a browser or a file manager has numbered a copy, as in
/// `ali.notebook (1).age` or `ali.notebook - Copy.age`.
pub fn is_notebook(name: &str) -> bool {
    let stem = stem_of_sealed(name).and_then(|stem| stem.rsplit_once(".notebook"));
    stem.is_some_and(|(_, number)| number.is_empty() || number.starts_with([' ', '(']))
}

/// The owner of a notebook with this file name. Capitals make no other reviewer, and numbers of copies do not count.
pub fn owner(name: &str) -> Option<Author> {
    let (owner, _) = name.rsplit_once(".notebook").filter(|_| is_notebook(name))?;
    Author::new(owner)
}

/// The format that is written.
const FORMAT: u32 = 3;
/// Those that are read: 1 has no `newest_pack`, and up to 2 a field keeps only the value written last.
const FORMATS: std::ops::RangeInclusive<u32> = 1..=FORMAT;
/// The end of the year 9999: what is later no calendar shows.
pub(super) const LAST_SECOND: u64 = 253_402_300_799;
/// Longest notebook: some hundred thousand notes.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// Longest sealed file that is read.
pub const MOST_SEALED_BYTES: u64 = MOST_BYTES + MOST_BYTES / 1024 + envelope::MAX_HEADER_BYTES as u64;

/// The reason why a notebook was not opened or sealed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NotebookFault {
    /// The file is no age file of ours.
    #[error("it is not a sealed notebook")]
    #[diagnostic(help("Give a file that ends in {SUFFIX}."))]
    NotSealed,
    /// Sealed to others.
    #[error("it is sealed to other keys than this identity")]
    #[diagnostic(help("Use the identity that was in the pack when it was written, or ask who wrote it to send it again."))]
    OtherKeys,
    /// Cut short or changed.
    #[error("it is damaged or cut short")]
    #[diagnostic(help("Use the copy beside it that ends in .old, or ask who wrote it to send it again."))]
    Damaged,
    /// A registration, or anything else but a notebook.
    #[error("what is inside is no notebook (line {line}, column {column})")]
    #[diagnostic(help("Give a file that ends in {SUFFIX}; if it is one, tell the coalition."))]
    Inside {
        /// The number, from 1.
        line: usize,
        /// The number, from 1.
        column: usize,
    },
    /// Values that no program of ours writes.
    #[error("what is inside was not written by this program: {0}")]
    #[diagnostic(help("Do not use it, and tell the coalition who gave it to you."))]
    Strange(&'static str),
    /// A later version's.
    #[error("it has format {0}, and this program reads format {FORMAT}")]
    #[diagnostic(help("Use the newest release of this program."))]
    Format(u32),
    /// The pack is older than one that was seen.
    #[error(transparent)]
    #[diagnostic(transparent)]
    OlderPack(#[from] OlderPack),
    /// Too much.
    #[error("the notebook is longer than {} MiB", MOST_BYTES / 1024 / 1024)]
    #[diagnostic(help("Begin a new one, and keep this one as it is."))]
    TooLong,
    /// Keys that cannot be sealed to.
    #[error("the notebook cannot be sealed: {0}")]
    #[diagnostic(help("Give the pack.json that `pull` wrote, and the identity that its reviewers know."))]
    Keys(RecipientError),
    /// One's own key is of another kind than the pack's.
    #[error("this identity is of another kind than the keys of the pack, and one file cannot be sealed to both")]
    #[diagnostic(help("Use the identity whose public half is in the pack; `keygen` makes one of either kind."))]
    OtherKind,
    /// Encryption failed.
    #[error("the notebook could not be sealed: {0}")]
    #[diagnostic(help("Nothing was written. Try again; if it stays so, tell the coalition."))]
    Seal(io::Error),
}

/// The readers of a notebook: the reviewers of a pack, and oneself.
pub struct Readers {
    recipients: Vec<Box<dyn age::Recipient + Send>>,
    /// The serial of the pack that names them; `None` where there is none.
    pack: Option<u64>,
}

impl Readers {
    /// `own` are the public halves of one's own identities. Of several, those of the pack's kind are taken: the two kinds
    /// are not mixed in one file.
    pub fn new(pack: Option<&Pack>, own: &[String]) -> Result<Self, NotebookFault> {
        let serial = pack.map(|pack| pack.serial);
        let pack: Vec<&str> = pack.iter().flat_map(|pack| &pack.recipients).map(|recipient| recipient.key.as_str()).collect();
        let is_hybrid = |key: &str| key.starts_with("age1pq1");
        let first = pack.first().copied().or(own.first().map(String::as_str));
        let kind = first.map(is_hybrid).ok_or(NotebookFault::Keys(RecipientError::None))?;
        let own: Vec<&str> = own.iter().map(String::as_str).filter(|key| is_hybrid(key) == kind).collect();
        if own.is_empty() {
            return Err(NotebookFault::OtherKind);
        }
        let mut keys = pack;
        for key in own {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        // A pack holds at most twenty keys, which come first in the list.
        let kind = look_at(keys.iter().copied().take(20)).map_err(NotebookFault::Keys)?;
        let parse = |(place, key): (usize, &&str)| -> Result<Box<dyn age::Recipient + Send>, NotebookFault> {
            let malformed = || NotebookFault::Keys(RecipientError::Malformed(place + 1));
            Ok(match kind {
                RecipientKind::Hybrid => Box::new(HybridRecipient::parse(key).ok_or_else(malformed)?),
                RecipientKind::X25519 => Box::new(key.parse::<age::x25519::Recipient>().map_err(|_| malformed())?),
            })
        };
        let recipients = keys.iter().enumerate().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { recipients, pack: serial })
    }

    /// The number of keys that open it.
    #[expect(clippy::len_without_is_empty, reason = "there is always at least one")]
    pub fn len(&self) -> usize {
        self.recipients.len()
    }

    /// Refuses a notebook that has seen a newer pack than the one that names these readers.
    pub fn admit(&self, notebook: &Notebook) -> Result<(), OlderPack> {
        let mut newest = NewestPack::default();
        newest.note(notebook.newest_pack, SeenIn::ThisNotebook);
        self.pack.map_or(Ok(()), |pack| newest.admit(pack))
    }

    /// Remembers in a notebook the pack that names these readers.
    pub fn noted_in(&self, notebook: &mut Notebook) {
        self.pack.into_iter().for_each(|serial| notebook.see_pack(serial));
    }
}

/// The JSON inside.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inside {
    format: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    newest_pack: u64,
    cases: BTreeMap<String, Work>,
    log: BTreeSet<Logged>,
}

impl Inside {
    fn of(notebook: &Notebook) -> Self {
        let Notebook { cases, log, newest_pack } = notebook.clone();
        Self { format: FORMAT, newest_pack, cases, log }
    }
}

#[cfg_attr(target_pointer_width = "64", expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so"))]
fn is_zero(serial: &u64) -> bool {
    *serial == 0
}

/// The format number of a notebook of any version.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// Seals a notebook, with other bytes each time. Fails if the readers' pack is older than the newest that the notebook has seen.
pub fn seal(notebook: &Notebook, readers: &Readers) -> Result<Vec<u8>, NotebookFault> {
    readers.admit(notebook)?;
    let inside = Inside::of(notebook);
    let mut json = Zeroizing::new(serde_json::to_vec(&inside).expect("a notebook has string keys only"));
    if json.len() as u64 > MOST_BYTES {
        return Err(NotebookFault::TooLong);
    }
    let padded = usize::try_from(bucket(json.len() as u64)).map_err(|_| NotebookFault::TooLong)?;
    json.resize(padded, b' ');
    let readers = readers.recipients.iter().map(|reader| &**reader as &dyn age::Recipient);
    let encryptor =
        age::Encryptor::with_recipients(readers).map_err(|error| NotebookFault::Seal(io::Error::other(error.to_string())))?;
    let mut sealed = Vec::with_capacity(padded + padded / 1024 + envelope::MAX_HEADER_BYTES);
    let mut writer = encryptor.wrap_output(&mut sealed).map_err(NotebookFault::Seal)?;
    writer.write_all(&json).map_err(NotebookFault::Seal)?;
    writer.finish().map_err(NotebookFault::Seal)?;
    Ok(sealed)
}

/// Opens a notebook. Whoever made it may be hostile: what comes out is bounded, and is printed only through
/// [`crate::safe_text`]. `now`: see [`AHEAD_SECS`].
pub fn open(sealed: &[u8], identities: &Identities, now: u64) -> Result<Notebook, NotebookFault> {
    if sealed.len() as u64 > MOST_SEALED_BYTES {
        return Err(NotebookFault::TooLong);
    }
    // Our own parser first: it is strict and bounded, while age's would read an endless header.
    match envelope::header(&sealed[..sealed.len().min(envelope::MAX_HEADER_BYTES)]) {
        Ok(Some(_)) => {}
        Ok(None) => return Err(NotebookFault::Damaged),
        Err(_) => return Err(NotebookFault::NotSealed),
    }
    let decryptor = age::Decryptor::new_buffered(sealed).map_err(|error| from_age(&error))?;
    let mut plaintext = decryptor.decrypt(identities.as_age()).map_err(|error| from_age(&error))?;
    let mut json = Zeroizing::new(Vec::with_capacity(sealed.len()));
    plaintext.read_to_end(&mut json).map_err(|_| NotebookFault::Damaged)?;
    parse(&json, now)
}

fn from_age(error: &DecryptError) -> NotebookFault {
    match error {
        DecryptError::NoMatchingKeys => NotebookFault::OtherKeys,
        DecryptError::UnknownFormat | DecryptError::ExcessiveWork { .. } => NotebookFault::NotSealed,
        _ => NotebookFault::Damaged,
    }
}

/// Reads the JSON of a notebook.
pub fn parse(json: &[u8], now: u64) -> Result<Notebook, NotebookFault> {
    let inside: Inside = match serde_json::from_slice(json) {
        Ok(inside) => inside,
        Err(error) => {
            return Err(match serde_json::from_slice::<Version>(json) {
                Ok(Version { format }) if !FORMATS.contains(&format) => NotebookFault::Format(format),
                _ => NotebookFault::Inside { line: error.line(), column: error.column() },
            });
        }
    };
    if !FORMATS.contains(&inside.format) {
        return Err(NotebookFault::Format(inside.format));
    }
    let mut notebook = Notebook { cases: inside.cases, log: inside.log, newest_pack: inside.newest_pack };
    for (sha256, work) in &mut notebook.cases {
        if from_hex::<32>(sha256).is_none() {
            return Err(NotebookFault::Strange("it notes something about what is no registration"));
        }
        if !work.erased.iter().all(|id| from_hex::<16>(id).is_some())
            || work.notes.iter().any(|note| work.erased.contains(&note.id))
        {
            return Err(NotebookFault::Strange("a note that was erased is there, or has no number"));
        }
        if !work.notes.iter().all(is_ours) {
            return Err(NotebookFault::Strange("a note is empty, too long, of no time or has no number"));
        }
        let latest = now.saturating_add(AHEAD_SECS);
        work.status.bound(latest);
        work.assigned.bound(latest);
    }
    if !notebook.log.iter().all(Logged::is_ours) {
        return Err(NotebookFault::Strange("an entry of its log is too long or has no number"));
    }
    Ok(notebook)
}

fn is_ours(note: &Note) -> bool {
    from_hex::<16>(&note.id).is_some()
        && note.time <= LAST_SECOND
        && !note.text.is_empty()
        && note.text.chars().count() <= MOST_NOTE_CHARS
        && clean_lines(&note.text) == note.text
}

#[cfg(test)]
mod tests;
