//! `keys`.

use std::path::PathBuf;

use amanat_reviewer::keys::{self, AccessKey};
use amanat_reviewer::{files, terminal};
use clap::{Args, Subcommand};

use super::rotate::Rotate;
use super::{Done, Identity, Locking};

/// Offline: show an identity, change its passphrase, put a new one in its place.
#[derive(Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Show(Show),
    Passphrase(Passphrase),
    Rotate(Rotate),
}

impl Keys {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        match self.what {
            What::Show(it) => it.run(),
            What::Passphrase(it) => it.run(),
            What::Rotate(it) => it.run(),
        }
    }
}

/// Show the public half of an identity, and the words to compare by voice.
#[derive(Args)]
struct Show {
    #[command(flatten)]
    identity: Identity,
    /// The access key that goes with it; if not given, the access.key beside it, if there is one.
    #[arg(long)]
    access: Option<PathBuf>,
}

impl Show {
    fn run(self) -> anyhow::Result<Done> {
        let beside = || Some(self.identity.identity.with_file_name(keys::ACCESS)).filter(|path| files::is_there(path));
        let access = self.access.clone().or_else(beside).map(|path| AccessKey::load(&path)).transpose()?;
        for recipient in self.identity.unlock()?.recipients() {
            print!("{}", keys::to_send(&recipient, access.as_ref().map(AccessKey::public)));
        }
        if access.is_none() {
            println!("These are the words of the recipient alone: without the access key they are others than the pack's.");
        }
        Ok(Done::All)
    }
}

/// Lock an identity with another passphrase, or with its first.
#[derive(Args)]
struct Passphrase {
    #[command(flatten)]
    identity: Identity,
    /// A file whose first line is the new passphrase, and that only you may read; asked for twice if not given.
    #[arg(long, conflicts_with_all = ["generate_passphrase", "no_passphrase"])]
    new_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    locking: Locking,
}

impl Passphrase {
    fn run(self) -> anyhow::Result<Done> {
        let (path, new) = (&self.identity.identity, self.locking.with(self.new_passphrase_file.as_ref()));
        let made = keys::protect(path, &self.identity.source(), &new)?;
        if !self.locking.no_passphrase {
            println!("{} is locked with the new passphrase.", terminal::path(path));
            println!("Copies that were made before still open as they did: wipe them, or bring this file there.");
            println!(
                "A stick or an SSD may keep the old bytes: if others could have read them, take a new identity (`keys rotate`)."
            );
        }
        self.locking.say(made.as_ref().map(|words| words.as_str()));
        Ok(Done::All)
    }
}
