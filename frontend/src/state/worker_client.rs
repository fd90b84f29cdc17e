//! The page's end of the worker: starts it, asks it questions, and hears what it says.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use js_sys::Array;
use leptos::prelude::set_timeout;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MessageEvent, Worker};

use super::{AppState, Progress, Step};
use crate::i18n;
use crate::protocol::{COMPLETE, Request, ToPage, ToWorker};
use crate::signal::Signal;

#[wasm_bindgen]
extern "C" {
    /// `public/boot.js` starts it: it knows the script's address, and satisfies Trusted Types.
    #[wasm_bindgen(js_name = amanatWorker)]
    fn spawn_worker() -> Worker;
    /// Whether the phone's store had a value under these keys when the page was loaded. In `public/boot.js`.
    #[wasm_bindgen(js_name = amanatWaits)]
    pub fn had_stored(first: u32, last: u32) -> bool;
}

/// The wait before a worker that could not be loaded is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// The worker and what it was asked.
pub struct WorkerClient {
    running: RefCell<Option<RunningWorker>>,
    /// Whether a worker has verified the pack, and brought the deferred texts. No question is asked before.
    pub was_ready: Signal<bool>,
    /// Whether the worker could not be loaded when it was last tried.
    pub is_missing: Signal<bool>,
    /// SHA-256 of the pack and of its form, once the worker trusts them.
    pub(super) pack_hashes: RefCell<[String; 2]>,
    next_request_id: Cell<u32>,
    pending: RefCell<Vec<PendingRequest>>,
}

struct RunningWorker {
    worker: Worker,
    /// Whether it has verified the pack.
    is_ready: bool,
}

/// A request that has no answer yet.
struct PendingRequest {
    id: u32,
    message: Array,
    /// Takes the answer; nothing if the worker could not be loaded.
    answered: Box<dyn FnOnce(Option<Array>)>,
}

impl WorkerClient {
    pub(super) fn new() -> Self {
        Self {
            running: RefCell::new(None),
            was_ready: Signal::new(false),
            is_missing: Signal::new(false),
            pack_hashes: RefCell::default(),
            next_request_id: Cell::new(0),
            pending: RefCell::new(Vec::new()),
        }
    }
}

