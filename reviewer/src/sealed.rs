//! Opening a sealed file in memory. Nothing is written here; whoever sealed it may be hostile.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use age::DecryptError;
use amanat_shared::seal::{ArchiveError, MAX_REGISTRATION_BYTES, OpenError, REGISTRATION, Registration, Unpacker};
use amanat_shared::{api, envelope};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::files;
use crate::keys::Identities;
use crate::terminal;

/// The format that this program reads.
const FORMAT: u32 = 1;

/// Why a file was not opened: what happened, then what to do.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    /// It could not be read from the disk.
    #[error("{} could not be read: {}\nCheck the name and the stick; nothing was written.", terminal::path(.path), .error)]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// No sealed registration.
    #[error("{} is not a sealed registration\nGive a file ending in .age, as `pull` wrote it; nothing was written.", terminal::path(.0))]
    NotSealed(PathBuf),
    /// Sealed to other keys.
    #[error("{} is sealed to other keys than this identity\nUse the identity that was in the pack when it was sealed, or ask another reviewer.", terminal::path(.0))]
    OtherKeys(PathBuf),
    /// Cut short or changed on its way.
    #[error("{} is damaged or cut short\nDelete that file, and fetch it again with `pull`; nothing was written.", terminal::path(.0))]
    Damaged(PathBuf),
    /// Whole, but made by something else than our form.
    #[error("{} was refused: {}\nOur form does not make such files. Do not open it by other means, and tell the coalition.", terminal::path(.path), .reason)]
    Refused {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: Refusal,
    },
    /// Of a later version.
    #[error("{} has format {}, and this program reads format {FORMAT}\nUse the newest release of this program.", terminal::path(.path), .format)]
    Format {
        /// Which.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
}

/// What is wrong inside a whole file. The words quote nothing from it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The archive is none of ours.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// `registration.json` cannot be read.
    #[error("its {REGISTRATION} cannot be read (line {line}, column {column})")]
    Registration {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// The attached files are not those that are listed, in that order.
    #[error("its attachments are not those that its {REGISTRATION} lists")]
    OtherAttachments,
    /// An attached file has other bytes than listed.
    #[error("attachment {0} is not the one that its {REGISTRATION} describes")]
    Attachment(usize),
    /// The delete proof is not 32 bytes.
    #[error("its delete proof is none")]
    Proof,
}

/// A file that was opened and checked from the first byte to the last.
pub struct Opened {
    /// SHA-256 of the sealed file, hex: the registration's identity.
    pub sha256: String,
    /// `registration.json`, byte for byte as it was sealed.
    pub json: Zeroizing<Vec<u8>>,
    /// The same, read.
    pub registration: Registration,
    /// The attachments' bytes, in order.
    pub files: Vec<Zeroizing<Vec<u8>>>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({}, …)", self.sha256)
    }
}

/// Reads a sealed file, at most `most` bytes long, and its identity.
pub fn read(path: &Path, most: u64) -> Result<(Vec<u8>, String), SealedError> {
    let sealed = files::read(path, most).map_err(|error| SealedError::Read { path: path.to_owned(), error })?;
    let sha256 = api::hex(&Sha256::digest(&sealed));
    Ok((sealed, sha256))
}

/// Opens a whole file, at most `most` bytes long, and checks all that is inside. Age does not compress, so that what
/// comes out is never longer than what goes in.
pub fn open(path: &Path, identities: &Identities, most: u64) -> Result<Opened, SealedError> {
    let (sealed, sha256) = read(path, most)?;
    let (json, registration, mut unpacker) = begin(path, &sealed[..], identities)?;
    let refused = |reason| SealedError::Refused { path: path.to_owned(), reason };
    let mut files = Vec::new();
    while let Some(entry) = unpacker.next_entry().map_err(|error| from_shared(path, error))? {
        let listed = registration.attachments.get(files.len()).ok_or_else(|| refused(Refusal::OtherAttachments))?;
        if listed.name != entry.name {
            return Err(refused(Refusal::OtherAttachments));
        }
        let number = files.len() + 1;
        if listed.bytes != entry.bytes || entry.bytes > sealed.len() as u64 {
            return Err(refused(Refusal::Attachment(number)));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(entry.bytes).unwrap_or(0)));
        unpacker.read_to_end(&mut bytes).map_err(|error| from_io(path, error))?;
        if api::hex(&Sha256::digest(&*bytes)) != listed.sha256 {
            return Err(refused(Refusal::Attachment(number)));
        }
        files.push(bytes);
    }
    if files.len() != registration.attachments.len() {
        return Err(refused(Refusal::OtherAttachments));
    }
    Ok(Opened { sha256, json, registration, files })
}

