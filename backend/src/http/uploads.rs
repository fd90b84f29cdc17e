//! Uploads by tus 1.0.0 (core, creation, creation-with-upload, checksum, expiration, termination), so that any tus client can
//! send: <https://tus.io/protocols/resumable-upload>.
//!
//! Unsealed bytes are never written. Until a file's header has arrived whole and fits an accepted pack, its bytes stay in
//! memory ([`HeaderBuffer`]).

mod checksum;
mod header_buffer;
mod metadata;
mod request_body;
mod upload_writer;

pub use header_buffer::HeaderBuffer;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use amanat_shared::api::{TUS_VERSION, UPLOADS};
use amanat_shared::envelope::{MAX_HEADER_BYTES, Refusal, sealed_bytes};
use amanat_shared::pack;
use amanat_shared::padding::bucket;
use amanat_shared::seal::{MAX_REGISTRATION_BYTES, archive_bytes};
use axum::body::Body;
use axum::extract::{FromRef, Path, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{head, post};
use axum::{Extension, Router};

use crate::clock::Clock;
use crate::limits::{Limits, NewUpload};
use crate::peer::Peer;
use crate::store::{Store, StoreError, Upload, UploadId};

use super::error::{Error, proof_of_work_header};
use super::metrics::Metrics;
use super::site::Site;

use checksum::{ALGORITHMS, Checksum};
use metadata::Metadata;
use request_body::RequestBody;
use upload_writer::{UploadWriter, WriteProgress};

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const VERSION: HeaderName = HeaderName::from_static("tus-version");
const EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
const OFFSET_OCTETS: &str = "application/offset+octet-stream";

/// Returns the maximum length of a sealed file that these limits allow.
pub fn max_upload_bytes(limits: &pack::Limits) -> u64 {
    let block_ends = u64::from(limits.files) * archive_bytes([0]);
    let archive = archive_bytes([MAX_REGISTRATION_BYTES, limits.total_bytes]) + block_ends;
    sealed_bytes(MAX_HEADER_BYTES as u64, bucket(archive))
}

/// The parts of the server's state that uploads need.
#[derive(Clone)]
pub(crate) struct UploadState {
    pub site: Arc<Site>,
    pub store: Store,
    pub clock: Clock,
    pub limits: Arc<Limits>,
    pub header_buffer: Arc<HeaderBuffer>,
    pub metrics: Arc<Metrics>,
}

/// Routes of the uploads.
pub(crate) fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    UploadState: FromRef<S>,
{
    let one = format!("{UPLOADS}/{{id}}");
    Router::new()
        .route(UPLOADS, post(create).options(options))
        .route(&one, head(head_upload).patch(append).delete(terminate).post(method_override).options(options))
}

/// Adds tus's headers to a response, errors included.
pub(crate) fn add_tus_headers(response: &mut Response) {
    response.headers_mut().insert(RESUMABLE, HeaderValue::from_static(TUS_VERSION));
    if response.status() == StatusCode::PRECONDITION_FAILED {
        response.headers_mut().insert(VERSION, HeaderValue::from_static(TUS_VERSION));
    }
}

/// Describes what the server supports, and the proof of work that the next upload must bring, so that no request is wasted.
async fn options(State(state): State<UploadState>, peer: Option<Extension<Peer>>) -> Response {
    let headers = [
        (VERSION, HeaderValue::from_static(TUS_VERSION)),
        (EXTENSION, HeaderValue::from_static("creation,creation-with-upload,checksum,expiration,termination")),
        (ALGORITHM, HeaderValue::from_static(ALGORITHMS)),
        (MAX_SIZE, state.site.max_upload_bytes.into()),
    ];
    let mut response = (StatusCode::NO_CONTENT, headers).into_response();
    // The rest of the description is useful even where the challenge cannot be read.
    let peer = peer.map(|Extension(peer)| peer);
    if let Ok(Some(work)) = state.limits.required_work(&state.store, peer, state.clock.unix_secs()).await
        && let Some(value) = proof_of_work_header(&work)
    {
        response.headers_mut().insert(amanat_shared::proof_of_work::HEADER, value);
    }
    response
}

async fn create(
    State(state): State<UploadState>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let mut body = RequestBody::new(body);
    let peer = peer.map(|Extension(peer)| peer);
    let drain_on_error = !headers.contains_key(EXPECT);
    // The upload runs in a task of its own. When the connection is cut, this future is dropped, but the bytes that arrived must
    // still be stored.
    run_detached(async move {
        let created = create_upload(&state, peer, &headers, &mut body).await;
        if created.is_err() && drain_on_error {
            body.drain().await;
        }
        created
    })
    .await
}

async fn create_upload(
    state: &UploadState,
    peer: Option<Peer>,
    headers: &HeaderMap,
    body: &mut RequestBody,
) -> Result<Response, Error> {
    check_version(headers)?;
    let length = header_number(headers, &LENGTH)?.ok_or(Error::Malformed)?;
    let metadata = Metadata::parse(headers)?;
    if length > state.site.max_upload_bytes {
        return Err(Error::TooLarge);
    }
    if length == 0 {
        return Err(Refusal::NotSealed.into());
    }
    if let Some(serial) = metadata.pack {
        check_pack(&state.site, serial)?;
    }
    let mut id = UploadId([0; 16]);
    getrandom::fill(&mut id.0).map_err(|_| Error::Random)?;
    let proof = headers.get(amanat_shared::proof_of_work::HEADER).map(|proof| proof.to_str().unwrap_or_default());
    let new = NewUpload { id, peer, proof, sha256: metadata.sha256 };
    let evicted = state.limits.admit_upload(&state.store, new, &state.clock).await?;
    for id in &evicted {
        state.header_buffer.forget(*id);
    }
    state.metrics.evicted(evicted.len());
    let Metadata { proof_sha256, pack, sha256 } = metadata;
    let upload = Upload { length, received: 0, proof_sha256, pack, sha256, hour: state.clock.hour() };
    let location = (LOCATION, HeaderValue::try_from(format!("{UPLOADS}/{id}")).map_err(|_| Error::Malformed)?);
    if !has_offset_octets(headers) || header_number(headers, &CONTENT_LENGTH)? == Some(0) {
        state.store.create(id, &upload).await?;
        return Ok((StatusCode::CREATED, [location, (EXPIRES, expires(&upload))]).into_response());
    }
    if header_number(headers, &CONTENT_LENGTH)?.is_some_and(|bytes| bytes > length) {
        return Err(Error::TooLarge);
    }
    let checksum = Checksum::of(headers)?;
    let reached = UploadWriter::create(state, id, upload).receive(body, checksum).await?;
    let headers = [location, (OFFSET, reached.offset.into()), (EXPIRES, expires(&reached.upload))];
    Ok((StatusCode::CREATED, headers).into_response())
}

async fn head_upload(State(state): State<UploadState>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Error> {
    check_version(&headers)?;
    let (id, upload) = find_live(&state, &id).await?;
    let offset = if upload.received == 0 { state.header_buffer.bytes(id) } else { upload.received };
    let headers = [(LENGTH, HeaderValue::from(upload.length)), (OFFSET, offset.into()), (EXPIRES, expires(&upload))];
    Ok((StatusCode::OK, headers, Metadata::of(&upload).header(), ()).into_response())
}

/// Finds an upload that has not expired.
async fn find_live(state: &UploadState, id: &str) -> Result<(UploadId, Upload), Error> {
    let id = UploadId::parse(id).ok_or(Error::NotFound)?;
    let upload = state.store.upload(id).await?.filter(|upload| upload.expires() > state.clock.unix_secs());
    Ok((id, upload.ok_or(Error::NotFound)?))
}

/// Formats the time until which an upload can be continued or queried.
fn expires(upload: &Upload) -> HeaderValue {
    let time = UNIX_EPOCH + Duration::from_secs(upload.expires().unsigned_abs());
    HeaderValue::try_from(httpdate::fmt_http_date(time)).expect("a date is ASCII")
}

/// Deletes an upload. A registration that it became stays, because only reviewers who opened it can ask for its deletion.
async fn terminate(State(state): State<UploadState>, Path(id): Path<String>, headers: HeaderMap) -> Result<StatusCode, Error> {
    check_version(&headers)?;
    let (id, _) = find_live(&state, &id).await?;
    state.limits.progress.forget(id);
    state.header_buffer.forget(id);
    state.store.delete_upload(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn append(
    State(state): State<UploadState>,
    Path(id): Path<String>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let mut body = RequestBody::new(body);
    let peer = peer.map(|Extension(peer)| peer);
    let drain_on_error = !headers.contains_key(EXPECT);
    run_detached(async move {
        let appended = append_to_upload(&state, &id, peer, &headers, &mut body).await;
        if appended.is_err() && drain_on_error {
            body.drain().await;
        }
        appended
    })
    .await
}

async fn append_to_upload(
    state: &UploadState,
    id: &str,
    peer: Option<Peer>,
    headers: &HeaderMap,
    body: &mut RequestBody,
) -> Result<Response, Error> {
    check_version(headers)?;
    if !has_offset_octets(headers) {
        return Err(Error::MediaType);
    }
    let from = header_number(headers, &OFFSET)?.ok_or(Error::Malformed)?;
    let checksum = Checksum::of(headers)?;
    let (id, upload) = find_live(state, id).await?;
    if upload.received < upload.length && upload.pack.is_some_and(|serial| state.site.revoked.contains(&serial)) {
        // The pack was revoked after the upload began.
        return Err(Error::PackRevoked);
    }
    let announced = header_number(headers, &CONTENT_LENGTH)?.unwrap_or(0);
    if from.checked_add(announced).is_none_or(|end| end > upload.length) {
        return Err(Error::TooLarge);
    }
    let reached = if upload.received == upload.length {
        // The upload is complete. A client that missed the answer may send an empty body once more.
        if from == upload.length { WriteProgress { offset: from, upload } } else { return Err(Error::Offset) }
    } else {
        state.limits.admit_more(&state.store).await?;
        UploadWriter::resume(state, id, upload, from, peer)?.receive(body, checksum).await?
    };
    let headers = [(OFFSET, HeaderValue::from(reached.offset)), (EXPIRES, expires(&reached.upload))];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// Supports networks that let only `GET` and `POST` through (tus, `X-HTTP-Method-Override`).
async fn method_override(
    state: State<UploadState>,
    id: Path<String>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    match headers.get(METHOD_OVERRIDE).map(HeaderValue::as_bytes) {
        Some(b"PATCH") => append(state, id, peer, headers, body).await,
        Some(b"HEAD") => head_upload(state, id, headers).await,
        Some(b"DELETE") => terminate(state, id, headers).await.map(IntoResponse::into_response),
        _ => Err(Error::MethodNotAllowed),
    }
}

async fn run_detached(task: impl Future<Output = Result<Response, Error>> + Send + 'static) -> Result<Response, Error> {
    tokio::spawn(task).await.unwrap_or(Err(Error::Panic))
}

fn check_version(headers: &HeaderMap) -> Result<(), Error> {
    if headers.get(RESUMABLE).is_some_and(|version| version == TUS_VERSION) { Ok(()) } else { Err(Error::TusVersion) }
}

fn check_pack(site: &Site, serial: u64) -> Result<(), Error> {
    if site.revoked.contains(&serial) {
        return Err(Error::PackRevoked);
    }
    if site.accepted.iter().any(|accepted| accepted.serial == serial) {
        Ok(())
    } else if serial > site.pack.serial {
        // Another server behind the same name has this newer pack already, and this one will have it soon.
        Err(StoreError::Busy.into())
    } else {
        Err(Refusal::Recipients.into())
    }
}

fn has_offset_octets(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| value.eq_ignore_ascii_case(OFFSET_OCTETS))
}

/// Parses a header of decimal digits only.
fn header_number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Error> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = value.to_str().map_err(|_| Error::Malformed)?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::Malformed);
    }
    text.parse().map(Some).map_err(|_| Error::Malformed)
}

#[cfg(test)]
mod tests;