impl AppState {
    /// Starts the worker, unless it runs. It loads while the form is being filled in, so that it is there when it is needed.
    pub fn start_worker(self) {
        if self.worker.running.borrow().is_some() || self.is_at(&Step::Left) {
            return;
        }
        let worker = spawn_worker();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| self.on_message(&event));
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        // A script that cannot be loaded is reported by an event without data.
        worker.set_onerror(Some(on_message.as_ref().unchecked_ref()));
        // The closure lives as long as the page.
        on_message.forget();
        self.worker.running.replace(Some(RunningWorker { worker, is_ready: false }));
    }

    /// Ends the worker, and with it everything that it holds and sends.
    pub fn stop_worker(self) {
        if let Some(running) = self.worker.running.take() {
            running.worker.terminate();
        }
    }

    /// Ends the worker and starts another. Whatever a worker has read from the phone's store stays on the disk while it lives,
    /// though the store has deleted it.
    pub(super) fn restart_worker(self) {
        self.stop_worker();
        self.start_worker();
    }

    pub(super) fn is_worker_ready(self) -> bool {
        self.worker.running.borrow().as_ref().is_some_and(|running| running.is_ready)
    }

    /// Asks the worker, now or when it is ready; starts it if need be. `answered` gets the answer's fields; nothing if the worker
    /// could not be loaded.
    pub fn request(self, request: Request, answered: impl FnOnce(Option<Array>) + 'static) {
        self.boxed_request(request, Box::new(answered));
    }

    #[inline(never)]
    fn boxed_request(self, request: Request, answered: Box<dyn FnOnce(Option<Array>)>) {
        let id = self.worker.next_request_id.get();
        self.worker.next_request_id.set(id + 1);
        let message = ToWorker::Request { id, request }.encode();
        if self.is_worker_ready() {
            self.post_encoded(&message);
        }
        self.worker.pending.borrow_mut().push(PendingRequest { id, message, answered });
        self.start_worker();
    }

    /// Drops the requests that have no answer yet.
    pub(super) fn forget_requests(self) {
        self.worker.pending.take();
    }

    /// Deletes the stored values under these keys.
    pub(super) fn delete_stored(self, first: u32, last: u32) {
        self.request(Request::Delete { first, last }, move |answer| {
            if answer.is_none() {
                // The worker is tried again, and so is this.
                set_timeout(move || self.delete_stored(first, last), RETRY);
            }
        });
    }

    /// Sends a message to the worker, if it runs.
    pub(super) fn post(self, message: ToWorker) {
        self.post_encoded(&message.encode());
    }

    fn post_encoded(self, message: &Array) {
        if let Some(running) = &*self.worker.running.borrow() {
            // It fails only for what cannot be cloned; texts, numbers, bytes and files can.
            let _ = running.worker.post_message(message);
        }
    }

    fn on_message(self, event: &MessageEvent) {
        if self.is_at(&Step::Left) {
            return;
        }
        match ToPage::decode(&event.data()) {
            ToPage::Ready { deferred_texts } => {
                i18n::load_deferred(deferred_texts);
                self.post(ToWorker::VerifyPack { signed_pack: self.signed_pack.to_owned() });
            }
            ToPage::Trusted { pack_sha256, form_sha256 } => self.on_trusted([pack_sha256, form_sha256]),
            ToPage::Distrusted(why) => self.go(Step::Refused(why)),
            ToPage::Sealing(part) => self.submission.progress.set(Progress::Sealing(part.min(COMPLETE))),
            ToPage::Sending(part, wait) => self.submission.progress.set(Progress::Sending(part.min(COMPLETE), wait)),
            ToPage::Kept => self.submission.is_kept.set(true),
            ToPage::Received => self.on_received(),
            ToPage::Failed(failure) => self.on_failed(failure),
            ToPage::Cleared => self.restart_worker(),
            ToPage::NothingKept => self.on_nothing_kept(),
            ToPage::WantChunk { name, offset } => self.hand_chunk(&name, offset),
            ToPage::Answer { id, fields } => self.on_answer(id, fields),
            ToPage::Broken => self.on_broken(),
        }
    }

    /// The worker has verified the pack: only now is anything asked.
    fn on_trusted(self, pack_hashes: [String; 2]) {
        self.worker.pack_hashes.replace(pack_hashes);
        if let Some(running) = &mut *self.worker.running.borrow_mut() {
            running.is_ready = true;
        }
        for request in &*self.worker.pending.borrow() {
            self.post_encoded(&request.message);
        }
        self.worker.was_ready.set(true);
        self.worker.is_missing.set(false);
        self.finish_loading();
        self.continue_submission();
    }

    fn on_answer(self, id: u32, fields: Array) {
        let mut pending = self.worker.pending.borrow_mut();
        if let Some(at) = pending.iter().position(|request| request.id == id) {
            let request = pending.swap_remove(at);
            drop(pending);
            (request.answered)(Some(fields));
        }
    }

    /// The worker could not be loaded, for want of a network, or it stopped, for want of memory.
    fn on_broken(self) {
        let had_worked = self.is_worker_ready();
        self.stop_worker();
        self.worker.is_missing.set(true);
        for request in self.worker.pending.take() {
            (request.answered)(None);
        }
        if self.on_worker_broken(had_worked) {
            set_timeout(move || self.start_worker(), RETRY);
        }
    }

    /// Copies a chunk of an attached file to the worker.
    fn hand_chunk(self, name: &str, offset: u32) {
        let bytes = self.chunk(name, offset);
        let buffer = bytes.buffer();
        if let Some(running) = &*self.worker.running.borrow() {
            let _ = running.worker.post_message_with_transfer(&ToWorker::Chunk { bytes }.encode(), &Array::of1(&buffer));
        }
    }
}
