//! `push`.

use std::path::PathBuf;

use amanat_reviewer::pull::PullError;
use amanat_reviewer::{ack, files};
use clap::Args;

use super::{Connection, Done};

/// Online: send the acknowledgements that `ack` wrote, so that the server may delete those registrations.
#[derive(Args)]
pub(super) struct Push {
    #[command(flatten)]
    connection: Connection,
    /// The folder that `pull` writes to: by that its next run knows that this was you.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The file that `ack` wrote.
    file: PathBuf,
}

impl Push {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let all = ack::read(&self.file)?;
        let online = self.connection.open()?;
        let online = match self.out {
            Some(out) => {
                files::folder(&out).map_err(|error| PullError::Disk { path: out.clone(), error })?;
                online.noted_in(&out)
            }
            None => online,
        };
        let result = ack::send(&all, &online)?;
        print!("{}", ack::report(&result));
        Ok(Done::unless(!result.wrong_proof.is_empty()))
    }
}
