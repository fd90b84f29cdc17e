//! The worker of the form's page, a program of its own. It seals what the page hands it and sends it, so that the page neither
//! freezes nor carries the cryptography when it is first loaded. It ends with the page.
//!
//! [`protocol`] holds the messages between the two. [`submission`] verifies the pack, seals and sends; [`requests`] answers the
//! page's questions. [`sealing`] makes the sealed file, [`upload`] sends it with the requests of [`tus`], [`draft`] seals and
//! opens drafts, [`storage`] keeps either on the phone, [`photo`] prepares attached files, and [`file_chunks`] asks the page for
//! their bytes.

mod draft;
mod file_chunks;
mod photo;
#[expect(dead_code, reason = "the page uses the other half")]
#[path = "../src/protocol/mod.rs"]
mod protocol;
mod requests;
mod sealing;
mod storage;
mod submission;
mod tus;
mod upload;

use std::cell::RefCell;
use std::rc::Rc;

use amanat_shared::api::hex;
use amanat_shared::seal::Recipients;
use js_sys::{Array, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::protocol::{ToPage, ToWorker};
use crate::sealing::SealedFile;

/// The texts that no page needs before the worker is ready, in three languages each.
static DEFERRED_TEXTS: &[&str] = include!(concat!(env!("OUT_DIR"), "/deferred_table.rs"));

/// The worker's state between two messages.
#[derive(Default)]
struct Worker {
    /// The pack's recipients, once it is trusted.
    recipients: Option<Rc<Recipients>>,
    /// The id of the present job; the upload of any other stops.
    job: u32,
    /// The id of the job that is being sealed.
    sealing: Option<u32>,
    /// The sealed file of a job, and the job's id.
    sealed: Option<(u32, Rc<SealedFile>)>,
    /// The file that is being sent, or was sent last.
    sent: Option<Rc<SealedFile>>,
    /// The key of the stored file of this page's own job.
    own_key: Option<u32>,
    /// The number of requests to save a draft.
    draft_saves: u32,
    /// A registration was received: no draft is saved any more.
    is_received: bool,
}

type State = Rc<RefCell<Worker>>;

fn main() {
    let state = State::default();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(message) = ToWorker::decode(&event.data()) {
            handle(Rc::clone(&state), message);
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The closure lives as long as the worker.
    on_message.forget();
    post(ToPage::Ready { deferred_texts: DEFERRED_TEXTS.iter().map(|text| (*text).to_owned()).collect() });
}

fn handle(state: State, message: ToWorker) {
    match message {
        ToWorker::VerifyPack { signed_pack } => submission::verify_pack(&state, &signed_pack),
        ToWorker::Seal(job) => spawn_local(async move { submission::seal_and_send(&state, &job).await }),
        ToWorker::SendKept => spawn_local(async move { submission::send_kept(&state).await }),
        ToWorker::SendRemaining => spawn_local(submission::send_remaining()),
        ToWorker::SendSavedFile { file } => spawn_local(async move { submission::send_saved_file(&state, &file).await }),
        ToWorker::Chunk { bytes } => file_chunks::on_chunk(&bytes),
        ToWorker::Request { id, request } => spawn_local(async move {
            let fields = requests::answer(&state, request).await.unwrap_or_default();
            // Bytes are handed over, not copied.
            let buffers = Array::new();
            for bytes in fields.iter().filter_map(|field| field.dyn_into::<Uint8Array>().ok()) {
                buffers.push(&bytes.buffer());
            }
            let _ = scope().post_message_with_transfer(&ToPage::Answer { id, fields }.encode(), &buffers);
        }),
    }
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Sends a message to the page.
fn post(message: ToPage) {
    // It fails only for what cannot be cloned; texts and numbers can.
    let _ = scope().post_message(&message.encode());
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
