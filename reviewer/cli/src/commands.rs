//! The commands, one file each: what they take, and what they say.
#![expect(clippy::print_stdout, reason = "this is the binary's output module")]

mod ack;
mod bundle;
mod case_folder;
mod closed_output;
mod columns;
mod completions;
mod connection;
mod core_dumps;
mod discard;
mod input;
mod keep;
mod keygen;
mod keys;
mod list;
mod man;
mod merge;
mod note;
mod object;
mod open;
mod pack_memory;
mod progress;
mod pull;
mod push;
mod refer;
mod rekey;
mod rotate;
mod show;
mod stats;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::keys::unlock;
use amanat_reviewer::passphrase::{Protection, Source};
use amanat_reviewer::scan;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::{Author, Status};
use amanat_shared::dates::Day;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use miette::Diagnostic;

use connection::ConnectionArgs;

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
    Bundle(bundle::Bundle),
    Open(open::Open),
    List(list::List),
    Show(show::Show),
    Columns(columns::Columns),
    Refer(refer::Refer),
    Stats(stats::Stats),
    Note(note::Note),
    Merge(merge::Merge),
    Keep(keep::Keep),
    Ack(ack::Ack),
    Discard(discard::Discard),
    Push(push::Push),
    Object(object::Object),
    Completions(completions::Completions),
    Man(man::Man),
    Rekey(rekey::Rekey),
}

/// Runs the command that was given, and says what did not succeed.
pub fn run() -> ExitCode {
    closed_output::end_where_nothing_can_be_printed();
    if let Err(error) = core_dumps::keep_off_the_disk() {
        say_message(&Message::new(
            format!("core dumps could not be forbidden: {error}"),
            "If the program crashes, its memory may be written to the disk: use another computer.",
        ));
        return ExitCode::FAILURE;
    }
    let done = match Cli::parse().command {
        Command::Keygen(it) => it.run(),
        Command::Keys(it) => it.run(),
        Command::Pull(it) => it.run(),
        Command::Bundle(it) => it.run(),
        Command::Open(it) => it.run(),
        Command::List(it) => it.run(),
        Command::Show(it) => it.run(),
        Command::Columns(it) => it.run(),
        Command::Refer(it) => it.run(),
        Command::Stats(it) => it.run(),
        Command::Note(it) => it.run(),
        Command::Merge(it) => it.run(),
        Command::Keep(it) => it.run(),
        Command::Ack(it) => it.run(),
        Command::Discard(it) => it.run(),
        Command::Push(it) => it.run(),
        Command::Object(it) => it.run(),
        Command::Completions(it) => it.run(),
        Command::Man(it) => it.run(),
        Command::Rekey(it) => it.run(),
    };
    match done {
        Ok(Done::All) => ExitCode::SUCCESS,
        Ok(Done::Partly) => ExitCode::FAILURE,
        Err(message) => {
            say_message(&message);
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

/// Says an error: its text, and its advice on a line of its own.
fn say(error: &impl Diagnostic) {
    say_message(&Message::of(error));
}

fn say_message(message: &Message) {
    eprintln!("amanat-reviewer: {message}");
}

#[derive(Args)]
struct IdentityArgs {
    /// The decryption identity.
    #[arg(long)]
    identity: PathBuf,
    /// A file whose first line is the identity's passphrase, and that only you may read; asked for if not given.
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
}

impl IdentityArgs {
    fn source(&self) -> Source {
        Source::new(self.passphrase_file.clone())
    }

    fn unlock(&self) -> Result<Identities, Message> {
        Ok(unlock(&self.identity, &self.source())?)
    }
}

/// The lock of a new identity: a generated passphrase, unless something else is asked for.
#[derive(Args)]
struct LockArgs {
    /// Type a passphrase of your own, twice, in place of seven words that are made by chance. It is refused if it can be
    /// guessed.
    #[arg(long)]
    choose_passphrase: bool,
    /// Lock with nothing: whoever copies the file can read everything.
    #[arg(long, conflicts_with = "choose_passphrase")]
    no_passphrase: bool,
}

impl LockArgs {
    fn with(&self, file: Option<&PathBuf>) -> Protection {
        match file {
            _ if self.no_passphrase => Protection::None,
            None if !self.choose_passphrase => Protection::Generated,
            file => Protection::Chosen(Source::new(file.cloned())),
        }
    }

    /// Prints the passphrase afterwards. It does not go where the lines for the coalition go: those may be kept in a file, and
    /// sent.
    fn say(&self, made: Option<&str>) {
        if let Some(passphrase) = made {
            eprintln!("Its passphrase, shown only now: {passphrase}");
            eprintln!("Write it on paper, and keep that apart from this computer. Without it nobody can open anything, ever.");
        }
        if self.no_passphrase {
            println!("WARNING: it has no passphrase. Whoever gets this disk, or a copy of the file, can read everything.");
        }
    }
}

#[derive(Args)]
struct OfflineArgs {
    #[command(flatten)]
    identity: IdentityArgs,
    /// Longest file that is opened, in bytes.
    #[arg(long, default_value_t = DEFAULT_MAX_BYTES)]
    max_bytes: u64,
}

impl OfflineArgs {
    fn unlock(&self) -> Result<Identities, Message> {
        self.identity.unlock()
    }
}

#[derive(Args)]
struct LabelArgs {
    /// The language of labels and choices: en, fa-AF or ps.
    #[arg(long, default_value = "en")]
    language: String,
    /// The pack whose form is used; if not given, the pack.json beside the files.
    #[arg(long)]
    pack: Option<PathBuf>,
}

#[derive(Args)]
struct CaseArgs {
    /// The folder that `pull` wrote: then the beginning of a reference does in place of a file.
    #[arg(long)]
    dir: Option<PathBuf>,
}

impl CaseArgs {
    /// The case that was named, or else is typed when it is asked for.
    fn named(named: Option<PathBuf>) -> Result<PathBuf, Message> {
        match named {
            Some(named) => Ok(named),
            None => Ok(input::line_quietly("Which case? The reference, as `list` shows it: ")?.into()),
        }
    }

    /// The file that was meant.
    fn find(&self, wanted: &Path) -> Result<PathBuf, scan::FindError> {
        scan::find(self.dir.as_deref(), wanted)
    }

    /// The folder that was named, or that of the file.
    fn of<'a>(&'a self, file: &'a Path) -> &'a Path {
        let parent = || file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.dir.as_deref().unwrap_or_else(parent)
    }
}

fn day(text: &str) -> Result<Day, String> {
    Day::from_iso(text).ok_or_else(|| "not a day; write it as 2026-11-23".to_owned())
}

fn author(name: &str) -> Result<Author, String> {
    Author::new(name).ok_or_else(|| "a short name, at most 40 characters".to_owned())
}

/// One of these words, which completions offer too.
fn one_of<T: Clone + Send + Sync + 'static>(
    words: impl IntoIterator<Item = (&'static str, T)>,
) -> impl TypedValueParser<Value = T> {
    let words: Vec<(&str, T)> = words.into_iter().collect();
    PossibleValuesParser::new(words.iter().map(|(word, _)| *word)).map(move |typed| {
        let (_, value) = words.iter().find(|(word, _)| *word == typed).expect("the parser takes these words only");
        value.clone()
    })
}

fn status() -> impl TypedValueParser<Value = Status> {
    one_of(Status::ALL.map(|status| (status.key(), status)))
}
