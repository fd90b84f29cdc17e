//! `ack`.

use std::path::PathBuf;

use amanat_reviewer::{ack, terminal};
use clap::Args;

use super::{Done, Offline, say};

/// Offline: write the proofs of registrations that opened and are whole, to carry to the online computer for `push`.
#[derive(Args)]
pub(super) struct Ack {
    #[command(flatten)]
    offline: Offline,
    /// The file to write.
    #[arg(long)]
    out: PathBuf,
    /// Sealed files, or folders of them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Ack {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let identities = self.offline.unlock()?;
        let made = ack::make(&self.files, &identities, &self.out, self.offline.max_bytes).map_err(|(error, failures)| {
            failures.iter().for_each(say);
            error
        })?;
        made.failures.iter().for_each(say);
        if made.unbound > 0 {
            eprintln!(
                "{} of them bind no delete proof in their header: an older form or another program made them. The server deletes them only if whoever sent them told it the right hash; otherwise `push` says so.",
                made.unbound
            );
        }
        println!(
            "{} acknowledged in {}. Carry it to the online computer and send it with `push`.",
            made.acknowledged,
            terminal::path(&self.out)
        );
        Ok(Done::unless(!made.failures.is_empty()))
    }
}
