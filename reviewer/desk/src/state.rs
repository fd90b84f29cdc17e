//! The state of the page.

mod failure;
mod notebook;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amanat_reviewer_core::cases::{self, Case, Filter, Sort};
use amanat_reviewer_core::forms::Forms;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::Notebook;
use amanat_reviewer_core::referral::Superseding;
use amanat_reviewer_core::safe_text;
use amanat_shared::dates::Day;
use leptos::prelude::*;
use web_sys::Blob;

pub use failure::{Failure, OTHER};
pub use notebook::OfferedNotebook;

use crate::referral_draft::ReferralDraft;

/// The page that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The reviewer chooses the identity and the files.
    Unlock,
    /// The files are being opened.
    Loading,
    /// The list of all cases.
    List,
    /// One case.
    Case,
    /// A referral of the picked cases.
    Refer,
}

/// The progress of opening the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The number of files that were opened or failed.
    pub done: usize,
    /// The number of all files.
    pub all: usize,
}

/// The fragment of the page's address after locking.
pub const LOCKED: &str = "locked";

/// The page's state. Copies refer to the same state.
#[derive(Clone, Copy)]
pub struct AppState {
    pub stage: RwSignal<Stage>,
    /// The day in Kabul on which the page was opened.
    pub today: Day,
    /// Whether another day has begun in Kabul since.
    pub has_new_day: RwSignal<bool>,
    /// The language of labels and choices.
    pub language: RwSignal<String>,
    /// The unlocked identities, which open the files.
    pub identities: StoredValue<Option<Arc<Identities>>>,
    /// The known forms, and the pack.
    pub forms: StoredValue<Arc<Forms>>,
    /// The chosen sealed files, by their names without `.age`.
    pub files: StoredValue<Vec<(String, Blob)>, LocalStorage>,
    pub progress: RwSignal<Progress>,
    /// All cases.
    pub cases: RwSignal<Arc<Vec<Case>>>,
    /// The number of files that were sealed before this identity was in the pack.
    pub sealed_before_joining: RwSignal<usize>,
    /// The files that could not be opened.
    pub failures: RwSignal<Vec<Failure>>,
    /// The filter of the list.
    pub filter: RwSignal<Filter>,
    /// The order of the list.
    pub sort: RwSignal<Sort>,
    /// The indexes of the listed cases.
    pub listed: Memo<Vec<usize>>,
    /// The first visible row of the list.
    pub first_row: RwSignal<usize>,
    /// A number that changes whenever the notebook does.
    pub notebook_version: RwSignal<u32>,
    pub shows_names: RwSignal<bool>,
    /// The open case, by its file's name without `.age`.
    pub open_case: RwSignal<String>,
    /// The cases picked for a referral, by their files' names without `.age`.
    pub picked: RwSignal<BTreeSet<String>>,
    /// Updates and requests for deletion in all files, which may withdraw a consent.
    pub superseding: StoredValue<Arc<Superseding>>,
    /// Notebooks among the files that were not merged.
    pub offered_notebooks: RwSignal<Vec<OfferedNotebook>>,
    /// The entries of this reviewer, and of those whose notebooks were merged.
    pub notebook: RwSignal<Notebook>,
    /// Whether the notebook has entries that are in no file yet.
    pub unsaved: RwSignal<bool>,
    /// Notes that are being typed, by the SHA-256 of their registrations.
    pub note_drafts: RwSignal<BTreeMap<String, String>>,
    /// Whether an identity is unlocked.
    pub unlocked: RwSignal<bool>,
    /// Whether the page asks what happens to unsaved work, and shows nothing else.
    pub locking: RwSignal<bool>,
    /// The reason why the notebook could not be saved last.
    pub save_fault: RwSignal<Option<Message>>,
    /// The result of the last action: a heading, then lines.
    pub last_result: RwSignal<Vec<String>>,
    /// The number of registrations that the server has listed and that are not among the files.
    pub missing_files: RwSignal<usize>,
    /// The newest day on which a registration arrived.
    pub newest_arrival: RwSignal<Option<Day>>,
    /// The newest pack in the record beside the identity; `None` where that was not chosen.
    pub newest_pack_seen: StoredValue<Option<u64>>,
    referral_draft: StoredValue<ReferralDraft, LocalStorage>,
    /// The reviewer's short name, as typed.
    pub author: RwSignal<String>,
}

