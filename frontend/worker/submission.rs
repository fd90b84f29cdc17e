//! Verifies the pack, seals registrations to its recipients, and sends them.

use std::cell::RefCell;
use std::rc::Rc;

use amanat_shared::api::hex;
use amanat_shared::pack::{PackError, SignedPack};
use amanat_shared::seal::split_export;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::protocol::{COMPLETE, DRAFT_KEY, Distrust, Failure, SealJob, ToPage, Wait};
use crate::sealing::{SealedFile, seal};
use crate::storage::StoredFile;
use crate::upload::{End, Report};
use crate::{State, Worker, photo, post, storage, tus, upload};

/// Trusts a pack, or says why not. Nothing is sealed to keys that were not verified here.
pub fn verify_pack(state: &RefCell<Worker>, signed_pack: &str) {
    let trusted = SignedPack::from_json(signed_pack).and_then(|signed| {
        let recipients = signed.trusted_by_the_phone()?;
        Ok((recipients, signed.sha256(), signed.form_sha256()?))
    });
    post(match trusted {
        Ok((recipients, pack_sha256, form_sha256)) => {
            state.borrow_mut().recipients = Some(Rc::new(recipients));
            ToPage::Trusted { pack_sha256: hex(&pack_sha256), form_sha256: hex(&form_sha256) }
        }
        Err(PackError::Recipients(_)) => ToPage::Distrusted(Distrust::Recipients),
        Err(_) => ToPage::Distrusted(Distrust::Signatures),
    });
}

/// Seals a registration and sends it.
pub async fn seal_and_send(state: &State, job: &SealJob) {
    if state.borrow().sealing == Some(job.id) {
        return;
    }
    state.borrow_mut().job = job.id;
    // On a slow network the answer comes while the file is being sealed.
    let work_answer = tus::ask_for_work();
    let before = state.borrow_mut().sealed.take();
    let file = match before {
        // A second try sends the same file: should the first have arrived after all, it is the same registration.
        Some((id, file)) if id == job.id => Some(file),
        _ => {
            state.borrow_mut().sealing = Some(job.id);
            let file = seal_to_pack(state, job).await;
            if state.borrow().job != job.id {
                return; // Another job has begun meanwhile.
            }
            state.borrow_mut().sealing = None;
            file
        }
    };
    let Some(file) = file else { return post(ToPage::Failed(Failure::Seal)) };
    state.borrow_mut().sealed = Some((job.id, Rc::clone(&file)));
    // The stored file of an earlier job of this page is replaced. The files of other pages stay until they are sent.
    let before = state.borrow_mut().own_key.take();
    if let Some(key) = before {
        storage::delete_file(key).await;
    }
    // A phone that cannot keep it (a private window, a full disk) sends it all the same.
    let key = if job.keep { storage::put_file(&file).await } else { None };
    state.borrow_mut().own_key = key;
    send(state, Submission { file, location: None, work_answer: Some(work_answer), key, is_own: true }).await;
}

async fn seal_to_pack(state: &State, job: &SealJob) -> Option<Rc<SealedFile>> {
    let recipients = state.borrow().recipients.clone()?;
    seal(job, &recipients, |done, total| post(ToPage::Sealing(part(done, total)))).await.map(Rc::new)
}

/// Sends the sealed file that was stored first.
pub async fn send_kept(state: &State) {
    let Some(StoredFile { key, file, location }) = storage::first_file().await else { return post(ToPage::NothingKept) };
    let work_answer = location.is_none().then(tus::ask_for_work);
    send(state, Submission { file: Rc::new(file), location, work_answer, key: Some(key), is_own: true }).await;
}

/// Sends every stored sealed file, and reports nothing. It ends at the first that is not received.
pub async fn send_remaining() {
    while let Some(StoredFile { key, file, location }) = storage::first_file().await {
        let work_answer = location.is_none().then(tus::ask_for_work);
        let created = |location: &str| spawn_local(storage::put_location(key, location.to_owned()));
        match upload::send(&file, location, work_answer, created, Rc::new(|_, _, _| true)).await {
            Ok(End::Committed) | Err(Failure::Revoked) => storage::delete_file(key).await,
            _ => return,
        }
    }
}

/// Sends a sealed file that was saved.
pub async fn send_saved_file(state: &State, file: &JsValue) {
    // A film that was chosen by mistake is not read.
    let bytes = if photo::is_readable(file) { photo::bytes_of(file).await.unwrap_or_default() } else { Vec::new() };
    let Some((sealed, pack_serial)) = split_export(&bytes) else { return post(ToPage::Failed(Failure::NotSealed)) };
    let file = Rc::new(SealedFile { bytes: bytes[..sealed].to_vec(), pack_serial: pack_serial.to_string() });
    send(state, Submission { file, location: None, work_answer: Some(tus::ask_for_work()), key: None, is_own: false }).await;
}

/// A sealed file on its way to the server.
struct Submission {
    file: Rc<SealedFile>,
    /// The address of its upload, if that has begun.
    location: Option<String>,
    /// The answer that says which work the server requires.
    work_answer: Option<Promise>,
    /// Its key, if the phone keeps it.
    key: Option<u32>,
    /// It belongs to whoever uses this phone, and so does the stored draft.
    is_own: bool,
}

async fn send(state: &State, submission: Submission) {
    let Submission { file, location, work_answer, key, is_own } = submission;
    let id = state.borrow().job;
    state.borrow_mut().sent = Some(Rc::clone(&file));
    if key.is_some() {
        post(ToPage::Kept);
    }
    let created = |location: &str| {
        if let Some(key) = key {
            spawn_local(storage::put_location(key, location.to_owned()));
        }
    };
    let reporting = Rc::clone(state);
    let report: Report = Rc::new(move |acknowledged, total, wait| {
        let is_current = reporting.borrow().job == id;
        if is_current {
            post(ToPage::Sending(part(acknowledged, total), wait));
        }
        is_current
    });
    // From now on the page says that it is being sent, though no answer may come for long.
    report(0, 1, Wait::Nothing);
    match upload::send(&file, location, work_answer, created, report).await {
        Ok(End::Committed) => {
            if is_own {
                state.borrow_mut().is_received = true;
            }
            // The person hears it at once: a store that does not answer holds nothing up.
            post(ToPage::Received);
            if is_own {
                storage::delete(DRAFT_KEY, DRAFT_KEY).await;
            }
            if let Some(key) = key {
                storage::delete_file(key).await;
            }
            post(ToPage::Cleared);
        }
        Ok(End::Stopped) => {}
        Err(failure) => {
            // A gateway on the way may refuse it, too: only our server's own word that the keys are revoked deletes the file. The
            // draft stays, for filling in again.
            if let Some(key) = key.filter(|_| failure == Failure::Revoked) {
                storage::delete_file(key).await;
            }
            post(ToPage::Failed(failure));
        }
    }
}

/// The part of [`COMPLETE`] that is done.
fn part(done: u64, total: u64) -> u32 {
    u32::try_from(done.min(total) * u64::from(COMPLETE) / total.max(1)).unwrap_or(COMPLETE)
}
