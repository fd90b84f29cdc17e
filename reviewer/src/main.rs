//! `amanat-reviewer`: the commands. The library does the work.
#![expect(clippy::print_stdout, reason = "this is the binary's output module")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use amanat_reviewer::audit::{self, Restored};
use amanat_reviewer::cases::{self, Desk, Names};
use amanat_reviewer::files::{self, DEFAULT_MAX_BYTES};
use amanat_reviewer::forms::Forms;
use amanat_reviewer::keys::{self, AccessKey, Identities};
use amanat_reviewer::online::{Online, Route};
use amanat_reviewer::open::{self, Outcome};
use amanat_reviewer::{ack, clock, packs, pull, sealed, show, terminal};
use amanat_shared::dates::Day;
use amanat_shared::seal::Kind;
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
    /// Make a decryption identity and an access key, and the lines to send to the coalition.
    Keygen {
        /// A folder for the keys, on the offline computer.
        dir: PathBuf,
        /// A classic key (age1…) in place of a post-quantum one (age1pq1…).
        #[arg(long)]
        x25519: bool,
    },
    /// Online: fetch sealed registrations that are new, and the signed pack.
    Pull {
        #[command(flatten)]
        connection: Connection,
        /// The folder to write to.
        #[arg(long)]
        out: PathBuf,
        /// Longest file that is taken, in bytes.
        #[arg(long, default_value_t = DEFAULT_MAX_BYTES)]
        max_bytes: u64,
        /// Begin anew with the server's log of what was done. Only after the coalition has told you by voice that the server
        /// was restored without its journal: a hostile server would ask for the same.
        #[arg(long)]
        accept_restored: bool,
    },
    /// Offline: write registrations into folders of their own, OUT/SHA256/.
    Open {
        #[command(flatten)]
        offline: Offline,
        /// The folder to write to.
        #[arg(long)]
        out: PathBuf,
        /// Sealed files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Offline: list all cases of a folder, the most urgent first, without names.
    List {
        #[command(flatten)]
        offline: Offline,
        #[command(flatten)]
        labels: LabelOptions,
        /// Show names too.
        #[arg(long)]
        names: bool,
        /// Which page of twenty.
        #[arg(long, default_value_t = 1)]
        page: usize,
        /// The day to reckon deadlines from, YYYY-MM-DD; today in Kabul if not given.
        #[arg(long, value_parser = day)]
        today: Option<Day>,
        /// The folder that `pull` wrote.
        dir: PathBuf,
    },
    /// Offline: show one case, the rules of safe contact first.
    Show {
        #[command(flatten)]
        offline: Offline,
        #[command(flatten)]
        labels: LabelOptions,
        /// A sealed file.
        file: PathBuf,
    },
    /// Acknowledge registrations that were opened, so that the server may delete them.
    #[command(subcommand)]
    Ack(Ack),
}

