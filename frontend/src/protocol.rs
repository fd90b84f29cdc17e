//! What the page and its sealer (a worker, a program of its own) say to each other: arrays that begin with one of these
//! numbers. Compiled into both.

/// To the sealer: `[PACK, the signed pack's JSON]`. It answers [`TRUSTED`] or [`DISTRUSTED`].
pub const PACK: u32 = 0;
/// To the sealer: `[JOB, id, pack serial, registration.json as far as the page knows it, the code's digits,
/// [questions that hold an earlier code], [names of files], [their lengths], whether the phone may keep the sealed file until it
/// has arrived]`. It asks for the files' bytes by [`PIECE`]. A job of the id that it has sealed already is sent again, not
/// sealed again; any other job ends the one before.
pub const JOB: u32 = 1;
/// To the sealer: `[WAITING, quietly]`: send the sealed file that has waited for the longest. [`NOTHING`] if there is none.
/// Quietly: all that wait, without a word to the page.
pub const WAITING: u32 = 2;
/// To the sealer: `[SAVED_FILE, file]`: send a sealed file that was saved with [`COPY`].
pub const SAVED_FILE: u32 = 3;

/// To the sealer: `[HERE, bytes]`, the answer to a [`PIECE`]; empty where there is no such piece.
pub const HERE: u32 = 10;

// What follows is answered: `[word, id, …]` with `[ANSWER, id, …]`.

/// To the sealer: `[FORGET, id, from, to]`: delete what the phone has kept under these keys. Answer: nothing more.
pub const FORGET: u32 = 4;
/// To the sealer: `[ATTACH, id, file, most bytes that the pack allows]`. Answer: its bytes as they may be sealed, their SHA-256,
/// their extension, a small picture as a `data:` address (empty where there is none), and whether a password protects it; or
/// a [`Unfit`] alone, for a file that a registration may not carry.
pub const ATTACH: u32 = 5;
/// To the sealer: `[SUGGEST, id, language]`. Answer: words that lock a draft, drawn by chance.
pub const SUGGEST: u32 = 6;
/// To the sealer: `[SAVE, id, words, [what was typed], [names of files], [their lengths]]`. It asks for the files' bytes by
/// [`PIECE`]. Answer: whether the phone keeps the draft.
pub const SAVE: u32 = 7;
/// To the sealer: `[OPEN, id, words]`. Answer: `[what was typed], [names of files], [their bytes], [their SHA-256]`; nothing if
/// the words are others.
pub const OPEN: u32 = 8;
/// To the sealer: `[COPY, id]`. Answer: the sealed file that is being sent, as it can be saved.
pub const COPY: u32 = 9;

/// To the page: `[READY, [words that come with the sealer]]`, once, before anything else.
pub const READY: u32 = 0;
/// To the page: `[DISTRUSTED, whether enough roots have signed the pack]`: there is no form.
pub const DISTRUSTED: u32 = 1;
/// To the page: `[SEALING, part of ALL]`.
pub const SEALING: u32 = 2;
/// To the page: `[SENDING, acknowledged part of ALL, Wait]`.
pub const SENDING: u32 = 3;
/// To the page: `[RECEIVED]`: the server has committed it.
pub const RECEIVED: u32 = 4;
/// To the page: `[FAILED, Failure]`: it was not sent.
pub const FAILED: u32 = 5;
/// To the page: `[BROKEN]`: the sealer could not start, or stopped. `sealer/start.js` says this.
pub const BROKEN: u32 = 6;
/// To the page: `[NOTHING]`: no sealed file is kept on this phone (any more).
pub const NOTHING: u32 = 7;
/// To the page: `[ANSWER, id, …]`.
pub const ANSWER: u32 = 8;
/// To the page: `[KEPT]`: the phone keeps the sealed file until it has arrived.
pub const KEPT: u32 = 9;
/// To the page: `[PIECE, name of a file, from]`: the next [`PIECE_BYTES`] of it are wanted. They are asked for in order, so that
/// the page never stands still for a whole file.
pub const PIECE: u32 = 10;
/// Length of a piece.
pub const PIECE_BYTES: u32 = 512 * 1024;

/// The key of the draft in the phone's store.
pub const DRAFT: u32 = 1;
/// The key of the first sealed file in the phone's store. The next key holds the address of its upload, the one after that
/// the next sealed file, and so on.
pub const FILES: u32 = 2;
/// The last key in the phone's store.
pub const LAST: u32 = 99;

/// To the page: `[CLEARED]`, some time after [`RECEIVED`]: the phone's store has nothing of it any more.
pub const CLEARED: u32 = 11;

/// To the page: `[TRUSTED, SHA-256 of the pack, SHA-256 of its form]`: enough roots have signed the pack, and its keys can be
/// sealed to.
pub const TRUSTED: u32 = 12;

/// Largest file that is read at all, in bytes. A photo becomes much smaller than what the camera made.
pub const READABLE_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// The whole of a progress.
pub const ALL: u32 = 1000;

/// What an upload waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Nothing: bytes are on their way.
    Nothing,
    /// A connection.
    Network,
    /// The server has too much to do.
    Busy,
    /// The server has no room.
    Full,
    /// An answer, for longer than it usually takes.
    Answer,
}

/// Why a file is not attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is neither a photo nor a PDF.
    Kind,
    /// It has no bytes.
    Empty,
    /// It is not there any more, or may not be read.
    Gone,
    /// A photo in a format that this browser does not know.
    Heic,
    /// It is cut off, or says what is not in it.
    Damaged,
}

/// Why something was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It could not be sealed.
    Seal,
    /// The keys it is sealed to have been revoked.
    Revoked,
    /// The server will never take it.
    Refused,
    /// What was to be sent is no sealed file.
    NotOurs,
}

impl Wait {
    const EACH: [Self; 5] = [Self::Nothing, Self::Network, Self::Busy, Self::Full, Self::Answer];

    /// As it travels.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// From how it travels.
    pub fn of(code: u32) -> Self {
        Self::EACH.into_iter().find(|wait| wait.code() == code).unwrap_or(Self::Busy)
    }
}

impl Unfit {
    const EACH: [Self; 5] = [Self::Kind, Self::Empty, Self::Gone, Self::Heic, Self::Damaged];

    /// As it travels.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// From how it travels.
    pub fn of(code: u32) -> Self {
        Self::EACH.into_iter().find(|unfit| unfit.code() == code).unwrap_or(Self::Kind)
    }
}

impl Failure {
    const EACH: [Self; 4] = [Self::Seal, Self::Revoked, Self::Refused, Self::NotOurs];

    /// As it travels.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// From how it travels.
    pub fn of(code: u32) -> Self {
        Self::EACH.into_iter().find(|failure| failure.code() == code).unwrap_or(Self::Refused)
    }
}
