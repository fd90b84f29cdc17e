//! Photos and PDF files that answer a question.

use std::rc::Rc;

use amanat_shared::answers::{Entry, FileEntry};
use amanat_shared::validate::FaultCode;
use leptos::prelude::{Notify, Track, Trigger};
use web_sys::File;

use super::field::{Field, LabelLayout};
use super::save_button::save_button;
use crate::dom::{Node, button, chosen_file, el, el_class, p};
use crate::i18n::{self, Language};
use crate::protocol::{MAX_READABLE_BYTES, Unfit};
use crate::signal::Signal;
use crate::state::{AppState, NotAttached};
use crate::validation_messages::text;

const MEGABYTE: u64 = 1024 * 1024;

/// The reason why the chosen file was not attached.
type Rejection = Rc<Signal<Option<NotAttached>>>;

/// The files so far, each with a button that removes it, and a control that adds one.
pub fn files(field: &Field) -> Node {
    let state = field.state;
    let language = state.language();
    let limits = state.pack.limits;
    let max_files = field.question.constraint.max.and_then(|max| u32::try_from(max).ok()).unwrap_or(u32::MAX).min(limits.files);
    let rejection: Rejection = Rc::new(Signal::new(None));
    // It is notified when a file is added or removed.
    let changed = Trigger::new();
    let counted = field.clone();
    let is_full = move || {
        changed.track();
        entered_files(&counted).len() >= usize::try_from(max_files).unwrap_or(usize::MAX)
    };
    let numbers = [
        ("max", &*language.in_digits(max_files.to_string())),
        ("mb", &*language.in_digits((limits.file_bytes / MEGABYTE).to_string())),
    ];
    let shown_rejection = Rc::clone(&rejection);
    let controls = vec![
        el_class("p", "hint").text(i18n::FILE_KEPT.to(language)),
        el_class("p", "hint").text(&i18n::FILE_LIMITS.with(language, &numbers)),
        // On some phones the camera closes the page; whoever saves a draft already loses nothing.
        el("div").reactive(move |node| {
            if state.form.validation.with(|_| state.has_entries()) && !state.persistence.is_active.get() {
                node.append(&p(i18n::FILE_CAMERA.to(language)).attr("class", "warning").child(save_button(state)));
            }
        }),
        list(field, changed),
        el("div").reactive(move |node| {
            if let Some(why) = shown_rejection.get() {
                node.append(&p(&rejection_text(why, language)).attr("class", "fault").attr("role", "alert"));
            }
        }),
        p(i18n::FILE_READING.to(language)).attr("role", "status").hidden_while(move || !state.attachments.is_reading.get()),
        el_class("label", "file")
            .child(el("span").text(i18n::FILE_ADD.to(language)))
            .child(file_input(field, max_files, rejection, changed))
            .hidden_while(is_full),
    ];
    field.layout(LabelLayout::Legend, controls)
}

fn list(field: &Field, changed: Trigger) -> Node {
    let field = field.clone();
    el_class("ul", "files").reactive(move |node| {
        changed.track();
        for (index, file) in entered_files(&field).into_iter().enumerate() {
            node.append(&item(&field, index, file, changed));
        }
    })
}

fn item(field: &Field, index: usize, file: FileEntry, changed: Trigger) -> Node {
    let (state, language) = (field.state, field.state.language());
    let is_pdf = file.media_type == "application/pdf";
    let text = if is_pdf { i18n::FILE_PDF } else { i18n::FILE_PHOTO };
    let text = text.with(language, &[("kb", &language.in_digits(file.bytes.div_ceil(1024).to_string()))]);
    let item = el("li").attr("data-role", "attached").text(&[&language.digits(index + 1), ". ", &text].concat());
    if is_pdf {
        item.append(&p(i18n::FILE_PDF_WARNING.to(language)).attr("class", "warning"));
        if state.attachments.files.borrow().iter().any(|other| other.name == file.name && other.encrypted) {
            item.append(&p(i18n::FILE_LOCKED.to(language)).attr("class", "warning"));
        }
    } else if let Some(picture) = preview(state, &file.name, &text) {
        item.append(&picture);
    }
    let field = field.clone();
    item.child(button("secondary", "remove", i18n::FILE_REMOVE.to(language), move || {
        let mut left = entered_files(&field);
        left.retain(|other| other.name != file.name);
        state.attachments.files.borrow_mut().retain(|other| other.name != file.name);
        set_files(&field, left, changed);
        // The button that had the focus is gone.
        Node::focus_by_id(&field.id());
    }))
}

/// The picture of an attached photo. A photo that a draft brought back has none.
fn preview(state: AppState, name: &str, text: &str) -> Option<Node> {
    let files = state.attachments.files.borrow();
    let file = files.iter().find(|file| file.name == name && !file.preview.is_empty())?;
    Some(el_class("img", "preview").attr("src", &file.preview).attr("alt", text))
}

fn file_input(field: &Field, max_files: u32, rejection: Rejection, changed: Trigger) -> Node {
    let adding = field.clone();
    field.control("input").attr("type", "file").attr("accept", "image/*,application/pdf").on("change", move |event| {
        if let Some(file) = chosen_file(&event) {
            add_file(adding.clone(), &file, max_files, Rc::clone(&rejection), changed);
        }
    })
}

fn add_file(field: Field, file: &File, max_files: u32, rejection: Rejection, changed: Trigger) {
    let state = field.state;
    if file.size() > MAX_READABLE_BYTES {
        return rejection.set(Some(NotAttached::FileSize(state.pack.limits.file_bytes)));
    }
    state.attach(field.path.clone(), file, max_files, move |attached| {
        rejection.set(match attached {
            Ok(file) => {
                let mut files = entered_files(&field);
                files.push(file);
                set_files(&field, files, changed);
                None
            }
            Err(why) => Some(why),
        });
    });
}

fn rejection_text(why: NotAttached, language: Language) -> String {
    let filled = |text: i18n::DeferredText, max: u64| text.with(language, &[("max", &language.in_digits(max.to_string()))]);
    match why {
        NotAttached::TooMany(max) => filled(i18n::ERR_FILE_COUNT, max.into()),
        NotAttached::PdfSize(max) => filled(i18n::ERR_PDF_SIZE, max / MEGABYTE),
        NotAttached::FileSize(max) => text(FaultCode::FileSize(max), false, language),
        NotAttached::TotalSize(max) => text(FaultCode::TotalSize(max), false, language),
        NotAttached::Duplicate => i18n::ERR_FILE_TWICE.to(language).to_owned(),
        NotAttached::Unfit(unfit) => {
            let text = match unfit {
                Unfit::Type => i18n::ERR_FILE_TYPE,
                Unfit::Empty => i18n::ERR_FILE_EMPTY,
                Unfit::Unreadable => i18n::ERR_FILE_GONE,
                Unfit::Heic => i18n::ERR_FILE_HEIC,
                Unfit::Damaged => i18n::ERR_FILE_DAMAGED,
            };
            text.to(language).to_owned()
        }
        NotAttached::NoWorker => i18n::ERR_NO_PART.to(language).to_owned(),
    }
}

fn entered_files(field: &Field) -> Vec<FileEntry> {
    match field.state.entry(&field.path) {
        Some(Entry::Files(files)) => files,
        _ => Vec::new(),
    }
}

fn set_files(field: &Field, files: Vec<FileEntry>, changed: Trigger) {
    field.state.enter(&field.path, (!files.is_empty()).then_some(Entry::Files(files)));
    changed.notify();
}
