//! The page's end of the sealer: starts the worker before it is needed, hands it what is to be sealed, and turns what it
//! says into progress.

use amanat_shared::form::Format;
use amanat_shared::seal::{Attachment, FORMAT, FormRef, Mailbox, PackRef, Registration};
use amanat_shared::validate::Validation;
use js_sys::{Array, Uint8Array};
use leptos::prelude::set_timeout;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MessageEvent, Worker};

use crate::i18n;
use crate::protocol::{
    ALL, ANSWER, BROKEN, CLEARED, DISTRUSTED, DRAFT, FAILED, FILES, FORGET, Failure, HERE, JOB, KEPT, LAST, NOTHING, PACK, PIECE,
    PIECE_BYTES, READY, RECEIVED, SAVED_FILE, SEALING, SENDING, TRUSTED, WAITING, Wait,
};
use crate::state::{AppState, Attached, Step};

#[wasm_bindgen]
extern "C" {
    /// `public/boot.js` makes it: it knows the script's name, and what Trusted Types ask for.
    #[wasm_bindgen(js_name = amanatWorker)]
    fn start_worker() -> Worker;
    /// Whether the phone's store had something under these keys when the page was loaded.
    #[wasm_bindgen(js_name = amanatWaits)]
    fn waits(from: u32, to: u32) -> bool;
}

/// Whether a sealed file waits on this phone to be sent, as far as this page knows.
pub fn file_waits(state: AppState) -> bool {
    !state.cleared.get() && waits(FILES, LAST)
}

/// Whether the phone has kept a draft from before this page was loaded, as far as this page knows.
pub fn draft_waits(state: AppState) -> bool {
    !state.begun_anew.get() && waits(DRAFT, DRAFT)
}

/// A question to the sealer.
pub struct Question {
    /// Its id, and what is asked: `[word, id, …]`.
    asked: (u32, Array),
    /// Takes the answer; nothing where the sealer could not be had.
    answered: Box<dyn FnOnce(Option<Array>)>,
}

/// Asks the sealer, now or when it listens; starts it if need be.
pub fn ask(state: AppState, word: u32, parts: &Array, answered: impl FnOnce(Option<Array>) + 'static) {
    boxed_ask(state, word, parts, Box::new(answered));
}

#[inline(never)]
fn boxed_ask(state: AppState, word: u32, parts: &Array, answered: Box<dyn FnOnce(Option<Array>)>) {
    let id = state.asked.get();
    state.asked.set(id + 1);
    let message = Array::of2(&word.into(), &id.into()).concat(parts);
    if is_ready(state) {
        tell(state, &message);
    }
    state.questions.borrow_mut().push(Question { asked: (id, message), answered });
    warm_up(state);
}

/// Deletes the sealed files that wait.
pub fn forget_files(state: AppState) {
    state.cleared.set(true);
    forget(state, FILES, LAST);
}

/// Deletes the draft.
pub fn forget_draft(state: AppState) {
    state.begun_anew.set(true);
    forget(state, DRAFT, DRAFT);
}

fn forget(state: AppState, from: u32, to: u32) {
    ask(state, FORGET, &Array::of2(&from.into(), &to.into()), move |answer| {
        if answer.is_none() {
            // A sealer that could not be had is tried again, and so is this.
            set_timeout(move || forget(state, from, to), START_AGAIN);
        }
    });
}

/// How far it is.
#[derive(Clone, Copy, PartialEq)]
pub enum Progress {
    /// This part of the plaintext is sealed, of [`ALL`].
    Sealing(u32),
    /// The server has acknowledged this part of the sealed file, of [`ALL`]; what it waits for.
    Sending(u32, Wait),
    /// The server has committed it.
    Received,
    /// It was not sent, for this reason.
    Failed(Failure),
}

/// The worker, and whether it has begun to listen.
pub struct Sealer {
    worker: Worker,
    ready: bool,
}

/// After a start that failed.
const START_AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Starts the worker, unless it is there. It loads beside the form, so that it is there when the answers are.
pub fn warm_up(state: AppState) {
    if state.sealer.borrow().is_some() || state.step.get_untracked() == Step::Left {
        return;
    }
    let worker = start_worker();
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| heard(state, &event));
    worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // A script that does not arrive says so in an event without data.
    worker.set_onerror(Some(hear.as_ref().unchecked_ref()));
    // It lives as long as the page, like the worker.
    hear.forget();
    state.sealer.replace(Some(Sealer { worker, ready: false }));
}

