//! The sealer: a worker of the form's page. It seals what the page hands it and sends it, so that the page neither stands
//! still nor carries the arithmetic when it is first loaded. It ends with the page.
//!
//! The map: [`protocol`] is what the two say to each other, [`photo`] makes what is attached fit to be sealed, [`pieces`]
//! asks the page for it again, [`sealing`] makes the sealed file, [`draft`] seals and opens what is not finished, [`kept`]
//! keeps either on the phone if the person says so, [`upload`] sends.

mod draft;
mod file_chunks;
mod photo;
#[expect(dead_code, reason = "half of it is the page's")]
#[path = "../src/protocol.rs"]
mod protocol;
mod sealing;
mod storage;
mod upload;

use std::cell::RefCell;
use std::rc::Rc;

use amanat_shared::api::hex;
use amanat_shared::pack::{PackError, SignedPack};
use amanat_shared::photo::{Kind, is_encrypted};
use amanat_shared::receipt::Receipt;
use amanat_shared::seal::{Passphrase, Recipients, split_export, trailer};
use js_sys::{Array, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::protocol::{
    ALL, ANSWER, ATTACH, CLEARED, COPY, DISTRUSTED, DRAFT, FAILED, FORGET, Failure, HERE, JOB, KEPT, NOTHING, OPEN, PACK, READY,
    RECEIVED, SAVE, SAVED_FILE, SEALING, SENDING, SUGGEST, TRUSTED, WAITING,
};
use crate::sealing::Job;
use crate::upload::Upload;

/// Words of the page's that it has no use for before the sealer is there: three languages a row.
static LATER: &[&str] = include!(concat!(env!("OUT_DIR"), "/deferred_table.rs"));

/// What it holds between two messages.
struct Sealer {
    recipients: Option<Rc<Recipients>>,
    /// The job that counts; an upload of another one stops.
    job: u32,
    /// The job that is being sealed.
    sealing: Option<u32>,
    /// The sealed file of a job.
    sealed: Option<(u32, Rc<Upload>)>,
    /// What is being sent, or was sent last.
    sent: Option<Rc<Upload>>,
    /// The key under which the phone keeps the sealed file of this page's own job.
    own_key: Option<u32>,
    /// How often a draft was to be saved; after something has been received, never again.
    saves: Option<u32>,
}

type State = Rc<RefCell<Sealer>>;

fn main() {
    let state = State::new(RefCell::new(Sealer {
        recipients: None,
        job: 0,
        sealing: None,
        sealed: None,
        sent: None,
        own_key: None,
        saves: Some(0),
    }));
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let message: Array = event.data().unchecked_into();
        let state = Rc::clone(&state);
        match number(&message, 0) {
            PACK => pack(&state, &message),
            JOB => spawn_local(async move { job(&state, &message).await }),
            WAITING => spawn_local(async move {
                if message.get(1).is_truthy() {
                    send_the_others().await;
                } else {
                    send_what_waits(&state).await;
                }
            }),
            HERE => file_chunks::here(&message.get(1)),
            SAVED_FILE => spawn_local(async move { send_saved(&state, &message.get(1)).await }),
            _ => spawn_local(async move {
                let words = answer(&state, &message).await.unwrap_or_default();
                // What is answered is made of texts, numbers and bytes, which can be cloned; bytes are handed over.
                let buffers = Array::new();
                for bytes in words.flat(1).iter().filter_map(|part| part.dyn_into::<Uint8Array>().ok()) {
                    buffers.push(&bytes.buffer());
                }
                let answer = Array::of2(&ANSWER.into(), &message.get(1)).concat(&words);
                let _ = worker().post_message_with_transfer(&answer, &buffers);
            }),
        }
    });
    worker().set_onmessage(Some(heard.as_ref().unchecked_ref()));
    // It listens for as long as the worker lives.
    heard.forget();
    let words: Array = LATER.iter().map(|text| JsValue::from_str(text)).collect();
    let _ = worker().post_message(&Array::of2(&READY.into(), &words));
}

