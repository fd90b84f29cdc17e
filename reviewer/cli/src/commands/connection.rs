//! The options for reaching the server.

use std::path::{Path, PathBuf};

use amanat_reviewer::atomic_file;
use amanat_reviewer::keys::AccessKey;
use amanat_reviewer::online::{Online, OnlineError, Route};
use amanat_reviewer::pull::PullError;
use amanat_reviewer::request_ledger::{LedgerError, RequestLedger};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::safe_text;
use clap::Args;

#[derive(Args)]
pub(super) struct ConnectionArgs {
    /// The server, e.g. `https://form.example.org`.
    #[arg(long)]
    server: String,
    /// The access key (never the decryption identity).
    #[arg(long)]
    access: PathBuf,
    /// Trust only this authority's certificates (PEM), for a server with a certificate of its own.
    #[arg(long)]
    ca: Option<PathBuf>,
    /// Go through a SOCKS proxy, e.g. Tor's 127.0.0.1:9050.
    #[arg(long)]
    socks: Option<String>,
}

impl ConnectionArgs {
    /// Speaks to the server, and notes each request beside the access key and in `folder`, which is made if it is not there.
    pub(super) fn open(&self, folder: Option<&Path>) -> Result<Online, Message> {
        let access = AccessKey::load(&self.access)?;
        let route = Route { server: &self.server, ca: self.ca.as_deref(), socks: self.socks.as_deref() };
        let online = Online::new(&route, access)?;
        if let Some(folder) = folder {
            atomic_file::folder(folder).map_err(|error| PullError::Disk { path: folder.to_owned(), error })?;
        }
        let ledger = match RequestLedger::open(folder, Some(&self.access)) {
            Err(LedgerError { path, error }) if folder.is_none() => {
                eprintln!(
                    "WARNING: {} could not be written: {error}. The next `pull` will not know that this was you: name the folder that it writes to with --out.",
                    safe_text::path(&path)
                );
                RequestLedger::default()
            }
            ledger => ledger.map_err(OnlineError::from)?,
        };
        Ok(online.noted(ledger))
    }
}
