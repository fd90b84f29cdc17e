//! Another passphrase for an identity, or none.

use std::fs;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::identities::{IdentityFile, WORK, lock};
use zeroize::Zeroizing;

use super::KeyError;
use crate::atomic_file;
use crate::passphrase::{Protection, Source};

/// Locks the identity at `path` anew; `old` is asked if it is locked now. The file is replaced only after its new form has
/// been read back from the disk and opened, and its old bytes are overwritten then. Gives back a passphrase
/// that was made here.
pub fn protect(path: &Path, old: &Source, new: &Protection) -> Result<Option<Zeroizing<String>>, KeyError> {
    // If the path is a link, the file that it leads to has to change.
    let path = &fs::canonicalize(path).map_err(|error| KeyError::Read { path: path.to_owned(), error })?;
    let bytes = super::read(path)?;
    let failed = KeyError::identity(path);
    let text = match IdentityFile::read(&bytes).map_err(&failed)? {
        IdentityFile::Ready(_) => bytes,
        IdentityFile::Locked(locked) => {
            let text = locked.text(&old.typed(path)?).map_err(&failed)?;
            // Another locked file is not called an identity.
            amanat_reviewer_core::identities::Identities::parse(&text).map_err(&failed)?;
            text
        }
    };
    let passphrase = new.passphrase()?;
    let write = |error| KeyError::Write { path: path.to_owned(), error };
    let file = match &passphrase {
        Some(passphrase) => Zeroizing::new(lock(&text, passphrase, WORK).map_err(write)?),
        None => text.clone(),
    };
    let beside = beside(path);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(write(error)),
        _ => {}
    }
    atomic_file::write_new(&beside, &file).map_err(write)?;
    let right = match (IdentityFile::read(&super::read(&beside)?), &passphrase) {
        (Ok(IdentityFile::Locked(locked)), Some(passphrase)) => locked.text(passphrase).is_ok_and(|again| *again == *text),
        (Ok(IdentityFile::Ready(_)), None) => *super::read(&beside)? == *text,
        _ => false,
    };
    if !right {
        // The old one is still there; what is left of the new one is of no use.
        let _ = fs::remove_file(&beside);
        return Err(KeyError::NotTheSame(path.to_owned()));
    }
    // The replaced bytes stay on the disk, and open with the old passphrase, or with none.
    let mut before = atomic_file::open_to_overwrite(path).map_err(write)?;
    fs::rename(&beside, path).and_then(|()| atomic_file::sync_folder(path)).map_err(write)?;
    atomic_file::wipe(&mut before).map_err(write)?;
    Ok(passphrase.filter(|_| matches!(new, Protection::Generated)))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use amanat_shared::envelope::RecipientKind;

    use super::*;
    use crate::keys::{IDENTITY, generate, unlock};
    use amanat_reviewer_core::identities::IdentityFault;

    fn file(dir: &Path, name: &str, words: &str) -> PathBuf {
        let path = dir.join(name);
        atomic_file::write_new(&path, words.as_bytes()).unwrap();
        path
    }

    #[test]
    fn a_passphrase_is_set_changed_and_taken_away_and_the_key_stays_the_same() {
        let dir = tempfile::tempdir().unwrap();
        generate(dir.path(), RecipientKind::Hybrid, 0).unwrap();
        let identity = dir.path().join(IDENTITY);
        let first = Source::File(file(dir.path(), "1", "sphere unlock cattle onion vague dizzy garment\n"));
        let second = Source::File(file(
            dir.path(),
            "2",
            "window glacier bread Tuesday copper rabbit ladder melon\r\nwhat follows is not read",
        ));
        let key = unlock(&identity, &first).unwrap().recipients();
        let plain = fs::read(&identity).unwrap();

        let other_name = dir.path().join("other-name");
        fs::hard_link(&identity, &other_name).unwrap();

        assert!(protect(&identity, &first, &Protection::Chosen(first.clone())).unwrap().is_none());
        assert_eq!(fs::read(&other_name).unwrap(), vec![0; plain.len()], "the unlocked bytes are overwritten");
        assert_eq!(unlock(&identity, &first).unwrap().recipients(), key);
        protect(&identity, &first, &Protection::Chosen(second.clone())).unwrap();
        assert!(matches!(unlock(&identity, &first), Err(KeyError::Identity { fault: IdentityFault::WrongPassphrase, .. })));
        assert_eq!(unlock(&identity, &second).unwrap().recipients(), key);

        let locked = fs::read(&identity).unwrap();
        assert!(protect(&identity, &first, &Protection::None).is_err());
        let weak = Source::File(file(dir.path(), "3", "1234"));
        assert!(protect(&identity, &second, &Protection::Chosen(weak)).is_err());
        assert_eq!(fs::read(&identity).unwrap(), locked);

        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&identity, &link).unwrap();
        let made = protect(&link, &second, &Protection::Generated).unwrap().unwrap();
        let third = Source::File(file(dir.path(), "4", &made));
        protect(&identity, &third, &Protection::None).unwrap();
        assert_eq!(fs::read(&identity).unwrap(), plain);
        assert_eq!(fs::metadata(&identity).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!beside(&identity).exists() && link.symlink_metadata().unwrap().is_symlink());
    }
}
