//! The only place that talks to the server: one tus 1.0.0 upload, resumed from the server's offset until it is committed.

use std::rc::Rc;

use amanat_shared::api::{META_PACK, META_SHA256, TUS_VERSION, UPLOADS};
use amanat_shared::proof_of_work::{self, MOST_BITS, Puzzle};
use base64ct::{Base64, Encoding};
use gloo::timers::callback::Timeout;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{AbortController, Headers, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Response};

use crate::protocol::{Failure, Wait};

#[wasm_bindgen]
extern "C" {
    /// As pages and workers both have it.
    fn fetch(path: &str, init: &RequestInit) -> js_sys::Promise;
    /// In start.js: so long, or until the phone has a network again.
    #[wasm_bindgen(js_name = amanatPause)]
    fn pause(milliseconds: u32) -> js_sys::Promise;
}

/// Hears of acknowledged bytes, all bytes, and what the upload waits for; says whether to go on.
pub type Report = Rc<dyn Fn(u64, u64, Wait) -> bool>;

/// A sealed file on its way.
pub struct Upload {
    /// The file.
    pub sealed: Vec<u8>,
    /// Serial of the pack that it is sealed to, in decimal.
    pub pack_serial: String,
}

const FIRST_CHUNK: usize = 32 * 1024;
const SMALLEST_CHUNK: usize = 8 * 1024;
const LARGEST_CHUNK: usize = 1024 * 1024;
/// A chunk that took longer than this is followed by a smaller one.
const SLOW_MS: f64 = 8_000.0;
/// A chunk that took less than this is followed by a larger one.
const FAST_MS: f64 = 2_000.0;
/// A request that has not been answered by then is given up. A cut chunk keeps what came.
const ANSWER_MS: u32 = 120_000;
/// The person hears that no answer has come after this.
const SLOW_ANSWER_MS: u32 = 4_000;
const LONGEST_WAIT_MS: u32 = 60_000;
/// However long the server says to wait: it may have been wrong, and a person is waiting.
const LONGEST_RETRY_AFTER_SECS: u32 = 600;
/// Tries between two looks at whether somebody wants to stop.
const TRIES: u64 = 8;
/// Work of more bits takes so long that the person is told to wait.
const UNNOTICED_BITS: u32 = 6;

/// What came of one request.
enum Outcome {
    /// The server has this many bytes.
    Offset(u64),
    /// There is no such upload (any more): begin anew.
    Gone,
    /// Try again later, and not before so many seconds have passed.
    Later(Wait, u32),
    /// Do this work first (zero bits, challenge).
    Work(u32, String),
    /// Never.
    Refused(Failure),
}

/// Asks the server at once what an upload has to bring, while the file is being sealed. Resolves to the header's text, or to
/// nothing if the server says nothing of it.
pub fn ask_for_work() -> js_sys::Promise {
    future_to_promise(async {
        // A rejected promise that nobody waits for any more would be a complaint in the browser's console.
        let response = request("OPTIONS", UPLOADS, &[], None).await.ok();
        Ok(response.and_then(|response| header(&response, proof_of_work::HEADER)).map_or(JsValue::UNDEFINED, JsValue::from))
    })
}

/// Sends until the server has committed every byte. `report` hears of acknowledged bytes, all bytes, and what it waits for,
/// and says whether to go on.
/// `Ok(false)` if it was told not to.
///
/// `location` is where the server has begun to take it before, if it has; `created` hears where it begins to. `asked` is what
/// [`ask_for_work`] gave; without it the server says it when it refuses.
pub async fn send(
    upload: &Upload,
    mut location: Option<String>,
    mut asked: Option<js_sys::Promise>,
    created: impl Fn(&str),
    report: Report,
) -> Result<bool, Failure> {
    let total = upload.sealed.len() as u64;
    let (mut offset, mut known) = (0_u64, location.is_none());
    let (mut chunk, mut failures) = (FIRST_CHUNK, 0_u32);
    let mut proof = None;
    loop {
        let started = js_sys::Date::now();
        let sends = location.is_some() && known;
        let slow = {
            let report = Rc::clone(&report);
            Timeout::new(SLOW_ANSWER_MS, move || {
                report(offset, total, Wait::Answer);
            })
        };
        let outcome = match &location {
            None => match (proof.take(), asked.take()) {
                (None, Some(answer)) => {
                    let answer = JsFuture::from(answer).await.ok().and_then(|text| text.as_string());
                    // Who is told nothing begins without work.
                    wanted(answer).unwrap_or(Outcome::Offset(0))
                }
                (proof, _) => {
                    let outcome = create(upload, proof, &mut location).await;
                    location.as_deref().map(&created);
                    outcome
                }
            },
            Some(location) if !known => ask(location).await,
            Some(location) => {
                let from = usize::try_from(offset).unwrap_or(0);
                let to = (from + chunk).min(upload.sealed.len());
                append(location, offset, &upload.sealed[from..to]).await
            }
        };
        drop(slow);
        match outcome {
            Outcome::Offset(now) if now == total && location.is_some() => return Ok(true),
            Outcome::Offset(now) => {
                let took = js_sys::Date::now() - started;
                if sends && took < FAST_MS {
                    chunk = (chunk * 2).min(LARGEST_CHUNK);
                } else if sends && took > SLOW_MS {
                    chunk = (chunk / 2).max(SMALLEST_CHUNK);
                }
                if now > offset {
                    failures = 0;
                }
                (offset, known) = (now, true);
                if !report(offset, total, Wait::Nothing) {
                    return Ok(false);
                }
            }
            Outcome::Gone => {
                (location, offset, known) = (None, 0, true);
                failures += 1;
                if !report(offset, total, Wait::Busy) {
                    return Ok(false);
                }
                wait(failures, 0).await;
                asked = Some(ask_for_work());
            }
            Outcome::Work(bits, challenge) => {
                failures += 1;
                // What it asks for again and again is not what it wants.
                if failures > 2 {
                    wait(failures, 0).await;
                }
                let why = if bits > UNNOTICED_BITS { Wait::Busy } else { Wait::Nothing };
                proof = work(upload, bits, &challenge, || report(offset, total, why)).await;
                if proof.is_none() {
                    return Ok(false);
                }
            }
            Outcome::Later(why, secs) => {
                known = false;
                chunk = (chunk / 2).max(SMALLEST_CHUNK);
                failures += 1;
                if !report(offset, total, why) {
                    return Ok(false);
                }
                wait(failures, secs).await;
                // A proof is good once, and may have been spent without an answer.
                asked = location.is_none().then(ask_for_work);
            }
            Outcome::Refused(why) => return Err(why),
        }
    }
}

