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
use amanat_shared::pack::Pack;
use amanat_shared::seal::{HybridRecipient, Kind, RecipientError, bucket, look_at};
use amanat_shared::text::clean_lines;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{AHEAD_SECS, Logged, MOST_NOTE_CHARS, Note, Notebook, Work, Written};
use crate::identities::Identities;

/// How a notebook's file is called, behind its owner's name.
pub const SUFFIX: &str = ".notebook.age";
/// The format that is read and written.
const FORMAT: u32 = 1;
/// Longest notebook: some hundred thousand notes.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// Longest sealed file that is read.
pub const MOST_SEALED_BYTES: u64 = MOST_BYTES + MOST_BYTES / 1024 + envelope::MAX_HEADER_BYTES as u64;

/// Why a notebook was not opened or sealed: what happened, then what to do.
#[derive(Debug, thiserror::Error)]
pub enum NotebookFault {
    /// Not an age file of ours.
    #[error("it is not a sealed notebook\nGive a file that ends in {SUFFIX}.")]
    NotSealed,
    /// Sealed to others.
    #[error(
        "it is sealed to other keys than this identity\nUse the identity that was in the pack when it was written, or ask who wrote it to send it again."
    )]
    OtherKeys,
    /// Cut short or changed.
    #[error("it is damaged or cut short\nUse the copy beside it that ends in .old, or ask who wrote it to send it again.")]
    Damaged,
    /// A registration, or anything else but a notebook.
    #[error(
        "what is inside is no notebook (line {line}, column {column})\nGive a file that ends in {SUFFIX}; if it is one, tell the coalition."
    )]
    Inside {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Values that no program of ours writes.
    #[error("what is inside was not written by this program: {0}\nDo not use it, and tell the coalition who gave it to you.")]
    Strange(&'static str),
    /// A later version's.
    #[error("it has format {0}, and this program reads format {FORMAT}\nUse the newest release of this program.")]
    Format(u32),
    /// Too much.
    #[error("the notebook is longer than {} MiB\nBegin a new one, and keep this one as it is.", MOST_BYTES / 1024 / 1024)]
    TooLong,
    /// Keys that cannot be sealed to.
    #[error("the notebook cannot be sealed: {0}\nGive the pack.json that `pull` wrote, and the identity that its reviewers know.")]
    Keys(RecipientError),
    /// One's own key is of another kind than the pack's.
    #[error(
        "this identity is of another kind than the keys of the pack, and one file cannot be sealed to both\nUse the identity whose public half is in the pack; `keygen` makes one of either kind."
    )]
    OtherKind,
    /// Encryption failed.
    #[error("the notebook could not be sealed: {0}\nNothing was written. Try again; if it stays so, tell the coalition.")]
    Seal(io::Error),
}

/// Who can open a notebook: the reviewers of a pack, and oneself.
pub struct Readers(Vec<Box<dyn age::Recipient + Send>>);

impl Readers {
    /// `own` are the public halves of one's own identities. Of several, those of the pack's kind are taken: the two kinds
    /// are not mixed in one file.
    pub fn new(pack: Option<&Pack>, own: &[String]) -> Result<Self, NotebookFault> {
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
        // A pack holds at most twenty, and stands in front.
        let kind = look_at(keys.iter().copied().take(20)).map_err(NotebookFault::Keys)?;
        let parse = |(place, key): (usize, &&str)| -> Result<Box<dyn age::Recipient + Send>, NotebookFault> {
            let malformed = || NotebookFault::Keys(RecipientError::Malformed(place + 1));
            Ok(match kind {
                Kind::Hybrid => Box::new(HybridRecipient::parse(key).ok_or_else(malformed)?),
                Kind::X25519 => Box::new(key.parse::<age::x25519::Recipient>().map_err(|_| malformed())?),
            })
        };
        keys.iter().enumerate().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// How many keys open it.
    #[expect(clippy::len_without_is_empty, reason = "there is always at least one")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// The JSON inside.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inside {
    format: u32,
    cases: BTreeMap<String, Work>,
    log: BTreeSet<Logged>,
}

/// Only the format, of whatever version.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// Seals a notebook. Each time the bytes are others.
pub fn seal(notebook: &Notebook, readers: &Readers) -> Result<Vec<u8>, NotebookFault> {
    let inside = Inside { format: FORMAT, cases: notebook.cases.clone(), log: notebook.log.clone() };
    let mut json = Zeroizing::new(serde_json::to_vec(&inside).expect("a notebook has string keys only"));
    if json.len() as u64 > MOST_BYTES {
        return Err(NotebookFault::TooLong);
    }
    let padded = usize::try_from(bucket(json.len() as u64)).map_err(|_| NotebookFault::TooLong)?;
    json.resize(padded, b' ');
    let readers = readers.0.iter().map(|reader| &**reader as &dyn age::Recipient);
    let encryptor =
        age::Encryptor::with_recipients(readers).map_err(|error| NotebookFault::Seal(io::Error::other(error.to_string())))?;
    let mut sealed = Vec::with_capacity(padded + padded / 1024 + envelope::MAX_HEADER_BYTES);
    let mut writer = encryptor.wrap_output(&mut sealed).map_err(NotebookFault::Seal)?;
    writer.write_all(&json).map_err(NotebookFault::Seal)?;
    writer.finish().map_err(NotebookFault::Seal)?;
    Ok(sealed)
}

/// Opens a notebook. Whoever made it may be hostile: what comes out is bounded, and is printed only through
/// [`crate::terminal`]. `now`: see [`AHEAD_SECS`].
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
                Ok(Version { format }) if format != FORMAT => NotebookFault::Format(format),
                _ => NotebookFault::Inside { line: error.line(), column: error.column() },
            });
        }
    };
    if inside.format != FORMAT {
        return Err(NotebookFault::Format(inside.format));
    }
    let mut notebook = Notebook { cases: inside.cases, log: inside.log };
    for (sha256, work) in &mut notebook.cases {
        if from_hex::<32>(sha256).is_none() {
            return Err(NotebookFault::Strange("it notes something about what is no registration"));
        }
        if !work.notes.iter().all(is_ours) {
            return Err(NotebookFault::Strange("a note is empty, too long or has no number"));
        }
        bound(&mut work.status, now);
        bound(&mut work.assigned, now);
    }
    if !notebook.log.iter().all(Logged::is_ours) {
        return Err(NotebookFault::Strange("an entry of its log is too long or has no number"));
    }
    Ok(notebook)
}

