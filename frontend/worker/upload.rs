//! Sends a sealed file: one tus upload, resumed from the server's offset until the server has committed it.

use std::rc::Rc;

use amanat_shared::proof_of_work::Puzzle;
use gloo::timers::callback::Timeout;
use js_sys::Promise;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

use crate::protocol::{Failure, Wait};
use crate::sealing::SealedFile;
use crate::tus::{self, Outcome, Proof, required_work};

#[wasm_bindgen]
extern "C" {
    /// A promise that resolves after this time, or when the phone has a network again. In `start.js`.
    #[wasm_bindgen(js_name = amanatPause)]
    fn pause(milliseconds: u32) -> Promise;
}

/// Gets the acknowledged bytes, all bytes, and what the upload waits for; returns whether to go on.
pub type Report = Rc<dyn Fn(u64, u64, Wait) -> bool>;

/// The end of an upload that did not fail.
#[derive(PartialEq)]
pub enum End {
    /// The server has committed every byte.
    Committed,
    /// The report said not to go on.
    Stopped,
}

const FIRST_CHUNK_BYTES: usize = 32 * 1024;
const MIN_CHUNK_BYTES: usize = 8 * 1024;
const MAX_CHUNK_BYTES: usize = 1024 * 1024;
/// A chunk that took longer is followed by a smaller one.
const SLOW_CHUNK_MS: f64 = 8_000.0;
/// A chunk that took less is followed by a larger one.
const FAST_CHUNK_MS: f64 = 2_000.0;
/// The person hears after this time that no answer has come.
const SLOW_ANSWER_MS: u32 = 4_000;
const MAX_BACKOFF_MS: u32 = 60_000;
/// The longest wait that the server can ask for. It may be wrong, and a person is waiting.
const MAX_RETRY_AFTER_SECS: u32 = 600;
/// Counters that are tried before the worker looks whether it should stop.
const TRIES_PER_PAUSE: u64 = 8;
/// Work of more bits takes so long that the person is told to wait.
const UNNOTICED_WORK_BITS: u32 = 6;

/// An upload under way.
struct Transfer<'a> {
    file: &'a SealedFile,
    /// The upload's address, once the server has created it.
    location: Option<String>,
    /// The server's offset, as far as it is known.
    offset: u64,
    /// Whether the server may have more than `offset`: it is asked before it gets more.
    is_offset_stale: bool,
    chunk_bytes: usize,
    /// Requests since the last progress that brought none.
    failures: u32,
    /// The work for the next creation.
    proof: Option<Proof>,
    /// The answer that says which work a creation needs; see [`tus::ask_for_work`].
    work_answer: Option<Promise>,
    report: Report,
}

/// Sends until the server has committed every byte.
///
/// `location` is the address of an upload that was begun before; `created` gets the address of a new one. `work_answer` comes from
/// [`tus::ask_for_work`]; without it the server says which work it requires when it refuses.
pub async fn send(
    file: &SealedFile,
    location: Option<String>,
    work_answer: Option<Promise>,
    created: impl Fn(&str),
    report: Report,
) -> Result<End, Failure> {
    let mut transfer = Transfer {
        file,
        is_offset_stale: location.is_some(),
        location,
        offset: 0,
        chunk_bytes: FIRST_CHUNK_BYTES,
        failures: 0,
        proof: None,
        work_answer,
        report,
    };
    loop {
        let started = js_sys::Date::now();
        let sends_chunk = transfer.location.is_some() && !transfer.is_offset_stale;
        let goes_on = match transfer.request().await {
            Outcome::Offset(offset) if offset == transfer.total() && transfer.location.is_some() => return Ok(End::Committed),
            Outcome::Offset(offset) => {
                if sends_chunk {
                    transfer.adapt_chunk(js_sys::Date::now() - started);
                }
                transfer.advance(offset)
            }
            Outcome::Created(location) => {
                created(&location);
                transfer.location = Some(location);
                transfer.advance(0)
            }
            Outcome::Gone => transfer.begin_again().await,
            Outcome::Work(bits, challenge) => transfer.work(bits, &challenge).await,
            Outcome::Later(why, secs) => transfer.retry_later(why, secs).await,
            Outcome::Refused(why) => return Err(why),
        };
        if !goes_on {
            return Ok(End::Stopped);
        }
    }
}

