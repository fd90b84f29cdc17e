//! The commands. Each prints what it did to standard output. A failure prints two lines to standard error: what happened, and
//! what to do.

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
use miette::Diagnostic;

/// Sealed registration: stores sealed files that it cannot read, and mails reviewers when one arrives.
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
    /// Show the deployment's status: waiting registrations, failures, the pack's expiry
    Status(status::Status),
    /// Copy the database as it stands, also while the server runs
    Backup(backup::Backup),
    /// Restore a backup where the database is gone, and delete again what was deleted since
    Restore(restore::Restore),
    /// Ask a running server whether it is healthy
    Health(health::Health),
    /// Send a test mail as configured, and show the mail server's answer
    MailTest(mail_test::MailTest),
}

impl Cli {
    /// Runs the command.
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

/// A failed command: what happened, and what to do about it.
#[derive(Debug)]
pub struct Failure {
    what: String,
    advice: String,
}

impl Failure {
    /// Creates a failure from what happened and what to do.
    pub fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), advice: advice.into() }
    }

    /// Describes a file that cannot be read.
    fn read(path: &Path, error: &io::Error) -> Self {
        Self::new(format!("{} cannot be read: {}", path.display(), io_error_text(error)), "Correct the path, or the file's rights.")
    }

    /// Describes a file that cannot be written.
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

/// An error's text is what happened, and its [`Diagnostic::help`] is the advice.
impl<E: Diagnostic> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.to_string(), error.help().map(|advice| advice.to_string()).unwrap_or_default())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        write!(f, "amanat: {}\n{}", line(&self.what), line(&self.advice))
    }
}
