//! From every error to its problem (RFC 9457).

use std::time::Duration;

use amanat_shared::api::{Problem, ProblemCode};
use amanat_shared::envelope::Refusal;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::limits::{LimitError, RequiredWork};
use crate::store::StoreError;

/// A database that starts again is back by then.
const DATABASE_RETRY: Duration = Duration::from_secs(5);
/// Somebody has to make room.
const DISK_FULL_RETRY: Duration = Duration::from_mins(2);

/// Why a request was not done. Nothing in it quotes what came in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A header or a value is missing or malformed.
    #[error("malformed")]
    Malformed,
    /// No token, or not a good one.
    #[error("unauthorized")]
    Unauthorized,
    /// Nothing here.
    #[error("not found")]
    NotFound,
    /// Not this method.
    #[error("method")]
    MethodNotAllowed,
    /// `Host` is none of the site's.
    #[error("another host")]
    Misdirected,
    /// The upload continues at another offset.
    #[error("offset")]
    Offset,
    /// A newer writer took the upload over, or it had to make room.
    #[error("superseded")]
    Superseded,
    /// The body ended before its end. Hardly anybody reads this.
    #[error("cut")]
    Truncated,
    /// Sealed to a pack that was revoked.
    #[error("pack revoked")]
    PackRevoked,
    /// Another version of tus.
    #[error("tus version")]
    TusVersion,
    /// Larger than announced, or than anything here may be.
    #[error("too large")]
    TooLarge,
    /// A `PATCH` of another type.
    #[error("media type")]
    MediaType,
    /// A body that is not what its checksum says.
    #[error("checksum")]
    Checksum,
    /// Too much at once; come back after this time.
    #[error("busy")]
    Busy(Duration),
    /// This one brought no work, or too little ([`amanat_shared::proof_of_work`]).
    #[error("proof of work")]
    ProofOfWork(RequiredWork),
    /// A range beyond the file.
    #[error("range")]
    RangeNotSatisfiable,
    /// Not a sealed registration.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// The database did not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The program was told to stop.
    #[error("stopping")]
    ShuttingDown,
    /// The system gave no random bytes.
    #[error("no random bytes")]
    Random,
    /// A mistake of ours.
    #[error("panic")]
    Panic,
}

/// What a response that says "something failed here" leaves for the log.
#[derive(Clone, Debug)]
pub(crate) struct FailureLog(pub String);

impl Error {
    /// What is said about it.
    pub fn problem(&self) -> Problem {
        let code = match self {
            Self::Malformed => ProblemCode::BadRequest,
            Self::Unauthorized => ProblemCode::Unauthorized,
            Self::NotFound => ProblemCode::NotFound,
            Self::MethodNotAllowed => ProblemCode::MethodNotAllowed,
            Self::Misdirected => {
                return Problem { status: StatusCode::MISDIRECTED_REQUEST.as_u16(), ..ProblemCode::BadRequest.problem() };
            }
            Self::RangeNotSatisfiable => {
                return Problem { status: StatusCode::RANGE_NOT_SATISFIABLE.as_u16(), ..ProblemCode::BadRequest.problem() };
            }
            Self::Offset | Self::Superseded | Self::Truncated | Self::Store(StoreError::Offset) => ProblemCode::OffsetMismatch,
            Self::PackRevoked => ProblemCode::PackRevoked,
            Self::TusVersion => ProblemCode::TusVersion,
            Self::TooLarge => ProblemCode::TooLarge,
            Self::MediaType => ProblemCode::MediaType,
            Self::Checksum => ProblemCode::ChecksumMismatch,
            Self::Busy(_) => ProblemCode::Busy,
            Self::ProofOfWork(_) => ProblemCode::ProofOfWork,
            Self::Refused(Refusal::NotSealed) => ProblemCode::NotSealed,
            Self::Refused(Refusal::Recipients) => ProblemCode::Recipients,
            Self::Refused(Refusal::Length) => ProblemCode::Length,
            Self::Refused(Refusal::DeleteProof) => ProblemCode::DeleteProof,
            Self::Store(StoreError::Busy | StoreError::Away) | Self::ShuttingDown => ProblemCode::Unavailable,
            Self::Store(StoreError::Full) => ProblemCode::Full,
            Self::Store(
                StoreError::Open(_)
                | StoreError::UnusableDatabase(_)
                | StoreError::Spent
                | StoreError::Damaged
                | StoreError::Failed(_),
            )
            | Self::Random
            | Self::Panic => ProblemCode::Internal,
        };
        code.problem()
    }
}

impl Error {
    /// When it is worth asking again.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy(wait) => Some(*wait),
            Self::Store(StoreError::Busy | StoreError::Away) | Self::ShuttingDown => Some(DATABASE_RETRY),
            Self::Store(StoreError::Full) => Some(DISK_FULL_RETRY),
            _ => None,
        }
    }
}

impl From<LimitError> for Error {
    fn from(error: LimitError) -> Self {
        match error {
            LimitError::Busy(wait) => Self::Busy(wait),
            LimitError::ProofOfWork(work) => Self::ProofOfWork(work),
            LimitError::Store(error) => Self::Store(error),
            LimitError::Random => Self::Random,
        }
    }
}

/// Formats the header that tells how much work to do.
pub(super) fn proof_of_work_header(work: &RequiredWork) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{} {}", work.bits, work.challenge)).ok()
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = self.problem();
        let body = serde_json::to_vec(&problem).expect("a problem has string keys only, so it always serialises");
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, [(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))], body).into_response();
        if let Some(wait) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, wait.as_secs().max(1).into());
        }
        if let Self::ProofOfWork(work) = &self
            && let Some(value) = proof_of_work_header(work)
        {
            response.headers_mut().insert(amanat_shared::proof_of_work::HEADER, value);
        }
        response.extensions_mut().insert(problem.code);
        if status.is_server_error() && !matches!(self, Self::ShuttingDown) {
            response.extensions_mut().insert(FailureLog(self.to_string()));
        }
        response
    }
}
