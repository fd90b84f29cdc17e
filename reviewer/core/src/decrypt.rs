//! Opening a sealed file in memory. Nothing is written here; whoever sealed it may be hostile.

mod fault;

pub use fault::{Damage, Fault, Refusal, counted};

use std::io::{self, BufRead, Read as _};

use age::DecryptError;
use amanat_shared::api::{self, from_hex};
use amanat_shared::envelope::{self, Header};
use amanat_shared::seal::{
    self, ArchiveError, FORMAT, MAX_REGISTRATION_BYTES, OpenError, Proven, REGISTRATION, Registration, Unpacker,
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::identities::Identities;

/// Whether the server deletes a file for the delete proof that is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The header binds this proof: whoever passed the file on could not change that.
    Bound,
    /// The header binds none. The server was told a hash by whoever sent the file, right or wrong.
    Unbound,
    /// The header binds another one: no acknowledgement deletes it.
    Other,
}

impl Binding {
    fn new(header: Header, delete_proof: &str) -> Self {
        let inside: Option<[u8; 32]> = from_hex(delete_proof).map(|proof: [u8; 32]| Sha256::digest(proof).into());
        match header.commitment {
            None => Self::Unbound,
            bound if bound == inside => Self::Bound,
            Some(_) => Self::Other,
        }
    }
}

/// A file that was opened only as far as its answers.
#[derive(Clone, Debug)]
pub struct OpenedAnswers {
    /// `registration.json`.
    pub registration: Registration,
    /// The proof of its signatures; `None` where it has none that hold.
    pub proven: Option<Proven>,
}

/// A file that was opened and checked from the first byte to the last.
pub struct Opened {
    /// The registration's identity: SHA-256 of what the phone sealed, hex.
    pub sha256: String,
    /// `registration.json`, byte for byte as it was sealed.
    pub json: Zeroizing<Vec<u8>>,
    /// The parsed registration.
    pub registration: Registration,
    /// The proof of its signatures; `None` where it has none that hold.
    pub proven: Option<Proven>,
    /// Whether its header binds its delete proof.
    pub binding: Binding,
    /// The attachments' bytes, in order.
    pub files: Vec<Zeroizing<Vec<u8>>>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({}, …)", self.sha256)
    }
}

/// The identity of a registration: SHA-256 of the file that the phone sealed, hex. A re-sealed file keeps it
/// ([`amanat_shared::seal::Origin`]).
pub fn identity(sealed: &[u8]) -> String {
    api::hex(&seal::identity(sealed))
}

/// The identity that a file's name (without `.age`) tells: `pull` names each file by the hash under which the server keeps
/// it, and a file that was sealed anew keeps that name. `None` for other names: then it is the hash of the bytes.
pub fn identity_in_name(file: &str) -> Option<&str> {
    from_hex::<32>(file).map(|_| file)
}

/// The suffix behind the hash in the name of a file that a colleague has sealed anew, if another form of it is there already.
pub const RESEALED_SUFFIX: &str = "-resealed";

/// Whether a file's bytes are the registration that its name (without `.age`) is the hash of; `None` where the name is no hash.
pub fn is_whole(name: &str, sealed: &[u8]) -> Option<bool> {
    from_hex::<32>(name).map(|named| named == seal::identity(sealed))
}

/// SHA-256 of these bytes, hex.
pub fn sha256(bytes: &[u8]) -> String {
    api::hex(&Sha256::digest(bytes))
}

/// Opens a whole file and checks all that is inside. Age does not compress, so that what comes out is never longer than
/// what goes in.
pub fn open(sealed: &[u8], identities: &Identities) -> Result<Opened, Fault> {
    let Begun { header, json, registration, mut unpacker } = begin(sealed, identities)?;
    let mut files = Vec::new();
    while let Some(entry) = unpacker.next_entry().map_err(from_shared)? {
        let listed = registration.attachments.get(files.len()).ok_or(Refusal::OtherAttachments)?;
        if listed.name != entry.name {
            return Err(Refusal::OtherAttachments.into());
        }
        let number = files.len() + 1;
        if listed.bytes != entry.bytes {
            return Err(Refusal::Attachment(number).into());
        }
        if entry.bytes > sealed.len() as u64 {
            return Err(Fault::Damaged(Damage::Inside));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(entry.bytes).unwrap_or(0)));
        unpacker.read_to_end(&mut bytes).map_err(from_io)?;
        if sha256(&bytes) != listed.sha256 {
            return Err(Refusal::Attachment(number).into());
        }
        files.push(bytes);
    }
    if files.len() != registration.attachments.len() {
        return Err(Refusal::OtherAttachments.into());
    }
    let (proven, binding) = (proven(&registration, &json), Binding::new(header, &registration.delete_proof));
    Ok(Opened { sha256: identity(sealed), json, registration, proven, binding, files })
}

