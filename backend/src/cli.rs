//! The commands. Each says what it did on standard output; what went wrong is two lines on standard error: what
//! happened, and what to do.

mod backup;
mod configuration;
mod demo;
mod health;
mod init;
mod keys;
mod mail_test;
mod output;
mod pack;
mod restore;
mod serve;
mod shell;
mod startup;
mod status;

use std::fmt;
use std::io;
use std::path::Path;

use amanat_backend::clock::Clock;
use amanat_backend::files::io_error_text;
use clap::{Parser, Subcommand};

/// Sealed registration: takes in sealed files that it cannot read, and tells reviewers that something waits.
#[derive(Debug, Parser)]
#[command(name = "amanat", version, about, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try it out on this machine: keys, pack, database and mail in one throw-away folder
    Demo(demo::Demo),
    /// Write a commented amanat.toml for a new deployment
    Init(init::Init),
    /// Serve the site
    Serve(serve::Serve),
    /// Make, check, sign and show the pack: the form and the keys it is sealed to
    #[command(subcommand)]
    Pack(pack::Pack),
    /// Say how the deployment is: what waits, what failed, when the pack expires
    Status(status::Status),
    /// Copy the database as it stands, also while it is being served
    Backup(backup::Backup),
    /// Put a backup in the place of a database that is gone, and delete again what was deleted since
    Restore(restore::Restore),
    /// Ask a running server whether it is well
    Health(health::Health),
    /// Send a test mail as configured, and say what the mail server answered
    MailTest(mail_test::MailTest),
}

impl Cli {
    /// Does what was asked.
    pub async fn run(self) -> Result<(), Failure> {
        let clock = Clock::system();
        match self.command {
            Command::Demo(demo) => demo.run(clock).await,
            Command::Init(init) => init.run(clock.today()),
            Command::Serve(serve) => serve.run(clock).await,
            Command::Pack(pack) => pack.run(clock.today()),
            Command::Status(status) => status.run(&clock).await,
            Command::Backup(backup) => backup.run().await,
            Command::Restore(restore) => restore.run().await,
            Command::Health(health) => health.run().await,
            Command::MailTest(test) => test.run(&clock).await,
        }
    }
}

/// What went wrong, in two lines.
#[derive(Debug)]
pub struct Failure {
    what: String,
    advice: String,
}

impl Failure {
    /// What happened, and what to do.
    pub fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), advice: advice.into() }
    }

    /// A file that cannot be read.
    fn read(path: &Path, error: &io::Error) -> Self {
        Self::new(format!("{} cannot be read: {}", path.display(), io_error_text(error)), "Correct the path, or the file's rights.")
    }

    /// A file that cannot be written.
    fn write(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => Self::new(
                format!("{} is there already.", path.display()),
                "Nothing was overwritten: name another place, or move it away.",
            ),
            _ => Self::new(
                format!("{} cannot be written: {}", path.display(), io_error_text(error)),
                "Nothing was left half-written: see to the folder, its rights and the room on the disk.",
            ),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        write!(f, "amanat: {}\n{}", line(&self.what), line(&self.advice))
    }
}
