//! The commands, one file each: what they take, and what they say.
#![expect(clippy::print_stdout, reason = "this is the binary's output module")]

mod ack;
mod columns;
mod keygen;
mod keys;
mod list;
mod open;
mod pull;
mod push;
mod refer;
mod show;
mod stats;

use std::path::PathBuf;
use std::process::ExitCode;

use amanat_reviewer::files::DEFAULT_MAX_BYTES;
use amanat_reviewer::identities::Identities;
use amanat_reviewer::keys::{AccessKey, unlock};
use amanat_reviewer::online::{Online, Route};
use amanat_reviewer::passphrase::{Protection, Source};
use clap::{Args, Parser, Subcommand};

/// Fetches sealed registrations, and opens them on a computer that is offline.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Keygen(keygen::Keygen),
    Keys(keys::Keys),
    Pull(pull::Pull),
    Open(open::Open),
    List(list::List),
    Show(show::Show),
    Columns(columns::Columns),
    Refer(refer::Refer),
    Stats(stats::Stats),
    Ack(ack::Ack),
    Push(push::Push),
}

/// Runs the command that was given, and says what did not succeed.
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Keygen(it) => it.run(),
        Command::Keys(it) => it.run(),
        Command::Pull(it) => it.run(),
        Command::Open(it) => it.run(),
        Command::List(it) => it.run(),
        Command::Show(it) => it.run(),
        Command::Columns(it) => it.run(),
        Command::Refer(it) => it.run(),
        Command::Stats(it) => it.run(),
        Command::Ack(it) => it.run(),
        Command::Push(it) => it.run(),
    };
    match done {
        Ok(Done::All) => ExitCode::SUCCESS,
        Ok(Done::Partly) => ExitCode::FAILURE,
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

/// Whether everything succeeded; what did not has been said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    All,
    Partly,
}

impl Done {
    fn unless(failed: bool) -> Self {
        if failed { Self::Partly } else { Self::All }
    }
}

/// Two lines for a person: what happened, what to do.
fn say(error: &(impl std::fmt::Display + ?Sized)) {
    eprintln!("amanat-reviewer: {error}");
}

#[derive(Args)]
struct Connection {
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

impl Connection {
    fn open(&self) -> anyhow::Result<Online> {
        let access = AccessKey::load(&self.access)?;
        let route = Route { server: &self.server, ca: self.ca.as_deref(), socks: self.socks.as_deref() };
        Ok(Online::new(&route, access)?)
    }
}

#[derive(Args)]
struct Identity {
    /// The decryption identity.
    #[arg(long)]
    identity: PathBuf,
    /// A file whose first line is the identity's passphrase, and that only you may read; asked for if not given.
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
}

impl Identity {
    fn source(&self) -> Source {
        Source::new(self.passphrase_file.clone())
    }

    fn unlock(&self) -> anyhow::Result<Identities> {
        Ok(unlock(&self.identity, &self.source())?)
    }
}

/// What a new identity is locked with, where it is not typed.
#[derive(Args)]
struct Locking {
    /// Make a passphrase of seven random words, and show it once.
    #[arg(long)]
    generate_passphrase: bool,
    /// Lock with nothing: whoever copies the file can read everything.
    #[arg(long, conflicts_with = "generate_passphrase")]
    no_passphrase: bool,
}

impl Locking {
    fn with(&self, file: Option<&PathBuf>) -> Protection {
        match file {
            _ if self.no_passphrase => Protection::None,
            _ if self.generate_passphrase => Protection::Generated,
            file => Protection::Chosen(Source::new(file.cloned())),
        }
    }

    /// What is to be said of it afterwards.
    fn say(&self, made: Option<&str>) {
        if let Some(passphrase) = made {
            println!("Its passphrase, shown only now: {passphrase}");
            println!("Write it on paper, and keep that apart from this computer. Without it nobody can open anything, ever.");
        }
        if self.no_passphrase {
            println!("WARNING: it has no passphrase. Whoever gets this disk, or a copy of the file, can read everything.");
        }
    }
}

#[derive(Args)]
struct Offline {
    #[command(flatten)]
    identity: Identity,
    /// Longest file that is opened, in bytes.
    #[arg(long, default_value_t = DEFAULT_MAX_BYTES)]
    max_bytes: u64,
}

impl Offline {
    fn unlock(&self) -> anyhow::Result<Identities> {
        self.identity.unlock()
    }
}

#[derive(Args)]
struct Words {
    /// The language of labels and choices: en, fa-AF or ps.
    #[arg(long, default_value = "en")]
    language: String,
    /// The pack whose form is used; if not given, the pack.json beside the files.
    #[arg(long)]
    pack: Option<PathBuf>,
}
