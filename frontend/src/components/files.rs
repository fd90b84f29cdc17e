//! Attaching photos and PDF files.

use std::rc::Rc;

use amanat_shared::answers::{Entry, FaultCode, FileEntry};
use amanat_shared::api::hex;
use leptos::prelude::*;
use leptos::task::spawn_local;
use sha2::{Digest, Sha256};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::field::{Field, Shell};
use crate::draft::Attached;
use crate::words;

const MEGABYTE: u64 = 1024 * 1024;

/// What a file is, by its first bytes; its name and its declared type say nothing.
fn kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(("image/jpeg", "jpg")),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(("image/png", "png")),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(("application/pdf", "pdf")),
        _ => None,
    }
}

/// The files so far, each with a button that removes it, and a control that adds one.
pub fn files(field: &Field) -> AnyView {
    let (draft, path) = (field.draft, field.path.clone());
    let language = draft.words();
    let limits = draft.loaded.pack.limits;
    let entered = {
        let path = path.clone();
        move || match draft.entry(&path) {
            Some(Entry::Files(files)) => files,
            _ => Vec::new(),
        }
    };
    let list = RwSignal::new(entered());
    let set = {
        let path = path.clone();
        move |files: Vec<FileEntry>| {
            draft.enter(&path, (!files.is_empty()).then(|| Entry::Files(files.clone())));
            list.set(files);
        }
    };
    let refused = RwSignal::new(None::<FaultCode>);
    let reading = RwSignal::new(false);
    let most = field.question.constraint.max.and_then(|max| u32::try_from(max).ok()).unwrap_or(u32::MAX).min(limits.files);

    let attach = {
        let (set, path) = (set.clone(), path.clone());
        move |file: web_sys::File| {
            let (set, path) = (set.clone(), path.clone());
            spawn_local(async move {
                reading.set(true);
                refused.set(attach_one(draft, &path, file, limits.file_bytes, limits.total_bytes, most).await.map_or_else(Some, |file| {
                    let mut files = list.get_untracked();
                    files.push(file);
                    set(files);
                    None
                }));
                reading.set(false);
            });
        }
    };
    let on_change = move |event: leptos::ev::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        let Some(input) = input else { return };
        let chosen = input.files();
        if let Some(file) = chosen.and_then(|files| files.get(0)) {
            attach(file);
        }
        // The phone's own list of files is not kept in the page, and the same file may be chosen again.
        input.set_value("");
    };
    let items = move || {
        list.get()
            .into_iter()
            .enumerate()
            .map(|(index, file)| {
                let set = set.clone();
                let name = file.name.clone();
                let remove = move |_| {
                    let mut left = list.get_untracked();
                    left.retain(|file| file.name != name);
                    draft.files.update_value(|files| files.retain(|file| file.name != name));
                    set(left);
                };
                let words = if file.media_type == "application/pdf" { words::FILE_PDF } else { words::FILE_PHOTO };
                let pdf = (file.media_type == "application/pdf").then(|| view! { <p class="warning">{words::FILE_PDF_WARNING.to(language)}</p> });
                view! {
                    <li data-role="attached">
                        {language.digits(index + 1)} ". " {words.with(language, &[("kb", &file.bytes.div_ceil(1024).to_string())])}
                        {pdf}
                        <button type="button" class="secondary" data-action="remove" on:click=remove>{words::FILE_REMOVE.to(language)}</button>
                    </li>
                }
            })
            .collect_view()
    };
    let complaint = move || {
        refused.get().map(|code| {
            let text = match code {
                FaultCode::FileSize(max) => words::ERR_FILE_SIZE.with(language, &[("max", &(max / MEGABYTE).to_string())]),
                FaultCode::TotalSize(max) => words::ERR_TOTAL_SIZE.with(language, &[("max", &(max / MEGABYTE).to_string())]),
                FaultCode::TooMany(max) => words::ERR_FILE_COUNT.with(language, &[("max", &max.to_string())]),
                _ => words::ERR_FILE_TYPE.to(language).to_owned(),
            };
            view! { <p class="fault" role="alert">{text}</p> }
        })
    };
    let control = view! {
        <p class="hint">{words::FILE_KEPT.to(language)}</p>
        <ul class="files">{items}</ul>
        {complaint}
        <p role="status" hidden=move || !reading.get()>{words::FILE_READING.to(language)}</p>
        <label class="file" hidden=move || list.with(Vec::len) >= usize::try_from(most).unwrap_or(usize::MAX)>
            <span>{words::FILE_ADD.to(language)}</span>
            <input type="file" id=field.id() accept="image/jpeg,image/png,application/pdf" aria-describedby=field.described_by() on:change=on_change />
        </label>
    };
    field.around(Shell::Fieldset, control.into_any())
}

/// Reads one file into memory, hashing it on the way, so that sealing is one pass later.
async fn attach_one(
    draft: crate::draft::Draft,
    path: &str,
    file: web_sys::File,
    file_bytes: u64,
    total_bytes: u64,
    most: u32,
) -> Result<FileEntry, FaultCode> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a file's length is a whole number below 2^53")]
    let length = file.size() as u64;
    let (count, total) = draft.files.with_value(|files| (files.len(), files.iter().map(|file| file.bytes.len() as u64).sum::<u64>()));
    if count >= usize::try_from(most).unwrap_or(usize::MAX) {
        return Err(FaultCode::TooMany(i64::from(most)));
    }
    if length > file_bytes {
        return Err(FaultCode::FileSize(file_bytes));
    }
    if total + length > total_bytes {
        return Err(FaultCode::TotalSize(total_bytes));
    }
    // `Blob.arrayBuffer` came with Chrome 76; `Response` reads a blob everywhere.
    let response = web_sys::Response::new_with_opt_blob(Some(&file)).map_err(|_| FaultCode::FileType)?;
    let buffer = JsFuture::from(response.array_buffer().map_err(|_| FaultCode::FileType)?).await.map_err(|_| FaultCode::FileType)?;
    let bytes = js_sys::Uint8Array::new(&buffer).to_vec();
    let (media_type, extension) = kind(&bytes).ok_or(FaultCode::FileType)?;
    let mut hash = Sha256::new();
    for piece in bytes.chunks(256 * 1024) {
        hash.update(piece);
        gloo::timers::future::TimeoutFuture::new(0).await;
    }
    let free = |number: &usize| draft.files.with_value(|files| !files.iter().any(|file| file.name.starts_with(&format!("attachments/{number:02}."))));
    let number = (1..100).find(free).ok_or(FaultCode::TooMany(99))?;
    let name = format!("attachments/{number:02}.{extension}");
    let entry = FileEntry { name: name.clone(), media_type: media_type.to_owned(), bytes: bytes.len() as u64 };
    draft.files.update_value(|files| {
        files.push(Attached { name, question: path.to_owned(), sha256: hex(&hash.finalize()), bytes: Rc::new(bytes) });
    });
    Ok(entry)
}
