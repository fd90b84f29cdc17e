//! What the page and its sealer (a worker, a program of its own) say to each other: arrays that begin with one of these
//! numbers. Compiled into both.

/// To the sealer: `[KEYS, key, …]`, the pack's recipients. It answers [`BAD_KEYS`] if they cannot be sealed to.
pub const KEYS: u32 = 0;
/// To the sealer: `[JOB, id, pack serial, registration.json as far as the page knows it, the code's digits,
/// [questions that hold an earlier code], [names of files], [their bytes], whether the phone may keep the sealed file until it
/// has arrived]`. A job of the id that it has sealed already is
/// sent again, not sealed again; any other job ends the one before.
pub const JOB: u32 = 1;
/// To the sealer: `[WAITING]`: send the sealed file that the phone has kept. [`NOTHING`] if there is none.
pub const WAITING: u32 = 2;
/// To the sealer: `[FORGET]`: delete it.
pub const FORGET: u32 = 3;

/// To the page: `[READY]`, once, before anything else.
pub const READY: u32 = 0;
/// To the page: `[BAD_KEYS]`.
pub const BAD_KEYS: u32 = 1;
/// To the page: `[SEALING, part of ALL]`.
pub const SEALING: u32 = 2;
/// To the page: `[SENDING, acknowledged part of ALL, Wait]`.
pub const SENDING: u32 = 3;
/// To the page: `[RECEIVED]`: the server has committed it.
pub const RECEIVED: u32 = 4;
/// To the page: `[FAILED, Failure]`: it was not sent.
pub const FAILED: u32 = 5;
/// To the page: `[BROKEN]`: the sealer could not start, or stopped. `public/sealer.js` says this.
pub const BROKEN: u32 = 6;

/// To the page: `[NOTHING]`: no sealed file is kept on this phone (any more).
pub const NOTHING: u32 = 7;

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
}

impl Wait {
    const EACH: [Self; 4] = [Self::Nothing, Self::Network, Self::Busy, Self::Full];

    /// As it travels.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// From how it travels.
    pub fn of(code: u32) -> Self {
        Self::EACH.into_iter().find(|wait| wait.code() == code).unwrap_or(Self::Busy)
    }
}

impl Failure {
    const EACH: [Self; 3] = [Self::Seal, Self::Revoked, Self::Refused];

    /// As it travels.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// From how it travels.
    pub fn of(code: u32) -> Self {
        Self::EACH.into_iter().find(|failure| failure.code() == code).unwrap_or(Self::Refused)
    }
}
