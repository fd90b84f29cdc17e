//! `rekey`, and what `keys rotate finish` has in common with it.

use std::path::{Path, PathBuf};

use amanat_reviewer::notebook_file;
use amanat_reviewer::rekey::{self, FileError, Found, Target};
use amanat_reviewer::{atomic_file, clock, sealed_file};
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::file::is_notebook;
use amanat_reviewer_core::safe_text;
use amanat_shared::dates::Day;
use amanat_shared::pack::Pack;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::pack_memory::PackMemory;
use super::{Done, IdentityArgs, OfflineArgs, say, say_message};

/// Offline: re-seal everything in some folders to the reviewers of a signed pack. Interrupted, it goes on when it is run
/// again. Names of files, what is in them, and which registrations they are stay the same.
#[derive(Args)]
pub(super) struct Rekey {
    #[command(flatten)]
    offline: OfflineArgs,
    #[command(flatten)]
    list: TargetArgs,
}

/// The reviewers to seal to, and the folders.
#[derive(Args)]
pub(super) struct TargetArgs {
    /// The pack.json whose reviewers may read from now on, its .minisig files beside it.
    #[arg(long)]
    to: PathBuf,
    /// Take a pack whose last day is past. Only after the coalition has told you by voice that it is the newest: on an
    /// old list stands who was taken off since.
    #[arg(long)]
    accept_expired: bool,
    /// Folders, with all that is in them.
    #[arg(required = true)]
    dirs: Vec<PathBuf>,
}

impl TargetArgs {
    /// The pack, verified and of today; says whom it names.
    pub(super) fn pack(&self, today: Day) -> Result<Pack, Message> {
        let forms = sealed_file::forms(Some(&self.to), None)?;
        let pack = forms.pack().expect("a pack that was named is there, or is an error").clone();
        let names: Vec<String> = pack.recipients.iter().map(|recipient| safe_text::safe(&recipient.name)).collect();
        println!("Pack {}, issued {}, names: {}.", pack.serial, safe_text::safe(&pack.issued), names.join(", "));
        if today > pack.expires_day().map_err(Message::without_advice)? {
            let until = safe_text::safe(&pack.expires);
            if !self.accept_expired {
                return Err(Message::new(
                    format!("pack {} was good until {until}, and there may be a newer list of reviewers", pack.serial),
                    "Bring the newest pack.json; if the coalition says by voice that this is it, give --accept-expired.",
                ));
            }
            println!("WARNING: it was good until {until}.");
        }
        Ok(pack)
    }

    /// Refuses a pack that is older than one that was seen: with this identity, beside the files, or by whoever wrote in the
    /// notebooks among them.
    pub(super) fn admit(
        &self,
        identity: &IdentityArgs,
        identities: &Identities,
        found: &Found,
        pack: &Pack,
    ) -> Result<(), Message> {
        let mut memory = PackMemory::new(identity, identities).with_folder(atomic_file::folder_of(&self.to));
        for dir in &self.dirs {
            memory = memory.with_folder(dir);
        }
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for path in found.sealed.iter().filter(|path| is_notebook(&name(path))) {
            // A notebook that does not open is reported where it is re-sealed.
            if let Ok(Some(notebook)) = notebook_file::load(path, identities, clock::now()) {
                memory = memory.with_notebook(path, &notebook);
            }
        }
        memory.admit(pack)
    }

    pub(super) fn files(&self) -> Result<Found, Message> {
        Ok(rekey::find_files(&self.dirs)?)
    }
}

impl Rekey {
    pub(super) fn run(self) -> Result<Done, Message> {
        let pack = self.list.pack(clock::day_in_kabul(clock::now()))?;
        let target = Target::new(&pack)?;
        let identities = self.offline.unlock()?;
        let found = self.list.files()?;
        self.list.admit(&self.offline.identity, &identities, &found, &pack)?;
        let progress = progress(found.sealed.len());
        let report = rekey::run(&found.sealed, &identities, &target, self.offline.max_bytes, || progress.inc(1))?;
        progress.finish_and_clear();
        println!("{} re-sealed, {} were already.", report.resealed, report.already);
        failed(&report.failures, &found.partial);
        Ok(Done::unless(!report.failures.is_empty() || !found.partial.is_empty()))
    }
}

/// Reports the files that were left as they were.
pub(super) fn failed(failures: &[FileError], partial: &[PathBuf]) {
    if !failures.is_empty() {
        eprintln!("{} left as they were:", failures.len());
    }
    failures.iter().for_each(say);
    for path in partial {
        say_message(&incomplete(path));
    }
}

fn incomplete(path: &Path) -> Message {
    Message::new(format!("{} is a download that is not complete", safe_text::path(path)), "Run `pull` to its end, and this again.")
}

/// A bar on a terminal; nothing elsewhere.
pub(super) fn progress(files: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} files, {eta} left");
    ProgressBar::new(files as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
