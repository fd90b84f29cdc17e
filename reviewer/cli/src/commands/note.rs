//! `note`.

use std::path::PathBuf;

use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::notebook_file;
use amanat_reviewer::sealed_file::SealedError;
use amanat_reviewer::{atomic_file, clock, scan};
use amanat_reviewer_core::decrypt::{self, Fault};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::file::Readers;
use amanat_reviewer_core::notebook::{Author, MOST_NOTE_CHARS, Stamp, Status};
use amanat_reviewer_core::safe_text;
use clap::Args;

use super::pack_memory::PackMemory;
use super::{CaseArgs, Done, IdentityArgs, author, input, status};

const EXAMPLES: &str = "\
Examples:
  Take a case:
    amanat-reviewer note --identity identity.key --notebook ali.notebook.age --dir pulled 9f86d0 --status checking --assign Ali
  Write something about it, which is typed when it is asked for:
    amanat-reviewer note --identity identity.key --notebook ali.notebook.age --dir pulled 9f86d0
  The reference is asked for too; in a file it is the first line, and the note follows:
    amanat-reviewer note --identity identity.key --notebook ali.notebook.age --dir pulled < note.txt
  The person asked for deletion, and it is done:
    amanat-reviewer note --identity identity.key --notebook ali.notebook.age --dir pulled 9f86d0 --status deleted_on_request --erase-notes
  A status and a note at once:
    amanat-reviewer note --identity identity.key --notebook ali.notebook.age --dir pulled 9f86d0 --status verified --text < text.txt";

/// Offline: write about a case in a notebook, which is sealed to the reviewers of the pack and to you.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Note {
    #[command(flatten)]
    identity: IdentityArgs,
    #[command(flatten)]
    place: CaseArgs,
    /// Your notebook, e.g. ali.notebook.age; it is made if it is not there.
    #[arg(long)]
    notebook: PathBuf,
    /// Your short name; if not given, that of the notebook's file.
    #[arg(long = "as", value_name = "NAME", value_parser = author)]
    author: Option<Author>,
    /// The pack whose reviewers may read it; if not given, the pack.json beside the sealed files.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// The new status of the case.
    #[arg(long, value_parser = status())]
    status: Option<Status>,
    /// The reviewer to whom the case is assigned.
    #[arg(long, value_name = "NAME", value_parser = author)]
    assign: Option<Author>,
    /// Nobody's case any more.
    #[arg(long, conflicts_with = "assign")]
    unassign: bool,
    /// Erase all notes about the case, in this notebook and in those that it is merged with, e.g. when a person asked for
    /// deletion.
    #[arg(long)]
    erase_notes: bool,
    /// Read a note from standard input beside what else is given; without any of it, a note is what is read.
    #[arg(long)]
    text: bool,
    /// A sealed file, or with --dir the beginning of its reference; asked for if not given.
    file: Option<PathBuf>,
    /// Not taken: a note comes from standard input.
    #[arg(hide = true)]
    more: Vec<String>,
}

#[derive(Debug, thiserror::Error, miette::Diagnostic)]
enum NoteError {
    #[error("the notebook's name {} tells no reviewer's name", safe_text::path(.0))]
    #[diagnostic(help("Name yourself with --as."))]
    Nameless(PathBuf),
}

impl Note {
    pub(super) fn run(self) -> Result<Done, Message> {
        let (assigns, erases) = (self.assign.is_some() || self.unassign, self.erase_notes);
        input::refuse(self.more.first(), "a note")?;
        let writes = self.text || (self.status.is_none() && !assigns && !erases);
        let owner = notebook_file::owner(&self.notebook)?;
        let author = self.author.or(owner).ok_or_else(|| NoteError::Nameless(self.notebook.clone()))?;
        let identities = self.identity.unlock()?;
        let file = self.place.find(&CaseArgs::named(self.file)?)?;
        let sealed = atomic_file::read(&file, DEFAULT_MAX_BYTES).map_err(|error| SealedError::new(&file, Fault::Read(error)))?;
        let sha256 = decrypt::identity(&sealed);
        scan::check_name(&file, &sha256)?;
        let memory = PackMemory::new(&self.identity, &identities);
        let forms = memory.forms_to_seal(self.pack.as_deref(), Some(self.place.of(&file)))?;
        let pack = forms.pack_to_seal_to(clock::day_in_kabul(clock::now()));
        let readers = Readers::new(pack, &identities.recipients())?;
        // Last, so that nothing is typed in vain. Four bytes a character and some more: what is longer is refused as too long.
        let text = if writes { Some(input::text("Write the note.", 5 * MOST_NOTE_CHARS as u64)?) } else { None };
        let stamp = Stamp { author, now: clock::now() };
        let mut id = [0; 16];
        getrandom::fill(&mut id)
            .map_err(|_| Message::new("this computer gives no randomness", "Try again; if it stays so, use another computer."))?;
        let work = notebook_file::change(&self.notebook, &identities, &readers, stamp.now, |notebook| {
            if let Some(status) = self.status {
                notebook.set_status(&sha256, status, &stamp)?;
            }
            if assigns {
                notebook.assign(&sha256, self.assign, &stamp)?;
            }
            if erases {
                notebook.erase_notes(&sha256)?;
            }
            if let Some(text) = &text {
                notebook.add_note(&sha256, id, text, &stamp)?;
            }
            Ok(notebook.work(&sha256).cloned().unwrap_or_default())
        })?;
        let whose =
            work.assigned().map_or_else(|| "nobody's".to_owned(), |to| format!("assigned to {}", safe_text::isolated(to.as_str())));
        println!(
            "{} is {}, {whose}, notes: {}. Kept in {}; keys that open it: {}.",
            &sha256[..12],
            work.status().words(),
            work.notes.len(),
            safe_text::path(&self.notebook),
            readers.len()
        );
        if pack.is_none() {
            println!(
                "WARNING: there is no pack.json that is good today beside the file, so only this identity opens the notebook. Give the newest with --pack."
            );
        }
        Ok(Done::All)
    }
}
