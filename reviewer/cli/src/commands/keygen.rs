//! `keygen`.

use std::path::{Path, PathBuf};

use amanat_reviewer::keys;
use amanat_reviewer::passphrase::Protection;
use amanat_reviewer_core::message::Message;
use amanat_shared::envelope::RecipientKind;
use clap::Args;

use super::{Done, LockArgs};

/// Make a decryption identity, locked with a passphrase, and an access key, and the lines to send to the coalition.
#[derive(Args)]
pub(super) struct Keygen {
    /// A folder for the keys, on the offline computer.
    dir: PathBuf,
    /// A classic key (age1…) in place of a post-quantum one (age1pq1…).
    #[arg(long)]
    x25519: bool,
    /// A file whose first line is a passphrase of your own, and that only you may read. If it is not given, seven words are
    /// made by chance and shown once.
    #[arg(long, conflicts_with_all = ["choose_passphrase", "no_passphrase"])]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    locking: LockArgs,
}

impl Keygen {
    pub(super) fn run(self) -> Result<Done, Message> {
        let kind = if self.x25519 { RecipientKind::X25519 } else { RecipientKind::Hybrid };
        make(&self.dir, kind, &self.locking.with(self.passphrase_file.as_ref()), 0, &self.locking)?;
        println!("{}: fetches sealed files and opens nothing. Carry it to the online computer.", keys::ACCESS);
        Ok(Done::All)
    }
}

/// Makes both keys in `dir`, and says what to do with them. `newest_pack` is the newest serial that was seen.
pub(super) fn make(
    dir: &Path,
    kind: RecipientKind,
    protection: &Protection,
    newest_pack: u64,
    locking: &LockArgs,
) -> Result<(), Message> {
    keys::is_free(dir)?;
    let passphrase = protection.passphrase()?;
    let to_send = match &passphrase {
        Some(passphrase) => keys::generate_locked(dir, kind, passphrase, newest_pack)?,
        None => keys::generate(dir, kind, newest_pack)?,
    };
    println!("{to_send}");
    println!("Send these lines ({}) to the coalition, and compare the last one by voice.", keys::TO_SEND);
    println!("{}: remembers the newest list of reviewers. Wherever the identity goes, it goes too.", keys::NEWEST_PACK);
    println!(
        "{}: opens registrations. It must never touch an online computer, a phone or a cloud. Whoever has it can read everything.",
        keys::IDENTITY
    );
    locking.say(passphrase.filter(|_| matches!(protection, Protection::Generated)).as_ref().map(|words| words.as_str()));
    Ok(())
}
