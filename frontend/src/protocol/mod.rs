//! Messages between the page and its worker, which is a program of its own. Both programs compile this module.
//!
//! A message is a JavaScript array: a number that says which message it is, then its fields in the order in which `encode`
//! writes them and `decode` reads them. [`ToWorker`] and [`ToPage`] are the messages of each direction.

pub mod fields;
mod to_page;
mod to_worker;

pub use self::to_page::{OpenedDraft, PreparedFile, ToPage};
pub use self::to_worker::{FileRef, Request, SealJob, ToWorker};

/// The length of a chunk of an attached file, in bytes.
pub const CHUNK_BYTES: u32 = 512 * 1024;
/// The size of the largest file that is read at all, in bytes. A photo becomes much smaller than the camera made it.
pub const MAX_READABLE_BYTES: f64 = 64.0 * 1024.0 * 1024.0;
/// The value of a progress that is complete.
pub const COMPLETE: u32 = 1000;

/// The key of the saved draft in the phone's store.
pub const DRAFT_KEY: u32 = 1;
/// The key of the first sealed file in the phone's store. The next key holds the address of its upload, the one after that
/// the next sealed file, and so on.
pub const FIRST_FILE_KEY: u32 = 2;
/// The last key in the phone's store.
pub const LAST_KEY: u32 = 99;

/// The reason why a pack cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Too few root keys have signed it.
    Signatures,
    /// It names no recipient.
    Recipients,
}

/// The reason why an upload waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Nothing: bytes are on their way.
    Nothing,
    /// A connection.
    Network,
    /// A server that has too much to do.
    Busy,
    /// A server that has no room.
    Full,
    /// An answer that takes longer than usual.
    Answer,
}

/// The reason why a file is not attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is neither a photo nor a PDF.
    Type,
    /// It has no bytes.
    Empty,
    /// It was moved or deleted, or may not be read.
    Unreadable,
    /// It is a photo in a format that this browser does not know.
    Heic,
    /// It is cut off, or not of the type that it says.
    Damaged,
}

/// The reason why a sealed file was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The registration could not be sealed.
    Seal,
    /// The keys that it is sealed to were revoked.
    Revoked,
    /// The server will never accept it.
    Refused,
    /// The chosen file is no sealed registration.
    NotSealed,
}

impl Wait {
    const ALL: [Self; 5] = [Self::Nothing, Self::Network, Self::Busy, Self::Full, Self::Answer];

    /// The number that stands for it in a message.
    pub const fn code(self) -> u32 {
        self as u32
    }

    fn from_code(code: u32) -> Self {
        Self::ALL.into_iter().find(|wait| wait.code() == code).unwrap_or(Self::Busy)
    }
}

impl Unfit {
    const ALL: [Self; 5] = [Self::Type, Self::Empty, Self::Unreadable, Self::Heic, Self::Damaged];

    const fn code(self) -> u32 {
        self as u32
    }

    fn from_code(code: u32) -> Self {
        Self::ALL.into_iter().find(|unfit| unfit.code() == code).unwrap_or(Self::Type)
    }
}

impl Failure {
    const ALL: [Self; 4] = [Self::Seal, Self::Revoked, Self::Refused, Self::NotSealed];

    /// The number that stands for it in a message.
    pub const fn code(self) -> u32 {
        self as u32
    }

    fn from_code(code: u32) -> Self {
        Self::ALL.into_iter().find(|failure| failure.code() == code).unwrap_or(Self::Refused)
    }
}
