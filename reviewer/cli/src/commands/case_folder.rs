//! Reads all cases of a folder and what a notebook says of them, for `list` and `stats`.

use std::path::{Path, PathBuf};

use amanat_reviewer::clock;
use amanat_reviewer::notebook_file;
use amanat_reviewer::scan::Cases;
use amanat_reviewer_core::cases::{self, Case, Names, RowContext};
use amanat_reviewer_core::clock_check::is_wrong;
use amanat_reviewer_core::decrypt::{self, Fault};
use amanat_reviewer_core::forms::Forms;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::{safe_text, unopened};
use amanat_shared::dates::Day;
use clap::Args;

use super::pack_memory::PackMemory;
use super::{Done, LabelArgs, OfflineArgs, progress, say};

#[derive(Args)]
pub(super) struct FolderArgs {
    #[command(flatten)]
    offline: OfflineArgs,
    #[command(flatten)]
    words: LabelArgs,
    /// The folder that `pull` wrote.
    dir: PathBuf,
}

impl FolderArgs {
    /// Opens all of it. Deadlines are reckoned from `today`, or from today in Kabul.
    pub(super) fn read(&self, names: Names, today: Option<Day>, notebook: Option<&Path>) -> Result<Cases, Message> {
        let identities = self.offline.unlock()?;
        let now = clock::now();
        let given = today.is_some();
        let today = today.unwrap_or_else(|| clock::day_in_kabul(now));
        let mut memory = PackMemory::new(&self.offline.identity, &identities);
        let path = notebook;
        let notebook = path.map(|path| notebook_file::load_existing(path, &identities, now)).transpose()?;
        if let Some((path, notebook)) = path.zip(notebook.as_ref()) {
            memory = memory.with_notebook(path, notebook);
        }
        let forms = memory.forms_to_read(self.words.pack.as_deref(), Some(&self.dir))?;
        let desk = RowContext { forms: &forms, language: &self.words.language, names, today };
        let mut all = progress::read("Opening", &self.dir, &identities, desk)?;
        if !given {
            warn_of_clock(today, &forms, &all.cases);
        }
        if let Some(notebook) = &notebook {
            cases::apply_notebook(&mut all.cases, notebook);
        }
        Ok(all)
    }
}

/// Warns if the computer's day contradicts the pack or the newest registration.
pub(super) fn warn_of_clock(today: Day, forms: &Forms, cases: &[Case]) {
    let newest = cases.iter().filter_map(|case| Day::from_iso(case.received.as_ref()?.day())).max();
    if is_wrong(today, forms.pack(), newest) {
        eprintln!(
            "WARNING: by this computer's clock it is {today} in Kabul, which cannot be right: tiers and deadlines are wrong. Set the clock."
        );
    }
}

/// Reports the files that could not be opened, and what that means.
pub(super) fn unopened(all: &Cases, meaning: &str) -> Done {
    for path in &all.notebooks {
        eprintln!("{} is a notebook: take it in with `merge`.", safe_text::path(path));
    }
    let (before, failures): (Vec<_>, Vec<_>) = all.failures.iter().partition(|failure| matches!(failure.fault, Fault::BeforeYou));
    if let Some(message) = unopened::before_you(before.len()) {
        eprintln!("{message}");
    }
    if !failures.is_empty() {
        let counts = decrypt::counted(failures.iter().map(|failure| failure.fault.kind()));
        eprintln!("{} could not be opened{meaning} ({counts}):", failures.len());
    }
    for failure in &failures {
        say(*failure);
    }
    Done::unless(!failures.is_empty())
}