impl Transfer<'_> {
    fn total(&self) -> u64 {
        self.file.bytes.len() as u64
    }

    /// Reports the progress; whether to go on.
    fn report(&self, wait: Wait) -> bool {
        (self.report)(self.offset, self.total(), wait)
    }

    /// Makes the next request. The person hears if its answer takes long.
    async fn request(&mut self) -> Outcome {
        let (report, offset, total) = (Rc::clone(&self.report), self.offset, self.total());
        let slow = Timeout::new(SLOW_ANSWER_MS, move || {
            report(offset, total, Wait::Answer);
        });
        let outcome = match &self.location {
            None => match (self.proof.take(), self.work_answer.take()) {
                (None, Some(answer)) => {
                    let answer = JsFuture::from(answer).await.ok().and_then(|text| text.as_string());
                    // The next request creates the upload if the server requires no work.
                    required_work(answer).unwrap_or(Outcome::Offset(0))
                }
                (proof, _) => tus::create(self.file, proof).await,
            },
            Some(location) if self.is_offset_stale => tus::offset(location).await,
            Some(location) => {
                let from = usize::try_from(self.offset).unwrap_or(0);
                let to = (from + self.chunk_bytes).min(self.file.bytes.len());
                tus::append(location, self.offset, &self.file.bytes[from..to]).await
            }
        };
        drop(slow);
        outcome
    }

    /// Chooses the size of the next chunk by the time that the last one took.
    fn adapt_chunk(&mut self, took_ms: f64) {
        if took_ms < FAST_CHUNK_MS {
            self.chunk_bytes = (self.chunk_bytes * 2).min(MAX_CHUNK_BYTES);
        } else if took_ms > SLOW_CHUNK_MS {
            self.shrink_chunk();
        }
    }

    fn shrink_chunk(&mut self) {
        self.chunk_bytes = (self.chunk_bytes / 2).max(MIN_CHUNK_BYTES);
    }

    /// Goes on from the server's offset.
    fn advance(&mut self, offset: u64) -> bool {
        if offset > self.offset {
            self.failures = 0;
        }
        self.offset = offset;
        self.is_offset_stale = false;
        self.report(Wait::Nothing)
    }

    /// Begins a new upload, since the server has lost this one.
    async fn begin_again(&mut self) -> bool {
        (self.location, self.offset, self.is_offset_stale) = (None, 0, false);
        self.failures += 1;
        if !self.report(Wait::Busy) {
            return false;
        }
        back_off(self.failures, 0).await;
        self.work_answer = Some(tus::ask_for_work());
        true
    }

    async fn retry_later(&mut self, why: Wait, retry_after_secs: u32) -> bool {
        self.is_offset_stale = true;
        self.shrink_chunk();
        self.failures += 1;
        if !self.report(why) {
            return false;
        }
        back_off(self.failures, retry_after_secs).await;
        // A proof is good once, and may have been spent without an answer.
        self.work_answer = self.location.is_none().then(tus::ask_for_work);
        true
    }

    /// Solves a challenge of the server's.
    async fn work(&mut self, bits: u32, challenge: &str) -> bool {
        self.failures += 1;
        // A server that asks again and again does not want this work.
        if self.failures > 2 {
            back_off(self.failures, 0).await;
        }
        let wait = if bits > UNNOTICED_WORK_BITS { Wait::Busy } else { Wait::Nothing };
        let file_sha256 = Sha256::digest(&self.file.bytes).into();
        let Some(mut puzzle) = Puzzle::new(challenge, file_sha256) else { return false };
        let mut counter = 0;
        while !puzzle.is_solved_by(counter, bits) {
            counter += 1;
            if counter % TRIES_PER_PAUSE == 0 {
                if !self.report(wait) {
                    return false;
                }
                // A message that ends this job is read only while this does not run.
                sleep(0).await;
            }
        }
        self.proof = Some(Proof { header: puzzle.answer(counter), file_sha256 });
        true
    }
}

/// Waits one second, then twice as long each time, never longer than a minute; longer if the server asks for it. A quarter of it
/// is random, so that phones that lost the network together do not come back together.
async fn back_off(failures: u32, retry_after_secs: u32) {
    let retry_after_ms = retry_after_secs.min(MAX_RETRY_AFTER_SECS) * 1000;
    let base = (1_000_u32 << failures.min(6).saturating_sub(1)).min(MAX_BACKOFF_MS).max(retry_after_ms / 3 * 4);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of `base`")]
    let random = (js_sys::Math::random() * f64::from(base / 4)) as u32;
    sleep(base - base / 4 + random).await;
}

/// Waits, unless the phone gets a network before.
pub async fn sleep(milliseconds: u32) {
    // The promise is never rejected.
    let _ = JsFuture::from(pause(milliseconds)).await;
}
