//! The reviewers' API: list and fetch sealed files, acknowledge, discard or object ([`requests`]), and read the audit log.
//! Every answered request is in the log.
//!
//! Fetching deletes nothing. A reviewer who shows a file's delete proof has opened it, which is noted. Retention decides by
//! time what follows from it ([`crate::store::Store::apply_retention`]).

mod access;
mod requests;

pub(crate) use access::Access;
pub use access::distinct_reviewers;

use std::sync::Arc;

use amanat_shared::api::{
    self, ACKNOWLEDGEMENTS, AUDIT, Acknowledgements, AcknowledgementsResult, Listed, PACK, REGISTRATIONS, from_hex, hex,
};
use amanat_shared::audit::{Action, Entry};
use amanat_shared::pack::SignedPack;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRef, Path, Query, Request, State};
use axum::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::try_unfold;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Duration, timeout};

use crate::clock::Clock;
use crate::clock::hour_text;
use crate::store::{self, AcknowledgeOutcome, Deletion, OpenedFile, Registration, Store, StoreError};

use super::error::Error;
use super::site::Site;

const DEFAULT_PAGE_ROWS: u32 = 100;
const MAX_PAGE_ROWS: u32 = 1000;
/// Room for some five thousand acknowledgements.
const MAX_BODY_BYTES: usize = 1024 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_mins(1);

/// Routes of the reviewers' API.
pub(crate) fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Access: FromRef<S>,
    Store: FromRef<S>,
    Clock: FromRef<S>,
    Arc<Site>: FromRef<S>,
{
    Router::new()
        .route(REGISTRATIONS, get(list))
        .route(&format!("{REGISTRATIONS}/{{sha256}}"), get(fetch))
        .route(ACKNOWLEDGEMENTS, post(acknowledge))
        .merge(requests::router())
        .route(AUDIT, get(audit))
        .route(PACK, get(pack))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    after: Option<String>,
    limit: Option<u32>,
}

/// Lists registrations by SHA-256, so that the order tells nothing about arrival.
async fn list(
    State(access): State<Access>,
    State(store): State<Store>,
    State(site): State<Arc<Site>>,
    request: Request,
) -> Result<Json<Vec<Listed>>, Error> {
    let (request, _) = request.into_parts();
    let reviewer = access.authenticate(&request, b"")?;
    let Query(page) = Query::<ListQuery>::try_from_uri(&request.uri).map_err(|_| Error::Malformed)?;
    let after = page.after.map(|after| from_hex(&after).ok_or(Error::Malformed)).transpose()?;
    access.record(&reviewer, Action::List, None).await?;
    let registrations = store.list(after, page.limit.unwrap_or(DEFAULT_PAGE_ROWS).min(MAX_PAGE_ROWS)).await?;
    let (Some(first), Some(last)) = (registrations.first(), registrations.last()) else { return Ok(Json(Vec::new())) };
    let mut deletions = store.deletions(&site.retention, first.sha256..=last.sha256).await?;
    Ok(Json(registrations.iter().map(|one| listing(one, deletions.remove(&one.sha256))).collect()))
}

fn listing(registration: &Registration, deletion: Option<Deletion>) -> Listed {
    Listed {
        sha256: hex(&registration.sha256),
        bytes: registration.length,
        received: hour_text(registration.hour),
        quarantine: registration.quarantine,
        deletion: deletion.map(|Deletion { acknowledged, discarded, objected, due, .. }| api::Deletion {
            due: due.map(hour_text),
            acknowledged,
            discarded,
            objected,
        }),
    }
}

