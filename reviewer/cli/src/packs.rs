//! The pack that the server serves: kept beside the sealed files once it is verified, and never replaced by an older one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::forms::{MAX_SIGNATURES, PACK};
use amanat_reviewer_core::safe_text;
use amanat_shared::api;
use amanat_shared::dates::Day;
use amanat_shared::pack::{Pack, PackError, SignedPack};

use crate::earlier_packs::signature_path;
use crate::online::{Online, OnlineError};
use crate::{atomic_file, earlier_packs};

/// The file that remembers the newest serial.
pub const SERIAL: &str = ".amanat-serial";
const MAX_PACK_BYTES: u64 = 8 * 1024 * 1024;

/// The reason why the server's pack was not kept.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum PacksError {
    /// It could not be fetched.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Online(#[from] OnlineError),
    /// It is not one that the roots signed.
    #[error("the server's pack is not good: {}", safe_text::safe(&.0.to_string()))]
    #[diagnostic(help("It was not kept. Tell the coalition at once: the server may be in other hands."))]
    Pack(#[from] PackError),
    /// More signatures than there can be.
    #[error("the server's pack has more than {MAX_SIGNATURES} signatures")]
    #[diagnostic(help("It was not kept. Tell the coalition: the server is broken or hostile."))]
    Signatures,
    /// An older one than was seen before.
    #[error("the server serves pack {served}, and pack {newest} was seen before")]
    #[diagnostic(help("It was not kept. Tell the coalition at once: somebody may be turning the keys back."))]
    Older {
        /// The server's.
        served: u64,
        /// The newest that was seen here.
        newest: u64,
    },
    /// The server serves another pack with the same serial.
    #[error("the server serves another pack {0} than was seen before")]
    #[diagnostic(help("It was not kept. Tell the coalition at once: one serial never has two packs."))]
    Another(u64),
    /// The file that remembers the newest serial is not one.
    #[error("{} does not hold the serial of a pack", safe_text::path(.0))]
    #[diagnostic(help(
        "Put a copy of it back. If there is none, ask the coalition by voice for the newest pack's serial, and write that number into it."
    ))]
    Serial(PathBuf),
    /// The disk.
    #[error("{} could not be read or written: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name a folder on a disk with room that you may write to, and run the same again."))]
    Disk {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

/// A pack that was kept.
#[derive(Debug, PartialEq, Eq)]
pub struct KeptPack {
    /// Its serial.
    pub serial: u64,
    /// Its last day.
    pub expires: String,
    /// Whether that day is past.
    pub expired: bool,
    /// Whether it is only for trying out.
    pub demo: bool,
}

/// Fetches, verifies and keeps the server's pack.
pub fn pull(online: &Online, out: &Path, today: Day) -> Result<KeptPack, PacksError> {
    let signed: SignedPack = online.json(online.get(api::PACK, 0)?, MAX_PACK_BYTES)?;
    keep(&signed, out, today)
}

/// The newest serial that was seen in a folder; `None` where there is no [`SERIAL`]. A file that is no number does not
/// forget: it is refused.
pub fn newest_seen(folder: &Path) -> Result<Option<u64>, PacksError> {
    let path = folder.join(SERIAL);
    match atomic_file::read_text_itself(&path, 32) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_| PacksError::Serial(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::FileTooLarge) => {
            Err(PacksError::Serial(path))
        }
        Err(error) => Err(PacksError::Disk { path, error }),
    }
}

/// The serial of the pack that lies in a folder, whoever signed it.
fn serial_there(pack: &Path) -> Option<u64> {
    let text = atomic_file::read_text_itself(pack, MAX_PACK_BYTES).ok()?;
    Pack::from_json(&text).ok().map(|pack| pack.serial)
}

/// Whether these very signatures lie beside the pack.
fn has_signatures(pack: &Path, signed: &SignedPack) -> bool {
    let there = |(number, signature): (usize, &String)| {
        atomic_file::read(&signature_path(pack, number), MAX_PACK_BYTES).is_ok_and(|bytes| bytes == signature.as_bytes())
    };
    (1..).zip(&signed.signatures).all(there) && !atomic_file::is_there(&signature_path(pack, signed.signatures.len() + 1))
}

/// Verifies a pack and keeps it in `out`, unless a newer one was seen there.
pub fn keep(signed: &SignedPack, out: &Path, today: Day) -> Result<KeptPack, PacksError> {
    let pack = signed.verify_at_any_time()?;
    if signed.signatures.len() > MAX_SIGNATURES {
        return Err(PacksError::Signatures);
    }
    let (serial_path, pack_path) = (out.join(SERIAL), out.join(PACK));
    let kept =
        KeptPack { serial: pack.serial, expired: today > pack.expires_day()?, expires: pack.expires.clone(), demo: pack.demo };
    // If the number was removed, the pack that lies there still states it.
    match newest_seen(out)?.or_else(|| serial_there(&pack_path)) {
        Some(newest) if newest > pack.serial => return Err(PacksError::Older { served: pack.serial, newest }),
        Some(newest) if newest == pack.serial => match atomic_file::read_itself(&pack_path, MAX_PACK_BYTES) {
            Ok(bytes) if bytes == signed.pack.as_bytes() && has_signatures(&pack_path, signed) => return Ok(kept),
            Ok(bytes) if bytes == signed.pack.as_bytes() => {}
            Ok(_) => return Err(PacksError::Another(newest)),
            Err(_) => {}
        },
        _ => {}
    }
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |error| PacksError::Disk { path, error }
    };
    atomic_file::folder(out).map_err(disk(out))?;
    earlier_packs::keep(&pack_path, &pack).map_err(disk(&pack_path))?;
    for number in 1..=MAX_SIGNATURES {
        let path = signature_path(&pack_path, number);
        match signed.signatures.get(number - 1) {
            Some(signature) => atomic_file::replace(&path, signature.as_bytes()).map_err(disk(&path))?,
            None if atomic_file::is_there(&path) => fs::remove_file(&path).map_err(disk(&path))?,
            None => {}
        }
    }
    atomic_file::replace(&pack_path, signed.pack.as_bytes()).map_err(disk(&pack_path))?;
    atomic_file::replace(&serial_path, format!("{}\n", pack.serial).as_bytes()).map_err(disk(&serial_path))?;
    Ok(kept)
}