fn is_ours(note: &Note) -> bool {
    from_hex::<16>(&note.id).is_some()
        && !note.text.is_empty()
        && note.text.chars().count() <= MOST_NOTE_CHARS
        && clean_lines(&note.text) == note.text
}

fn bound<T>(field: &mut Option<Written<T>>, now: u64) {
    if let Some(written) = field.as_mut().filter(|written| written.time > now.saturating_add(AHEAD_SECS)) {
        written.time = 0;
    }
}

#[cfg(test)]
mod tests {
    use amanat_shared::seal::{HybridIdentity, is_bucket};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::notebook::{Author, Handed, Pen, Referral, Status};

    const NOW: u64 = 1_795_414_440;
    const CASE: &str = "abababababababababababababababababababababababababababababababab";

    fn identity(seed: u8) -> Identities {
        Identities::parse(HybridIdentity::from_seed([seed; 32]).to_text().as_bytes()).unwrap()
    }

    fn readers(seeds: &[u8]) -> Readers {
        let keys: Vec<String> = seeds.iter().flat_map(|seed| identity(*seed).recipients()).collect();
        Readers::new(None, &keys).unwrap()
    }

    fn notebook() -> Notebook {
        let pen = Pen { author: Author::new("کریمه").unwrap(), now: NOW };
        let mut notebook = Notebook::default();
        notebook.set_status(CASE, Status::Verified, &pen).unwrap();
        notebook.assign(CASE, None, &pen).unwrap();
        notebook.add_note(CASE, [7; 16], "دیده شد\n\nCall on Thursday", &pen).unwrap();
        let referral = Referral {
            partner: "UNHCR".to_owned(),
            kind: "partner".to_owned(),
            key: "apple banana".to_owned(),
            cases: vec![Handed { sha256: CASE.to_owned(), reference: "7KQ".to_owned() }],
            columns: vec!["dob".to_owned()],
            rows: 1,
            reason: None,
            asked: Vec::new(),
            file: CASE.to_owned(),
        };
        notebook.add_event([8; 16], crate::notebook::Event::Referred(referral), &pen);
        notebook
    }

    type Change = fn(&mut Value);

    fn parsed(inside: &Value) -> Result<Notebook, NotebookFault> {
        parse(inside.to_string().as_bytes(), NOW)
    }

    fn inside() -> Value {
        let written = |value: Value| json!({ "time": NOW, "author": "Ali", "value": value });
        json!({ "format": 1, "log": [], "cases": { CASE: {
            "status": written(json!("closed")), "assigned": written(json!("Zia")),
            "notes": [{ "time": 1, "author": "Ali", "text": "seen", "id": "00".repeat(16) }],
        } } })
    }

    #[test]
    fn every_reader_opens_it_and_nobody_else_and_its_length_is_a_buckets() {
        let sealed = seal(&notebook(), &readers(&[1, 2])).unwrap();
        for seed in [1, 2] {
            assert_eq!(open(&sealed, &identity(seed), NOW).unwrap(), notebook());
        }
        assert!(matches!(open(&sealed, &identity(3), NOW), Err(NotebookFault::OtherKeys)));
        let mut plaintext = Vec::new();
        let decryptor = age::Decryptor::new_buffered(&sealed[..]).unwrap();
        decryptor.decrypt(identity(1).as_age()).unwrap().read_to_end(&mut plaintext).unwrap();
        assert!(is_bucket(plaintext.len() as u64) && plaintext.starts_with(b"{\"format\":1"));
    }

