//! Errors of handlers, and their problem responses (RFC 9457).

use std::time::Duration;

use amanat_shared::api::{Problem, ProblemCode};
use amanat_shared::envelope::Refusal;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::limits::{LimitError, RequiredWork};
use crate::store::StoreError;

/// A database that restarts is back after this time.
const DATABASE_RETRY: Duration = Duration::from_secs(5);
/// An administrator has to free disk space.
const DISK_FULL_RETRY: Duration = Duration::from_mins(2);

/// An error of a handler. It never quotes the request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A header or a value is missing or malformed.
    #[error("malformed")]
    Malformed,
    /// The token is missing or invalid.
    #[error("unauthorized")]
    Unauthorized,
    /// The path or the resource does not exist.
    #[error("not found")]
    NotFound,
    /// The path does not support this method.
    #[error("method")]
    MethodNotAllowed,
    /// `Host` is none of the site's names.
    #[error("another host")]
    Misdirected,
    /// The upload continues at another offset.
    #[error("offset")]
    Offset,
    /// A newer writer took the upload over, or the upload was evicted.
    #[error("superseded")]
    Superseded,
    /// The request's body ended early. The client has usually gone.
    #[error("cut")]
    Truncated,
    /// The upload is sealed to a revoked pack.
    #[error("pack revoked")]
    PackRevoked,
    /// The client uses another version of tus.
    #[error("tus version")]
    TusVersion,
    /// The body is larger than announced, or than the limit.
    #[error("too large")]
    TooLarge,
    /// A `PATCH` has another media type.
    #[error("media type")]
    MediaType,
    /// The body does not match its checksum.
    #[error("checksum")]
    Checksum,
    /// Too many requests arrive. The client should retry after this time.
    #[error("busy")]
    Busy(Duration),
    /// The request brought no proof of work, or too little ([`amanat_shared::proof_of_work`]).
    #[error("proof of work")]
    ProofOfWork(RequiredWork),
    /// The range lies beyond the file.
    #[error("range")]
    RangeNotSatisfiable,
    /// The file is not an acceptable sealed registration.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server is shutting down.
    #[error("stopping")]
    ShuttingDown,
    /// The system gave no random bytes.
    #[error("no random bytes")]
    Random,
    /// A handler panicked.
    #[error("panic")]
    Panic,
}

/// The text that a response of status 5xx leaves for the log, as an extension.
#[derive(Clone, Debug)]
pub(crate) struct FailureLog(pub String);

impl Error {
    /// Returns the problem that the response shows.
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
    /// Returns when a retry is worthwhile.
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
