//! A new identity in the place of an old one: everything is re-sealed, and only when nothing is left that the old one
//! alone opens, it is destroyed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use age::armor::ArmoredReader;
use amanat_reviewer_core::decrypt::{self, Fault};
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::safe_text;
use amanat_shared::pack::Pack;

use crate::rekey::{self, OpeningKeys, RekeyError, Report, Target};
use crate::{atomic_file, keys, sealed_file};

/// The reason why the old identity was not destroyed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RotateError {
    /// The list of reviewers.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rekey(#[from] RekeyError),
    /// The pack does not name the new key.
    #[error("the pack does not name the new identity")]
    #[diagnostic(help("Wait for the pack that does: send the lines that `keys rotate begin` printed, and `pull` again."))]
    NewNotListed,
    /// Phones still seal to the old key.
    #[error("the pack still names the old identity, so phones go on sealing to it")]
    #[diagnostic(help("Wait for a pack without it, and run this again; nothing was changed."))]
    OldListed,
    /// Both are one.
    #[error("the old and the new identity are the same key")]
    #[diagnostic(help("Name the identity that `keys rotate begin` made with --new; nothing was changed."))]
    Same,
    /// Registrations that are still on their way may be sealed to the old key.
    #[error("registrations sealed to {packs} may still arrive, and of your keys only the old one opens them", packs = packs(.0))]
    #[diagnostic(help(
        "Wait for a pack that revokes {packs}, `pull`, and run this again; or give --lose-late if other reviewers can open those.",
        packs = packs(.0)
    ))]
    LateArrivals(Vec<u64>),
    /// Something is left that only the old one opens.
    #[error("{0} files do not open with the new identity, and may open with the old one: it was kept")]
    #[diagnostic(help("See above what is wrong with each; mend it, move it away or delete it, and run this again."))]
    Left(usize),
    /// It could not be overwritten or removed.
    #[error("the old identity {} could not be destroyed: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Everything is re-sealed. Wipe that file by other means, or destroy the medium."))]
    Destroy {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

fn packs(serials: &[u64]) -> String {
    let list: Vec<String> = serials.iter().take(20).map(ToString::to_string).collect();
    format!("pack {}", list.join(", "))
}

/// The choice about registrations that may still arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateArrivals {
    /// Wait until nothing can arrive any more that only the old key opens.
    Wait,
    /// Other reviewers open what still arrives.
    Lose,
}

/// An old identity and the one that takes its place.
#[derive(Clone, Copy)]
pub struct Rotation<'a> {
    /// The one that goes.
    pub old: &'a Identities,
    /// The one that stays.
    pub new: &'a Identities,
    /// The pack that names the new one.
    pub pack: &'a Pack,
    /// Longest file that is opened, in bytes.
    pub most: u64,
}

impl Rotation<'_> {
    /// Re-seals everything to the pack's reviewers, then opens every file with the new identity alone. The old one may be
    /// destroyed if the second value is empty: it holds what the old one may still be needed for. Files that neither
    /// opens are only in the report.
    pub fn run(self, paths: &[PathBuf], late: LateArrivals, mut each: impl FnMut()) -> Result<(Report, Vec<PathBuf>), RotateError> {
        let target = Target::new(self.pack)?;
        let (old_keys, new_keys) = (self.old.recipients(), self.new.recipients());
        if old_keys.iter().any(|key| new_keys.contains(key)) {
            return Err(RotateError::Same);
        }
        if old_keys.iter().any(|key| target.keys().contains(key)) {
            return Err(RotateError::OldListed);
        }
        let listed = self.new.listed(target.keys());
        let all: Vec<&dyn age::Identity> = self.old.as_age().chain(self.new.as_age()).collect();
        let keys = OpeningKeys::new(&all, &listed).map_err(|_| RotateError::NewNotListed)?;
        if late == LateArrivals::Wait {
            let serials = self.unrevoked(paths);
            if !serials.is_empty() {
                return Err(RotateError::LateArrivals(serials));
            }
        }
        let report = rekey::run_with(paths, keys, &target, self.most, &mut each);
        let left = paths.iter().filter(|path| {
            each();
            self.needs_old(path)
        });
        Ok((report, left.cloned().collect()))
    }

    /// Serials of packs that the old key opens and the new one does not, and that this pack does not revoke.
    fn unrevoked(self, paths: &[PathBuf]) -> Vec<u64> {
        let mut serials = BTreeSet::new();
        for path in paths {
            // A file that cannot be read now fails again when it is re-sealed, and is reported there.
            if let (Err(_), Ok(read)) = (sealed_file::answers(path, self.new), sealed_file::answers(path, self.old)) {
                serials.insert(read.registration.pack.serial);
            }
        }
        // A sender can write any serial into a registration; a pack that is still to come was never sealed to.
        serials.retain(|serial| *serial < self.pack.serial && !self.pack.revoked.contains(serial));
        serials.into_iter().collect()
    }

    /// Whether the old identity may still be wanted for this file: unless the new one opens it from the first byte to the
    /// last, or it is certain that the old one does not.
    fn needs_old(self, path: &Path) -> bool {
        let Ok(file) = atomic_file::read(path, self.most) else { return true };
        if decrypt::contents(&file, self.new.as_age()).is_ok() {
            return false;
        }
        match decrypt::contents(&file, self.old.as_age()) {
            Err(Fault::OtherKeys) => false,
            // The file is none of ours, but perhaps the reviewer's own, made with the stock tool.
            Err(Fault::NotSealed) => {
                age::Decryptor::new(ArmoredReader::new(&file[..])).and_then(|file| file.decrypt(self.old.as_age())).is_ok()
            }
            _ => true,
        }
    }
}

/// Overwrites an identity file, and removes it, with what it remembered of packs. Through a link it does nothing. A flash medium may still keep what was there: the passphrase and an
/// encrypted disk are what protect that.
pub fn destroy(path: &Path) -> Result<(), RotateError> {
    let failed = |error| RotateError::Destroy { path: path.to_owned(), error };
    atomic_file::open_to_overwrite(path).and_then(|mut file| atomic_file::wipe(&mut file)).map_err(failed)?;
    let record = keys::newest_pack_path(path);
    if atomic_file::is_there(&record) {
        fs::remove_file(&record).map_err(failed)?;
    }
    fs::remove_file(path).and_then(|()| atomic_file::sync_folder(path)).map_err(failed)
}
