//! `amanat restore` puts a backup in the place of a database that is gone. It deletes again what was deleted after the backup
//! before the file gets its name.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use amanat_backend::config::Database;
use amanat_backend::store::{Store, backup};
use clap::Args;

use super::backup::{database_file, rename_durably, unfinished_path};
use super::configuration::load;
use super::output::say;
use super::{Failure, startup};

/// Suffixes of the files that `SQLite` keeps beside a database.
const SQLITE_SUFFIXES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Arguments of `amanat restore --config FILE BACKUP`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The configuration, amanat.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The file that `amanat backup` wrote
    backup: PathBuf,
}

impl Restore {
    /// Copies the backup beside its place, checks the copy, replays the journal into it, and renames it.
    pub async fn run(self) -> Result<(), Failure> {
        let config = load(&self.config)?;
        let database = database_file(
            &config,
            "Put the dump back with psql, into an empty database; `amanat serve` then deletes again what the journal tells of.",
        )?;
        if let Some(there) = std::iter::once(database.to_owned())
            .chain(SQLITE_SUFFIXES.map(|suffix| with_suffix(database, suffix)))
            .find(|path| path.symlink_metadata().is_ok())
        {
            return Err(Failure::new(
                format!("{} is there already.", there.display()),
                "Nothing was overwritten. Stop the server, and move the database away with the files beside it (-wal, -shm); not the journal.",
            ));
        }
        let folder = parent_folder(database);
        if !folder.is_dir() {
            // A folder created here would belong to the user of this command, and not to the service.
            return Err(Failure::new(
                format!("There is no folder {}.", folder.display()),
                "Make it for the user that the service runs as (install -d -m 700 -o amanat -g amanat FOLDER), or correct `database`.",
            ));
        }
        backup::check(&self.backup).await.map_err(|error| startup::database_failure(&Database::file(&self.backup), &error))?;
        let known = config.journal.metadata().is_ok_and(|meta| meta.len() > 0);
        let journal_was_there = config.journal.symlink_metadata().is_ok();
        let mut journal = startup::open_journal(&config.journal)?;
        let unfinished = unfinished_path(database);
        remove_unfinished(&unfinished);
        let restored = async {
            copy(&self.backup, &unfinished).map_err(|error| Failure::write(&unfinished, &error))?;
            let copy = Database::file(&unfinished);
            let failed = |error| startup::database_failure(&copy, &error);
            // The copy is checked again, because it may lie on another disk.
            backup::check(&unfinished).await.map_err(failed)?;
            let store = Store::open(copy.url()).await.map_err(failed)?;
            startup::reconcile(&mut journal, &store, &copy).await?;
            store.compact().await.map_err(failed)?;
            let status = store.status().await.map_err(failed)?;
            store.close().await;
            for path in [&unfinished, &config.journal] {
                give_to_the_folders_owner(path).map_err(|error| Failure::write(path, &error))?;
            }
            rename_durably(&unfinished, database).map_err(|error| Failure::write(database, &error))?;
            Ok(status)
        };
        let restored: Result<_, Failure> = restored.await;
        remove_unfinished(&unfinished);
        if restored.is_err() && !journal_was_there {
            // An empty journal would pass for that of a deployment that has done nothing yet.
            let _ = fs::remove_file(&config.journal);
        }
        let status = restored?;
        let database = database.display();
        say(format_args!("{database}: {} sealed files, {} entries in the log.", status.registrations, journal.entries()));
        if folder.metadata().is_ok_and(|meta| meta.uid() == 0) {
            say(format_args!(
                "Note: {} belongs to root, so a service of another user cannot write there: chown -R amanat: {}",
                folder.display(),
                folder.display()
            ));
        }
        // The journal of a deployment in which nothing was done yet is empty.
        if !(known || journal_was_there && journal.entries() == 0) {
            say(format_args!(
                "WARNING: there was no journal at {}. What was deleted after the backup is there again, and reviewers' pull will refuse a log that lacks entries that they have seen: tell them, and see `amanat-reviewer pull --help`.",
                config.journal.display()
            ));
        }
        Ok(())
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn parent_folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Gives a file of root's to the folder's owner, since root restores for a service of another user.
fn give_to_the_folders_owner(path: &Path) -> io::Result<()> {
    let (own, folder) = (path.metadata()?, parent_folder(path).metadata()?);
    if own.uid() == 0 && folder.uid() != 0 {
        chown(path, Some(folder.uid()), Some(folder.gid()))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut out = File::options().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut File::open(from)?, &mut out)?;
    out.sync_all()
}

/// Removes what is left of an unfinished restore.
fn remove_unfinished(unfinished: &Path) {
    let _ = fs::remove_file(unfinished);
    for suffix in SQLITE_SUFFIXES {
        let _ = fs::remove_file(with_suffix(unfinished, suffix));
    }
}
