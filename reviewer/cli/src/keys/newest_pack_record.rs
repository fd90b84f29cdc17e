//! The newest pack that was seen with an identity, in a file beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::newest_pack::{self, MAX_BYTES};

use super::KeyError;
use crate::atomic_file;

/// The file beside an identity, which travels with it: `identity.key.serial`.
pub fn newest_pack_path(identity: &Path) -> PathBuf {
    // If the path is a link, the record lies beside the file that it leads to.
    let identity = fs::canonicalize(identity).unwrap_or_else(|_| identity.to_owned());
    let name = identity.file_name().unwrap_or_default().to_string_lossy();
    identity.with_file_name(newest_pack::file_name(&name))
}

/// The newest serial that was seen with the identity at this path; zero: none yet. An identity that says in itself that it
/// remembers has to have its record.
pub fn newest_pack(identity: &Path, identities: &Identities) -> Result<u64, KeyError> {
    let path = newest_pack_path(identity);
    match atomic_file::read_itself(&path, MAX_BYTES as u64) {
        Ok(record) => newest_pack::read(&record, identities).map_err(|fault| KeyError::Record { path, fault }),
        Err(error) if error.kind() == io::ErrorKind::NotFound && identities.remembers_packs() => Err(KeyError::NoRecord(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            Err(KeyError::Record { path, fault: newest_pack::ForeignRecord })
        }
        Err(error) => Err(KeyError::Write { path, error }),
    }
}

/// Remembers a pack that was seen, unless a newer one was.
pub fn remember_pack(identity: &Path, identities: &Identities, serial: u64) -> Result<(), KeyError> {
    let path = newest_pack_path(identity);
    let _lock = atomic_file::lock_folder(&path).map_err(|error| KeyError::Write { path: path.clone(), error })?;
    if newest_pack(identity, identities)? < serial { set_newest_pack(identity, identities, serial) } else { Ok(()) }
}

/// Writes the record anew, whatever it held.
pub fn set_newest_pack(identity: &Path, identities: &Identities, serial: u64) -> Result<(), KeyError> {
    let path = newest_pack_path(identity);
    atomic_file::replace(&path, newest_pack::record(serial, identities).as_bytes()).map_err(|error| KeyError::Write { path, error })
}

#[cfg(test)]
mod tests {
    use amanat_shared::envelope::RecipientKind;

    use super::*;
    use crate::keys::{IDENTITY, generate, identities};

    #[test]
    fn a_pack_that_was_seen_is_not_forgotten_and_a_record_that_was_taken_away_is_missed() {
        let dir = tempfile::tempdir().unwrap();
        generate(dir.path(), RecipientKind::Hybrid, 0).unwrap();
        let identity = dir.path().join(IDENTITY);
        let keys = identities(&identity).unwrap();
        assert_eq!(newest_pack(&identity, &keys).unwrap(), 0);
        for (seen, newest) in [(7, 7), (5, 7), (8, 8)] {
            remember_pack(&identity, &keys, seen).unwrap();
            assert_eq!(newest_pack(&identity, &keys).unwrap(), newest);
        }
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&identity, &link).unwrap();
        assert_eq!(newest_pack(&link, &keys).unwrap(), 8);

        let record = newest_pack_path(&identity);
        fs::write(&record, "5 00\n").unwrap();
        assert!(matches!(newest_pack(&identity, &keys), Err(KeyError::Record { .. })));
        fs::remove_file(&record).unwrap();
        assert!(matches!(newest_pack(&identity, &keys), Err(KeyError::NoRecord(_))));
        assert!(matches!(remember_pack(&identity, &keys, 5), Err(KeyError::NoRecord(_))), "it does not begin anew by itself");
        set_newest_pack(&identity, &keys, 5).unwrap();
        assert_eq!(newest_pack(&identity, &keys).unwrap(), 5);
    }

    #[test]
    fn an_identity_of_the_stock_tool_begins_with_the_first_pack_that_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let identity = dir.path().join("key.txt");
        let secret = amanat_shared::seal::HybridIdentity::from_seed([1; 32]).to_text();
        atomic_file::write_new(&identity, secret.as_bytes()).unwrap();
        let keys = identities(&identity).unwrap();
        assert_eq!(newest_pack(&identity, &keys).unwrap(), 0);
        remember_pack(&identity, &keys, 3).unwrap();
        assert_eq!(newest_pack(&identity, &keys).unwrap(), 3);
        assert_eq!(newest_pack_path(&identity).file_name().unwrap(), "key.txt.serial");
    }
}
