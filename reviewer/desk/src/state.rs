//! What the page knows, and where it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amanat_reviewer_core::cases::{self, Case, Filter, Sort};
use amanat_reviewer_core::decrypt::Fault;
use amanat_reviewer_core::forms::Forms;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::newest_pack::{NewestPack, OlderPack, SeenIn};
use amanat_reviewer_core::notebook::{Author, Notebook, Stamp, WriteFault, file};
use amanat_reviewer_core::referral::Superseding;
use amanat_reviewer_core::safe_text;
use amanat_shared::dates::Day;
use amanat_shared::pack::Pack;
use leptos::prelude::*;
use web_sys::Blob;

use crate::clock;
use crate::referral_draft::Draft;

/// Where the page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The identity and the files are chosen.
    Unlock,
    /// The files are opened.
    Reading,
    /// All cases.
    List,
    /// One case.
    Case,
    /// A referral of the cases that were picked.
    Refer,
}

/// The kind of what is no registration.
pub const OTHER: &str = "other";

/// A file that could not be opened, in words: what happened, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The file's name, safe to show.
    pub file: String,
    /// Two lines.
    pub words: String,
    /// See [`Fault::kind`].
    pub kind: &'static str,
    /// See [`Fault::may_be_a_person`].
    pub may_be_a_person: bool,
}

impl Failure {
    /// A registration that was not opened: its file's name without `.age`, as it is, and why.
    pub fn of(name: &str, fault: &Fault) -> Self {
        Self {
            file: safe_text::isolated(&format!("{name}.age")),
            words: fault.to_string(),
            kind: fault.kind(),
            may_be_a_person: fault.may_be_a_person(),
        }
    }
}

/// A notebook that was among the files, and was not taken in yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The file's name, safe to show.
    pub file: String,
    /// The reviewer whose name the file has, if it has one.
    pub owner: Option<Author>,
    /// What is in it.
    pub notebook: Notebook,
}

impl Offered {
    /// A notebook in a file of this name, as it is.
    pub fn new(name: &str, notebook: Notebook) -> Self {
        Self { file: safe_text::isolated(name), owner: file::owner(name), notebook }
    }
}

/// How far reading is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files that were looked at.
    pub done: usize,
    /// All of them.
    pub all: usize,
}

/// What the address says after locking.
pub const LOCKED: &str = "locked";

/// The page's state. Copies are the same state.
#[derive(Clone, Copy)]
pub struct Desk {
    /// Where the page stands.
    pub stage: RwSignal<Stage>,
    /// The day in Kabul on which the page was opened.
    pub today: Day,
    /// Whether another day has begun in Kabul since.
    pub has_new_day: RwSignal<bool>,
    /// The language of labels and choices.
    pub language: RwSignal<String>,
    /// What opens the files, once it is unlocked.
    pub identities: StoredValue<Option<Arc<Identities>>>,
    /// Known forms, and the pack.
    pub forms: StoredValue<Arc<Forms>>,
    /// The sealed files that were chosen, by their names without `.age`.
    pub files: StoredValue<Vec<(String, Blob)>, LocalStorage>,
    /// How far reading is.
    pub progress: RwSignal<Progress>,
    /// All cases.
    pub cases: RwSignal<Arc<Vec<Case>>>,
    /// How many files were sealed before this identity was in the pack.
    pub before_you: RwSignal<usize>,
    /// Files that could not be opened.
    pub failures: RwSignal<Vec<Failure>>,
    /// Which cases are listed.
    pub filter: RwSignal<Filter>,
    /// In which order.
    pub sort: RwSignal<Sort>,
    /// The places among all cases of those that are listed.
    pub found: Memo<Vec<usize>>,
    /// The first row of the list that can be seen.
    pub first: RwSignal<usize>,
    /// How often the notebook was written in.
    pub written: RwSignal<u32>,
    /// Whether the list shows names.
    pub names: RwSignal<bool>,
    /// The case that is shown: its file's name without `.age`.
    pub chosen: RwSignal<String>,
    /// The cases that were picked for a referral: their files' names without `.age`.
    pub picked: RwSignal<BTreeSet<String>>,
    /// Updates and requests for deletion among all that was read: they may take back a yes.
    pub others: StoredValue<Arc<Superseding>>,
    /// Notebooks among the files that were not taken in.
    pub offered: RwSignal<Vec<Offered>>,
    /// What reviewers wrote: this one, and those whose notebooks were taken in.
    pub notebook: RwSignal<Notebook>,
    /// Whether something was written that is in no file yet.
    pub unsaved: RwSignal<bool>,
    /// Notes that are being typed, by the SHA-256 of their registrations.
    pub typing: RwSignal<BTreeMap<String, String>>,
    /// Whether the desk was unlocked.
    pub unlocked: RwSignal<bool>,
    /// Whether nothing is shown but the question what becomes of what is not saved.
    pub locking: RwSignal<bool>,
    /// Why the notebook could not be saved, until it is.
    pub not_saved: RwSignal<Option<String>>,
    /// What was done last, for the list to say: a heading, then lines.
    pub done: RwSignal<Vec<String>>,
    /// Registrations that the server has listed, and that are not among the files.
    pub missing: RwSignal<usize>,
    /// The newest day on which a registration came.
    pub newest: RwSignal<Option<Day>>,
    /// The newest pack that was seen with the identity, by the file beside it; `None` where it was not chosen.
    pub seen: StoredValue<Option<u64>>,
    /// A referral that is being put together.
    draft: StoredValue<Draft, LocalStorage>,
    /// The reviewer's own short name, as typed.
    pub author: RwSignal<String>,
}