/// Opens a file only as far as its answers. What follows them is not looked at, so that a file cut short behind them
/// passes. `sealed` has a buffer of at least [`HEAD_BYTES`].
pub fn answers(sealed: impl BufRead, identities: &Identities) -> Result<OpenedAnswers, Fault> {
    let Begun { json, registration, .. } = begin(sealed, identities)?;
    let proven = proven(&registration, &json);
    Ok(OpenedAnswers { registration, proven })
}

/// The proof of the signatures. Old files have none, and are not read once more.
fn proven(registration: &Registration, json: &[u8]) -> Option<Proven> {
    if registration.format == FORMAT { seal::proven(json) } else { None }
}

/// The content of a file, not yet interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// SHA-256 of all of its plaintext, with the padding.
    pub sha256: [u8; 32],
    /// Whether it begins as a registration does.
    pub registration: bool,
}

/// The first bytes of a registration's archive.
const REGISTRATION_ENTRY: &[u8] = b"registration.json\0";

/// Decrypts a file from the first byte to the last, and keeps nothing of it.
pub fn contents<'a>(sealed: &[u8], keys: impl Iterator<Item = &'a dyn age::Identity>) -> Result<Contents, Fault> {
    match seal::look_inside(sealed) {
        Ok(Some(_)) => {}
        Ok(None) => return Err(Fault::Damaged(Damage::Cut)),
        Err(_) => return Err(Fault::NotSealed),
    }
    let mut plaintext = age::Decryptor::new_buffered(sealed).and_then(|file| file.decrypt(keys)).map_err(from_age)?;
    let (mut hasher, mut start) = (Sha256::new(), None);
    let mut piece = Zeroizing::new(vec![0; 64 * 1024]);
    loop {
        let read = plaintext.read(&mut piece).map_err(from_io)?;
        if read == 0 {
            let registration = start.unwrap_or(false);
            return Ok(Contents { sha256: hasher.finalize().into(), registration });
        }
        start.get_or_insert_with(|| piece[..read].starts_with(REGISTRATION_ENTRY));
        hasher.update(&piece[..read]);
    }
}

/// Bytes of a file that are checked before anything is decrypted.
pub const HEAD_BYTES: usize = 2 * envelope::MAX_HEADER_BYTES;

struct Begun<R> {
    header: Header,
    json: Zeroizing<Vec<u8>>,
    registration: Registration,
    /// The reader of the archive, before its first attachment.
    unpacker: Unpacker<age::stream::StreamReader<R>>,
}

fn begin<R: BufRead>(mut sealed: R, identities: &Identities) -> Result<Begun<R>, Fault> {
    // Our own parser first: it is strict and bounded, while age's would read an endless header.
    let start = sealed.fill_buf().map_err(from_io)?;
    let header = match seal::look_inside(start) {
        Ok(Some((header, _))) => header,
        Ok(None) => return Err(Fault::Damaged(Damage::Cut)),
        Err(_) => return Err(Fault::NotSealed),
    };
    let plaintext =
        age::Decryptor::new_buffered(sealed).and_then(|decryptor| decryptor.decrypt(identities.as_age())).map_err(from_age)?;
    let mut unpacker = Unpacker::new(plaintext);
    let first = unpacker.next_entry().map_err(from_shared)?;
    let first = first.filter(|entry| entry.name == REGISTRATION).ok_or(ArchiveError::NoRegistration)?;
    if first.bytes > MAX_REGISTRATION_BYTES {
        return Err(ArchiveError::TooLong.into());
    }
    let mut json = Zeroizing::new(Vec::with_capacity(usize::try_from(first.bytes).unwrap_or(0)));
    unpacker.read_to_end(&mut json).map_err(from_io)?;
    let registration: Registration = serde_json::from_slice(&json).map_err(|error| unreadable(&error))?;
    if !(1..=FORMAT).contains(&registration.format) {
        return Err(Fault::Format(registration.format));
    }
    Ok(Begun { header, json, registration, unpacker })
}

fn unreadable(error: &serde_json::Error) -> Refusal {
    Refusal::Registration { line: error.line(), column: error.column() }
}

fn from_shared(error: OpenError) -> Fault {
    match error {
        OpenError::Archive(error) => error.into(),
        OpenError::Io(error) => from_io(error),
    }
}

fn from_age(error: DecryptError) -> Fault {
    match error {
        DecryptError::NoMatchingKeys => Fault::OtherKeys,
        DecryptError::UnknownFormat | DecryptError::ExcessiveWork { .. } => Fault::NotSealed,
        DecryptError::InvalidHeader => Fault::Damaged(Damage::Header),
        DecryptError::InvalidMac => Fault::Damaged(Damage::HeaderSum),
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => Fault::Damaged(Damage::Inside),
        DecryptError::Io(error) => from_io(error),
    }
}

fn from_io(error: io::Error) -> Fault {
    match error.kind() {
        // `age` reports so a chunk that fails its check,
        io::ErrorKind::InvalidData => Fault::Damaged(Damage::Inside),
        // and so a file that ends behind the header or between two chunks.
        io::ErrorKind::UnexpectedEof => Fault::Damaged(Damage::Cut),
        _ => Fault::Read(error),
    }
}
