//! `discard`.

use std::path::PathBuf;

use amanat_reviewer::discard;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::safe_text;
use clap::Args;

use super::{Done, OfflineArgs, say};

/// Offline: list the registrations that open for nobody, to carry to the online computer for `push`. The server deletes them
/// only if another reviewer, who has tried as well, sends the same.
#[derive(Args)]
pub(super) struct Discard {
    #[command(flatten)]
    offline: OfflineArgs,
    /// The file to write; a list of an earlier `discard` is replaced.
    #[arg(long)]
    out: PathBuf,
    /// Sealed files that `pull` wrote, or folders of them: those that open are passed over.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Discard {
    pub(super) fn run(self) -> Result<Done, Message> {
        let identities = self.offline.unlock()?;
        let made = discard::make(&self.files, &identities, &self.out, self.offline.max_bytes)?;
        let (opens, others): (Vec<_>, Vec<_>) = made.kept.iter().partition(|kept| matches!(kept, discard::NotDiscarded::Opens(_)));
        others.iter().copied().for_each(say);
        println!("{} open, and are kept.", opens.len());
        if made.discarded == 0 {
            println!("Nothing to discard, so nothing was written.");
            return Ok(Done::unless(!others.is_empty()));
        }
        println!("{} open for nobody here: {}.", made.discarded, safe_text::path(&self.out));
        println!(
            "A person may wait in them all the same, sealed to somebody else's key or to one that you do not have any more. \
             Carry the list to the online computer and send it with `push` only when every reviewer has tried."
        );
        Ok(Done::unless(!others.is_empty()))
    }
}