impl AppState {
    /// Returns an empty state.
    pub fn new(today: Day) -> Self {
        let (cases, filter, sort) = (RwSignal::new(Arc::default()), RwSignal::new(Filter::default()), RwSignal::new(Sort::Triage));
        let listed =
            Memo::new(move |_| cases.with(|cases: &Arc<Vec<Case>>| filter.with(|filter| cases::select(cases, filter, sort.get()))));
        Self {
            stage: RwSignal::new(Stage::Unlock),
            today,
            has_new_day: RwSignal::new(false),
            language: RwSignal::new("en".to_owned()),
            identities: StoredValue::new(None),
            forms: StoredValue::new(Arc::new(Forms::built_in())),
            files: StoredValue::new_local(Vec::new()),
            progress: RwSignal::new(Progress::default()),
            cases,
            sealed_before_joining: RwSignal::new(0),
            failures: RwSignal::new(Vec::new()),
            filter,
            sort,
            listed,
            first_row: RwSignal::new(0),
            notebook_version: RwSignal::new(0),
            shows_names: RwSignal::new(false),
            open_case: RwSignal::new(String::new()),
            picked: RwSignal::new(BTreeSet::new()),
            superseding: StoredValue::new(Arc::default()),
            offered_notebooks: RwSignal::new(Vec::new()),
            notebook: RwSignal::new(Notebook::default()),
            unsaved: RwSignal::new(false),
            note_drafts: RwSignal::new(BTreeMap::new()),
            unlocked: RwSignal::new(false),
            locking: RwSignal::new(false),
            save_fault: RwSignal::new(None),
            last_result: RwSignal::new(Vec::new()),
            missing_files: RwSignal::new(0),
            newest_arrival: RwSignal::new(None),
            newest_pack_seen: StoredValue::new(None),
            referral_draft: StoredValue::new_local(ReferralDraft::new()),
            author: RwSignal::new(String::new()),
        }
    }

    /// Hides everything, and asks first if something would be lost.
    pub fn lock(self) {
        if self.unsaved.get_untracked() || self.is_typing() {
            self.locking.set(true);
        } else {
            self.clear();
        }
    }

    /// Reloads the page, which removes keys, files and everything that was opened from memory.
    pub fn clear(self) {
        self.unsaved.set(false);
        self.note_drafts.set(BTreeMap::new());
        // The fragment makes the new page say that it was locked. If the reload fails, nothing else can be done here.
        let _ = window().location().set_hash(LOCKED);
        let _ = window().location().reload();
    }

    /// Returns the referral that is being prepared.
    pub fn referral_draft(self) -> ReferralDraft {
        self.referral_draft.get_value()
    }

    /// Reports a file that could not be opened and may hold a registration.
    pub fn fail(self, file: &str, message: Message) {
        let failure = Failure { file: safe_text::isolated(file), message, kind: OTHER, may_be_a_person: true };
        self.failures.update(|all| all.push(failure));
    }

    /// Opens a case, by its file's name without `.age`.
    pub fn show(self, file: &str) {
        self.open_case.set(file.to_owned());
        self.stage.set(Stage::Case);
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }

    /// Returns the open case as the list knows it.
    pub fn case(self) -> Option<Case> {
        let chosen = self.open_case.get();
        self.cases.with(|cases| cases.iter().find(|case| case.file == chosen).cloned())
    }

    /// Returns the file of this name.
    pub fn file(self, name: &str) -> Option<Blob> {
        self.files.with_value(|files| files.iter().find(|(known, _)| known == name).map(|(_, file)| file.clone()))
    }
}
