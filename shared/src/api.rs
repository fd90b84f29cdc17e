//! Wire types, paths and problem codes that phone, server and reviewers' tools share.

use serde::{Deserialize, Serialize};

/// tus 1.0.0: creation by `POST`, then `HEAD` and `PATCH` on the upload's own address below it.
pub const UPLOADS: &str = "/api/v1/uploads";
/// Reviewers: sealed registrations in the order of their hashes, which tells nothing. `?after=SHA256&limit=N`.
pub const REGISTRATIONS: &str = "/api/v1/registrations";
/// Reviewers: acknowledgements with delete proofs.
pub const ACKNOWLEDGEMENTS: &str = "/api/v1/acknowledgements";
/// Reviewers: requests to delete registrations that open for nobody.
pub const DISCARDS: &str = "/api/v1/discards";
/// Reviewers: objections to deletions, and their withdrawal.
pub const OBJECTIONS: &str = "/api/v1/objections";
/// Reviewers: the log of what was done, as [`crate::audit::Entry`]s in order. `?after=SEQ&limit=N`; each request is an entry
/// too, so the last page ends with its own.
pub const AUDIT: &str = "/api/v1/audit";
/// Reviewers: the signed pack that is served to phones.
pub const PACK: &str = "/api/v1/pack";
/// The one protocol version spoken (`Tus-Resumable`).
pub const TUS_VERSION: &str = "1.0.0";

/// Key in `Upload-Metadata`: SHA-256 of the registration's delete proof, 32 bytes (base64 there, as tus demands).
pub const META_PROOF: &str = "delete_proof_sha256";
/// Key in `Upload-Metadata`, optional: the serial of the pack sealed to, in decimal digits. It lets the server say that
/// this pack was revoked.
pub const META_PACK: &str = "pack_serial";

/// Key in `Upload-Metadata`, needed with a proof of work ([`crate::proof_of_work`]): SHA-256 of the sealed file, 32 bytes.
pub const META_SHA256: &str = "sha256";

/// Page elements the server fills in: an inert JSON string literal with a [`crate::pack::SignedPack`].
pub const PACK_ELEMENT: &str = "amanat-pack";

/// One sealed registration in the reviewers' list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// SHA-256 of the sealed file, hex.
    pub sha256: String,
    /// Length of the sealed file.
    pub bytes: u64,
    /// Hour of arrival, `2026-11-23T06:00Z`.
    pub received: String,
    /// Whether it is in quarantine: it came in an hour in which more came than is usual. It is kept exactly like any other.
    #[serde(default)]
    pub quarantine: bool,
    /// The reviewers' requests about it, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<Deletion>,
}

/// Reviewers' requests about one registration. Names are those of the pack's access keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// Hour from which on it is deleted, `2026-11-30T07:00Z`; absent while too few have asked, or while somebody objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// The reviewers who have acknowledged it.
    pub acknowledged: Vec<String>,
    /// The reviewers who say that it opens for nobody.
    pub discarded: Vec<String>,
    /// The reviewers who object to its deletion.
    pub objected: Vec<String>,
}

/// Acknowledgements, made where the files were opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgements {
    /// One for each registration.
    pub acknowledged: Vec<Acknowledgement>,
}

/// "I have opened this file": only who has can show its delete proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// SHA-256 of the sealed file, hex.
    pub sha256: String,
    /// The registration's delete proof, hex.
    pub delete_proof: String,
}

/// The server's answer to acknowledgements: a list of hashes for each outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcknowledgementsResult {
    /// Noted now or before.
    pub noted: Vec<String>,
    /// Not here (any more).
    pub unknown: Vec<String>,
    /// The proof is not that registration's.
    pub wrong_proof: Vec<String>,
}

/// Registrations that open for nobody, as one reviewer says. They are deleted once so many different reviewers have sent the
/// same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discards {
    /// SHA-256 of each sealed file, hex.
    pub discarded: Vec<String>,
}

