//! The answers: the entries, their validation, and the code of the registration.

use std::cell::{Cell, RefCell};

use amanat_shared::answers::{Entries, Entry};
use amanat_shared::dates::Day;
use amanat_shared::form::Page;
use amanat_shared::pack::Pack;
use amanat_shared::receipt::Receipt;
use amanat_shared::validate::{Context, Fault, Validation, validate};

use super::AppState;
use super::entries::{entry_at, set_entry};
use crate::signal::Signal;

/// The answers and what follows from them.
pub struct FormState {
    /// The tag of the language in use.
    pub language_tag: Signal<&'static str>,
    /// The entries, unchecked.
    pub(super) entries: RefCell<Entries>,
    /// The clean answers and their faults. It follows the entries.
    pub validation: Signal<Validation>,
    /// The phases that are asked.
    pub(super) open_phases: RefCell<Vec<u8>>,
    /// Grows with every change of what would be sealed: the worker seals each version once.
    pub(super) version: Cell<u32>,
    /// The code, once it has been shown.
    pub(super) receipt: RefCell<Option<Receipt>>,
    /// The paths of the questions that have been shown. A path's place here makes its element's `id`.
    element_paths: RefCell<Vec<String>>,
}

impl FormState {
    pub(super) fn new(pack: &'static Pack, today: Day) -> Self {
        let first_language = pack.form.languages.first().map_or("en", String::as_str);
        let (entries, phases) = (Entries::default(), vec![1]);
        Self {
            language_tag: Signal::new(first_language),
            validation: Signal::new(validation(pack, &entries, &phases, today)),
            entries: RefCell::new(entries),
            open_phases: RefCell::new(phases),
            version: Cell::new(0),
            receipt: RefCell::new(None),
            element_paths: RefCell::new(Vec::new()),
        }
    }
}

fn validation(pack: &Pack, entries: &Entries, phases: &[u8], today: Day) -> Validation {
    validate(&pack.form, entries, &Context { today, phases, limits: pack.limits })
}

impl AppState {
    /// Validates the entries again. Whatever is sealed from now on is another registration.
    pub(super) fn revalidate(self) {
        let form = &self.form;
        form.version.set(form.version.get() + 1);
        form.validation.set(validation(self.pack, &form.entries.borrow(), &form.open_phases.borrow(), self.today()));
    }

    /// Changes the language.
    pub fn set_language(self, tag: &'static str) {
        self.form.language_tag.set(tag);
        self.revalidate();
    }

    /// The page of this name.
    pub fn page(self, name: &str) -> Option<&'static Page> {
        self.pack.form.pages.iter().find(|page| page.name == name)
    }

    /// The `id` of the first control of the question at a path: `q1`, `q2` and so on. Browsers write an `id` to the disk, so
    /// it says nothing about the question.
    pub fn element_id(self, path: &str) -> String {
        let mut paths = self.form.element_paths.borrow_mut();
        let at = paths.iter().position(|known| known == path).unwrap_or_else(|| {
            paths.push(path.to_owned());
            paths.len() - 1
        });
        ["q", &(at + 1).to_string()].concat()
    }

    /// The entry for the question at a path: `question`, `group/question` or `repeat/0/question`.
    pub fn entry(self, path: &str) -> Option<Entry> {
        entry_at(&self.form.entries.borrow(), &path.split('/').collect::<Vec<_>>()).cloned()
    }

    /// Changes an entry; `None` removes it.
    ///
    /// An entry whose choices depend on this one is removed with it, since the same choice may mean something else now.
    pub fn enter(self, path: &str, entry: Option<Entry>) {
        let mut entries = self.form.entries.borrow_mut();
        for question in self.pack.form.pages.iter().flat_map(|page| &page.questions) {
            if question.choices_by.as_ref().is_some_and(|by| by.question == path) {
                entries.0.remove(&question.name);
            }
        }
        set_entry(&mut entries, &path.split('/').collect::<Vec<_>>(), entry);
        drop(entries);
        self.revalidate();
    }

    /// Whether something was entered.
    pub fn has_entries(self) -> bool {
        !self.form.entries.borrow().0.is_empty()
    }

    /// The code of this registration. It is drawn when it is first asked for, and stays the same.
    pub fn receipt(self) -> Receipt {
        if let Some(receipt) = &*self.form.receipt.borrow() {
            return receipt.clone();
        }
        let receipt = Receipt::generate(|bytes| {
            getrandom::fill(bytes).expect("without randomness the browser could not have loaded this page's program");
        });
        self.form.receipt.replace(Some(receipt.clone()));
        receipt
    }

    pub(super) fn forget_answers(self) {
        self.form.entries.take();
        self.form.receipt.take();
        self.revalidate();
    }
}

/// The faults of a page's questions.
pub(super) fn faults_of(validation: &Validation, page: &Page) -> Vec<Fault> {
    validation
        .faults
        .iter()
        .filter(|fault| page.questions.iter().any(|question| is_within(&fault.path, &question.name)))
        .cloned()
        .collect()
}

/// Whether a path is that of the question, or of one inside it.
fn is_within(path: &str, question: &str) -> bool {
    path.strip_prefix(question).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
