//! `show`.

use std::path::PathBuf;

use amanat_reviewer::{disk, show};
use clap::Args;

use super::{Done, Offline, Words};

/// Offline: show one case, the rules of safe contact first.
#[derive(Args)]
pub(super) struct Show {
    #[command(flatten)]
    offline: Offline,
    #[command(flatten)]
    words: Words,
    /// A sealed file.
    file: PathBuf,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let identities = self.offline.unlock()?;
        let forms = disk::forms(self.words.pack.as_deref(), self.file.parent())?;
        let case = disk::open(&self.file, &identities, self.offline.max_bytes)?;
        print!("{}", show::show(&case, &forms, &self.words.language));
        Ok(Done::All)
    }
}
