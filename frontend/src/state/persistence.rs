//! The saved draft: what was typed and attached so far, stored on the phone under a passphrase that was drawn for it.

use std::cell::{Cell, RefCell};

use amanat_shared::answers::Entries;
use amanat_shared::receipt::Receipt;
use js_sys::Array;

use super::entries::set_entry;
use super::entry_format::{deserialize_entry, serialize_entries};
use super::worker_client::had_stored;
use super::{AppState, AttachedFile, Step};
use crate::protocol::fields::{Reader, Writer};
use crate::protocol::{DRAFT_KEY, OpenedDraft, Request};
use crate::signal::Signal;

/// The saved draft.
pub struct Persistence {
    /// Whether the draft is saved again with every page.
    pub is_active: Cell<bool>,
    /// Whether the last attempt to save it again failed.
    pub has_failed: Signal<bool>,
    /// The passphrase that it is sealed under.
    passphrase: RefCell<String>,
    /// The draft that was stored when the page was loaded has been opened, replaced or deleted.
    is_initial_gone: Signal<bool>,
}

/// The reason why a draft was not opened.
pub enum NotOpened {
    /// The passphrase is wrong.
    WrongPassphrase,
    /// The worker could not be loaded.
    NoWorker,
}

impl Persistence {
    pub(super) fn new() -> Self {
        Self {
            is_active: Cell::new(false),
            has_failed: Signal::new(false),
            passphrase: RefCell::new(String::new()),
            is_initial_gone: Signal::new(false),
        }
    }
}

impl AppState {
    /// Whether a draft from before this page was loaded is stored. An effect that asks runs again when this changes.
    pub fn has_earlier_draft(self) -> bool {
        !self.persistence.is_initial_gone.get() && had_stored(DRAFT_KEY, DRAFT_KEY)
    }

    /// Deletes the stored draft.
    pub fn delete_draft(self) {
        self.persistence.is_initial_gone.set(true);
        self.delete_stored(DRAFT_KEY, DRAFT_KEY);
    }

    /// Draws a passphrase in the interface's language. `drawn` gets it; nothing if there is no worker.
    pub fn draw_passphrase(self, drawn: impl FnOnce(Option<String>) + 'static) {
        self.request(Request::DrawPassphrase { language: self.language() as u32 }, |answer| {
            drawn(answer.and_then(|answer| answer.get(0).as_string()));
        });
    }

    /// Saves the draft under a passphrase, to be continued at this page; from then on it is saved again with every page.
    /// `saved` hears whether the phone keeps it; `None` if there is no worker.
    pub fn save_draft(self, passphrase: String, page: Option<&String>, saved: impl FnOnce(Option<bool>) + 'static) {
        let content = self.draft_content(page);
        let request = Request::SaveDraft { passphrase: passphrase.clone(), content, files: self.file_refs() };
        self.request(request, move |answer| {
            let is_kept = answer.map(|answer| answer.get(0).is_truthy());
            let persistence = &self.persistence;
            if is_kept == Some(true) {
                persistence.is_active.set(true);
                persistence.is_initial_gone.set(true);
                persistence.passphrase.replace(passphrase);
            }
            // Once it has been kept, the person counts on it.
            persistence.has_failed.set(persistence.is_active.get() && is_kept != Some(true));
            saved(is_kept);
        });
    }

    /// Saves the draft again, if the person has had it saved before.
    pub(super) fn save_draft_again(self, page: Option<&String>) {
        if self.persistence.is_active.get() {
            self.save_draft(self.persistence.passphrase.borrow().clone(), page, |_| {});
        }
    }

    /// `[language, number of open phases, page, code, row of an entry…]`
    fn draft_content(self, page: Option<&String>) -> Array {
        let form = &self.form;
        let receipt = form.receipt.borrow().as_ref().map(Receipt::digits);
        let content = Writer::list()
            .text(form.language_tag.get_untracked())
            .text(&form.open_phases.borrow().len().to_string())
            .text(page.map_or("", String::as_str))
            .text(receipt.as_ref().map_or("", |digits| digits));
        serialize_entries(&form.entries.borrow(), "", &mut |path, kind, values| {
            let mut row = Writer::list().text(path).text(kind);
            for value in values {
                row = row.text(value);
            }
            content.0.push(&row.0);
        });
        content.0
    }

    /// Opens the stored draft and continues it, or says to `failed` why not.
    pub fn open_draft(self, passphrase: String, failed: impl FnOnce(NotOpened) + 'static) {
        self.request(Request::OpenDraft { passphrase: passphrase.clone() }, move |answer| match answer {
            // A second touch has opened it, or it was deleted meanwhile.
            Some(_) if self.persistence.is_initial_gone.get_untracked() => {}
            Some(answer) => match OpenedDraft::decode(&answer) {
                Some(draft) => self.restore(passphrase, draft),
                None => failed(NotOpened::WrongPassphrase),
            },
            None => failed(NotOpened::NoWorker),
        });
    }

    fn restore(self, passphrase: String, draft: OpenedDraft) {
        let attached = |(name, bytes, sha256)| AttachedFile {
            name,
            question: String::new(),
            bytes,
            sha256,
            preview: String::new(),
            encrypted: false,
        };
        let mut files: Vec<AttachedFile> = draft.files.into_iter().map(attached).collect();
        let mut content = Reader::new(&draft.content);
        let [language, phases, page, receipt] = [(); 4].map(|()| content.text());
        let mut entries = Entries::default();
        while content.has_more() {
            if let Some((path, entry)) = deserialize_entry(&content.texts(), &mut files) {
                set_entry(&mut entries, &path.split('/').collect::<Vec<_>>(), Some(entry));
            }
        }
        self.form.entries.replace(entries);
        self.attachments.files.replace(files);
        let open = self.pack.phases.iter().take(phases.parse().unwrap_or(1)).copied();
        self.form.open_phases.replace(open.collect());
        self.form.receipt.replace(Receipt::parse(&receipt).ok());
        self.persistence.is_initial_gone.set(true);
        self.persistence.is_active.set(true);
        self.persistence.passphrase.replace(passphrase);
        self.restart_worker();
        if let Some(tag) = self.pack.form.languages.iter().find(|tag| **tag == language) {
            self.form.language_tag.set(tag);
        }
        self.revalidate();
        let validation = self.form.validation.get_untracked();
        if validation.pages.contains(&page) { self.go(Step::Page(page)) } else { self.go_to_check(&validation) }
    }

    pub(super) fn forget_passphrase(self) {
        self.persistence.passphrase.take();
    }
}
