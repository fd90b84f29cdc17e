//! Passphrases: made of random words, unless somebody insists on words of their own, typed at the terminal without echo or
//! read from a file that nobody else may read; those have to stand [`strength::LEAST_BITS`]. Never from the command line or
//! the environment, where other programs see them.

pub mod strength;

use std::fs;
use std::io::{self, IsTerminal};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::safe_text;
use amanat_reviewer_core::text_file;
use amanat_shared::fingerprint;
use zeroize::Zeroizing;

use self::strength::LEAST_BITS;
use crate::atomic_file;

/// Words of a passphrase that is made here: 77 bits, behind scrypt more than anybody can guess.
const WORDS: usize = 7;
const RANDOM_BYTES: usize = (WORDS * fingerprint::WORD_BITS).div_ceil(8);
const MAX_FILE_BYTES: u64 = 4096;

/// The reason why there is no passphrase.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum PassphraseError {
    /// There is no terminal to ask at.
    #[error("there is no terminal to ask for a passphrase")]
    #[diagnostic(help("Give it in a file that only you may read, with --passphrase-file; `--help` names the other ways."))]
    NoTerminal,
    /// The terminal failed.
    #[error("the passphrase could not be read from the terminal: {0}")]
    #[diagnostic(help("Run the same again, or use --passphrase-file."))]
    Terminal(io::Error),
    /// The file could not be read.
    #[error("the passphrase file {} could not be read: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name a text file whose first line is the passphrase."))]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The file is open to others.
    #[error("the passphrase file {file} may be read by others on this computer", file = safe_text::path(.0))]
    #[diagnostic(help("Run `chmod 600 {file}`; if it was there for long, take another passphrase.", file = safe_text::path(.0)))]
    Open(PathBuf),
    /// The file has no first line.
    #[error("the first line of the passphrase file {} is empty", safe_text::path(.0))]
    #[diagnostic(help("Write the passphrase there, and nothing else."))]
    Empty(PathBuf),
    /// Easy to guess.
    #[error("this passphrase is too easy to guess: {why} (about {bits:.0} bits; {LEAST_BITS} are needed)")]
    #[diagnostic(help(
        "Let the program make one of seven words by chance: run it again without --choose-passphrase and --passphrase-file. Whoever copies the file tries verses, sayings, names, dates and runs of keys first."
    ))]
    Weak {
        /// The kinds of parts that make it weak.
        why: String,
        /// Its strength.
        bits: f64,
    },
    /// Typed twice, and not the same.
    #[error("the two passphrases are not the same")]
    #[diagnostic(help("Run it again, and type the same words both times; nothing was written."))]
    Differ,
}

/// The source of a passphrase.
#[derive(Clone, Debug)]
pub enum Source {
    /// A person at the terminal.
    Terminal,
    /// The first line of a file that only its owner may read.
    File(PathBuf),
}

impl Source {
    /// The file if one was named, else the terminal.
    pub fn new(file: Option<PathBuf>) -> Self {
        file.map_or(Self::Terminal, Self::File)
    }

    /// The passphrase that `locked` was locked with.
    pub fn typed(&self, locked: &Path) -> Result<Zeroizing<String>, PassphraseError> {
        match self {
            Self::Terminal => ask(&format!("Passphrase of {}: ", safe_text::path(locked))),
            Self::File(path) => first_line(path),
        }
    }

    /// A passphrase to lock something with: not too weak, and at a terminal typed twice.
    fn chosen(&self) -> Result<Zeroizing<String>, PassphraseError> {
        let words = match self {
            Self::Terminal => ask("A new passphrase, of at least six words that chance has chosen: ")?,
            Self::File(path) => first_line(path)?,
        };
        let estimate = strength::estimate(&words);
        if !estimate.is_enough() {
            return Err(PassphraseError::Weak { why: estimate.why(), bits: estimate.bits });
        }
        if matches!(self, Self::Terminal) && ask("The same once more: ")? != words {
            return Err(PassphraseError::Differ);
        }
        Ok(words)
    }
}

/// The protection of an identity.
#[derive(Clone, Debug)]
pub enum Protection {
    /// Words that its reviewer chose.
    Chosen(Source),
    /// Words that are made here, and shown once.
    Generated,
    /// No passphrase.
    None,
}

