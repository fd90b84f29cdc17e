//! Attaching photos and PDF files.

use std::rc::Rc;

use amanat_shared::answers::{Entry, FileEntry};
use amanat_shared::pack::Limits;
use amanat_shared::validate::FaultCode;
use js_sys::{Array, Uint8Array};
use leptos::prelude::{Notify, Track, Trigger};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::File;

use super::field::{Field, LabelLayout};
use crate::dom::{Node, button, chosen_file, el, el_class, p};
use crate::i18n;
use crate::pages::save_button;
use crate::protocol::{ATTACH, READABLE_BYTES, Unfit};
use crate::signal::Signal;
use crate::state::worker_client::{ask, media_type};
use crate::state::{AppState, Attached};
use crate::validation_messages::text;

/// A file as the sealer made it fit to be sealed.
struct Prepared {
    bytes: Uint8Array,
    sha256: String,
    extension: String,
    preview: String,
    /// A password protects it.
    locked: bool,
}

const MEGABYTE: u64 = 1024 * 1024;

/// Why a file was not attached.
#[derive(Clone, Copy)]
enum Refused {
    /// What the pack allows, and what a registration may carry.
    Fault(FaultCode),
    /// What a registration may not carry.
    Unfit(Unfit),
    /// A PDF of more bytes than the pack allows: nothing makes it smaller.
    PdfSize(u64),
    /// It is attached already.
    Twice,
    /// No more than so many files may be attached.
    TooManyFiles(u32),
    /// The sealer is not there, which reads files.
    NoPart,
}

/// The picture of an attached photo. There is none of what a draft brought back.
fn preview(state: AppState, name: &str, text: &str) -> Option<Node> {
    let files = state.files.borrow();
    let file = files.iter().find(|file| file.name == name && !file.preview.is_empty())?;
    Some(el_class("img", "preview").attr("src", &file.preview).attr("alt", text))
}

/// The files so far, each with a button that removes it, and a control that adds one.
pub fn files(field: &Field) -> Node {
    let state = field.state;
    let language = state.language();
    let limits = state.loaded.pack.limits;
    let most = field.question.constraint.max.and_then(|max| u32::try_from(max).ok()).unwrap_or(u32::MAX).min(limits.files);
    let refused = Rc::new(Signal::new(None::<Refused>));
    let version = Trigger::new();

    let shown = field.clone();
    let list = el_class("ul", "files").reactive(move |node| {
        version.track();
        for (index, file) in entered(&shown).into_iter().enumerate() {
            let pdf = file.media_type == "application/pdf";
            let words = if pdf { i18n::FILE_PDF } else { i18n::FILE_PHOTO };
            let text = words.with(language, &[("kb", &language.in_digits(file.bytes.div_ceil(1024).to_string()))]);
            let item = el("li").attr("data-role", "attached").text(&[&language.digits(index + 1), ". ", &text].concat());
            if pdf {
                item.append(&p(i18n::FILE_PDF_WARNING.to(language)).attr("class", "warning"));
                if state.files.borrow().iter().any(|other| other.name == file.name && other.locked) {
                    item.append(&p(i18n::FILE_LOCKED.to(language)).attr("class", "warning"));
                }
            } else if let Some(picture) = preview(state, &file.name, &text) {
                item.append(&picture);
            }
            let field = shown.clone();
            item.append(&button("secondary", "remove", i18n::FILE_REMOVE.to(language), move || {
                let mut left = entered(&field);
                left.retain(|other| other.name != file.name);
                state.files.borrow_mut().retain(|other| other.name != file.name);
                set(&field, left, version);
                // The button that had the focus is gone.
                Node::focus_by_id(&field.id());
            }));
            node.append(&item);
        }
    });
    let shown_refused = Rc::clone(&refused);
    let complaint = el("div").reactive(move |node| {
        if let Some(why) = shown_refused.get() {
            let most = |words: i18n::DeferredText, max: u64| words.with(language, &[("max", &language.in_digits(max.to_string()))]);
            let text = match why {
                Refused::TooManyFiles(max) => most(i18n::ERR_FILE_COUNT, max.into()),
                Refused::PdfSize(max) => most(i18n::ERR_PDF_SIZE, max / MEGABYTE),
                Refused::Twice => i18n::ERR_FILE_TWICE.to(language).to_owned(),
                Refused::Unfit(unfit) => {
                    let words = match unfit {
                        Unfit::Kind => i18n::ERR_FILE_TYPE,
                        Unfit::Empty => i18n::ERR_FILE_EMPTY,
                        Unfit::Gone => i18n::ERR_FILE_GONE,
                        Unfit::Heic => i18n::ERR_FILE_HEIC,
                        Unfit::Damaged => i18n::ERR_FILE_DAMAGED,
                    };
                    words.to(language).to_owned()
                }
                Refused::Fault(code) => text(code, false, language),
                Refused::NoPart => i18n::ERR_NO_PART.to(language).to_owned(),
            };
            node.append(&p(&text).attr("class", "fault").attr("role", "alert"));
        }
    });
    let adding = field.clone();
    let input = field.control("input").attr("type", "file").attr("accept", "image/*,application/pdf").on("change", move |event| {
        let Some(file) = chosen_file(&event) else { return };
        let (field, refused) = (adding.clone(), Rc::clone(&refused));
        if file.size() > READABLE_BYTES {
            return refused.set(Some(Refused::Fault(FaultCode::FileSize(state.loaded.pack.limits.file_bytes))));
        }
        state.attaching.set(true);
        attach(state, &file, move |prepared| {
            let attached = prepared.and_then(|prepared| attached(state, &field.path, prepared, most));
            refused.set(match attached {
                Ok(file) => {
                    let mut files = entered(&field);
                    files.push(file);
                    set(&field, files, version);
                    None
                }
                Err(why) => Some(why),
            });
            state.attaching.set(false);
        });
    });
    let full = {
        let field = field.clone();
        move || {
            version.track();
            entered(&field).len() >= usize::try_from(most).unwrap_or(usize::MAX)
        }
    };
    field.around(
        LabelLayout::Fieldset,
        vec![
            el_class("p", "hint").text(i18n::FILE_KEPT.to(language)),
            el_class("p", "hint").text(&i18n::FILE_LIMITS.with(
                language,
                &[
                    ("max", &language.in_digits(most.to_string())),
                    ("mb", &language.in_digits((limits.file_bytes / MEGABYTE).to_string())),
                ],
            )),
            // Whoever keeps a draft already loses nothing.
            el("div").reactive(move |node| {
                if state.validation.with(|_| state.has_entries()) && !state.saves.get() {
                    node.append(&p(i18n::FILE_CAMERA.to(language)).attr("class", "warning").child(save_button(state)));
                }
            }),
            list,
            complaint,
            p(i18n::FILE_READING.to(language)).attr("role", "status").hidden_while(move || !state.attaching.get()),
            el_class("label", "file").child(el("span").text(i18n::FILE_ADD.to(language))).child(input).hidden_while(full),
        ],
    )
}