/// The answer to a question of the page, behind the question's id.
async fn answer(state: &State, message: &Array) -> Option<Array> {
    let (words, subject) = (message.get(2).as_string().unwrap_or_default(), message.get(2));
    match number(message, 0) {
        FORGET => storage::forget(number(message, 2), number(message, 3)).await,
        ATTACH => {
            let (bytes, kind) = match photo::prepared(&subject, message.get(3).as_f64().unwrap_or(0.0)).await {
                Ok(prepared) => prepared,
                Err(unfit) => return Some(Array::of1(&unfit.code().into())),
            };
            let preview = photo::preview(&bytes).await.unwrap_or_default();
            let parts: [JsValue; 5] = [
                Uint8Array::from(&bytes[..]).into(),
                sha256(&bytes).into(),
                kind.names().1.into(),
                preview.into(),
                (kind == Kind::Pdf && is_encrypted(&bytes)).into(),
            ];
            return Some(parts.into_iter().collect());
        }
        SUGGEST => return Some(Array::of1(&draft::drawn_words(number(message, 2) as usize)?.into())),
        SAVE => return Some(Array::of1(&save(state, &words, message).await.into())),
        OPEN => {
            let words = Passphrase::typed(&words);
            let parts = draft::opened(&storage::draft().await?, &words)?;
            return Some(parts.into_iter().collect());
        }
        COPY => {
            let upload = state.borrow().sent.clone()?;
            let behind = trailer(upload.pack_serial.parse().ok()?);
            let parts = [&upload.sealed[..], &behind].map(Uint8Array::from);
            return Some(parts.into_iter().collect());
        }
        _ => {}
    }
    None
}

/// Seals and keeps a draft under words; whether the phone keeps it.
async fn save(state: &State, words: &str, message: &Array) -> bool {
    let words = Passphrase::typed(words);
    let Some(turn) = state.borrow().saves.map(|turn| turn + 1) else { return false };
    state.borrow_mut().saves = Some(turn);
    // Whoever goes on quickly is not followed page by page: the last one counts, and what has been received is kept no longer.
    upload::a_moment(0).await;
    let is_last = || state.borrow().saves == Some(turn);
    if !is_last() {
        return true;
    }
    match draft::sealed(&words, message, 3).await {
        Some(_) if !is_last() => true,
        Some(sealed) => storage::keep_draft(&sealed).await,
        None => false,
    }
}

