//! `man`.

use std::path::PathBuf;

use amanat_reviewer::{files, terminal};
use clap::{Args, CommandFactory};

use super::{Cli, Done};

/// Write the manual's pages into a folder.
#[derive(Args)]
#[command(after_help = "Example:\n  amanat-reviewer man man && man man/amanat-reviewer-list.1")]
pub(super) struct Man {
    /// The folder.
    dir: PathBuf,
}

#[derive(Debug, thiserror::Error)]
#[error("the manual could not be written to {}: {}\nName a folder on a disk with room that you may write to.", terminal::path(.path), .error)]
struct ManError {
    path: PathBuf,
    error: std::io::Error,
}

impl Man {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let written = files::folder(&self.dir).and_then(|()| clap_mangen::generate_to(Cli::command(), &self.dir));
        written.map_err(|error| ManError { path: self.dir.clone(), error })?;
        println!(
            "The manual is in {}. Begin with `man {}/amanat-reviewer.1`.",
            terminal::path(&self.dir),
            terminal::path(&self.dir)
        );
        Ok(Done::All)
    }
}
