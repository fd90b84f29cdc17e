//! `note`.

use std::io::Read;
use std::path::PathBuf;

use amanat_reviewer::disk::SealedError;
use amanat_reviewer::files::DEFAULT_MAX_BYTES;
use amanat_reviewer::notebook::disk as notebooks;
use amanat_reviewer::notebook::file::Readers;
use amanat_reviewer::notebook::{Author, MOST_NOTE_CHARS, Pen, Status};
use amanat_reviewer::sealed::{self, Fault};
use amanat_reviewer::{clock, disk, files, folder, terminal};
use anyhow::Context;
use clap::Args;

use super::{Done, Identity, Place, author, status};

const EXAMPLES: &str = "\
Examples:
  Take a case:
    amanat-reviewer note --identity identity.key --notebook ali.notebook.age --dir pulled 9f86d0 --status checking --assign Ali
  Write something about it:
    amanat-reviewer note --identity identity.key --notebook ali.notebook.age --dir pulled 9f86d0 'Her colleague confirms.'
  The person asked for deletion, and it is done:
    amanat-reviewer note --identity identity.key --notebook ali.notebook.age --dir pulled 9f86d0 --status deleted_on_request --erase-notes
  Write more, from standard input:
    amanat-reviewer note --identity identity.key --notebook ali.notebook.age --dir pulled 9f86d0 - < text.txt";

/// Offline: write about a case in a notebook, which is sealed to the reviewers of the pack and to you.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Note {
    #[command(flatten)]
    identity: Identity,
    #[command(flatten)]
    place: Place,
    /// Your notebook, e.g. ali.notebook.age; it is made if it is not there.
    #[arg(long)]
    notebook: PathBuf,
    /// Your short name; if not given, that of the notebook's file.
    #[arg(long = "as", value_name = "NAME", value_parser = author)]
    author: Option<Author>,
    /// The pack whose reviewers may read it; if not given, the pack.json beside the sealed files.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// How far the case is.
    #[arg(long, value_parser = status())]
    status: Option<Status>,
    /// Whose case it is.
    #[arg(long, value_name = "NAME", value_parser = author)]
    assign: Option<Author>,
    /// Nobody's case any more.
    #[arg(long, conflicts_with = "assign")]
    unassign: bool,
    /// Erase all notes about the case, in this notebook and in those that it is merged with, e.g. when a person asked for
    /// deletion.
    #[arg(long)]
    erase_notes: bool,
    /// A sealed file, or with --dir the beginning of its reference.
    file: PathBuf,
    /// What to note; `-`: from standard input.
    text: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum NoteError {
    #[error("there is nothing to note\nGive a text, --status, --assign, --unassign or --erase-notes.")]
    Nothing,
    #[error("the notebook's name {} tells no reviewer's name\nName yourself with --as.", terminal::path(.0))]
    Nameless(PathBuf),
    #[error("the text could not be read from standard input: {0}\nGive it as text in UTF-8.")]
    Input(std::io::Error),
}

impl Note {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let (assigns, erases) = (self.assign.is_some() || self.unassign, self.erase_notes);
        if self.text.is_none() && self.status.is_none() && !assigns && !erases {
            return Err(NoteError::Nothing.into());
        }
        let owner = notebooks::owner(&self.notebook)?;
        let author = self.author.or(owner).ok_or_else(|| NoteError::Nameless(self.notebook.clone()))?;
        let text = self.text.as_deref().map(typed).transpose()?;
        let identities = self.identity.unlock()?;
        let file = self.place.find(&self.file)?;
        let sealed = files::read(&file, DEFAULT_MAX_BYTES).map_err(|error| SealedError::new(&file, Fault::Read(error)))?;
        let sha256 = sealed::identity(&sealed);
        folder::check_name(&file, &sha256)?;
        let forms = disk::forms(self.pack.as_deref(), Some(self.place.of(&file)))?;
        let pack = forms.pack_to_seal_to(clock::day_in_kabul(clock::now()));
        let readers = Readers::new(pack, &identities.recipients())?;
        let pen = Pen { author, now: clock::now() };
        let mut id = [0; 16];
        getrandom::fill(&mut id).context("this computer gives no randomness\nTry again; if it stays so, use another computer.")?;
        let work = notebooks::change(&self.notebook, &identities, &readers, pen.now, |notebook| {
            if let Some(status) = self.status {
                notebook.set_status(&sha256, status, &pen)?;
            }
            if assigns {
                notebook.assign(&sha256, self.assign, &pen)?;
            }
            if erases {
                notebook.erase_notes(&sha256)?;
            }
            if let Some(text) = &text {
                notebook.add_note(&sha256, id, text, &pen)?;
            }
            Ok(notebook.work(&sha256).cloned().unwrap_or_default())
        })?;
        let whose =
            work.assigned().map_or_else(|| "nobody's".to_owned(), |to| format!("assigned to {}", terminal::isolated(to.as_str())));
        println!(
            "{} is {}, {whose}, notes: {}. Kept in {}; keys that open it: {}.",
            &sha256[..12],
            work.status().words(),
            work.notes.len(),
            terminal::path(&self.notebook),
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

fn typed(text: &str) -> Result<String, NoteError> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut typed = Vec::new();
    // Four bytes a character and some more: what is longer is refused as too long.
    std::io::stdin().take(5 * MOST_NOTE_CHARS as u64).read_to_end(&mut typed).map_err(NoteError::Input)?;
    String::from_utf8(typed).map_err(|_| NoteError::Input(std::io::ErrorKind::InvalidData.into()))
}