#[derive(Subcommand)]
enum Ack {
    /// Offline: write the proofs of files that were opened and are whole.
    Make {
        #[command(flatten)]
        offline: Offline,
        /// The file to write.
        #[arg(long)]
        out: PathBuf,
        /// Sealed files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Online: send what `ack make` wrote.
    Send {
        #[command(flatten)]
        connection: Connection,
        /// The folder that `pull` writes to: by that its next run knows that this was you.
        #[arg(long)]
        out: Option<PathBuf>,
        /// The file that `ack make` wrote.
        file: PathBuf,
    },
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

#[derive(Args)]
struct Offline {
    /// The decryption identity.
    #[arg(long)]
    identity: PathBuf,
    /// Longest file that is opened, in bytes.
    #[arg(long, default_value_t = DEFAULT_MAX_BYTES)]
    max_bytes: u64,
}

#[derive(Args)]
struct LabelOptions {
    /// The language of labels and choices: en, fa-AF or ps.
    #[arg(long, default_value = "en")]
    language: String,
    /// The pack whose form is used; if not given, the pack.json beside the files.
    #[arg(long)]
    pack: Option<PathBuf>,
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

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(Done::All) => ExitCode::SUCCESS,
        Ok(Done::Partly) => ExitCode::FAILURE,
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<Done> {
    match command {
        Command::Keygen { dir, x25519 } => keygen(&dir, if x25519 { Kind::X25519 } else { Kind::Hybrid }),
        Command::Pull { connection, out, max_bytes, accept_restored } => {
            fetch(&connection, &out, max_bytes, if accept_restored { Restored::Accept } else { Restored::Refuse })
        }
        Command::Open { offline, out, files } => write(&offline, &out, &files),
        Command::List { offline, labels, names, page, today, dir } => {
            let identities = Identities::load(&offline.identity)?;
            let forms = Forms::load(labels.pack.as_deref(), Some(&dir))?;
            let names = if names { Names::Shown } else { Names::Hidden };
            let today = today.unwrap_or_else(|| clock::day_in_kabul(clock::now()));
            let all = cases::read(&dir, Desk { identities: &identities, forms: &forms, language: &labels.language, names, today })?;
            print!("{}", cases::page(&all, page, names));
            if !all.failures.is_empty() {
                eprintln!("{} could not be opened:", all.failures.len());
            }
            all.failures.iter().for_each(say);
            Ok(Done::unless(!all.failures.is_empty()))
        }
        Command::Show { offline, labels, file } => {
            let identities = Identities::load(&offline.identity)?;
            let forms = Forms::load(labels.pack.as_deref(), file.parent())?;
            let case = sealed::open(&file, &identities, offline.max_bytes)?;
            print!("{}", show::show(&case, &forms, &labels.language));
            Ok(Done::All)
        }
        Command::Ack(Ack::Make { offline, out, files }) => {
            let identities = Identities::load(&offline.identity)?;
            let (made, failures) = ack::make(&files, &identities, &out, offline.max_bytes).map_err(|(error, failures)| {
                failures.iter().for_each(say);
                error
            })?;
            failures.iter().for_each(say);
            println!(
                "{made} acknowledged in {}. Carry it to the online computer and send it with `ack send`.",
                terminal::path(&out)
            );
            Ok(Done::unless(!failures.is_empty()))
        }
        Command::Ack(Ack::Send { connection, out, file }) => {
            let all = ack::read(&file)?;
            let online = connect(&connection)?;
            let online = match out {
                Some(out) => online.noted_in(&folder(&out)?),
                None => online,
            };
            let result = ack::send(&all, &online)?;
            print!("{}", ack::report(&result));
            Ok(Done::unless(!result.wrong_proof.is_empty()))
        }
    }
}

fn keygen(dir: &Path, kind: Kind) -> anyhow::Result<Done> {
    let to_send = keys::generate(dir, kind)?;
    println!("{to_send}");
    println!("Send these lines ({}) to the coalition, and compare the last one by voice.", keys::TO_SEND);
    println!(
        "{}: opens registrations. It must never touch an online computer, a phone or a cloud. Whoever has it can read everything.",
        keys::IDENTITY
    );
    println!("{}: fetches sealed files and opens nothing. Carry it to the online computer.", keys::ACCESS);
    Ok(Done::All)
}

fn fetch(connection: &Connection, out: &Path, max_bytes: u64, restored: Restored) -> anyhow::Result<Done> {
    let online = connect(connection)?.noted_in(&folder(out)?);
    println!("{}", audit::follow(&online, out, restored)?);
    let pack = packs::pull(&online, out, clock::day_in_kabul(clock::now()));
    match &pack {
        Ok(kept) => {
            println!("Pack {} is good until {}.", kept.serial, terminal::safe(&kept.expires));
            if kept.expired {
                println!("WARNING: that day is past. Phones refuse this pack: the coalition must sign a new one.");
            }
            if kept.demo {
                println!("This is a demo: its root key came from the server itself, so the pack proves nothing. Test data only.");
            }
        }
        Err(error) => say(error),
    }
    if matches!(&pack, Err(packs::PacksError::Online(error)) if error.is_final()) {
        return Ok(Done::Partly);
    }
    let pulled = pull::pull(&online, out, max_bytes);
    println!("{} new, {} here already.", pulled.new, pulled.known);
    pulled.failures.iter().for_each(say);
    Ok(Done::unless(pack.is_err() || !pulled.failures.is_empty()))
}

/// The folder that `pull` writes to, made if it is not there.
fn folder(out: &Path) -> anyhow::Result<PathBuf> {
    files::folder(out).map_err(|error| pull::PullError::Disk { path: out.to_owned(), error })?;
    Ok(out.to_owned())
}

fn write(offline: &Offline, out: &Path, files: &[PathBuf]) -> anyhow::Result<Done> {
    let identities = Identities::load(&offline.identity)?;
    let mut failed = false;
    for file in files {
        match open::open(file, &identities, out, offline.max_bytes) {
            Ok(Outcome::AlreadyThere(folder)) => println!("{} is there already and was left as it is.", terminal::path(&folder)),
            Ok(Outcome::Written { folder, disguised, attachments }) => {
                println!("{} written, attachments: {attachments}.", terminal::path(&folder));
                for number in disguised {
                    println!("WARNING: attachment {number:02} is not what its name says. Do not open it with a viewer.");
                }
            }
            Err(error) => {
                failed = true;
                say(&error);
            }
        }
    }
    Ok(Done::unless(failed))
}

fn connect(connection: &Connection) -> anyhow::Result<Online> {
    let access = AccessKey::load(&connection.access)?;
    let route = Route { server: &connection.server, ca: connection.ca.as_deref(), socks: connection.socks.as_deref() };
    Ok(Online::new(&route, access)?)
}

/// Two lines for a person: what happened, what to do.
fn say(error: &(impl std::fmt::Display + ?Sized)) {
    eprintln!("amanat-reviewer: {error}");
}

fn day(text: &str) -> Result<Day, String> {
    Day::from_iso(text).ok_or_else(|| "not a day; write it as 2026-11-23".to_owned())
}
