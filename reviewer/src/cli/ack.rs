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
        let (made, failures) =
            ack::make(&self.files, &identities, &self.out, self.offline.max_bytes).map_err(|(error, failures)| {
                failures.iter().for_each(say);
                error
            })?;
        failures.iter().for_each(say);
        println!("{made} acknowledged in {}. Carry it to the online computer and send it with `push`.", terminal::path(&self.out));
        Ok(Done::unless(!failures.is_empty()))
    }
}
