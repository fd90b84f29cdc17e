//! `keys`.

use std::path::PathBuf;

use amanat_reviewer::keys::{self, AccessKey};
use amanat_reviewer::notebook_file;
use amanat_reviewer::{atomic_file, clock};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::file::Readers;
use amanat_reviewer_core::safe_text;
use clap::{Args, Subcommand};

use super::rotate::Rotate;
use super::{Done, IdentityArgs, LockArgs};

/// Offline: show an identity, change its passphrase, put a new one in its place; the newest pack that it has seen.
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
    NewestPack(NewestPack),
}

impl Keys {
    pub(super) fn run(self) -> Result<Done, Message> {
        match self.what {
            What::Show(it) => it.run(),
            What::Passphrase(it) => it.run(),
            What::Rotate(it) => it.run(),
            What::NewestPack(it) => it.run(),
        }
    }
}

/// Show the public half of an identity, and the words to compare by voice.
#[derive(Args)]
struct Show {
    #[command(flatten)]
    identity: IdentityArgs,
    /// The access key that goes with it; if not given, the access.key beside it, if there is one.
    #[arg(long)]
    access: Option<PathBuf>,
}

impl Show {
    fn run(self) -> Result<Done, Message> {
        let beside = || Some(self.identity.identity.with_file_name(keys::ACCESS)).filter(|path| atomic_file::is_there(path));
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
    identity: IdentityArgs,
    /// A file whose first line is a new passphrase of your own, and that only you may read. If it is not given, seven words
    /// are made by chance and shown once.
    #[arg(long, conflicts_with_all = ["choose_passphrase", "no_passphrase"])]
    new_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    locking: LockArgs,
}

impl Passphrase {
    fn run(self) -> Result<Done, Message> {
        let (path, new) = (&self.identity.identity, self.locking.with(self.new_passphrase_file.as_ref()));
        let made = keys::protect(path, &self.identity.source(), &new)?;
        if !self.locking.no_passphrase {
            println!("{} is locked with the new passphrase.", safe_text::path(path));
            println!("Copies that were made before still open as they did: wipe them, or bring this file there.");
            println!(
                "A stick or an SSD may keep the old bytes: if others could have read them, take a new identity (`keys rotate`)."
            );
        }
        self.locking.say(made.as_ref().map(|words| words.as_str()));
        Ok(Done::All)
    }
}

/// Show the newest pack that was seen with an identity. An older one is never sealed to.
#[derive(Args)]
struct NewestPack {
    #[command(flatten)]
    identity: IdentityArgs,
    /// Remember this serial, whatever was remembered before. Only after the coalition has told you by voice that it is the
    /// newest pack's: whoever turns the list of reviewers back would ask for the same.
    #[arg(long, value_name = "SERIAL")]
    set: Option<u64>,
    /// A notebook in which it is set as well; it is sealed to you alone until something is noted in it again.
    #[arg(long, requires = "set")]
    notebook: Option<PathBuf>,
}

impl NewestPack {
    fn run(self) -> Result<Done, Message> {
        let (path, identities) = (&self.identity.identity, self.identity.unlock()?);
        if let Some(serial) = self.set {
            if let Some(notebook) = &self.notebook {
                let (readers, now) = (Readers::new(None, &identities.recipients())?, clock::now());
                notebook_file::load_existing(notebook, &identities, now)?;
                notebook_file::change(notebook, &identities, &readers, now, |notebook| {
                    notebook.set_newest_pack(serial);
                    Ok(())
                })?;
                println!("{}: pack {serial} is the newest now.", safe_text::path(notebook));
            }
            keys::set_newest_pack(path, &identities, serial)?;
        }
        match keys::newest_pack(path, &identities)? {
            0 => println!("No pack was seen with this identity yet."),
            serial => println!("The newest pack that was seen with this identity is {serial}."),
        }
        Ok(Done::All)
    }
}
