//! The newest pack that was seen, so that nothing is sealed to an older list of reviewers: on it may stand somebody who was
//! taken off since.
//!
//! It is remembered in two places. Beside the identity, in [`file_name`], a line with the serial and a tag that only the
//! identity can make; an identity that `keygen` made says in a comment ([`NEWEST_PACK_MARK`](crate::identities::NEWEST_PACK_MARK)) that this file belongs to it, so that a
//! missing one is noticed. And in each notebook, inside of what is sealed. An old copy of both brings back an old memory: no
//! disk can prevent that, but the other reviewers' notebooks tell of it when they are merged.

use amanat_shared::api::hex;

use crate::identities::Identities;
use crate::text_file;

/// Longest file of this kind, in bytes.
pub const MAX_BYTES: usize = 128;
const SUFFIX: &str = ".serial";

/// `identity.key` → `identity.key.serial`.
pub fn file_name(identity: &str) -> String {
    format!("{identity}{SUFFIX}")
}

/// Whether a file of this name remembers the newest pack.
pub fn is_record(name: &str) -> bool {
    name.ends_with(SUFFIX) && !name.starts_with('.')
}

/// The place where a newer pack was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeenIn {
    /// The pack was seen with this identity.
    Identity,
    /// The pack was seen in the folder of the sealed files.
    Folder,
    /// The notebook that is to be sealed names the pack.
    ThisNotebook,
    /// Another notebook names the pack; its file name, safe to show.
    Notebook(String),
}

impl std::fmt::Display for SeenIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Identity => f.write_str("was seen with this identity"),
            Self::Folder => f.write_str("was seen beside these files"),
            Self::ThisNotebook => f.write_str("stands in this notebook"),
            Self::Notebook(name) => write!(f, "stands in the notebook {name}"),
        }
    }
}

/// A pack that is older than one that was seen: what happened, then what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("pack {pack} is an older list of reviewers: pack {newest} {seen}")]
#[diagnostic(help(
    "Nothing was sealed to it: somebody on it may have been taken off since. Bring the newest pack.json with `pull`. If somebody gave you this one, tell the coalition at once."
))]
pub struct OlderPack {
    /// The serial of the pack that was given.
    pub pack: u64,
    /// The newest that was seen.
    pub newest: u64,
    /// The place where that one was seen.
    pub seen: SeenIn,
}

/// The newest serial that was seen, over all places that remember one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewestPack(Option<(u64, SeenIn)>);

impl NewestPack {
    /// Takes a serial into account. Zero is no serial.
    pub fn note(&mut self, serial: u64, seen: SeenIn) {
        if serial > self.serial() {
            self.0 = Some((serial, seen));
        }
    }

    /// The serial; zero if no pack was seen.
    pub fn serial(&self) -> u64 {
        self.0.as_ref().map_or(0, |(serial, _)| *serial)
    }

    /// Refuses a pack that is older than the newest one.
    pub fn admit(&self, pack: u64) -> Result<(), OlderPack> {
        match &self.0 {
            Some((newest, seen)) if *newest > pack => Err(OlderPack { pack, newest: *newest, seen: seen.clone() }),
            _ => Ok(()),
        }
    }
}

/// The fault of the file beside an identity, to stand behind its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("it does not hold the newest pack that this identity has seen")]
#[diagnostic(help(
    "Put back the file that lay beside this identity. If there is none, ask the coalition by voice for the newest pack's serial, then: amanat-reviewer keys newest-pack --identity FILE --set SERIAL"
))]
pub struct ForeignRecord;

/// The content of the file beside an identity for this serial.
pub fn record(serial: u64, identities: &Identities) -> String {
    format!("{serial} {}\n", hex(&identities.newest_pack_tag(serial)))
}

/// Reads what [`record`] made: the serial.
pub fn read(bytes: &[u8], identities: &Identities) -> Result<u64, ForeignRecord> {
    let text = text_file::text(bytes).map_err(|_| ForeignRecord)?;
    let text = text_file::trimmed(&text);
    let (serial, _) = text.split_once(' ').ok_or(ForeignRecord)?;
    let serial = serial.parse().map_err(|_| ForeignRecord)?;
    if text == record(serial, identities).trim_end() { Ok(serial) } else { Err(ForeignRecord) }
}

#[cfg(test)]
mod tests {
    use amanat_shared::seal::HybridIdentity;

    use super::*;

    fn identity(seed: u8) -> Identities {
        Identities::parse(HybridIdentity::from_seed([seed; 32]).to_text().as_bytes()).unwrap()
    }

    #[test]
    fn a_serial_is_read_back_with_its_identity_and_cannot_be_changed() {
        let (ours, theirs) = (identity(1), identity(2));
        for serial in [0, 1, 8, u64::MAX] {
            let line = record(serial, &ours);
            assert!(line.len() <= MAX_BYTES);
            assert_eq!(read(line.as_bytes(), &ours), Ok(serial));
            assert_eq!(read(line.as_bytes(), &theirs), Err(ForeignRecord));
        }
        let line = record(8, &ours);
        for other in [
            "",
            "8",
            "8 ",
            "x",
            &format!("+{line}"),
            &format!("0{line}"),
            &line.to_uppercase(),
            &line.replacen('8', "7", 1),
            &line.replacen('8', "80", 1),
            &line[..line.len() - 3],
        ] {
            assert_eq!(read(other.as_bytes(), &ours), Err(ForeignRecord), "{other:?}");
        }
        assert_eq!(read(&[0xff], &ours), Err(ForeignRecord));
    }

    #[test]
    fn a_record_that_was_written_before_is_read() {
        let golden = include_bytes!("../../fuzz/corpus/newest_pack/eight");
        assert_eq!(read(golden, &identity(1)), Ok(8));
    }

    #[test]
    fn an_older_pack_is_refused_and_the_place_is_named_that_saw_the_newer_one() {
        let mut newest = NewestPack::default();
        assert_eq!(newest.admit(0), Ok(()));
        newest.note(7, SeenIn::Identity);
        newest.note(9, SeenIn::Notebook("ali.notebook.age".to_owned()));
        newest.note(8, SeenIn::Folder);
        assert!(newest.admit(9).is_ok() && newest.admit(10).is_ok());
        let refused = newest.admit(8).unwrap_err().to_string();
        assert_eq!(refused, "pack 8 is an older list of reviewers: pack 9 stands in the notebook ali.notebook.age");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..160)) {
            proptest::prop_assert_eq!(read(&bytes, &identity(1)), Err(ForeignRecord));
        }
    }
}