    #[test]
    fn a_reader_is_oneself_always_and_of_the_packs_kind_only() {
        let classic = age::x25519::Identity::generate().to_public().to_string();
        let hybrid = identity(1).recipients();
        assert_eq!(Readers::new(None, &[hybrid[0].clone(), classic.clone()]).unwrap().len(), 1);
        assert_eq!(Readers::new(None, &[classic, hybrid[0].clone()]).unwrap().len(), 1);
        assert!(matches!(Readers::new(None, &[]), Err(NotebookFault::Keys(RecipientError::None))));
    }

    #[test]
    fn what_is_cut_altered_or_no_notebook_is_refused_in_two_lines() {
        let sealed = seal(&notebook(), &readers(&[1])).unwrap();
        let mut altered = sealed.clone();
        *altered.last_mut().unwrap() ^= 1;
        for (bytes, words) in [
            (&sealed[..sealed.len() - 1], "damaged"),
            (&sealed[..100], "damaged"),
            (&altered[..], "damaged"),
            (b"{}", "not a sealed notebook"),
            (b"", "damaged"),
        ] {
            let said = open(bytes, &identity(1), NOW).unwrap_err().to_string();
            assert!(said.contains(words) && said.lines().count() == 2, "{said}");
        }
    }

    #[test]
    fn what_no_program_of_ours_writes_is_refused() {
        assert!(parsed(&inside()).is_ok());
        let changes: [(&str, Change); 12] = [
            ("format 2", |it| *it = json!({ "format": 2, "new": true })),
            ("no notebook", |it| it["extra"] = json!(1)),
            ("no notebook", |it| it["cases"][CASE]["status"]["value"] = json!("freed")),
            ("no notebook", |it| it["cases"][CASE]["status"]["author"] = json!("x".repeat(41))),
            ("no notebook", |it| it["cases"][CASE]["status"]["time"] = json!(-1)),
            ("no notebook", |it| it["cases"][CASE]["assigned"]["value"] = json!("")),
            ("no registration", |it| it["cases"] = json!({ "../../etc": {} })),
            ("a note", |it| it["cases"][CASE]["notes"][0]["text"] = json!("x".repeat(4_001))),
            ("a note", |it| it["cases"][CASE]["notes"][0]["text"] = json!("\u{1b}[2J")),
            ("a note", |it| it["cases"][CASE]["notes"][0]["id"] = json!("1")),
            ("its log", |it| {
                it["log"] = json!([{ "time": 1, "author": "Ali", "event": { "did": "\u{202e}x" }, "id": "00".repeat(16) }]);
            }),
            ("no notebook", |it| {
                it["log"] = json!([{ "time": 1, "author": "Ali", "event": { "flew": "x" }, "id": "00".repeat(16) }]);
            }),
        ];
        for (words, change) in changes {
            let mut it = inside();
            change(&mut it);
            let said = parsed(&it).unwrap_err().to_string();
            assert!(
                said.contains(words) && said.lines().count() == 2 && said.chars().all(|c| c == '\n' || !c.is_control()),
                "{it}: {said}"
            );
        }
        assert!(parse("[".repeat(1_000_000).as_bytes(), NOW).is_err());
    }

    #[test]
    fn a_forged_time_does_not_win_for_ever() {
        for time in [u64::MAX, NOW + AHEAD_SECS + 1] {
            let mut forged = inside();
            forged["cases"][CASE]["status"]["time"] = json!(time);
            let mut ours = Notebook::default();
            ours.set_status(CASE, Status::Checking, &Pen { author: Author::new("Karima").unwrap(), now: NOW }).unwrap();
            ours.merge(parsed(&forged).unwrap());
            assert_eq!(ours.work(CASE).unwrap().status(), Status::Checking);
        }
        let mut ahead = inside();
        ahead["cases"][CASE]["status"]["time"] = json!(NOW + AHEAD_SECS);
        let mut ours = parsed(&ahead).unwrap();
        ours.set_status(CASE, Status::Checking, &Pen { author: Author::new("Karima").unwrap(), now: NOW }).unwrap();
        ours.merge(parsed(&ahead).unwrap());
        assert_eq!(ours.work(CASE).unwrap().status(), Status::Checking);
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_what_is_read_is_written_the_same(bytes in any::<Vec<u8>>(), text in "\\PC{1,40}", time in any::<u64>()) {
            let _ = open(&bytes, &identity(1), NOW);
            let _ = parse(&bytes, NOW);
            let mut it = inside();
            it["cases"][CASE]["notes"][0]["text"] = json!(text);
            it["cases"][CASE]["status"]["time"] = json!(time);
            if let Ok(notebook) = parsed(&it) {
                let written = Inside { format: FORMAT, cases: notebook.cases.clone(), log: notebook.log.clone() };
                prop_assert_eq!(parse(&serde_json::to_vec(&written).unwrap(), NOW).unwrap(), notebook);
            }
        }
    }
}
