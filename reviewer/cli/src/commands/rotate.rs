//! `keys rotate`.

use std::path::PathBuf;

use amanat_reviewer::rotate::{self, LateArrivals, RotateError, Rotation};
use amanat_reviewer::{clock, keys};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::safe_text;
use amanat_shared::envelope::RecipientKind;
use clap::{Args, Subcommand};

use super::rekey::{TargetArgs, failed, progress};
use super::{Done, LockArgs, OfflineArgs, keygen, say_message};

/// Put a new identity in the place of an old one, in two steps: `begin`, then, with the pack that names the new one,
/// `finish`.
#[derive(Args)]
pub(super) struct Rotate {
    #[command(subcommand)]
    step: Step,
}

#[derive(Subcommand)]
enum Step {
    Begin(Begin),
    Finish(Finish),
}

impl Rotate {
    pub(super) fn run(self) -> Result<Done, Message> {
        match self.step {
            Step::Begin(it) => it.run(),
            Step::Finish(it) => it.run(),
        }
    }
}

/// Make the new identity and a new access key, and the lines to send to the coalition. Nothing changes yet.
#[derive(Args)]
struct Begin {
    #[command(flatten)]
    identity: super::IdentityArgs,
    /// A folder for the new keys.
    dir: PathBuf,
    /// A classic key (age1…) in place of a post-quantum one (age1pq1…).
    #[arg(long)]
    x25519: bool,
    /// A file whose first line is a passphrase of your own for the new identity, and that only you may read. If it is not
    /// given, seven words are made by chance and shown once.
    #[arg(long, conflicts_with_all = ["choose_passphrase", "no_passphrase"])]
    new_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    locking: LockArgs,
}

impl Begin {
    fn run(self) -> Result<Done, Message> {
        // Without the old passphrase `finish` would be impossible.
        let old = self.identity.unlock()?;
        let newest = keys::newest_pack(&self.identity.identity, &old)?;
        let kind = if self.x25519 { RecipientKind::X25519 } else { RecipientKind::Hybrid };
        keygen::make(&self.dir, kind, &self.locking.with(self.new_passphrase_file.as_ref()), newest, &self.locking)?;
        println!("{}: fetches sealed files once the new pack is out. Carry it to the online computer.", keys::ACCESS);
        println!(
            "Keep the old identity. When the pack names the new one: `pull`, then here\n  amanat-reviewer keys rotate finish --identity {} --new {} --to PACK FOLDER…",
            safe_text::path(&self.identity.identity),
            safe_text::path(&self.dir.join(keys::IDENTITY)),
        );
        Ok(Done::All)
    }
}

/// Re-seal everything to the reviewers of the pack that names the new identity, open each file with the new one alone,
/// and only then destroy the old one.
#[derive(Args)]
struct Finish {
    #[command(flatten)]
    offline: OfflineArgs,
    /// The new identity.
    #[arg(long)]
    new: PathBuf,
    /// A file whose first line is the new identity's passphrase, and that only you may read; asked for if not given.
    #[arg(long)]
    new_passphrase_file: Option<PathBuf>,
    /// Destroy the old identity although registrations may still arrive that only it, of your keys, opens.
    #[arg(long)]
    lose_late: bool,
    #[command(flatten)]
    list: TargetArgs,
}

impl Finish {
    fn run(self) -> Result<Done, Message> {
        let pack = self.list.pack(clock::day_in_kabul(clock::now()))?;
        let old = self.offline.unlock()?;
        let found = self.list.files()?;
        self.list.admit(&self.offline.identity, &old, &found, &pack)?;
        let new_identity = super::IdentityArgs { identity: self.new, passphrase_file: self.new_passphrase_file };
        let new = new_identity.unlock()?;
        self.list.admit(&new_identity, &new, &found, &pack)?;
        if !found.partial.is_empty() {
            failed(&[], &found.partial);
            return Err(Message::new(
                "the old identity was kept, and nothing was changed",
                "See above which downloads are not complete.",
            ));
        }
        let rotation = Rotation { old: &old, new: &new, pack: &pack, most: self.offline.max_bytes };
        let late = if self.lose_late { LateArrivals::Lose } else { LateArrivals::Wait };
        let progress = progress(2 * found.sealed.len());
        let (report, left) = rotation.run(&found.sealed, late, || progress.inc(1))?;
        progress.finish_and_clear();
        println!("{} re-sealed, {} were already.", report.resealed, report.already);
        failed(&report.failures, &[]);
        if !left.is_empty() {
            for path in &left {
                let path = safe_text::path(path);
                say_message(&Message::new(
                    format!("{path} may still need the old identity"),
                    "If it is damaged or of no use, move it away or delete it.",
                ));
            }
            return Err(RotateError::Left(left.len()).into());
        }
        let path = &self.offline.identity.identity;
        rotate::destroy(path)?;
        println!(
            "Every file that the old identity opened opens with the new one. {} was overwritten and removed.",
            safe_text::path(path)
        );
        println!("Wipe every other copy of it and of the old files: sticks, backups, other computers.");
        println!(
            "A stick or an SSD may keep what was overwritten: there, only the old passphrase and an encrypted disk protect it. Destroy the medium if you can."
        );
        Ok(Done::unless(!report.failures.is_empty()))
    }
}
