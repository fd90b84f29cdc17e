//! The reviewer's notebook: writing in it, and the pack to which it is sealed.

use std::sync::Arc;

use amanat_reviewer_core::cases;
use amanat_reviewer_core::newest_pack::{NewestPack, OlderPack, SeenIn};
use amanat_reviewer_core::notebook::{Author, Notebook, Stamp, WriteFault, file};
use amanat_reviewer_core::safe_text;
use amanat_shared::pack::Pack;
use leptos::prelude::*;

use super::AppState;
use crate::clock;
use crate::random::random;

/// A notebook among the files that was not merged yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedNotebook {
    /// The file's name, safe to show.
    pub file: String,
    /// The reviewer whom the file is named after, if any.
    pub owner: Option<Author>,
    pub notebook: Notebook,
}

impl OfferedNotebook {
    /// Describes the notebook in a file of this name.
    pub fn new(name: &str, notebook: Notebook) -> Self {
        Self { file: safe_text::isolated(name), owner: file::owner(name), notebook }
    }
}

impl AppState {
    /// Returns whether a note was typed that is not added.
    pub fn is_typing(self) -> bool {
        self.note_drafts.with_untracked(|all| all.values().any(|text| !text.trim().is_empty()))
    }

    /// Adds the typed notes, if the reviewer has given a name.
    pub fn add_typed(self) -> Result<(), WriteFault> {
        let Some(stamp) = self.stamp() else { return Ok(()) };
        for (sha256, text) in self.note_drafts.get_untracked() {
            if !text.trim().is_empty() {
                let mut id = [0; 16];
                random(&mut id);
                self.write(|notebook| notebook.add_note(&sha256, id, &text, &stamp))?;
            }
            self.note_drafts.update(|all| drop(all.remove(&sha256)));
        }
        Ok(())
    }

    /// Returns the pack to which notebooks are sealed today; `None` if a newer one was seen.
    pub fn pack_to_seal_to(self) -> Option<Pack> {
        if self.older_pack().is_some() {
            return None;
        }
        self.forms.with_value(|forms| forms.pack_to_seal_to(self.today).cloned())
    }

    /// Returns the newer pack that was seen, if the chosen pack is older: seen with the identity, or by the author of a
    /// notebook. A notebook that was not merged counts, too, since sealing to fewer readers loses nothing.
    pub fn older_pack(self) -> Option<OlderPack> {
        let mut newest = NewestPack::default();
        newest.note(self.newest_pack_seen.get_value().unwrap_or_default(), SeenIn::Identity);
        self.notebook.with_untracked(|notebook| newest.note(notebook.newest_pack(), SeenIn::ThisNotebook));
        self.offered_notebooks.with_untracked(|all| {
            for it in all {
                newest.note(it.notebook.newest_pack(), SeenIn::Notebook(it.file.clone()));
            }
        });
        self.forms.with_value(|forms| forms.pack().and_then(|pack| newest.admit(pack.serial).err()))
    }

    /// Returns the reviewer's name and the time for an entry; `None` until the reviewer has given a name.
    pub fn stamp(self) -> Option<Stamp> {
        Author::new(&self.author.get_untracked()).map(|author| Stamp { author, now: clock::now() })
    }

    /// Changes the notebook, and updates the list.
    pub fn write<E>(self, change: impl FnOnce(&mut Notebook) -> Result<(), E>) -> Result<(), E> {
        let mut result = Ok(());
        self.notebook.update(|notebook| result = change(notebook));
        if result.is_ok() {
            self.unsaved.set(true);
            self.apply_notebook();
        }
        result
    }

    /// Updates the list from the notebook.
    pub fn apply_notebook(self) {
        let mut cases = Arc::unwrap_or_clone(self.cases.get_untracked());
        self.notebook.with_untracked(|notebook| cases::apply_notebook(&mut cases, notebook));
        self.cases.set(Arc::new(cases));
        self.notebook_version.update(|times| *times += 1);
    }
}
