//! The sealer: a worker of the form's page. It seals what the page hands it and sends it, so that the page neither stands
//! still nor carries the arithmetic when it is first loaded. It ends with the page.
//!
//! The map: [`protocol`] is what the two say to each other, [`sealing`] makes the sealed file, [`kept`] keeps it
//! on the phone if the person says so, [`upload`] sends it.

mod kept;
#[expect(dead_code, reason = "half of it is the page's")]
#[path = "../src/protocol.rs"]
mod protocol;
mod sealing;
mod upload;

use std::cell::RefCell;
use std::rc::Rc;

use amanat_shared::receipt::Receipt;
use amanat_shared::seal::Recipients;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::protocol::{ALL, BAD_KEYS, FAILED, FORGET, Failure, JOB, KEYS, NOTHING, READY, RECEIVED, SEALING, SENDING, WAITING};
use crate::sealing::Job;
use crate::upload::Upload;

/// What it holds between two messages.
#[derive(Default)]
struct Sealer {
    recipients: Option<Recipients>,
    /// The job that counts; an upload of another one stops.
    job: u32,
    /// The sealed file of a job.
    sealed: Option<(u32, Rc<Upload>)>,
}

fn main() {
    let state = Rc::new(RefCell::new(Sealer::default()));
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let message: Array = event.data().unchecked_into();
        match number(&message, 0) {
            KEYS => keys(&state, &message),
            JOB => job(&state, &message),
            WAITING => {
                let state = Rc::clone(&state);
                spawn_local(async move { send_what_waits(&state).await });
            }
            FORGET => spawn_local(async {
                kept::drop_all().await;
                say([NOTHING, 0, 0]);
            }),
            _ => {}
        }
    });
    worker().set_onmessage(Some(heard.as_ref().unchecked_ref()));
    // It listens for as long as the worker lives.
    heard.forget();
    say([READY, 0, 0]);
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

fn keys(state: &RefCell<Sealer>, message: &Array) {
    let keys = texts(&message.slice(1, message.length()));
    match Recipients::parse(keys.iter().map(String::as_str)) {
        Ok(recipients) => state.borrow_mut().recipients = Some(recipients),
        Err(_) => say([BAD_KEYS, 0, 0]),
    }
}

fn job(state: &Rc<RefCell<Sealer>>, message: &Array) {
    let id = number(message, 1);
    state.borrow_mut().job = id;
    let before = state.borrow_mut().sealed.take();
    let upload = match before {
        // A second try sends the same file: should the first have arrived after all, it is the same registration.
        Some((job, upload)) if job == id => Some(upload),
        _ => seal(state, message).map(Rc::new),
    };
    let Some(upload) = upload else { return say([FAILED, Failure::Seal.code(), 0]) };
    state.borrow_mut().sealed = Some((id, Rc::clone(&upload)));
    let (state, keeps) = (Rc::clone(state), message.get(8).is_truthy());
    spawn_local(async move {
        // A phone that cannot keep it (a private window, a full disk) sends it all the same.
        let kept = keeps && kept::keep(&upload).await;
        send(&state, id, &upload, None, kept).await;
    });
}

/// Sends what the phone has kept.
async fn send_what_waits(state: &RefCell<Sealer>) {
    let Some((upload, location)) = kept::kept().await else { return say([NOTHING, 0, 0]) };
    let id = state.borrow().job;
    send(state, id, &upload, location, true).await;
}

async fn send(state: &RefCell<Sealer>, id: u32, upload: &Upload, location: Option<String>, kept: bool) {
    let created = |location: &str| {
        if kept {
            spawn_local(kept::keep_location(location.to_owned()));
        }
    };
    let report = |acknowledged, total, wait: protocol::Wait| {
        let counts = state.borrow().job == id;
        if counts {
            say([SENDING, share(acknowledged, total), wait.code()]);
        }
        counts
    };
    let (end, done) = match upload::send(upload, location, created, report).await {
        Ok(true) => ([RECEIVED, 0, 0], true),
        Ok(false) => return,
        // A refusal may be some gateway's on the way: only our server's own word that nobody opens it any more ends it.
        Err(failure) => ([FAILED, failure.code(), 0], failure == Failure::Revoked),
    };
    if kept && done {
        kept::drop_all().await;
    }
    say(end);
}

fn seal(state: &RefCell<Sealer>, message: &Array) -> Option<Upload> {
    let bytes = message.get(7).unchecked_into::<Array>();
    let job = Job {
        pack_serial: message.get(2).as_string()?,
        registration: message.get(3).as_string()?,
        code: Receipt::parse(&message.get(4).as_string()?).ok()?,
        earlier: texts(&message.get(5)),
        files: texts(&message.get(6)).into_iter().zip(bytes.iter().map(JsCast::unchecked_into::<Uint8Array>)).collect(),
    };
    let state = state.borrow();
    sealing::seal(&job, state.recipients.as_ref()?, |done, all| say([SEALING, share(done, all), 0]))
}

fn share(done: u64, all: u64) -> u32 {
    u32::try_from(done.min(all) * u64::from(ALL) / all.max(1)).unwrap_or(ALL)
}
