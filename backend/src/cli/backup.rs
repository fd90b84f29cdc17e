//! `amanat backup` copies the database as it stands at one moment, while the server runs.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use amanat_backend::config::Config;
use amanat_backend::files::{self, Readers};
use amanat_backend::store::{StoreError, backup};
use clap::Args;

use super::configuration::load;
use super::output::say;
use super::{Failure, startup};

/// Arguments of `amanat backup --config FILE OUT`.
#[derive(Debug, Args)]
pub struct Backup {
    /// The configuration, amanat.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The file to write; an existing file is not overwritten
    out: PathBuf,
}

impl Backup {
    /// Copies the database, checks the copy, and only then gives it its name.
    pub async fn run(self) -> Result<(), Failure> {
        let config = load(&self.config)?;
        let database = database_file(
            &config,
            "pg_dump makes its backups and psql puts them back; `amanat serve` then deletes again what the journal tells of.",
        )?;
        if !database.exists() {
            return Err(Failure::new(
                format!("There is no database at {}.", database.display()),
                "Correct `database` in the configuration.",
            ));
        }
        let out = &self.out;
        if out.symlink_metadata().is_ok() {
            return Err(Failure::write(out, &io::ErrorKind::AlreadyExists.into()));
        }
        let unfinished = unfinished_path(out);
        files::write_new(&unfinished, b"", Readers::Owner).map_err(|error| Failure::write(&unfinished, &error))?;
        let copied = copy(database, &unfinished, out, &config).await;
        if copied.is_err() {
            // A file that stays behind would pass for a backup.
            let _ = fs::remove_file(&unfinished);
        }
        copied?;
        let bytes = out.metadata().map_or(0, |meta| meta.len());
        say(format_args!(
            "{}: {bytes} bytes, whole. It holds ciphertext only, but protect it like the database, and keep a copy of {} elsewhere too: a restore needs both.",
            out.display(),
            config.journal.display()
        ));
        Ok(())
    }
}

async fn copy(database: &Path, unfinished: &Path, out: &Path, config: &Config) -> Result<(), Failure> {
    backup::copy(database, unfinished).await.map_err(|error| match error {
        StoreError::UnusableDatabase(_) => startup::database_failure(&config.database, &error),
        StoreError::Full => Failure::write(out, &io::ErrorKind::StorageFull.into()),
        error => Failure::new(
            format!("{} was not written: {error}.", out.display()),
            "See to the room on the disk, and that the program may read the database and its folder.",
        ),
    })?;
    rename_durably(unfinished, out).map_err(|error| Failure::write(out, &error))
}

/// Syncs a file and renames it to its final name, which must be free.
pub fn rename_durably(unfinished: &Path, name: &Path) -> io::Result<()> {
    File::open(unfinished)?.sync_all()?;
    if name.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(unfinished, name)?;
    let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()
}

/// Returns the name of a file that is not complete yet.
pub fn unfinished_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    path.with_file_name(name)
}

/// Returns the database's file, or a failure with this advice where the database is a server.
pub fn database_file<'a>(config: &'a Config, advice: &str) -> Result<&'a Path, Failure> {
    config.database.path().ok_or_else(|| Failure::new("The database is a PostgreSQL server, not a file.", advice))
}