/// The server's answer to requests to discard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscardsResult {
    /// Noted now or before.
    pub noted: Vec<String>,
    /// Not here (any more).
    pub unknown: Vec<String>,
    /// Somebody has acknowledged it, so it opens.
    pub opened: Vec<String>,
    /// The number of different reviewers who have to ask for the same before anything is deleted.
    pub needed: u32,
    /// The number of reviewers with an access key in the pack.
    pub reviewers: u32,
}

/// Objections of one reviewer to deletions. While one stands, only age deletes the registration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objections {
    /// SHA-256 of each sealed file that is to be kept, hex.
    pub objected: Vec<String>,
    /// SHA-256 of each sealed file to whose deletion this reviewer objects no longer, hex.
    pub withdrawn: Vec<String>,
}

/// The server's answer to objections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectionsResult {
    /// Noted now or before.
    pub noted: Vec<String>,
    /// Not here (any more).
    pub unknown: Vec<String>,
    /// Not withdrawn: there is no objection of this reviewer.
    pub not_objected: Vec<String>,
}

/// Claims of a reviewer's self-issued JWT (`EdDSA`). `kid` in the header is the access key itself, as in the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The site's origin, e.g. `https://form.example.org`.
    pub aud: String,
    /// Unix time, at most 5 minutes ahead.
    pub exp: u64,
    /// HTTP method (RFC 9449).
    pub htm: String,
    /// URL without query and fragment (RFC 9449).
    pub htu: String,
    /// Path and query, which `htu` leaves out.
    pub path: String,
    /// SHA-256 of the body, hex.
    pub body_sha256: String,
    /// 128 random bits, hex; accepted once.
    pub jti: String,
}

/// Most seconds that `exp` may lie ahead.
pub const MAX_TOKEN_SECS: u64 = 300;

/// An error as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// The kind of problem. The phone goes by the status, and by this for `pack_revoked` only.
    pub code: ProblemCode,
    /// For people who read it with other tools. Constant for each code.
    pub title: String,
}

/// Defines the codes, each with its HTTP status and its title, in one table.
macro_rules! problem_codes {
    ($($(#[$doc:meta])* $code:ident = $status:literal, $title:literal;)*) => {
        /// The kinds of problems that the API reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ProblemCode {
            $($(#[$doc])* #[doc = concat!("Status ", $status, ": ", $title, ".")] $code,)*
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$code => $status,)* }
            }

            /// The title, which is constant.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)* }
            }
        }
    };
}

problem_codes! {
    BadRequest = 400, "A header or a value is missing or malformed";
    Unauthorized = 401, "A good token of an access key in the pack is needed";
    NotFound = 404, "There is nothing here";
    MethodNotAllowed = 405, "This address does not take that method";
    OffsetMismatch = 409, "The upload continues at another offset; ask with HEAD";
    PackRevoked = 410, "Sealed to a pack that was revoked; fill in again";
    TusVersion = 412, "Tus-Resumable must be 1.0.0";
    TooLarge = 413, "Too large";
    MediaType = 415, "The content type must be application/offset+octet-stream";
    NotSealed = 422, "Not a sealed registration";
    Recipients = 422, "Sealed to keys that no accepted pack holds";
    Length = 422, "The length is none that padding gives";
    DeleteProof = 422, "The hash of the delete proof is missing, or another than the file binds";
    /// `Retry-After` says when to come back.
    Busy = 429, "Busy; try again later";
    /// See [`crate::proof_of_work`].
    ProofOfWork = 429, "Bring a proof of work";
    ChecksumMismatch = 460, "The body is not what its checksum says";
    Internal = 500, "Something failed here";
    Unavailable = 503, "Not at present; try again in a moment";
    Full = 507, "No room at present; try again later";
}

impl ProblemCode {
    /// The problem of this code.
    pub fn problem(self) -> Problem {
        Problem { status: self.status(), code: self, title: self.title().to_owned() }
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).map(char::from).collect()
}

/// Reads lower-case hexadecimal of exactly `N` bytes.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// An address as its origin (`https://host[:port]`).
pub fn origin(url: &str) -> Option<&str> {
    let after_scheme = url.find("://")? + 3;
    let end = url[after_scheme..].find('/').map_or(url.len(), |slash| after_scheme + slash);
    Some(&url[..end])
}
