//! The submission: the sealed file that is sent, its origin and its progress.

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};

use amanat_shared::form::Format;
use amanat_shared::seal::{Attachment, FORMAT, FormRef, Mailbox, PackRef, Registration};
use amanat_shared::validate::Validation;
use js_sys::Array;
use web_sys::File;

use super::worker_client::had_stored;
use super::{AppState, AttachedFile, Step, media_type};
use crate::protocol::{FIRST_FILE_KEY, Failure, LAST_KEY, Request, SealJob, ToWorker, Wait};
use crate::signal::Signal;

/// The submission.
pub struct Submission {
    source: RefCell<Source>,
    /// Its progress.
    pub progress: Signal<Progress>,
    /// Whether the person lets the phone keep the sealed file until it has arrived.
    pub may_keep: Cell<bool>,
    /// Whether the phone keeps the sealed file that is being sent.
    pub is_kept: Signal<bool>,
    /// The sealed files that were stored when the page was loaded have arrived or been deleted.
    are_initial_gone: Signal<bool>,
}

/// The origin of the sealed file that is being sent.
enum Source {
    /// It is made of the answers on this page.
    Own,
    /// The phone had kept it.
    Kept,
    /// The person chose a file that was saved before.
    SavedFile(File),
}

/// The progress of a submission.
#[derive(Clone, Copy, PartialEq)]
pub enum Progress {
    /// This part of the plaintext is sealed, of [`crate::protocol::COMPLETE`].
    Sealing(u32),
    /// The server has acknowledged this part of the sealed file, of [`crate::protocol::COMPLETE`].
    Sending(u32, Wait),
    /// The server has committed it.
    Received,
    /// It was not sent.
    Failed(Failure),
}

impl Submission {
    pub(super) fn new() -> Self {
        Self {
            source: RefCell::new(Source::Own),
            progress: Signal::new(Progress::Sealing(0)),
            may_keep: Cell::new(false),
            is_kept: Signal::new(false),
            are_initial_gone: Signal::new(false),
        }
    }

    /// Whether the phone had kept what is being sent.
    fn resumes(&self) -> bool {
        matches!(*self.source.borrow(), Source::Kept)
    }

    /// Whether a file that was saved before is being sent.
    pub fn is_saved_file(&self) -> bool {
        matches!(*self.source.borrow(), Source::SavedFile(_))
    }

    fn is_received(&self) -> bool {
        self.progress.with_untracked(|progress| *progress == Progress::Received)
    }
}

impl AppState {
    /// Whether a sealed file from before this page was loaded is stored. An effect that asks runs again when this changes.
    pub fn has_earlier_file(self) -> bool {
        !self.submission.are_initial_gone.get() && had_stored(FIRST_FILE_KEY, LAST_KEY)
    }

    /// Deletes the stored sealed files.
    pub fn delete_kept_files(self) {
        self.submission.are_initial_gone.set(true);
        self.delete_stored(FIRST_FILE_KEY, LAST_KEY);
    }

    /// Whether what is being sent was filled in on this page.
    pub fn sends_own_answers(self) -> bool {
        match *self.submission.source.borrow() {
            Source::Own => true,
            Source::Kept => self.has_entries(),
            Source::SavedFile(_) => false,
        }
    }

    /// Goes to send what the phone has kept.
    pub fn go_to_send_kept(self) {
        self.submission.source.replace(Source::Kept);
        self.go(Step::Sending);
    }

    /// Goes to send a file that was saved before.
    pub fn go_to_send_file(self, file: File) {
        self.submission.source.replace(Source::SavedFile(file));
        self.go(Step::Sending);
    }

    /// From now on, what is sent is made of the answers on this page.
    pub fn forget_source(self) {
        self.submission.source.replace(Source::Own);
    }

    /// Seals (again only if something has changed since) and sends, until the server has received or refused it.
    pub fn submit(self) {
        let is_own = self.sends_own_answers();
        self.submission.progress.set(if is_own { Progress::Sealing(0) } else { Progress::Sending(0, Wait::Nothing) });
        self.submission.is_kept.set(false);
        if self.is_worker_ready() {
            self.hand_over();
        } else {
            self.start_worker();
        }
    }

    /// Copies the sealed file that is being sent. `copied` gets its bytes in parts; nothing if there is no worker or no file.
    pub fn copy_sealed(self, copied: impl FnOnce(Option<Array>) + 'static) {
        self.request(Request::CopySealed, |answer| copied(answer.filter(|parts| parts.length() > 0)));
    }

