//! `show`.

use std::path::PathBuf;

use amanat_reviewer::notebook_file;
use amanat_reviewer::{clock, scan, sealed_file};
use amanat_reviewer_core::case_text::{self, CaseContext};
use amanat_reviewer_core::cases::{self, Names, RowContext};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::Notebook;
use clap::Args;

use super::case_folder::warn_of_clock;
use super::pack_memory::PackMemory;
use super::{CaseArgs, Done, LabelArgs, OfflineArgs, progress, say};

const EXAMPLES: &str = "\
Examples:
  The case that `list` calls 9f86d081884c:
    amanat-reviewer show --identity identity.key --dir pulled 9f86d0
  With what reviewers wrote about it, labels in Dari:
    amanat-reviewer show --identity identity.key --notebook ali.notebook.age --language fa-AF --dir pulled 9f86d0";

/// Offline: show one case, the rules of safe contact first.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {
    #[command(flatten)]
    offline: OfflineArgs,
    #[command(flatten)]
    words: LabelArgs,
    #[command(flatten)]
    place: CaseArgs,
    /// The notebook with status, assignment and notes.
    #[arg(long)]
    notebook: Option<PathBuf>,
    /// Do not look through the other files for updates, requests for deletion and likely duplicates: quicker.
    #[arg(long)]
    alone: bool,
    /// A sealed file, or with --dir the beginning of its reference; asked for if not given.
    file: Option<PathBuf>,
}

impl Show {
    pub(super) fn run(self) -> Result<Done, Message> {
        let identities = self.offline.unlock()?;
        let file = self.place.find(&CaseArgs::named(self.file)?)?;
        let now = clock::now();
        let today = clock::day_in_kabul(now);
        let mut memory = PackMemory::new(&self.offline.identity, &identities);
        let mut notebook = Notebook::default();
        if let Some(path) = &self.notebook {
            notebook = notebook_file::load_existing(path, &identities, now)?;
            memory = memory.with_notebook(path, &notebook);
        }
        let forms = memory.forms_to_read(self.words.pack.as_deref(), Some(self.place.of(&file)))?;
        let case = sealed_file::open(&file, &identities, self.offline.max_bytes)?;
        let mut all = Vec::new();
        let mut unopened = 0;
        if !self.alone {
            let desk = RowContext { forms: &forms, language: &self.words.language, names: Names::Hidden, today };
            let read = progress::read("Comparing", self.place.of(&file), &identities, desk)?;
            (all, unopened) = (read.cases, read.failures.len());
            cases::apply_notebook(&mut all, &notebook);
        }
        warn_of_clock(today, &forms, &all);
        let named = scan::check_name(&file, &case.sha256);
        if let Err(error) = &named {
            say(error);
        }
        let sha256 = &case.sha256;
        let log: Vec<_> = notebook.log().filter(|logged| logged.tells_of(sha256)).collect();
        let row = all.iter().find(|row| row.sha256 == *sha256);
        let beside = CaseContext { row, work: notebook.work(sha256), log: &log, today: Some(today) };
        print!("{}", case_text::text_in_context(&case, &forms, &self.words.language, beside));
        if unopened > 0 {
            eprintln!(
                "{unopened} other files of the folder could not be opened, and were not compared. `list` says what is wrong."
            );
        }
        Ok(Done::unless(named.is_err()))
    }
}
