//! `ack`.

use std::path::PathBuf;

use amanat_reviewer::{ack, keep};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::safe_text;
use clap::Args;

use super::{Done, OfflineArgs, say};

/// Offline: write the proofs of registrations that opened and are whole, to carry to the online computer for `push`.
#[derive(Args)]
pub(super) struct Ack {
    #[command(flatten)]
    offline: OfflineArgs,
    /// The file to write; a list of an earlier `ack` is added to.
    #[arg(long)]
    out: PathBuf,
    /// The files are on this computer's own disk, although the identity is on another one.
    #[arg(long)]
    own_disk: bool,
    /// Sealed files on this computer's own disk, or folders of them: `keep` copies them there.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Ack {
    pub(super) fn run(self) -> Result<Done, Message> {
        if !self.own_disk {
            for path in &self.files {
                // A file that cannot be read is named below.
                if keep::is_on_another_disk(path, &self.offline.identity.identity).unwrap_or(false) {
                    return Err(ack::AckError::OnAStick(path.clone()).into());
                }
            }
        }
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
            "{} acknowledged in {}. Carry it to the online computer and send it with `push`. Some days after enough reviewers have sent theirs the server deletes these files: then the ones here are the only copy.",
            made.acknowledged,
            safe_text::path(&self.out)
        );
        Ok(Done::unless(!made.failures.is_empty()))
    }
}
