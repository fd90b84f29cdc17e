//! `pull`.

use std::path::PathBuf;

use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::audit::{self, Restored};
use amanat_reviewer::clock;
use amanat_reviewer::packs::{self, PacksError};
use amanat_reviewer::pull;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::safe_text;
use clap::Args;

use super::{ConnectionArgs, Done, say};

/// Online: fetch sealed registrations that are new, and the signed pack.
#[derive(Args)]
pub(super) struct Pull {
    #[command(flatten)]
    connection: ConnectionArgs,
    /// The folder to write to.
    #[arg(long)]
    out: PathBuf,
    /// Longest file that is taken, in bytes.
    #[arg(long, default_value_t = DEFAULT_MAX_BYTES)]
    max_bytes: u64,
    /// Begin anew with the server's log of what was done. Only after the coalition has told you by voice that the server
    /// was restored without its journal: a hostile server would ask for the same.
    #[arg(long)]
    accept_restored: bool,
}

impl Pull {
    pub(super) fn run(self) -> Result<Done, Message> {
        let out = self.out.as_path();
        let online = self.connection.open(Some(out))?;
        println!("{}", audit::follow(&online, out, if self.accept_restored { Restored::Accept } else { Restored::Refuse })?);
        let pack = packs::pull(&online, out, clock::day_in_kabul(clock::now()));
        match &pack {
            Ok(kept) => {
                println!("Pack {} is good until {}.", kept.serial, safe_text::safe(&kept.expires));
                if kept.expired {
                    println!("WARNING: that day is past. Phones refuse this pack: the coalition must sign a new one.");
                }
                if kept.demo {
                    println!(
                        "This is a demo: its root key came from the server itself, so the pack proves nothing. Test data only."
                    );
                }
            }
            Err(error) => say(error),
        }
        if matches!(&pack, Err(PacksError::Online(error)) if error.is_final()) {
            return Ok(Done::Partly);
        }
        let pulled = pull::pull(&online, out, self.max_bytes);
        println!("{} new, {} here already.", pulled.new, pulled.known);
        if pulled.quarantined > 0 {
            println!(
                "{} of the new ones came from quarantine, last: they arrived when more came than is usual. Persons may be among them.",
                pulled.quarantined
            );
        }
        if !pulled.deletions.is_empty() {
            println!("{}", pulled.deletions);
        }
        pulled.failures.iter().for_each(say);
        Ok(Done::unless(pack.is_err() || !pulled.failures.is_empty()))
    }
}
