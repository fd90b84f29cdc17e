//! `man`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use amanat_reviewer::atomic_file;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::safe_text;
use clap::{Args, CommandFactory};

use super::{Cli, Done};

/// Write the manual's pages into a folder.
#[derive(Args)]
#[command(after_help = "Example:\n  amanat-reviewer man man && man man/amanat-reviewer-list.1")]
pub(super) struct Man {
    /// The folder.
    dir: PathBuf,
}

#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("the manual could not be written to {}: {}", safe_text::path(.path), .error)]
#[diagnostic(help("Name a folder on a disk with room that you may write to."))]
struct ManError {
    path: PathBuf,
    error: io::Error,
}

impl Man {
    pub(super) fn run(self) -> Result<Done, Message> {
        write(&self.dir).map_err(|error| ManError { path: self.dir.clone(), error })?;
        println!(
            "The manual is in {}. Begin with `man {}/amanat-reviewer.1`.",
            safe_text::path(&self.dir),
            safe_text::path(&self.dir)
        );
        Ok(Done::All)
    }
}

/// Writes the pages into a new folder, then moves them to their places: a link that has a page's name is replaced, not
/// followed.
fn write(dir: &Path) -> io::Result<()> {
    atomic_file::folder(dir)?;
    let fresh = dir.join(format!(".pages-{}", std::process::id()));
    atomic_file::new_folder(&fresh)?;
    let written = clap_mangen::generate_to(Cli::command(), &fresh).and_then(|()| {
        for page in fs::read_dir(&fresh)? {
            let page = page?;
            fs::rename(page.path(), dir.join(page.file_name()))?;
        }
        Ok(())
    });
    fs::remove_dir_all(&fresh).and(written)
}