/// Opens a file only as far as its answers. What follows them is not looked at, so that a file cut short behind them
/// passes.
pub fn open_answers(path: &Path, identities: &Identities) -> Result<Registration, SealedError> {
    let failed = |error| SealedError::Read { path: path.to_owned(), error };
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(SealedError::NotSealed(path.to_owned()));
    }
    let file = BufReader::with_capacity(2 * envelope::MAX_HEADER_BYTES, File::open(path).map_err(failed)?);
    begin(path, file, identities).map(|(_, registration, _)| registration)
}

type Begun<R> = (Zeroizing<Vec<u8>>, Registration, Unpacker<age::stream::StreamReader<R>>);

fn begin<R: BufRead>(path: &Path, mut sealed: R, identities: &Identities) -> Result<Begun<R>, SealedError> {
    // Our own parser first: it is strict and bounded, while age's would read an endless header.
    let start = sealed.fill_buf().map_err(|error| from_io(path, error))?;
    match envelope::header(&start[..start.len().min(envelope::MAX_HEADER_BYTES)]) {
        Ok(Some(_)) => {}
        Ok(None) => return Err(SealedError::Damaged(path.to_owned())),
        Err(_) => return Err(SealedError::NotSealed(path.to_owned())),
    }
    let plaintext = age::Decryptor::new_buffered(sealed)
        .and_then(|decryptor| decryptor.decrypt(identities.as_age()))
        .map_err(|error| from_age(path, &error))?;
    let refused = |reason| SealedError::Refused { path: path.to_owned(), reason };
    let mut unpacker = Unpacker::new(plaintext);
    let first = unpacker.next_entry().map_err(|error| from_shared(path, error))?;
    let first = first.filter(|entry| entry.name == REGISTRATION).ok_or_else(|| refused(ArchiveError::NoRegistration.into()))?;
    if first.bytes > MAX_REGISTRATION_BYTES {
        return Err(refused(ArchiveError::TooLong.into()));
    }
    let mut json = Zeroizing::new(Vec::with_capacity(usize::try_from(first.bytes).unwrap_or(0)));
    unpacker.read_to_end(&mut json).map_err(|error| from_io(path, error))?;
    let registration: Registration = serde_json::from_slice(&json).map_err(|error| refused(unreadable(&error)))?;
    if registration.format != FORMAT {
        return Err(SealedError::Format { path: path.to_owned(), format: registration.format });
    }
    Ok((json, registration, unpacker))
}

fn unreadable(error: &serde_json::Error) -> Refusal {
    Refusal::Registration { line: error.line(), column: error.column() }
}

fn from_shared(path: &Path, error: OpenError) -> SealedError {
    let refused = |reason| SealedError::Refused { path: path.to_owned(), reason };
    match error {
        OpenError::Decrypt(error) => from_age(path, &error),
        OpenError::Archive(error) => refused(error.into()),
        OpenError::Registration(error) => refused(unreadable(&error)),
        OpenError::Io(error) => from_io(path, error),
    }
}

fn from_age(path: &Path, error: &DecryptError) -> SealedError {
    match error {
        DecryptError::NoMatchingKeys => SealedError::OtherKeys(path.to_owned()),
        DecryptError::UnknownFormat | DecryptError::ExcessiveWork { .. } => SealedError::NotSealed(path.to_owned()),
        DecryptError::DecryptionFailed
        | DecryptError::InvalidHeader
        | DecryptError::InvalidMac
        | DecryptError::KeyDecryptionFailed => SealedError::Damaged(path.to_owned()),
        DecryptError::Io(error) => from_io(path, io::Error::new(error.kind(), error.to_string())),
    }
}

fn from_io(path: &Path, error: io::Error) -> SealedError {
    match error.kind() {
        // What age says of a chunk that fails its check or is missing.
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => SealedError::Damaged(path.to_owned()),
        _ => SealedError::Read { path: path.to_owned(), error },
    }
}