async fn fetch(
    State(access): State<Access>,
    State(store): State<Store>,
    Path(sha256): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let (request, _) = request.into_parts();
    let reviewer = access.authenticate(&request, b"")?;
    let sha256 = from_hex(&sha256).ok_or(Error::NotFound)?;
    access.record(&reviewer, Action::Fetch, Some(sha256)).await?;
    let registration = store.registration(sha256).await?.ok_or(Error::NotFound)?;
    let (tag, length) = (format!("\"{}\"", hex(&registration.sha256)), registration.length);
    let part = requested_range(&request.headers, &tag, length)?;
    let (start, end) = part.unwrap_or((0, length));

    let chunks = try_unfold((store, registration, start), move |(store, registration, position)| async move {
        if position >= end {
            return Ok::<_, StoreError>(None);
        }
        // The file was deleted meanwhile. A broken transfer is better than a short file.
        let mut chunk = store.read(&registration, position).await?.ok_or(StoreError::Damaged)?;
        chunk.truncate(usize::try_from(end - position).unwrap_or(usize::MAX));
        let next = position + chunk.len() as u64;
        Ok(Some((Bytes::from(chunk), (store, registration, next))))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_LENGTH, (end - start).into());
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(ETAG, HeaderValue::try_from(tag).map_err(|_| Error::Malformed)?);
    if part.is_some() {
        let range = format!("bytes {start}-{}/{length}", end - 1);
        headers.insert(CONTENT_RANGE, HeaderValue::try_from(range).map_err(|_| Error::Malformed)?);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// Parses the requested range as `start..end`. `None` means the whole file, which is also the answer to a header that is not
/// understood (RFC 9110, 14.2).
fn requested_range(headers: &HeaderMap, tag: &str, length: u64) -> Result<Option<(u64, u64)>, Error> {
    if headers.get(IF_RANGE).is_some_and(|wanted| wanted != tag) {
        return Ok(None);
    }
    let Some(range) = headers.get(RANGE).and_then(|range| range.to_str().ok()) else { return Ok(None) };
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else { return Ok(None) };
    let (start, end) = match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), Some(last)) if first <= last => (first, last.saturating_add(1).min(length)),
        (Some(first), None) if last.is_empty() => (first, length),
        (None, Some(last)) if first.is_empty() => (length.saturating_sub(last), length),
        _ => return Ok(None),
    };
    if start < end { Ok(Some((start, end))) } else { Err(Error::RangeNotSatisfiable) }
}

/// Reads a signed body. Nothing of it is read before a valid key has signed the request, and nothing of it is parsed before the
/// token has confirmed its hash.
async fn read_signed_body<T: DeserializeOwned>(access: &Access, request: Request) -> Result<(store::ReviewerRequest, T), Error> {
    let (request, body) = request.into_parts();
    access.authenticate_headers(&request)?;
    let body =
        timeout(BODY_TIMEOUT, to_bytes(body, MAX_BODY_BYTES)).await.map_err(|_| Error::Truncated)?.map_err(|_| Error::TooLarge)?;
    let reviewer = access.authenticate(&request, &body)?;
    Ok((reviewer, serde_json::from_slice(&body).map_err(|_| Error::Malformed)?))
}

async fn acknowledge(
    State(access): State<Access>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    request: Request,
) -> Result<Json<AcknowledgementsResult>, Error> {
    let (reviewer, sent) = read_signed_body::<Acknowledgements>(&access, request).await?;
    let opened = sent
        .acknowledged
        .iter()
        .map(|one| Some(OpenedFile { sha256: from_hex(&one.sha256)?, delete_proof: from_hex(&one.delete_proof)? }))
        .collect::<Option<Vec<OpenedFile>>>()
        .ok_or(Error::Malformed)?;
    let outcomes = store.acknowledge(&reviewer, &opened, clock.hour()).await?.ok_or(Error::Unauthorized)?;
    let mut result = AcknowledgementsResult::default();
    for (one, outcome) in sent.acknowledged.into_iter().zip(outcomes) {
        match outcome {
            AcknowledgeOutcome::Noted => result.noted.push(one.sha256),
            AcknowledgeOutcome::Unknown => result.unknown.push(one.sha256),
            AcknowledgeOutcome::WrongProof => result.wrong_proof.push(one.sha256),
        }
    }
    Ok(Json(result))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditQuery {
    after: Option<u64>,
    limit: Option<u32>,
}

/// Returns audit entries. The request's own entry is the last of the last page, so a page without it is old.
async fn audit(State(access): State<Access>, State(store): State<Store>, request: Request) -> Result<Json<Vec<Entry>>, Error> {
    let (request, _) = request.into_parts();
    let reviewer = access.authenticate(&request, b"")?;
    let Query(behind) = Query::<AuditQuery>::try_from_uri(&request.uri).map_err(|_| Error::Malformed)?;
    access.record(&reviewer, Action::Audit, None).await?;
    Ok(Json(store.audit(behind.after.unwrap_or(0), behind.limit.unwrap_or(DEFAULT_PAGE_ROWS).min(MAX_PAGE_ROWS)).await?))
}

/// Returns the pack, which is no secret, since the page contains it.
async fn pack(State(site): State<Arc<Site>>) -> Response {
    Json::<&SignedPack>(&site.signed).into_response()
}

#[cfg(test)]
mod tests;