fn heard(state: AppState, event: &MessageEvent) {
    let message: Array = event.data().unchecked_into();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the sealer sends small whole numbers")]
    let number = |at| if message.is_array() { message.get(at).as_f64().unwrap_or(0.0) as u32 } else { BROKEN };
    if state.step.get_untracked() == Step::Left {
        return;
    }
    let progress = match number(0) {
        READY => return ready(state, &message),
        ANSWER => return answered(state, number(1), &message),
        KEPT => return state.kept.set(true),
        PIECE => return hand_piece(state, &message),
        TRUSTED => return trusted(state, &message),
        DISTRUSTED => return state.go(Step::Refused(message.get(1).is_truthy())),
        SEALING => Progress::Sealing(number(1).min(ALL)),
        SENDING => Progress::Sending(number(1).min(ALL), Wait::of(number(2))),
        RECEIVED => {
            if state.resumes.get() {
                state.cleared.set(true);
            }
            if is_own(state) || state.resumes.get() {
                state.saves.set(false);
                state.questions.take();
            }
            Progress::Received
        }
        CLEARED => return restart(state),
        FAILED => {
            let failure = Failure::of(number(1));
            if failure == Failure::Revoked && state.resumes.get() {
                state.cleared.set(true);
            }
            Progress::Failed(failure)
        }
        NOTHING => {
            state.cleared.set(true);
            if state.resumes.take() && state.step.get_untracked() == Step::Sending {
                // Who has filled in this page seals it again; who has come back for what waited begins.
                if state.has_entries() { seal_and_send(state) } else { state.to_first_page() }
            }
            return;
        }
        _ => return broken(state),
    };
    state.progress.set(progress);
}

fn ready(state: AppState, message: &Array) {
    i18n::load_deferred(Array::from(&message.get(1)).iter().filter_map(|text| text.as_string()).collect());
    tell(state, &Array::of2(&PACK.into(), &state.loaded.signed.as_str().into()));
}

/// The sealer has verified the pack: only now is anything asked.
fn trusted(state: AppState, message: &Array) {
    state.hashes.replace([1, 2].map(|at| message.get(at).as_string().unwrap_or_default()));
    if let Some(sealer) = &mut *state.sealer.borrow_mut() {
        sealer.ready = true;
    }
    for question in &*state.questions.borrow() {
        tell(state, &question.asked.1);
    }
    state.worker_ready.set(true);
    state.missing.set(false);
    if state.step.get_untracked() == Step::Loading {
        let after = state.after.borrow().clone();
        return state.go(after);
    }
    if state.step.get_untracked() == Step::Sending {
        if is_received(state) {
            tell(state, &Array::of2(&WAITING.into(), &true.into()));
        } else {
            hand_over(state);
        }
    }
}

/// Ends the worker and starts another one. Whatever a worker has read from the phone's store stays on the disk while it
/// lives, though the store has deleted it.
pub fn restart(state: AppState) {
    stop(state);
    warm_up(state);
}

fn answered(state: AppState, id: u32, message: &Array) {
    let mut questions = state.questions.borrow_mut();
    if let Some(at) = questions.iter().position(|question| question.asked.0 == id) {
        let question = questions.swap_remove(at);
        drop(questions);
        (question.answered)(Some(message.slice(2, message.length())));
    }
}

/// It did not start, for want of a network, or it stopped, for want of memory. The first is tried again.
fn broken(state: AppState) {
    let worked = is_ready(state);
    stop(state);
    state.missing.set(true);
    for question in state.questions.take() {
        (question.answered)(None);
    }
    let again = move || warm_up(state);
    let waits = state.step.get_untracked() == Step::Sending;
    if waits && is_received(state) {
        // Other files wait for the next sealer; what was received stays received.
        return set_timeout(again, START_AGAIN);
    }
    if waits && worked && !state.kept.get_untracked() {
        return state.progress.set(Progress::Failed(Failure::Seal));
    }
    // What the phone has kept needs no sealing: a new sealer goes on with it.
    state.resumes.set(state.resumes.get() || state.kept.get_untracked());
    if waits {
        state.progress.set(Progress::Sending(0, Wait::Network));
    }
    set_timeout(again, START_AGAIN);
}

fn is_received(state: AppState) -> bool {
    state.progress.with_untracked(|progress| *progress == Progress::Received)
}

/// Ends the worker, and with it whatever it holds and sends.
pub fn stop(state: AppState) {
    if let Some(sealer) = state.sealer.take() {
        sealer.worker.terminate();
    }
}

fn is_ready(state: AppState) -> bool {
    state.sealer.borrow().as_ref().is_some_and(|sealer| sealer.ready)
}