    /// Goes on where the person waits for a worker that has just become ready.
    pub(super) fn continue_submission(self) {
        if self.is_at(&Step::Sending) {
            if self.submission.is_received() {
                self.post(ToWorker::SendRemaining);
            } else {
                self.hand_over();
            }
        }
    }

    /// Tells the worker, which is ready, what to send.
    fn hand_over(self) {
        let message = match &*self.submission.source.borrow() {
            Source::SavedFile(file) => ToWorker::SendSavedFile { file: file.into() },
            Source::Kept => ToWorker::SendKept,
            Source::Own if !self.form.validation.with_untracked(Validation::may_be_sent) => {
                return self.submission.progress.set(Progress::Failed(Failure::Seal));
            }
            Source::Own => ToWorker::Seal(self.seal_job()),
        };
        self.post(message);
    }

    fn seal_job(self) -> SealJob {
        let (mut files, mut attachments) = (Vec::new(), Vec::new());
        for file in &*self.attachments.files.borrow() {
            // A file that answers a question that is no longer relevant is dropped, like any answer to it.
            if self.form.validation.with_untracked(|validation| validation.relevant.contains(&file.question)) {
                files.push(file.file_ref());
                attachments.push(attachment(file));
            }
        }
        let mut receipt_questions = Vec::new();
        for question in self.pack.form.pages.iter().flat_map(|page| &page.questions) {
            if question.constraint.format == Some(Format::Receipt) {
                receipt_questions.push(question.name.clone());
            }
        }
        SealJob {
            id: self.form.version.get(),
            pack_serial: self.pack.serial.to_string(),
            registration: String::from_utf8(self.registration(attachments).to_json()).unwrap_or_default(),
            receipt: self.receipt().digits(),
            receipt_questions,
            files,
            keep: self.submission.may_keep.get(),
        }
    }

    /// The registration, without the fields that only the worker can fill in.
    fn registration(self, attachments: Vec<Attachment>) -> Registration {
        let form = &self.pack.form;
        let [pack_sha256, form_sha256] = self.worker.pack_hashes.borrow().clone();
        Registration {
            format: FORMAT,
            form: FormRef { id: form.id.clone(), version: form.version.clone(), sha256: form_sha256 },
            pack: PackRef { serial: self.pack.serial, sha256: pack_sha256 },
            language: self.form.language_tag.get_untracked().to_owned(),
            mailbox: Mailbox { recipient: String::new(), id: String::new() },
            delete_proof: String::new(),
            answers: self.form.validation.with_untracked(|validation| validation.answers.clone()),
            attachments,
        }
    }

    pub(super) fn on_received(self) {
        let submission = &self.submission;
        if submission.resumes() {
            submission.are_initial_gone.set(true);
        }
        if !submission.is_saved_file() {
            self.persistence.is_active.set(false);
            self.forget_requests();
        }
        submission.progress.set(Progress::Received);
    }

    pub(super) fn on_failed(self, failure: Failure) {
        if failure == Failure::Revoked && self.submission.resumes() {
            self.submission.are_initial_gone.set(true);
        }
        self.submission.progress.set(Progress::Failed(failure));
    }

    pub(super) fn on_nothing_kept(self) {
        self.submission.are_initial_gone.set(true);
        if self.submission.resumes() {
            self.forget_source();
            if self.is_at(&Step::Sending) {
                // Whoever has filled in this page seals it again; whoever came to send what was kept begins.
                if self.has_entries() { self.submit() } else { self.go_to_first_page() }
            }
        }
    }

    /// Decides what a broken worker means for the submission, and whether another is started. `had_worked`: it was ready before.
    pub(super) fn on_worker_broken(self, had_worked: bool) -> bool {
        let submission = &self.submission;
        let is_sending = self.is_at(&Step::Sending);
        let is_kept = submission.is_kept.get_untracked();
        if is_sending && submission.is_received() {
            // Other files wait for the next worker; what was received stays received.
            return true;
        }
        if is_sending && had_worked && !is_kept {
            submission.progress.set(Progress::Failed(Failure::Seal));
            return false;
        }
        if is_kept {
            // It needs no sealing: the next worker goes on with it.
            submission.source.replace(Source::Kept);
        }
        if is_sending {
            submission.progress.set(Progress::Sending(0, Wait::Network));
        }
        true
    }
}

fn attachment(file: &AttachedFile) -> Attachment {
    Attachment {
        name: file.name.clone(),
        question: file.question.clone(),
        media_type: media_type(&file.name).to_owned(),
        bytes: file.bytes.length().into(),
        sha256: file.sha256.clone(),
    }
}