fn entered(field: &Field) -> Vec<FileEntry> {
    match field.state.entry(&field.path) {
        Some(Entry::Files(files)) => files,
        _ => Vec::new(),
    }
}

fn set(field: &Field, files: Vec<FileEntry>, version: Trigger) {
    field.state.enter(&field.path, (!files.is_empty()).then_some(Entry::Files(files)));
    version.notify();
}

/// Has the sealer make a file fit to be sealed.
fn attach(state: AppState, file: &File, done: impl FnOnce(Result<Prepared, Refused>) + 'static) {
    #[expect(clippy::cast_precision_loss, reason = "the pack's limit is far below 2^53")]
    let most = state.loaded.pack.limits.file_bytes as f64;
    ask(state, ATTACH, &Array::of2(file, &most.into()), move |answer| {
        done(match answer {
            None => Err(Refused::NoPart),
            Some(parts) => {
                let text = |at| parts.get(at).as_string().unwrap_or_default();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the sealer sends small whole numbers")]
                let unfit = |code: JsValue| Refused::Unfit(Unfit::of(code.as_f64().unwrap_or(0.0) as u32));
                let (sha256, extension, preview) = (text(1), text(2), text(3));
                let locked = parts.get(4).is_truthy();
                let file = parts.get(0).dyn_into().map(|bytes| Prepared { bytes, sha256, extension, preview, locked });
                file.map_err(unfit)
            }
        });
    });
}

/// Puts it beside the others, within the pack's limits.
fn attached(state: AppState, path: &str, prepared: Prepared, most: u32) -> Result<FileEntry, Refused> {
    let Prepared { bytes, sha256, extension, preview, locked } = prepared;
    let Limits { file_bytes, total_bytes, .. } = state.loaded.pack.limits;
    let length = u64::from(bytes.length());
    let mut files = state.files.borrow_mut();
    if files.iter().any(|file| file.sha256 == sha256) {
        return Err(Refused::Twice);
    }
    let total = files.iter().map(|file| u64::from(file.bytes.length())).sum::<u64>();
    let free = |number: &usize| !files.iter().any(|file| file.name.starts_with(&format!("attachments/{number:02}.")));
    let number = (1..100).find(free);
    let fault = match number {
        Some(_) if length > file_bytes && extension == "pdf" => return Err(Refused::PdfSize(file_bytes)),
        Some(_) if length > file_bytes => FaultCode::FileSize(file_bytes),
        Some(_) if total + length > total_bytes => FaultCode::TotalSize(total_bytes),
        Some(number) if files.len() < usize::try_from(most).unwrap_or(usize::MAX) => {
            let name = format!("attachments/{number:02}.{extension}");
            files.push(Attached { name: name.clone(), question: path.to_owned(), bytes, sha256, preview, locked });
            let media_type = media_type(&name).to_owned();
            return Ok(FileEntry { name, media_type, bytes: length });
        }
        _ => return Err(Refused::TooManyFiles(most)),
    };
    Err(Refused::Fault(fault))
}
