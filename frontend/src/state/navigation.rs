//! The present page, and the ways from it to others.

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};

use amanat_shared::form::{Page, QuestionType};
use amanat_shared::validate::{Fault, Validation};

use super::AppState;
use super::form::faults_of;
use crate::protocol::Distrust;
use crate::signal::Signal;

/// The page that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The choice of a language.
    Language,
    /// The wait for the worker, before the first question.
    Loading,
    /// The offer of what this phone has kept, if anything.
    Resume,
    /// The saving of a draft on this phone.
    SaveDraft,
    /// The form's page of this name.
    Page(String),
    /// First contact is complete: send now, or add more.
    NextPhase,
    /// The check of all answers.
    Check,
    /// The code, to be written down.
    Receipt,
    /// The progress of sealing and sending.
    Sending,
    /// The worker does not trust the pack: there is no form.
    Refused(Distrust),
    /// The person has left: nothing is shown any more.
    Left,
}

/// The present page and how it was reached.
pub struct Navigation {
    /// The present page.
    pub step: Signal<Step>,
    /// The faults that the present page shows since "continue" was pressed.
    pub page_faults: Signal<Vec<Fault>>,
    /// "Continue" and "back" lead to the check page, from which the present page was opened.
    returns_to_check: Cell<bool>,
    /// The page that follows [`Step::Loading`].
    after_loading: RefCell<Step>,
    /// The page that [`Step::SaveDraft`] was opened from.
    before_saving: RefCell<Step>,
}

impl Navigation {
    pub(super) fn new() -> Self {
        Self {
            step: Signal::new(Step::Language),
            page_faults: Signal::new(Vec::new()),
            returns_to_check: Cell::new(false),
            after_loading: RefCell::new(Step::Language),
            before_saving: RefCell::new(Step::Language),
        }
    }
}

