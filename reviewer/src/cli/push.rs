//! `push`.

use std::path::PathBuf;

use amanat_reviewer::outgoing::Outgoing;
use amanat_reviewer::pull::PullError;
use amanat_reviewer::{ack, discard, files};
use clap::Args;

use super::{Connection, Done};

/// Online: send what `ack` or `discard` wrote, so that the server may delete those registrations.
#[derive(Args)]
pub(super) struct Push {
    #[command(flatten)]
    connection: Connection,
    /// The folder that `pull` writes to: by that its next run knows that this was you.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The file that `ack` or `discard` wrote.
    file: PathBuf,
}

impl Push {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let outgoing = Outgoing::read(&self.file)?;
        let online = self.connection.open()?;
        let online = match self.out {
            Some(out) => {
                files::folder(&out).map_err(|error| PullError::Disk { path: out.clone(), error })?;
                online.noted_in(&out)
            }
            None => online,
        };
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
