//! `open`.

use std::path::PathBuf;

use amanat_reviewer::open::{self, OpenOutcome};
use amanat_reviewer::scan;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::safe_text;
use clap::Args;

use super::{CaseArgs, Done, OfflineArgs, say};

/// Offline: write one registration into a folder of its own, OUT/SHA256/.
#[derive(Args)]
pub(super) struct Open {
    #[command(flatten)]
    offline: OfflineArgs,
    #[command(flatten)]
    place: CaseArgs,
    /// The folder to write to.
    #[arg(long)]
    out: PathBuf,
    /// A sealed file, or with --dir the beginning of its reference. One at a time: a folder of open cases is what must never be.
    file: PathBuf,
}

impl Open {
    pub(super) fn run(self) -> Result<Done, Message> {
        let identities = self.offline.unlock()?;
        let file = self.place.find(&self.file)?;
        let outcome = open::open(&file, &identities, &self.out, self.offline.max_bytes)?;
        let (OpenOutcome::AlreadyThere(written) | OpenOutcome::Written { folder: written, .. }) = &outcome;
        let misnamed = scan::check_name(&file, &written.file_name().unwrap_or_default().to_string_lossy());
        match outcome {
            OpenOutcome::AlreadyThere(folder) => println!("{} is there already and was left as it is.", safe_text::path(&folder)),
            OpenOutcome::Written { folder, disguised, attachments } => {
                println!("{} written, attachments: {attachments}.", safe_text::path(&folder));
                for number in disguised {
                    println!("WARNING: attachment {number:02} is not what its name says. Do not open it with a viewer.");
                }
            }
        }
        if let Err(error) = &misnamed {
            say(error);
        }
        Ok(Done::unless(misnamed.is_err()))
    }
}