fn worker() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn say(message: [u32; 3]) {
    // It fails for what cannot be cloned only; numbers can.
    let _ = worker().post_message(&message.map(JsValue::from).into_iter().collect::<Array>());
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the page sends small whole numbers here")]
fn number(message: &Array, at: u32) -> u32 {
    message.get(at).as_f64().unwrap_or(0.0) as u32
}

fn texts(list: &JsValue) -> Vec<String> {
    list.unchecked_ref::<Array>().iter().filter_map(|text| text.as_string()).collect()
}

/// Trusts a pack, or says why not. Nothing is sealed to keys that were not verified here.
fn pack(state: &RefCell<Sealer>, message: &Array) {
    let trusted = SignedPack::from_json(&message.get(1).as_string().unwrap_or_default()).and_then(|signed| {
        let recipients = signed.trusted_by_the_phone()?;
        Ok((recipients, [signed.sha256(), signed.form_sha256()?]))
    });
    let answer = match trusted {
        Ok((recipients, hashes)) => {
            state.borrow_mut().recipients = Some(Rc::new(recipients));
            Array::of3(&TRUSTED.into(), &hex(&hashes[0]).into(), &hex(&hashes[1]).into())
        }
        Err(error) => Array::of2(&DISTRUSTED.into(), &matches!(error, PackError::Recipients(_)).into()),
    };
    // It fails for what cannot be cloned only; texts can.
    let _ = worker().post_message(&answer);
}

async fn job(state: &State, message: &Array) {
    let id = number(message, 1);
    if state.borrow().sealing == Some(id) {
        return; // it is on its way
    }
    state.borrow_mut().job = id;
    // On a slow network the answer comes while the file is being sealed.
    let asked = upload::ask_for_work();
    let before = state.borrow_mut().sealed.take();
    let upload = match before {
        // A second try sends the same file: should the first have arrived after all, it is the same registration.
        Some((job, upload)) if job == id => Some(upload),
        _ => {
            state.borrow_mut().sealing = Some(id);
            let upload = seal(state, message).await.map(Rc::new);
            if state.borrow().job != id {
                return; // another one came meanwhile
            }
            state.borrow_mut().sealing = None;
            upload
        }
    };
    let Some(upload) = upload else { return say([FAILED, Failure::Seal.code(), 0]) };
    state.borrow_mut().sealed = Some((id, Rc::clone(&upload)));
    // The file of an earlier job of this page is replaced. What other pages have kept stays until it is sent.
    let before = state.borrow_mut().own_key.take();
    if let Some(key) = before {
        storage::forget(key, key + 1).await;
    }
    // A phone that cannot keep it (a private window, a full disk) sends it all the same.
    let key = if message.get(8).is_truthy() { storage::keep(&upload).await } else { None };
    state.borrow_mut().own_key = key;
    send(state, upload, None, Some(asked), key, true).await;
}

/// Sends the sealed file that has waited for the longest.
async fn send_what_waits(state: &State) {
    let Some((key, upload, location)) = storage::kept().await else { return say([NOTHING, 0, 0]) };
    let asked = location.is_none().then(upload::ask_for_work);
    send(state, Rc::new(upload), location, asked, Some(key), true).await;
}

/// Sends all other sealed files that wait, without a word to the page; ends at the first that is not received.
async fn send_the_others() {
    while let Some((key, upload, location)) = storage::kept().await {
        let asked = location.is_none().then(upload::ask_for_work);
        let created = |location: &str| spawn_local(storage::keep_location(key, location.to_owned()));
        match upload::send(&upload, location, asked, created, Rc::new(|_, _, _| true)).await {
            Ok(true) | Err(Failure::Revoked) => storage::forget(key, key + 1).await,
            _ => return,
        }
    }
}

/// Sends a sealed file that was saved.
async fn send_saved(state: &State, file: &JsValue) {
    // A film that was chosen by mistake is not read.
    let bytes = if photo::is_readable(file) { photo::bytes_of(file).await.unwrap_or_default() } else { Vec::new() };
    let Some((sealed, pack_serial)) = split_export(&bytes) else { return say([FAILED, Failure::NotOurs.code(), 0]) };
    let upload = Upload { sealed: bytes[..sealed].to_vec(), pack_serial: pack_serial.to_string() };
    send(state, Rc::new(upload), None, Some(upload::ask_for_work()), None, false).await;
}

/// `asked`: the answer that brings the work of a new upload. `key`: the phone keeps the file under it. `own`: it is of whoever
/// holds this phone, and so is a draft.
async fn send(
    state: &State,
    upload: Rc<Upload>,
    location: Option<String>,
    asked: Option<js_sys::Promise>,
    key: Option<u32>,
    own: bool,
) {
    let id = state.borrow().job;
    state.borrow_mut().sent = Some(Rc::clone(&upload));
    if key.is_some() {
        say([KEPT, 0, 0]);
    }
    let created = |location: &str| {
        if let Some(key) = key {
            spawn_local(storage::keep_location(key, location.to_owned()));
        }
    };
    let reported = Rc::clone(state);
    let report: upload::Report = Rc::new(move |acknowledged, total, wait| {
        let counts = reported.borrow().job == id;
        if counts {
            say([SENDING, share(acknowledged, total), wait.code()]);
        }
        counts
    });
    // From now on the page says that it is being sent, though no answer may come for long.
    report(0, 1, protocol::Wait::Nothing);
    let end = match upload::send(&upload, location, asked, created, report).await {
        Ok(true) => {
            if own {
                state.borrow_mut().saves = None;
            }
            // The person hears it at once: a store that does not answer holds nothing up.
            say([RECEIVED, 0, 0]);
            if own {
                storage::forget(DRAFT, DRAFT).await;
            }
            if let Some(key) = key {
                storage::forget(key, key + 1).await;
            }
            [CLEARED, 0, 0]
        }
        Ok(false) => return,
        Err(failure) => {
            // A refusal may be some gateway's on the way: only our server's own word that nobody opens it any more ends it.
            // What was typed stays, for filling in again.
            if let Some(key) = key.filter(|_| failure == Failure::Revoked) {
                storage::forget(key, key + 1).await;
            }
            [FAILED, failure.code(), 0]
        }
    };
    say(end);
}

async fn seal(state: &State, message: &Array) -> Option<Upload> {
    let job = Job {
        pack_serial: message.get(2).as_string()?,
        registration: message.get(3).as_string()?,
        code: Receipt::parse(&message.get(4).as_string()?).ok()?,
        earlier: texts(&message.get(5)),
        files: file_chunks::files(&message.get(6), &message.get(7)),
    };
    let recipients = state.borrow().recipients.clone()?;
    sealing::seal(&job, &recipients, |done, all| say([SEALING, share(done, all), 0])).await
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn share(done: u64, all: u64) -> u32 {
    u32::try_from(done.min(all) * u64::from(ALL) / all.max(1)).unwrap_or(ALL)
}
