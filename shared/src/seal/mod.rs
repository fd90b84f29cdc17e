//! Sealing: the archive, its padding, and age encryption, in one pass; and opening.
//!
//! A sealed registration is an age v1 file, so `age -d -i key.txt FILE | tar x` opens it with tools nobody here wrote.

mod archive;
mod classic;
mod export;
mod hybrid;
mod json;
mod origin;
mod passphrase;
mod recipients;
mod reseal;
mod signature;
pub mod ustar;
mod writer;

use crate::padding::bucket;
pub use archive::{ArchiveError, Entry, Unpacker};
pub use classic::ClassicRecipient;
pub use export::{TRAILER_BYTES, split_export, trailer};
pub use hybrid::{HybridIdentity, HybridRecipient};
pub use json::finish;
pub use origin::{Origin, identity, look_inside};
pub use passphrase::{Passphrase, open_draft};
pub use recipients::{Identities, RecipientError, Recipients, look_at};
pub use reseal::{ResealError, reseal};
pub use signature::{MailboxKey, Proven, proven};

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::ustar::BLOCK;
use self::writer::{AgeWriter, Stanza};
use crate::answers::Answers;
use crate::api::from_hex;
use crate::envelope::COMMITMENT;

/// The name of the answers' file inside the archive, always its first entry.
pub const REGISTRATION: &str = "registration.json";
/// The version of `registration.json` that is written today.
pub const FORMAT: u32 = 2;
/// The name of what was typed so far inside a draft, always its first entry. Drafts never leave the phone.
pub const DRAFT: &str = "draft.json";

/// `registration.json`. There is no clock of the phone's in it. Its keys and signatures are not here: [`proven`] reads them from
/// the bytes that were sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// Version of this format: [`FORMAT`], or 1, which had no signatures.
    pub format: u32,
    /// The form that was filled in.
    pub form: FormRef,
    /// The pack that it was sealed to.
    pub pack: PackRef,
    /// Language tag in which it was filled in.
    pub language: String,
    /// The mailbox for a reply.
    pub mailbox: Mailbox,
    /// 32 random bytes, hex. Who shows them has opened the file, and may ask for its deletion.
    pub delete_proof: String,
    /// Clean answers. Where a question takes an earlier receipt's code, the answer is that mailbox's id, hex: the digits
    /// are never sealed.
    pub answers: Answers,
    /// Files in the archive, in order.
    pub attachments: Vec<Attachment>,
}

/// Which form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormRef {
    /// [`crate::form::Form::id`].
    pub id: String,
    /// [`crate::form::Form::version`].
    pub version: String,
    /// [`crate::form::Form::sha256`], hex.
    pub sha256: String,
}

/// Which pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackRef {
    /// [`crate::pack::Pack::serial`].
    pub serial: u64,
    /// SHA-256 of the signed bytes, hex.
    pub sha256: String,
}

/// A mailbox for sealed replies to the person. Both members derive from the receipt's digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// `age1pq1…`.
    pub recipient: String,
    /// 16 bytes, hex.
    pub id: String,
}