/// One second, then twice as long each time, never longer than a minute, unless a network comes before; a quarter of it by
/// chance, so that phones that lost the network together do not come back together. Longer where the server says so.
async fn wait(failures: u32, retry_after_secs: u32) {
    let said = retry_after_secs.min(LONGEST_RETRY_AFTER_SECS) * 1000;
    let base = (1_000_u32 << failures.min(6).saturating_sub(1)).min(LONGEST_WAIT_MS).max(said / 3 * 4);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a minute")]
    let chance = (js_sys::Math::random() * f64::from(base / 4)) as u32;
    a_moment(base - base / 4 + chance).await;
}

/// So many milliseconds, unless a network comes before.
pub async fn a_moment(milliseconds: u32) {
    // It is always kept.
    let _ = JsFuture::from(pause(milliseconds)).await;
}

/// Solves a challenge of the server's; `None` if `go_on` says so.
async fn work(upload: &Upload, bits: u32, challenge: &str, go_on: impl Fn() -> bool) -> Option<Proof> {
    let file_sha256 = Sha256::digest(&upload.sealed).into();
    let mut puzzle = Puzzle::new(challenge, file_sha256)?;
    let mut counter = 0;
    while !puzzle.is_solved_by(counter, bits) {
        counter += 1;
        if counter % TRIES == 0 {
            if !go_on() {
                return None;
            }
            // The page's word to stop comes only while this does not run.
            a_moment(0).await;
        }
    }
    Some(Proof { header: puzzle.answer(counter), file_sha256 })
}

/// What the server asked for.
struct Proof {
    header: String,
    file_sha256: [u8; 32],
}

async fn create(upload: &Upload, proof: Option<Proof>, location: &mut Option<String>) -> Outcome {
    // The file's own header says the hash of its delete proof.
    let mut metadata = META_PACK.to_owned() + " " + &Base64::encode_string(upload.pack_serial.as_bytes());
    let length = upload.sealed.len().to_string();
    let mut headers = vec![("Upload-Length", length.as_str())];
    if let Some(proof) = &proof {
        metadata = metadata + "," + META_SHA256 + " " + &Base64::encode_string(&proof.file_sha256);
        headers.push((proof_of_work::HEADER, &proof.header));
    }
    headers.push(("Upload-Metadata", &metadata));
    match request("POST", UPLOADS, &headers, None).await {
        Ok(response) if response.status() == 201 => match header(&response, "Location") {
            Some(path) => {
                *location = Some(path);
                Outcome::Offset(0)
            }
            None => Outcome::Later(Wait::Busy, 0),
        },
        other => failed(other).await,
    }
}

async fn ask(location: &str) -> Outcome {
    match request("HEAD", location, &[], None).await {
        Ok(response) if response.ok() => offset_of(&response),
        other => failed(other).await,
    }
}

async fn append(location: &str, offset: u64, bytes: &[u8]) -> Outcome {
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
    if let Some(work) = wanted(header(&response, proof_of_work::HEADER)) {
        return work;
    }
    let after = header(&response, "Retry-After").and_then(|secs| secs.parse().ok()).unwrap_or(0);
    let problem = match response.text().map(JsFuture::from) {
        Ok(text) => text.await.ok().and_then(|text| text.as_string()).unwrap_or_default(),
        Err(_) => String::new(),
    };
    // The one code that the status does not tell. Reading the JSON for it would cost the phone 4 KB.
    match (problem.contains("\"pack_revoked\""), status) {
        (true, _) => Outcome::Refused(Failure::Revoked),
        (_, 404 | 410) => Outcome::Gone,
        (_, 409 | 423) => Outcome::Later(Wait::Network, 0),
        (_, 507) => Outcome::Later(Wait::Full, after),
        (_, 408 | 429 | 500..) => Outcome::Later(Wait::Busy, after),
        _ => Outcome::Refused(Failure::Refused),
    }
}

/// What a server asks for.
fn wanted(header: Option<String>) -> Option<Outcome> {
    let header = header?;
    let (bits, challenge) = header.split_once(' ')?;
    let bits = bits.parse().ok().filter(|bits| *bits <= MOST_BITS)?;
    proof_of_work::is_challenge(challenge).then(|| Outcome::Work(bits, challenge.to_owned()))
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
        init.set_body(&js_sys::Uint8Array::from(bytes));
    }
    let abort = AbortController::new()?;
    init.set_signal(Some(&abort.signal()));
    let timer = Timeout::new(ANSWER_MS, move || abort.abort());
    let response = JsFuture::from(fetch(path, &init)).await?;
    drop(timer);
    response.dyn_into()
}
