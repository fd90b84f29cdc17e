//! Attaching photos and PDF files.

use std::rc::Rc;

use amanat_shared::answers::{Entry, FaultCode, FileEntry};
use amanat_shared::pack::Limits;
use amanat_shared::photo::{Kind, stripped};
use leptos::prelude::{Notify, Track, Trigger};
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::field::{Field, Shell};
use crate::dom::{Node, button, el, of, p};
use crate::draft::{Attached, Draft, Step};
use crate::watched::Watched;
use crate::words;

const MEGABYTE: u64 = 1024 * 1024;

/// The files so far, each with a button that removes it, and a control that adds one.
pub fn files(field: &Field) -> Node {
    let draft = field.draft;
    let language = draft.words();
    let limits = draft.loaded.pack.limits;
    let most = field.question.constraint.max.and_then(|max| u32::try_from(max).ok()).unwrap_or(u32::MAX).min(limits.files);
    let refused = Rc::new(Watched::new(None::<FaultCode>));
    let version = Trigger::new();

    let shown = field.clone();
    let list = of("ul", "files").live(move |node| {
        version.track();
        for (index, file) in entered(&shown).into_iter().enumerate() {
            let pdf = file.media_type == "application/pdf";
            let words = if pdf { words::FILE_PDF } else { words::FILE_PHOTO };
            let text = words.with(language, &[("kb", &language.in_digits(file.bytes.div_ceil(1024).to_string()))]);
            let item = el("li").set("data-role", "attached").text(&[&language.digits(index + 1), ". ", &text].concat());
            if pdf {
                item.append(&p(words::FILE_PDF_WARNING.to(language)).set("class", "warning"));
            }
            let field = shown.clone();
            item.append(&button("secondary", "remove", words::FILE_REMOVE.to(language), move || {
                let mut left = entered(&field);
                left.retain(|other| other.name != file.name);
                draft.files.borrow_mut().retain(|other| other.name != file.name);
                set(&field, left, version);
            }));
            node.append(&item);
        }
    });
    let shown_refused = Rc::clone(&refused);
    let complaint = el("div").live(move |node| {
        if let Some(code) = shown_refused.get() {
            let megabytes = |max: u64| (max / MEGABYTE).to_string();
            let text = match code {
                FaultCode::FileSize(max) => words::ERR_FILE_SIZE.with(language, &[("max", &megabytes(max))]),
                FaultCode::TotalSize(max) => words::ERR_TOTAL_SIZE.with(language, &[("max", &megabytes(max))]),
                FaultCode::TooMany(max) => words::ERR_FILE_COUNT.with(language, &[("max", &max.to_string())]),
                _ => words::ERR_FILE_TYPE.to(language).to_owned(),
            };
            node.append(&p(&text).set("class", "fault").set("role", "alert"));
        }
    });
    let adding = field.clone();
    let input = field.control("input").set("type", "file").set("accept", "image/jpeg,image/png,application/pdf").on(
        "change",
        move |event| {
            let Some(input) = event.target().map(JsCast::unchecked_into::<web_sys::HtmlInputElement>) else { return };
            let chosen = input.files().and_then(|files| files.get(0));
            // The browser's own list of files is not kept in the page, and the same file may be chosen again.
            let Some(file) = chosen else { return };
            let (field, refused) = (adding.clone(), Rc::clone(&refused));
            spawn_local(async move {
                draft.attaching.set(true);
                refused.set(match attach_one(draft, &field.path, file, most).await {
                    Ok(file) => {
                        let mut files = entered(&field);
                        files.push(file);
                        set(&field, files, version);
                        None
                    }
                    Err(code) => Some(code),
                });
                draft.attaching.set(false);
                input.set_value("");
            });
        },
    );
    let full = {
        let field = field.clone();
        move || {
            version.track();
            entered(&field).len() >= usize::try_from(most).unwrap_or(usize::MAX)
        }
    };
    field.around(
        Shell::Fieldset,
        vec![
            of("p", "hint").text(words::FILE_KEPT.to(language)),
            list,
            complaint,
            p(words::FILE_READING.to(language)).set("role", "status").hidden_while(move || !draft.attaching.get()),
            of("label", "file").add(el("span").text(words::FILE_ADD.to(language))).add(input).hidden_while(full),
        ],
    )
}

fn entered(field: &Field) -> Vec<FileEntry> {
    match field.draft.entry(&field.path) {
        Some(Entry::Files(files)) => files,
        _ => Vec::new(),
    }
}

fn set(field: &Field, files: Vec<FileEntry>, version: Trigger) {
    field.draft.enter(&field.path, (!files.is_empty()).then_some(Entry::Files(files)));
    version.notify();
}

/// Reads one file into memory, hashing it on the way, so that sealing is one pass later.
async fn attach_one(draft: Draft, path: &str, file: web_sys::File, most: u32) -> Result<FileEntry, FaultCode> {
    let Limits { file_bytes, total_bytes, .. } = draft.loaded.pack.limits;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a file's length is a whole number below 2^53")]
    let length = file.size() as u64;
    let (count, total) =
        (draft.files.borrow().len(), draft.files.borrow().iter().map(|file| u64::from(file.bytes.length())).sum::<u64>());
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
    let buffer =
        JsFuture::from(response.array_buffer().map_err(|_| FaultCode::FileType)?).await.map_err(|_| FaultCode::FileType)?;
    let bytes = js_sys::Uint8Array::new(&buffer).to_vec();
    let kind = Kind::of(&bytes).ok_or(FaultCode::FileType)?;
    let (media_type, extension) = kind.names();
    // What the camera wrote beside the picture stays on the phone.
    let bytes = stripped(kind, &bytes).ok_or(FaultCode::FileType)?;
    let free =
        |number: &usize| !draft.files.borrow().iter().any(|file| file.name.starts_with(&format!("attachments/{number:02}.")));
    let number = (1..100).find(free).ok_or(FaultCode::TooMany(99))?;
    if draft.step.get_untracked() == Step::Left {
        return Err(FaultCode::FileType); // nothing is put back into memory
    }
    let name = format!("attachments/{number:02}.{extension}");
    let entry = FileEntry { name: name.clone(), media_type: media_type.to_owned(), bytes: bytes.len() as u64 };
    draft.files.borrow_mut().push(Attached { name, question: path.to_owned(), bytes: js_sys::Uint8Array::from(&bytes[..]) });
    Ok(entry)
}
