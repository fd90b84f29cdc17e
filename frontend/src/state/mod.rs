//! The state of the form on the phone. It lives in memory only; the worker encrypts whatever the person asks the phone to keep.
//!
//! [`AppState`] is the handle that everything shares. Each subject has its own part of the state and its own methods of the
//! handle: [`form`] the answers, [`attachments`] the files, [`navigation`] the present page, [`persistence`] the saved draft,
//! [`submission`] the sealed file that is sent, [`worker_client`] the worker. [`entries`], [`entry_format`] and [`date_names`] are
//! pure functions. Nothing here knows a view.

mod attachments;
mod date_names;
mod entries;
mod entry_format;
mod form;
mod navigation;
mod persistence;
mod submission;
#[cfg(test)]
mod test_form;
mod worker_client;

use std::ops::Deref;

use amanat_shared::dates::Day;
use amanat_shared::pack::Pack;

use self::attachments::Attachments;
pub use self::attachments::{AttachedFile, NotAttached, media_type};
pub use self::date_names::{calendar_from, calendar_name, precision_from, precision_name};
use self::form::FormState;
use self::navigation::Navigation;
pub use self::navigation::{Step, is_informational};
pub use self::persistence::NotOpened;
use self::persistence::Persistence;
pub use self::submission::Progress;
use self::submission::Submission;
use self::worker_client::WorkerClient;
use crate::i18n::Language;

/// A handle to the state. Copies share one state, which lives as long as the page.
#[derive(Clone, Copy)]
pub struct AppState(&'static Inner);

/// The parts of the state.
pub struct Inner {
    /// The pack, whose form is filled in.
    pub pack: &'static Pack,
    /// The signed pack's JSON, for the worker to verify.
    signed_pack: &'static str,
    /// Whether the page was loaded again while it was being filled in, which lost the answers.
    pub was_reloaded: bool,
    clock: fn() -> Day,
    /// The answers.
    pub form: FormState,
    /// The attached files.
    pub attachments: Attachments,
    /// The present page.
    pub navigation: Navigation,
    /// The saved draft.
    pub persistence: Persistence,
    /// The registration that is sealed and sent.
    pub submission: Submission,
    /// The worker.
    pub worker: WorkerClient,
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        self.0
    }
}

impl AppState {
    /// The state of an empty form. `clock` tells the day.
    pub fn new(pack: &'static Pack, signed_pack: &'static str, clock: fn() -> Day, was_reloaded: bool) -> Self {
        Self(Box::leak(Box::new(Inner {
            pack,
            signed_pack,
            was_reloaded,
            clock,
            form: FormState::new(pack, clock()),
            attachments: Attachments::new(),
            navigation: Navigation::new(),
            persistence: Persistence::new(),
            submission: Submission::new(),
            worker: WorkerClient::new(),
        })))
    }

    /// Today.
    pub fn today(self) -> Day {
        (self.clock)()
    }

    /// The interface's language.
    pub fn language(self) -> Language {
        Language::of(self.form.language_tag.get_untracked())
    }

    /// Whether the person would lose answers if the page were closed now. An effect that asks runs again when this
    /// changes.
    pub fn would_lose_answers(self) -> bool {
        let is_over = self.navigation.step.get() == Step::Left || self.submission.progress.get() == Progress::Received;
        let has_entries = self.form.validation.with(|_| self.has_entries());
        has_entries && !is_over && !self.persistence.is_active.get() && !self.submission.is_kept.get()
    }

    /// Forgets everything that was entered, and ends the worker.
    pub fn forget(self) {
        self.forget_answers();
        self.stop_worker();
        self.attachments.files.take();
        self.forget_source();
        self.forget_requests();
        self.forget_passphrase();
        self.go(Step::Left);
    }
}