/// One attached file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Name inside the archive, e.g. `attachments/01.jpg`.
    pub name: String,
    /// The question it answers.
    pub question: String,
    /// `image/jpeg`, `image/png` or `application/pdf`.
    pub media_type: String,
    /// Length.
    pub bytes: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// Sealing stopped.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The recipients' keys failed at encryption.
    #[error("the keys could not be used to seal")]
    Encrypt,
    /// The delete proof is not 32 bytes in hexadecimal digits.
    #[error("the delete proof is not 64 hexadecimal digits")]
    DeleteProof,
    /// There is no randomness to be had.
    #[error("there is no randomness to seal with")]
    Random,
    /// Writing failed.
    #[error("writing failed: {0}")]
    Io(#[from] io::Error),
    /// Names or lengths do not fit the archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

const ZEROS: [u8; 1024] = [0; 1024];

/// The stanza that binds a file's delete proof: its one argument is the proof's SHA-256, its body is empty. The header's MAC
/// covers it, so nobody between the sealer and the reviewer can change it unnoticed; every age tool passes over it.
fn commitment(delete_proof_sha256: [u8; 32]) -> Stanza {
    Stanza { tag: COMMITMENT, argument: delete_proof_sha256.to_vec(), more: "", body: Vec::new() }
}

/// Seals in one pass, piece by piece, so that a page can draw between two pieces.
///
/// [`Sealer::entry`], its bytes through [`Sealer::write`], the next entry, …; then [`Sealer::pad`] until it says that
/// nothing is left, then [`Sealer::finish`].
pub struct Sealer<W: Write> {
    stream: AgeWriter<W>,
    /// Plaintext bytes so far.
    written: u64,
    /// Bytes of the present entry that are still to come.
    owed: u64,
    ended: bool,
}

impl<W: Write> Sealer<W> {
    /// Writes the age header for these recipients, which binds the delete proof.
    pub fn new(recipients: &Recipients, delete_proof: &[u8; 32], out: W) -> Result<Self, SealError> {
        let wrap = |file_key: &_| {
            let mut stanzas = recipients.wrap(file_key)?;
            stanzas.push(commitment(Sha256::digest(delete_proof).into()));
            Ok(stanzas)
        };
        Ok(Self::over(AgeWriter::new(wrap, out)?))
    }

    /// Writes the age header for whoever knows these words: a draft, which begins with [`DRAFT`].
    pub fn draft(words: &Passphrase, out: W) -> Result<Self, SealError> {
        Ok(Self::over(AgeWriter::new(|file_key| words.wrap(file_key), out)?))
    }

    const fn over(stream: AgeWriter<W>) -> Self {
        Self { stream, written: 0, owed: 0, ended: false }
    }

    /// Begins the next file of the archive.
    pub fn entry(&mut self, name: &str, bytes: u64) -> Result<(), SealError> {
        if self.owed > 0 || self.ended {
            return Err(ArchiveError::Incomplete.into());
        }
        self.fill_block()?;
        let header = archive::header(name, bytes)?;
        self.put(&header)?;
        self.owed = bytes;
        Ok(())
    }

    /// Adds bytes to the present file.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        let length = bytes.len() as u64;
        if length > self.owed {
            return Err(ArchiveError::TooLong.into());
        }
        self.put(bytes)?;
        self.owed -= length;
        Ok(())
    }

    /// Ends the archive and adds at most `most` bytes of padding; `true` when there is no more to add.
    pub fn pad(&mut self, most: usize) -> Result<bool, SealError> {
        if self.owed > 0 {
            return Err(ArchiveError::Incomplete.into());
        }
        if !self.ended {
            self.fill_block()?;
            self.put(&[0; 2 * BLOCK])?;
            self.ended = true;
        }
        let missing = bucket(self.written) - self.written;
        let now = missing.min(most as u64);
        let mut left = now;
        while left > 0 {
            let piece = usize::try_from(left).unwrap_or(ZEROS.len()).min(ZEROS.len());
            self.put(&ZEROS[..piece])?;
            left -= piece as u64;
        }
        Ok(now == missing)
    }

    /// Writes the last chunk and gives the output back.
    pub fn finish(mut self) -> Result<W, SealError> {
        while !self.pad(usize::MAX)? {}
        self.stream.finish()
    }

    fn fill_block(&mut self) -> Result<(), SealError> {
        let rest = usize::try_from(self.written % BLOCK as u64).expect("a remainder of 512 fits");
        if rest > 0 {
            self.put(&[0; BLOCK][rest..])?;
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        self.stream.write(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

/// Length of the plaintext before padding: the archive of these files, in order.
pub fn archive_bytes(lengths: impl IntoIterator<Item = u64>) -> u64 {
    let block = BLOCK as u64;
    lengths.into_iter().map(|length| block + length.div_ceil(block) * block).sum::<u64>() + 2 * block
}

/// Seals a registration whose files are at hand.
pub fn seal(registration: &Registration, files: &[&[u8]], recipients: &Recipients) -> Result<Vec<u8>, SealError> {
    let json = registration.to_json();
    let delete_proof = from_hex(&registration.delete_proof).ok_or(SealError::DeleteProof)?;
    let mut sealer = Sealer::new(recipients, &delete_proof, Vec::new())?;
    sealer.entry(REGISTRATION, json.len() as u64)?;
    sealer.write(&json)?;
    for (attachment, file) in registration.attachments.iter().zip(files) {
        sealer.entry(&attachment.name, file.len() as u64)?;
        sealer.write(file)?;
    }
    sealer.finish()
}

/// The archive inside a sealed file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The archive inside is not one of ours.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Reading failed, or the file is damaged.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
}

/// Largest `registration.json` that is read: the form's answers are far below it, and a bomb is not unpacked.
pub const MAX_REGISTRATION_BYTES: u64 = 4 * 1024 * 1024;
