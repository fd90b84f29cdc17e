//! What was typed so far, to the sealer and back: it is kept on the phone locked with words of the person's.

use amanat_shared::answers::Entries;
use amanat_shared::receipt::Receipt;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::entries::{put, restored, serialize_entries};
use super::{AppState, Attached, Step};
use crate::protocol::SAVE;
use crate::state::worker_client::{ask, attached, restart};

impl AppState {
    /// Keeps what was typed on the phone under these words, to be gone on with at this page; from then on with every page.
    /// `saved` hears whether the phone keeps it; `None` without a worker.
    pub fn save(self, words: String, page: Option<&String>, saved: impl FnOnce(Option<bool>) + 'static) {
        let typed = Array::new();
        let phases = self.phases.borrow().len().to_string();
        let code = self.receipt.borrow().as_ref().map(Receipt::digits);
        let code = code.as_ref().map_or("", |digits| &**digits);
        for line in [self.language_tag.get_untracked(), &phases, page.map_or("", String::as_str), code] {
            typed.push(&line.into());
        }
        serialize_entries(&self.entries.borrow(), "", &typed);
        let [names, lengths] = attached(self, |_| true);
        let parts: [JsValue; 4] = [words.as_str().into(), typed.into(), names.into(), lengths.into()];
        ask(self, SAVE, &parts.into_iter().collect(), move |answer| {
            let kept = answer.map(|answer| answer.get(0).is_truthy());
            if kept == Some(true) {
                self.saves.set(true);
                self.begun_anew.set(true);
                self.draft_passphrase.replace(words);
            }
            // Once it has been kept, the person counts on it.
            self.unsaved.set(self.saves.get() && kept != Some(true));
            saved(kept);
        });
    }

    /// Goes on with a draft that these words have opened: `[what was typed, names of files, their bytes, their hashes]`.
    pub fn restore(self, words: String, parts: &Array) {
        let [typed, names, bytes, hashes] = [0, 1, 2, 3].map(|at| Array::from(&parts.get(at)));
        let text = |list: &Array, at| list.get(at).as_string().unwrap_or_default();
        let (language, phases, page) = (text(&typed, 0), text(&typed, 1), text(&typed, 2));
        let file = |at| Attached {
            name: text(&names, at),
            question: String::new(),
            bytes: bytes.get(at).unchecked_into(),
            sha256: text(&hashes, at),
            preview: String::new(),
            locked: false,
        };
        let mut files: Vec<Attached> = (0..names.length()).map(file).collect();
        let mut entries = Entries::default();
        for at in 4..typed.length() {
            if let Some((path, entry)) = restored(typed.get(at).unchecked_ref(), &mut files) {
                put(&mut entries, &path.split('/').collect::<Vec<_>>(), Some(entry));
            }
        }
        self.entries.replace(entries);
        self.files.replace(files);
        let open = self.loaded.pack.phases.iter().take(phases.parse().unwrap_or(1)).copied();
        self.phases.replace(open.collect());
        self.receipt.replace(Receipt::parse(&text(&typed, 3)).ok());
        self.begun_anew.set(true);
        self.saves.set(true);
        self.draft_passphrase.replace(words);
        restart(self);
        if let Some(tag) = self.form().languages.iter().find(|tag| **tag == language) {
            self.language_tag.set(tag);
        }
        self.changed();
        let validation = self.validation.get_untracked();
        if validation.pages.contains(&page) { self.go(Step::Page(page)) } else { self.check(&validation) }
    }
}
