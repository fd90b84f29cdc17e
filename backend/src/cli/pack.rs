//! `amanat pack` takes the pack from its draft to its signatures.

mod changes;
mod draft;
mod root;
mod roots;
mod show;
mod sign;

pub use root::{RootKey, public_key};
pub use sign::{encode, signature};

use std::path::{Path, PathBuf};

use amanat_shared::dates::Day;
use amanat_shared::pack::SignedPack;
use clap::Subcommand;

use super::output::say;
use super::{Failure, configuration};

/// The pack: the form, and the keys it is sealed to.
#[derive(Debug, Subcommand)]
pub enum Pack {
    /// Make a root key pair, NAME.key and NAME.pub (minisign's format); do this offline
    NewRoot {
        /// Path without extension: NAME.key and NAME.pub are written
        #[arg(long, value_name = "NAME")]
        out: PathBuf,
        /// Leave the secret key without a password
        #[arg(long)]
        no_password: bool,
    },
    /// Write roots.toml, with which the program is built, from the public halves of root keys
    Roots {
        /// How many of the roots must sign a pack
        #[arg(long, value_name = "NUMBER")]
        threshold: usize,
        /// The file to write, roots.toml
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Each root's public key (minisign's format), one to five
        #[arg(value_name = "ROOT.pub", required = true)]
        roots: Vec<PathBuf>,
    },
    /// Name every problem of a draft (pack.toml) or a pack (pack.json)
    Check {
        /// The configuration that the pack is for: its origins must be the pack's site
        #[arg(long, value_name = "amanat.toml")]
        config: Option<PathBuf>,
        /// pack.toml or pack.json
        file: PathBuf,
    },
    /// Sign a draft, or a pack that another root has signed already; do this offline. Shows whom it seals to and what changed,
    /// and asks for the serial
    Sign {
        /// The root's secret key
        #[arg(long, value_name = "ROOT.key")]
        key: PathBuf,
        /// The signature's number, N in pack.json.N.minisig (default: the first that is free)
        #[arg(long, value_name = "N")]
        number: Option<u8>,
        /// The pack's serial, for scripts: otherwise the signer types it after reading what is signed
        #[arg(long, value_name = "SERIAL")]
        serial: Option<u64>,
        /// The pack that was signed last, pack.json (default: the one that this key has signed last, ROOT.key.last.json)
        #[arg(long, value_name = "PACK")]
        last: Option<PathBuf>,
        /// The folder for pack.json and the signature
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// pack.toml or pack.json
        file: PathBuf,
    },
    /// Show what a pack holds, with fingerprints to compare, and verify it
    Show {
        /// A root's public key (minisign's format); the pack must be signed by every one named
        #[arg(long, value_name = "ROOT.pub")]
        root: Vec<PathBuf>,
        /// pack.json
        file: PathBuf,
    },
}

impl Pack {
    /// Runs the subcommand.
    pub fn run(self, today: Day) -> Result<(), Failure> {
        match self {
            Self::NewRoot { out, no_password } => root::new_root(&out, no_password),
            Self::Roots { threshold, out, roots } => roots::write(threshold, &out, &roots),
            Self::Check { config, file } => {
                let draft = draft::read(&file)?;
                draft.refuse_problems(&file)?;
                if let Some(config) = config {
                    configuration::check_site(&config, &configuration::load(&config)?, &draft.pack()?)?;
                }
                say(format_args!("{}: nothing is wrong with it.", file.display()));
                say(show::summary(&draft.pack()?, today));
                Ok(())
            }
            Self::Sign { key, number, serial, last, out, file } => {
                let last = last.map_or_else(|| sign::LastSigned::OfKey(&key), sign::LastSigned::Named);
                sign::sign(&key, number, serial, &last, &out, &file, today)
            }
            Self::Show { root, file } => show::show(&root, &file, today),
        }
    }
}

/// Reads `pack.json` and every `pack.json.N.minisig` beside it, without verifying them.
pub fn read_signed(path: &Path) -> Result<SignedPack, Failure> {
    let pack = std::fs::read_to_string(path).map_err(|error| Failure::read(path, &error))?;
    let mut signatures = Vec::new();
    for (_, path) in signature_files(path)? {
        signatures.push(std::fs::read_to_string(&path).map_err(|error| Failure::read(&path, &error))?);
    }
    Ok(SignedPack { pack, signatures, demo_root: None })
}

/// Returns the signature files beside a pack by number.
fn signature_files(pack: &Path) -> Result<std::collections::BTreeMap<u8, PathBuf>, Failure> {
    let folder = pack.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let name = pack.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::read(folder, &error))?;
    let mut found = std::collections::BTreeMap::new();
    for entry in entries.flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let number =
            file.strip_prefix(&name).and_then(|rest| rest.strip_prefix('.')).and_then(|rest| rest.strip_suffix(".minisig"));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            found.insert(number, entry.path());
        }
    }
    Ok(found)
}

/// Returns the path of a signature's file.
pub fn signature_path(pack: &Path, number: u8) -> PathBuf {
    let mut name = pack.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{number}.minisig"));
    pack.with_file_name(name)
}
