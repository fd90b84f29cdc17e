//! `push`.

use std::path::PathBuf;

use amanat_reviewer::{ack, audit, discard, outgoing};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::outgoing::Outgoing;
use clap::Args;

use super::{ConnectionArgs, Done};

/// Online: send what `ack` or `discard` wrote, so that the server may delete those registrations.
#[derive(Args)]
pub(super) struct Push {
    #[command(flatten)]
    connection: ConnectionArgs,
    /// The folder that `pull` writes to: by that its next run knows that this was you, on another computer too. If not given,
    /// the one beside the file.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The file that `ack` or `discard` wrote.
    file: PathBuf,
}

impl Push {
    pub(super) fn run(self) -> Result<Done, Message> {
        let outgoing = outgoing::read(&self.file)?;
        let out = self.out.or_else(|| audit::folder_near(&self.file));
        let online = self.connection.open(out.as_deref())?;
        match outgoing {
            Outgoing::Acknowledgements(all) => {
                let result = ack::send(&all, &online)?;
                print!("{}", ack::report(&result));
                Ok(Done::unless(!result.wrong_proof.is_empty()))
            }
            Outgoing::Discards(all) => {
                let result = discard::send(&all, &online)?;
                print!("{}", discard::report(&result));
                Ok(Done::unless(!result.opened.is_empty()))
            }
        }
    }
}
