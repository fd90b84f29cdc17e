//! Where the person is, and where they can go from there.

use amanat_shared::form::{Page, QuestionType};
use amanat_shared::validate::Validation;

use super::{AppState, faults_of};
use crate::state::worker_client::warm_up;

/// Where the person is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Choosing a language.
    Language,
    /// Waiting for the sealer, before the first question.
    Loading,
    /// Looking at what this phone has kept, if anything.
    Resume,
    /// Keeping what was typed on this phone, under words.
    Save,
    /// On the form's page of this name.
    Page(String),
    /// First contact is complete: send now, or add more.
    More,
    /// Checking the answers.
    Check,
    /// Writing down the code.
    Receipt,
    /// Sealing and sending, until it is received.
    Sending,
    /// The sealer does not trust the pack: there is no form. Whether enough roots have signed it, and its keys are none.
    Refused(bool),
    /// Left: nothing is shown any more.
    Left,
}

/// Whether a page asks nothing.
pub fn is_informational(page: &Page) -> bool {
    page.questions.iter().all(|question| question.r#type == QuestionType::Note)
}

impl AppState {
    /// Goes elsewhere.
    pub fn go(self, step: Step) {
        self.shown.set(Vec::new());
        self.step.set(step);
    }

    /// Goes elsewhere once the sealer is there: whoever has begun needs nothing more from the network until the end.
    pub fn go_with_sealer(self, step: Step) {
        if self.worker_ready.get_untracked() {
            return self.go(step);
        }
        self.after.replace(step);
        self.go(Step::Loading);
        warm_up(self);
    }

    /// Continues from the page of this name, if nothing on it is wrong and no file of it is still being read.
    pub fn next(self, page: &Page) {
        if self.attaching.get_untracked() {
            return;
        }
        let validation = self.validation.get_untracked();
        let faults = faults_of(&validation, page);
        if faults.iter().any(|fault| !fault.code.is_warning()) {
            self.shown.set(faults);
            return;
        }
        if self.saves.get() {
            let next = validation.pages.iter().skip_while(|name| **name != page.name).nth(1);
            self.save(self.draft_passphrase.borrow().clone(), next, |_| {});
        }
        if self.returning.get() {
            return self.check(&validation);
        }
        let after = validation.pages.iter().position(|name| *name == page.name).and_then(|at| validation.pages.get(at + 1));
        match after {
            Some(name) => self.go_with_sealer(Step::Page(name.clone())),
            None if self.more_is_open() => self.go(Step::More),
            None => self.check(&validation),
        }
    }

    /// Goes to the first page that is not complete, or, where all are, to the check page.
    pub fn check(self, validation: &Validation) {
        let faulty = validation.pages.iter().filter_map(|name| self.page(name)).find_map(|page| {
            let faults = faults_of(validation, page);
            faults.iter().any(|fault| !fault.code.is_warning()).then_some((page, faults))
        });
        if let Some((page, faults)) = faulty {
            // Once it is mended, the way leads back, not through every page behind it.
            self.returning.set(true);
            self.go(Step::Page(page.name.clone()));
            self.shown.set(faults);
            return;
        }
        self.returning.set(false);
        match validation.pages.last() {
            // The way ends there: nothing can be checked or sent.
            Some(last) if validation.stopped => self.go(Step::Page(last.clone())),
            _ => self.go(Step::Check),
        }
    }

    /// To the code, if what was entered may be sent.
    pub fn to_receipt(self) {
        let validation = self.validation.get_untracked();
        if validation.may_be_sent() {
            self.go(Step::Receipt);
        } else {
            self.check(&validation);
        }
    }

    /// One page back.
    pub fn back(self) {
        if self.step.get_untracked() == Step::Save {
            return self.go(self.called_from.borrow().clone());
        }
        if self.attaching.get_untracked() {
            return;
        }
        let validation = self.validation.get_untracked();
        let last = |phases: &[u8]| {
            let in_phases = |name: &&String| self.page(name).is_some_and(|page| phases.contains(&page.phase));
            validation.pages.iter().rev().find(in_phases).cloned().map_or(Step::Language, Step::Page)
        };
        if self.returning.get() {
            self.returning.set(false);
            return self.go(Step::Check);
        }
        match self.step.get_untracked() {
            Step::Page(name) => {
                let at = validation.pages.iter().position(|page| *page == name).unwrap_or(0);
                match at.checked_sub(1).and_then(|before| validation.pages.get(before)) {
                    Some(before) if self.crosses_into_more(before, &name) => self.go(Step::More),
                    Some(before) => self.go(Step::Page(before.clone())),
                    None => self.go(Step::Language),
                }
            }
            Step::More => self.go(last(&[1])),
            Step::Check if self.phases.borrow().len() == 1 && self.more_is_open() => self.go(Step::More),
            Step::Check => self.go(last(&[1, 2, 3])),
            Step::Receipt => self.go(Step::Check),
            Step::Resume | Step::Loading => self.to_first_page(),
            Step::Save | Step::Language | Step::Sending | Step::Refused(_) | Step::Left => {}
        }
    }

    /// Opens the pack's further phases and goes on with their first page.
    pub fn add_more(self) {
        self.phases.replace(self.loaded.pack.phases.clone());
        self.changed();
        let validation = self.validation.get_untracked();
        let first = validation.pages.iter().find(|name| self.page(name).is_some_and(|page| page.phase > 1));
        match first {
            Some(name) => self.go(Step::Page(name.clone())),
            None => self.check(&validation),
        }
    }

    /// To the form's first page.
    pub fn to_first_page(self) {
        if let Some(first) = self.validation.with_untracked(|validation| validation.pages.first().cloned()) {
            // A page that only reads needs nothing of the sealer.
            let reads = self.page(&first).is_some_and(is_informational);
            let first = Step::Page(first);
            if reads { self.go(first) } else { self.go_with_sealer(first) }
        }
    }

    /// Whether first contact is complete, with further phases in the pack that have not been opened.
    fn more_is_open(self) -> bool {
        self.phases.borrow().len() < self.loaded.pack.phases.len()
            && self.validation.with_untracked(|validation| {
                validation.pages.last().and_then(|name| self.page(name)).is_some_and(|page| !page.stop)
            })
    }

    fn crosses_into_more(self, before: &str, name: &str) -> bool {
        matches!((self.page(before), self.page(name)), (Some(before), Some(page)) if before.phase == 1 && page.phase > 1)
    }
}