/// Whether a page asks nothing.
pub fn is_informational(page: &Page) -> bool {
    page.questions.iter().all(|question| question.r#type == QuestionType::Note)
}

impl AppState {
    /// Shows a page.
    pub fn go(self, step: Step) {
        self.navigation.page_faults.set(Vec::new());
        self.navigation.step.set(step);
    }

    /// Shows a page once the worker is there: whoever has begun needs nothing more from the network until the end.
    pub fn go_when_worker_ready(self, step: Step) {
        if self.worker.was_ready.get_untracked() {
            return self.go(step);
        }
        self.navigation.after_loading.replace(step);
        self.go(Step::Loading);
        self.start_worker();
    }

    /// Goes on from [`Step::Loading`], if the person waits there.
    pub(super) fn finish_loading(self) {
        if self.is_at(&Step::Loading) {
            let next = self.navigation.after_loading.borrow().clone();
            self.go(next);
        }
    }

    /// Whether this page is shown.
    pub fn is_at(self, step: &Step) -> bool {
        self.navigation.step.with_untracked(|present| present == step)
    }

    /// Opens a page to change an answer; "continue" then leads back to the check page.
    pub fn go_to_change(self, page: &Page) {
        self.navigation.returns_to_check.set(true);
        self.go(Step::Page(page.name.clone()));
    }

    /// Opens the page that saves a draft.
    pub fn go_to_save_draft(self) {
        self.navigation.before_saving.replace(self.navigation.step.get_untracked());
        self.go(Step::SaveDraft);
    }

    /// The form's page that the draft is being saved from.
    pub fn page_before_saving(self) -> Option<String> {
        match &*self.navigation.before_saving.borrow() {
            Step::Page(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// Continues from this page, if nothing on it is wrong and no file of it is still being read.
    pub fn next(self, page: &Page) {
        if self.attachments.is_reading.get_untracked() {
            return;
        }
        let validation = self.form.validation.get_untracked();
        let faults = faults_of(&validation, page);
        if faults.iter().any(|fault| !fault.code.is_warning()) {
            self.navigation.page_faults.set(faults);
            return;
        }
        let next = validation.pages.iter().skip_while(|name| **name != page.name).nth(1);
        self.save_draft_again(next);
        if self.navigation.returns_to_check.get() {
            return self.go_to_check(&validation);
        }
        match next {
            Some(name) => self.go_when_worker_ready(Step::Page(name.clone())),
            None if self.offers_next_phase() => self.go(Step::NextPhase),
            None => self.go_to_check(&validation),
        }
    }

    /// Goes to the first page that has a fault, or, where none has, to the check page.
    pub fn go_to_check(self, validation: &Validation) {
        let faulty = validation.pages.iter().filter_map(|name| self.page(name)).find_map(|page| {
            let faults = faults_of(validation, page);
            faults.iter().any(|fault| !fault.code.is_warning()).then_some((page, faults))
        });
        if let Some((page, faults)) = faulty {
            self.go_to_change(page);
            self.navigation.page_faults.set(faults);
            return;
        }
        self.navigation.returns_to_check.set(false);
        match validation.pages.last() {
            // The form ends there: nothing can be checked or sent.
            Some(last) if validation.stopped => self.go(Step::Page(last.clone())),
            _ => self.go(Step::Check),
        }
    }

    /// Goes to the code, if what was entered may be sent.
    pub fn go_to_receipt(self) {
        let validation = self.form.validation.get_untracked();
        if validation.may_be_sent() {
            self.go(Step::Receipt);
        } else {
            self.go_to_check(&validation);
        }
    }

    /// Goes one page back.
    pub fn back(self) {
        if self.is_at(&Step::SaveDraft) {
            return self.go(self.navigation.before_saving.borrow().clone());
        }
        if self.attachments.is_reading.get_untracked() {
            return;
        }
        let validation = self.form.validation.get_untracked();
        let last_page = |phases: &[u8]| {
            let in_phases = |name: &&String| self.page(name).is_some_and(|page| phases.contains(&page.phase));
            validation.pages.iter().rev().find(in_phases).cloned().map_or(Step::Language, Step::Page)
        };
        if self.navigation.returns_to_check.take() {
            return self.go(Step::Check);
        }
        match self.navigation.step.get_untracked() {
            Step::Page(name) => {
                let at = validation.pages.iter().position(|page| *page == name).unwrap_or(0);
                match at.checked_sub(1).and_then(|before| validation.pages.get(before)) {
                    Some(before) if self.begins_next_phase(before, &name) => self.go(Step::NextPhase),
                    Some(before) => self.go(Step::Page(before.clone())),
                    None => self.go(Step::Language),
                }
            }
            Step::NextPhase => self.go(last_page(&[1])),
            Step::Check if self.form.open_phases.borrow().len() == 1 && self.offers_next_phase() => self.go(Step::NextPhase),
            Step::Check => self.go(last_page(&[1, 2, 3])),
            Step::Receipt => self.go(Step::Check),
            Step::Resume | Step::Loading => self.go_to_first_page(),
            Step::SaveDraft | Step::Language | Step::Sending | Step::Refused(_) | Step::Left => {}
        }
    }

    /// Opens the pack's further phases, and goes to their first page.
    pub fn open_next_phases(self) {
        self.form.open_phases.replace(self.pack.phases.clone());
        self.revalidate();
        let validation = self.form.validation.get_untracked();
        let first = validation.pages.iter().find(|name| self.page(name).is_some_and(|page| page.phase > 1));
        match first {
            Some(name) => self.go(Step::Page(name.clone())),
            None => self.go_to_check(&validation),
        }
    }

    /// Goes to the form's first page.
    pub fn go_to_first_page(self) {
        if let Some(first) = self.form.validation.with_untracked(|validation| validation.pages.first().cloned()) {
            // A page that asks nothing needs no worker.
            let is_informational = self.page(&first).is_some_and(is_informational);
            let first = Step::Page(first);
            if is_informational { self.go(first) } else { self.go_when_worker_ready(first) }
        }
    }

    /// Whether first contact is complete, and the pack has further phases that are not open yet.
    fn offers_next_phase(self) -> bool {
        self.form.open_phases.borrow().len() < self.pack.phases.len()
            && self.form.validation.with_untracked(|validation| {
                validation.pages.last().and_then(|name| self.page(name)).is_some_and(|page| !page.stop)
            })
    }

    fn begins_next_phase(self, before: &str, name: &str) -> bool {
        matches!((self.page(before), self.page(name)), (Some(before), Some(page)) if before.phase == 1 && page.phase > 1)
    }
}
