//! The answers to the page's questions.

use amanat_shared::photo::{Kind, is_encrypted};
use amanat_shared::seal::{Passphrase, trailer};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

use crate::protocol::fields::Writer;
use crate::protocol::{FileRef, PreparedFile, Request, Unfit};
use crate::{State, draft, photo, sha256, storage, upload};

/// The answer's fields; `None` for an answer without any.
pub async fn answer(state: &State, request: Request) -> Option<Array> {
    match request {
        Request::Delete { first, last } => {
            storage::delete(first, last).await;
            None
        }
        Request::Attach { file, max_bytes } => Some(PreparedFile::encode(prepare(&file, max_bytes).await)),
        Request::DrawPassphrase { language } => Some(Writer::list().text(&draft::draw_passphrase(language)?).0),
        Request::SaveDraft { passphrase, content, files } => {
            let is_kept = save_draft(state, &Passphrase::typed(&passphrase), &content, &files).await;
            Some(Writer::list().flag(is_kept).0)
        }
        Request::OpenDraft { passphrase } => Some(draft::open(&storage::draft().await?, &Passphrase::typed(&passphrase))?.encode()),
        Request::CopySealed => {
            let sent = state.borrow().sent.clone()?;
            let trailer = trailer(sent.pack_serial.parse().ok()?);
            let parts = [&sent.bytes[..], &trailer].map(Uint8Array::from);
            Some(parts.into_iter().collect())
        }
    }
}

async fn prepare(file: &JsValue, max_bytes: f64) -> Result<PreparedFile, Unfit> {
    let (bytes, kind) = photo::prepare(file, max_bytes).await?;
    Ok(PreparedFile {
        bytes: Uint8Array::from(&bytes[..]),
        sha256: sha256(&bytes),
        extension: kind.names().1.to_owned(),
        preview: photo::preview(&bytes).await.unwrap_or_default(),
        encrypted: kind == Kind::Pdf && is_encrypted(&bytes),
    })
}

/// Seals and stores a draft. Returns whether the phone keeps it.
async fn save_draft(state: &State, passphrase: &Passphrase, content: &Array, files: &[FileRef]) -> bool {
    if state.borrow().is_received {
        return false;
    }
    let number = state.borrow().draft_saves + 1;
    state.borrow_mut().draft_saves = number;
    // Somebody who goes on quickly asks page by page: only the last request is carried out, and none once a registration has
    // been received.
    upload::sleep(0).await;
    let is_current = || {
        let worker = state.borrow();
        worker.draft_saves == number && !worker.is_received
    };
    if !is_current() {
        return true;
    }
    match draft::seal(passphrase, content, files).await {
        Some(_) if !is_current() => true,
        Some(sealed) => storage::put_draft(&sealed).await,
        None => false,
    }
}