impl Protection {
    /// The passphrase, if there is to be one.
    pub fn passphrase(&self) -> Result<Option<Zeroizing<String>>, PassphraseError> {
        match self {
            Self::Chosen(source) => source.chosen().map(Some),
            Self::Generated => {
                let mut random = Zeroizing::new([0; RANDOM_BYTES]);
                getrandom::fill(&mut *random).expect("a system without randomness cannot make passphrases");
                Ok(Some(generated(&random)))
            }
            Self::None => Ok(None),
        }
    }
}

/// The words that these bits stand for.
fn generated(random: &[u8; RANDOM_BYTES]) -> Zeroizing<String> {
    Zeroizing::new(fingerprint::to_words(random).join("-"))
}

fn ask(question: &str) -> Result<Zeroizing<String>, PassphraseError> {
    // The terminal of a program that runs unattended may be somebody else's: only who sits at this one is asked. The standard
    // input may be a note's text.
    if !io::stdin().is_terminal() && !io::stderr().is_terminal() {
        return Err(PassphraseError::NoTerminal);
    }
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(PassphraseError::Terminal)
}

fn first_line(path: &Path) -> Result<Zeroizing<String>, PassphraseError> {
    let failed = |error| PassphraseError::Read { path: path.to_owned(), error };
    if fs::metadata(path).map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(PassphraseError::Open(path.to_owned()));
    }
    let bytes = Zeroizing::new(atomic_file::read(path, MAX_FILE_BYTES).map_err(failed)?);
    let text = text_file::text(&bytes).map_err(|_| failed(io::Error::new(io::ErrorKind::InvalidData, "it is not a text")))?;
    match text.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(Zeroizing::new(line.to_owned())),
        None => Err(PassphraseError::Empty(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use amanat_reviewer_core::message::Message;

    use super::*;

    const STRONG: &str = "window glacier bread Tuesday copper rabbit ladder melon";

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("words");
        atomic_file::write_new(&path, format!("{STRONG}\n").as_bytes()).unwrap();
        let source = Source::new(Some(path.clone()));
        assert_eq!(**source.chosen().unwrap(), *STRONG);
        for mode in [0o640, 0o604, 0o666, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(source.typed(&path), Err(PassphraseError::Open(_))), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "\nsecond line\n").unwrap();
        assert!(matches!(source.typed(&path), Err(PassphraseError::Empty(_))));
        fs::write(&path, [0xff]).unwrap();
        assert!(matches!(source.typed(&path), Err(PassphraseError::Read { .. })));
        assert!(matches!(Source::File(dir.path().join("none")).typed(&path), Err(PassphraseError::Read { .. })));
    }

    #[test]
    fn verses_names_and_runs_of_keys_lock_nothing_and_the_error_says_why_without_them() {
        let dir = tempfile::tempdir().unwrap();
        for (number, (words, why)) in [
            ("بسم الله الرحمن الرحيم", "a known verse"),
            ("لا اله الا الله محمد رسول الله", "a known verse"),
            ("qwertyuiopasdfgh", "a run of neighbouring keys"),
            ("Karima daughter of Abdul Rahman", "a name"),
        ]
        .into_iter()
        .enumerate()
        {
            let path = dir.path().join(number.to_string());
            atomic_file::write_new(&path, words.as_bytes()).unwrap();
            let error = Message::from(Source::File(path).chosen().unwrap_err()).to_string();
            assert!(error.contains("too easy to guess") && error.contains(why) && error.contains("60 are needed"), "{error}");
            assert!(error.lines().count() == 2 && !error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_weak_passphrase_locks_nothing_and_may_still_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("words");
        atomic_file::write_new(&path, b"1234").unwrap();
        let source = Source::File(path.clone());
        assert!(matches!(Protection::Chosen(source.clone()).passphrase(), Err(PassphraseError::Weak { .. })));
        assert_eq!(**source.typed(&path).unwrap(), *"1234");
    }

    #[test]
    fn a_generated_passphrase_is_seven_random_words() {
        let one = Protection::Generated.passphrase().unwrap().unwrap();
        assert_eq!(one.split('-').count(), WORDS);
        assert_ne!(one, Protection::Generated.passphrase().unwrap().unwrap());
        assert_eq!(*generated(&[0; RANDOM_BYTES]), "abandon-abandon-abandon-abandon-abandon-abandon-abandon");
        assert!(Protection::None.passphrase().unwrap().is_none());
    }
}