impl Desk {
    /// A desk on which nothing lies yet.
    pub fn new(today: Day) -> Self {
        let (cases, filter, sort) = (RwSignal::new(Arc::default()), RwSignal::new(Filter::default()), RwSignal::new(Sort::Triage));
        let found =
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
            before_you: RwSignal::new(0),
            failures: RwSignal::new(Vec::new()),
            filter,
            sort,
            found,
            first: RwSignal::new(0),
            written: RwSignal::new(0),
            names: RwSignal::new(false),
            chosen: RwSignal::new(String::new()),
            picked: RwSignal::new(BTreeSet::new()),
            others: StoredValue::new(Arc::default()),
            offered: RwSignal::new(Vec::new()),
            notebook: RwSignal::new(Notebook::default()),
            unsaved: RwSignal::new(false),
            typing: RwSignal::new(BTreeMap::new()),
            unlocked: RwSignal::new(false),
            locking: RwSignal::new(false),
            not_saved: RwSignal::new(None),
            done: RwSignal::new(Vec::new()),
            missing: RwSignal::new(0),
            newest: RwSignal::new(None),
            seen: StoredValue::new(None),
            draft: StoredValue::new_local(Draft::new()),
            author: RwSignal::new(String::new()),
        }
    }

    /// Hides all at once, and asks first where something would be lost.
    pub fn lock(self) {
        if self.unsaved.get_untracked() || self.is_typing() {
            self.locking.set(true);
        } else {
            self.clear();
        }
    }

    /// Clears the desk: keys, files and everything that was opened leave the memory with the page, which begins anew.
    pub fn clear(self) {
        self.unsaved.set(false);
        self.typing.set(BTreeMap::new());
        // It says then that it was locked. A page that cannot begin anew keeps what it shows; nothing else can be done here.
        let _ = window().location().set_hash(LOCKED);
        let _ = window().location().reload();
    }

    /// Whether a note was typed that is not added.
    pub fn is_typing(self) -> bool {
        self.typing.with_untracked(|all| all.values().any(|text| !text.trim().is_empty()))
    }

    /// Adds the notes that were typed, if who writes has said their name.
    pub fn add_typed(self) -> Result<(), WriteFault> {
        let Some(pen) = self.pen() else { return Ok(()) };
        for (sha256, text) in self.typing.get_untracked() {
            if !text.trim().is_empty() {
                let mut id = [0; 16];
                random(&mut id);
                self.write(|notebook| notebook.add_note(&sha256, id, &text, &pen))?;
            }
            self.typing.update(|all| drop(all.remove(&sha256)));
        }
        Ok(())
    }

    /// The referral that is being put together.
    pub fn draft(self) -> Draft {
        self.draft.get_value()
    }

    /// The pack to which notebooks are sealed today; none if a newer one was seen.
    pub fn seals_to(self) -> Option<Pack> {
        if self.older_pack().is_some() {
            return None;
        }
        self.forms.with_value(|forms| forms.pack_to_seal_to(self.today).cloned())
    }

    /// Whether the pack among the files is older than one that was seen: with the identity, or by whoever wrote in a notebook.
    /// Those among the files that were not taken in count too: to seal to nobody else loses nothing.
    pub fn older_pack(self) -> Option<OlderPack> {
        let mut newest = NewestPack::default();
        newest.note(self.seen.get_value().unwrap_or_default(), SeenIn::Identity);
        self.notebook.with_untracked(|notebook| newest.note(notebook.newest_pack(), SeenIn::ThisNotebook));
        self.offered.with_untracked(|all| {
            for it in all {
                newest.note(it.notebook.newest_pack(), SeenIn::Notebook(it.file.clone()));
            }
        });
        self.forms.with_value(|forms| forms.pack().and_then(|pack| newest.admit(pack.serial).err()))
    }

    /// Notes that a file could not be opened, in which persons may be: its name, as it is, and why.
    pub fn fail(self, file: &str, words: String) {
        let failure = Failure { file: safe_text::isolated(file), words, kind: OTHER, may_be_a_person: true };
        self.failures.update(|all| all.push(failure));
    }

    /// Shows a case, by its file's name without `.age`.
    pub fn show(self, file: &str) {
        self.chosen.set(file.to_owned());
        self.stage.set(Stage::Case);
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }

    /// The case that is shown, as the list knows it.
    pub fn case(self) -> Option<Case> {
        let chosen = self.chosen.get();
        self.cases.with(|cases| cases.iter().find(|case| case.file == chosen).cloned())
    }

    /// The file of this name.
    pub fn file(self, name: &str) -> Option<Blob> {
        self.files.with_value(|files| files.iter().find(|(known, _)| known == name).map(|(_, file)| file.clone()))
    }

    /// Who writes, now; `None` until the reviewer has said their name.
    pub fn pen(self) -> Option<Stamp> {
        Author::new(&self.author.get_untracked()).map(|author| Stamp { author, now: clock::now() })
    }

    /// Changes the notebook, and what the list says of it.
    pub fn write<E>(self, change: impl FnOnce(&mut Notebook) -> Result<(), E>) -> Result<(), E> {
        let mut result = Ok(());
        self.notebook.update(|notebook| result = change(notebook));
        if result.is_ok() {
            self.unsaved.set(true);
            self.stand();
        }
        result
    }

    /// Tells the list what the notebook says.
    pub fn stand(self) {
        let mut cases = Arc::unwrap_or_clone(self.cases.get_untracked());
        self.notebook.with_untracked(|notebook| cases::apply_notebook(&mut cases, notebook));
        self.cases.set(Arc::new(cases));
        self.written.update(|times| *times += 1);
    }
}

/// Fills with the browser's randomness.
pub fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("a browser has randomness: nothing was opened without");
}
