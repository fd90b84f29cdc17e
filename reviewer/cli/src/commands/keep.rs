//! `keep`.

use std::path::PathBuf;

use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::keep;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::safe_text;
use clap::Args;

use super::{Done, say};

const EXAMPLES: &str = "\
Examples:
  Copy what is new on the stick to this computer, before it is acknowledged:
    amanat-reviewer keep --to sealed /media/stick/sealed";

/// Offline: copy what `pull` wrote from the stick to this computer, and check the copy. The server deletes what is
/// acknowledged: then this copy is the only one.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Keep {
    /// The folder on this computer's own disk; it is made if it is not there.
    #[arg(long)]
    to: PathBuf,
    /// The folder on the stick.
    from: PathBuf,
    /// Longest file that is copied, in bytes.
    #[arg(long, default_value_t = DEFAULT_MAX_BYTES)]
    max_bytes: u64,
}

impl Keep {
    pub(super) fn run(self) -> Result<Done, Message> {
        let kept = keep::keep(&self.from, &self.to, self.max_bytes)?;
        kept.failures.iter().for_each(say);
        println!(
            "{} copied to {} and checked, {} were there already and are whole.",
            kept.copied,
            safe_text::path(&self.to),
            kept.already
        );
        Ok(Done::unless(!kept.failures.is_empty()))
    }
}