/// Seals (again only if something has changed since) and sends, until it is received or refused.
pub fn seal_and_send(state: AppState) {
    state.progress.set(if is_own(state) { Progress::Sealing(0) } else { Progress::Sending(0, Wait::Nothing) });
    state.kept.set(false);
    if is_ready(state) {
        hand_over(state);
    } else {
        warm_up(state);
    }
}

/// What is being sent was filled in on this page.
pub fn is_own(state: AppState) -> bool {
    state.saved_file.borrow().is_none() && (!state.resumes.get() || state.has_entries())
}

/// Tells a sealer that listens what there is to send.
fn hand_over(state: AppState) {
    if let Some(file) = &*state.saved_file.borrow() {
        return tell(state, &Array::of2(&SAVED_FILE.into(), file));
    }
    if state.resumes.get() {
        return tell(state, &Array::of2(&WAITING.into(), &false.into()));
    }
    if !state.validation.with_untracked(Validation::may_be_sent) {
        return state.progress.set(Progress::Failed(Failure::Seal));
    }
    // What was attached to a question that is no longer relevant is dropped, like any answer to it.
    let relevant = |file: &Attached| state.validation.with_untracked(|validation| validation.relevant.contains(&file.question));
    let [names, lengths] = attached(state, relevant);
    let mut attachments = Vec::new();
    for file in state.files.borrow().iter().filter(|file| relevant(file)) {
        attachments.push(Attachment {
            name: file.name.clone(),
            question: file.question.clone(),
            media_type: media_type(&file.name).to_owned(),
            bytes: file.bytes.length().into(),
            sha256: file.sha256.clone(),
        });
    }
    let earlier = Array::new();
    for question in state.form().pages.iter().flat_map(|page| &page.questions) {
        if question.constraint.format == Some(Format::Receipt) {
            earlier.push(&question.name.as_str().into());
        }
    }
    let json = String::from_utf8(registration(state, attachments).to_json()).unwrap_or_default();
    let parts: [JsValue; 9] = [
        JOB.into(),
        state.version.get().into(),
        JsValue::from_str(&state.loaded.pack.serial.to_string()),
        JsValue::from_str(&json),
        JsValue::from_str(&state.receipt().digits()),
        earlier.into(),
        names.into(),
        lengths.into(),
        state.keeps.get().into(),
    ];
    tell(state, &parts.into_iter().collect());
}

/// Names and lengths of the attached files that are wanted.
pub fn attached(state: AppState, wanted: impl Fn(&Attached) -> bool) -> [Array; 2] {
    let (names, lengths) = (Array::new(), Array::new());
    for file in state.files.borrow().iter().filter(|file| wanted(file)) {
        names.push(&file.name.as_str().into());
        lengths.push(&file.bytes.length().into());
    }
    [names, lengths]
}

/// Hands over a piece of an attached file.
fn hand_piece(state: AppState, message: &Array) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in an array of the browser's")]
    let (name, from) = (message.get(1).as_string(), message.get(2).as_f64().unwrap_or(0.0) as u32);
    let files = state.files.borrow();
    let file = files.iter().find(|file| Some(&file.name) == name.as_ref());
    let piece =
        file.map_or_else(|| Uint8Array::new_with_length(0), |file| file.bytes.slice(from, from.saturating_add(PIECE_BYTES)));
    if let Some(sealer) = &*state.sealer.borrow() {
        let _ = sealer.worker.post_message_with_transfer(&Array::of2(&HERE.into(), &piece), &Array::of1(&piece.buffer()));
    }
}

fn tell(state: AppState, message: &Array) {
    if let Some(sealer) = &*state.sealer.borrow() {
        // It fails for what cannot be cloned only; texts, numbers, bytes and files can.
        let _ = sealer.worker.post_message(message);
    }
}

/// As far as the page knows it: the sealer puts in the rest.
fn registration(state: AppState, attachments: Vec<Attachment>) -> Registration {
    let loaded = state.loaded;
    let form = &loaded.pack.form;
    let [pack_sha256, form_sha256] = state.hashes.borrow().clone();
    Registration {
        format: FORMAT,
        form: FormRef { id: form.id.clone(), version: form.version.clone(), sha256: form_sha256 },
        pack: PackRef { serial: loaded.pack.serial, sha256: pack_sha256 },
        language: state.language_tag.get_untracked().to_owned(),
        mailbox: Mailbox { recipient: String::new(), id: String::new() },
        delete_proof: String::new(),
        answers: state.validation.with_untracked(|validation| validation.answers.clone()),
        attachments,
    }
}

/// Of a file in the archive, by its name there.
pub fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("png") => "image/png",
        Some("pdf") => "application/pdf",
        _ => "image/jpeg",
    }
}
