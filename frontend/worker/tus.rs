//! The requests of tus 1.0.0. Nothing else talks to the server.

use amanat_shared::api::{META_PACK, META_SHA256, TUS_VERSION, UPLOADS};
use amanat_shared::proof_of_work::{self, MOST_BITS};
use base64ct::{Base64, Encoding};
use gloo::timers::callback::Timeout;
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{AbortController, Headers, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Response};

use crate::protocol::{Failure, Wait};
use crate::sealing::SealedFile;

#[wasm_bindgen]
extern "C" {
    /// The browser's `fetch`, which pages and workers have under the same name.
    fn fetch(path: &str, init: &RequestInit) -> Promise;
}

/// A request that has no answer after this time is given up. The server keeps what came of a chunk that was cut off.
const REQUEST_TIMEOUT_MS: u32 = 120_000;

/// The outcome of a request.
pub enum Outcome {
    /// The server has this many bytes.
    Offset(u64),
    /// The server has created the upload at this address.
    Created(String),
    /// There is no such upload, or no longer.
    Gone,
    /// Try again later, and not before this many seconds have passed.
    Later(Wait, u32),
    /// Do this work first: bits and challenge.
    Work(u32, String),
    /// The server will never accept it.
    Refused(Failure),
}

/// Work that was done for a creation.
pub struct Proof {
    /// The header that proves it.
    pub header: String,
    /// The SHA-256 of the file that it was done for.
    pub file_sha256: [u8; 32],
}

/// Asks the server which work a creation needs, while the file is being sealed. Resolves to the header's text, or to `undefined`
/// if the server requires none.
pub fn ask_for_work() -> Promise {
    future_to_promise(async {
        // The browser's console would complain of a rejected promise that nobody awaits any more.
        let response = request("OPTIONS", UPLOADS, &[], None).await.ok();
        Ok(response.and_then(|response| header(&response, proof_of_work::HEADER)).map_or(JsValue::UNDEFINED, JsValue::from))
    })
}

/// The work that a header requires.
pub fn required_work(header: Option<String>) -> Option<Outcome> {
    let header = header?;
    let (bits, challenge) = header.split_once(' ')?;
    let bits = bits.parse().ok().filter(|bits| *bits <= MOST_BITS)?;
    proof_of_work::is_challenge(challenge).then(|| Outcome::Work(bits, challenge.to_owned()))
}

/// Creates an upload.
pub async fn create(file: &SealedFile, proof: Option<Proof>) -> Outcome {
    // The hash of the delete proof is in the file's own header.
    let mut metadata = META_PACK.to_owned() + " " + &Base64::encode_string(file.pack_serial.as_bytes());
    let length = file.bytes.len().to_string();
    let mut headers = vec![("Upload-Length", length.as_str())];
    if let Some(proof) = &proof {
        metadata = metadata + "," + META_SHA256 + " " + &Base64::encode_string(&proof.file_sha256);
        headers.push((proof_of_work::HEADER, &proof.header));
    }
    headers.push(("Upload-Metadata", &metadata));
    match request("POST", UPLOADS, &headers, None).await {
        Ok(response) if response.status() == 201 => {
            header(&response, "Location").map_or(Outcome::Later(Wait::Busy, 0), Outcome::Created)
        }
        other => failed(other).await,
    }
}

/// Asks for the server's offset.
pub async fn offset(location: &str) -> Outcome {
    match request("HEAD", location, &[], None).await {
        Ok(response) if response.ok() => offset_of(&response),
        other => failed(other).await,
    }
}

/// Appends bytes at an offset.
pub async fn append(location: &str, offset: u64, bytes: &[u8]) -> Outcome {
    let headers = [("Upload-Offset", offset.to_string()), ("Content-Type", "application/offset+octet-stream".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    match request("PATCH", location, &headers, Some(bytes)).await {
        Ok(response) if response.status() == 204 => offset_of(&response),
        other => failed(other).await,
    }
}

fn offset_of(response: &Response) -> Outcome {
    match header(response, "Upload-Offset").and_then(|offset| offset.parse().ok()) {
        Some(offset) => Outcome::Offset(offset),
        None => Outcome::Later(Wait::Busy, 0),
    }
}

async fn failed(answer: Result<Response, JsValue>) -> Outcome {
    let Ok(response) = answer else { return Outcome::Later(Wait::Network, 0) };
    let status = response.status();
    if let Some(work) = required_work(header(&response, proof_of_work::HEADER)) {
        return work;
    }
    let retry_after_secs = header(&response, "Retry-After").and_then(|secs| secs.parse().ok()).unwrap_or(0);
    let problem = match response.text().map(JsFuture::from) {
        Ok(text) => text.await.ok().and_then(|text| text.as_string()).unwrap_or_default(),
        Err(_) => String::new(),
    };
    // It is the one code that the status does not tell. Parsing the JSON for it would cost the phone 4 KB.
    match (problem.contains("\"pack_revoked\""), status) {
        (true, _) => Outcome::Refused(Failure::Revoked),
        (_, 404 | 410) => Outcome::Gone,
        (_, 409 | 423) => Outcome::Later(Wait::Network, 0),
        (_, 507) => Outcome::Later(Wait::Full, retry_after_secs),
        (_, 408 | 429 | 500..) => Outcome::Later(Wait::Busy, retry_after_secs),
        _ => Outcome::Refused(Failure::Refused),
    }
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

async fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Result<Response, JsValue> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_cache(RequestCache::NoStore);
    init.set_credentials(RequestCredentials::Omit);
    init.set_redirect(RequestRedirect::Error);
    let all = Headers::new()?;
    all.set("Tus-Resumable", TUS_VERSION)?;
    for (name, value) in headers {
        all.set(name, value)?;
    }
    init.set_headers(&all);
    if let Some(bytes) = body {
        init.set_body(&Uint8Array::from(bytes));
    }
    let abort = AbortController::new()?;
    init.set_signal(Some(&abort.signal()));
    let timer = Timeout::new(REQUEST_TIMEOUT_MS, move || abort.abort());
    let response = JsFuture::from(fetch(path, &init)).await?;
    drop(timer);
    response.dyn_into()
}
