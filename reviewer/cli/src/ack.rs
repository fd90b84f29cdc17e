//! Acknowledgements: made offline where the files were opened, sent online by who opens nothing.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::decrypt::{Binding, Fault, Refusal};
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::outgoing::Outgoing;
use amanat_reviewer_core::safe_text;
use amanat_shared::api::{ACKNOWLEDGEMENTS, Acknowledgement, Acknowledgements, AcknowledgementsResult, from_hex};

use crate::atomic_file;
use crate::online::{Online, OnlineError};
use crate::outgoing;
use crate::scan::{self, is_sealed};
use crate::sealed_file::{self, SealedError};

/// The number of entries in one request.
const AT_ONCE: usize = 500;
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// The reason why acknowledgements were not made or not sent.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum AckError {
    /// The output is there.
    #[error("{} is there already, and is not overwritten", safe_text::path(.0))]
    #[diagnostic(help("Name another file for --out."))]
    Exists(PathBuf),
    /// The output could not be written.
    #[error("{} could not be written: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name a file on a disk with room that you may write to."))]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// A folder could not be read.
    #[error("the folder {} could not be read: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name the folder that `pull` wrote."))]
    Folder {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The files lie on a stick.
    #[error(
        "{path} is on another disk than your identity, as a stick is, and nothing was acknowledged: once the server has deleted what you acknowledge, that stick is the only copy",
        path = safe_text::path(.0)
    )]
    #[diagnostic(help(
        "Copy the folder to this computer, and acknowledge from there: amanat-reviewer keep --to sealed {path}. If that disk stays with this computer, give --own-disk.",
        path = safe_text::path(.0)
    ))]
    OnAStick(PathBuf),
    /// No file could be opened.
    #[error("none of the files could be opened, so there is nothing to acknowledge")]
    #[diagnostic(help("See above what is wrong with each."))]
    Nothing,
    /// The server.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Online(#[from] OnlineError),
}

/// The result of making acknowledgements.
#[derive(Debug)]
pub struct AckReport {
    /// Registrations that are acknowledged.
    pub acknowledged: usize,
    /// Those among them whose header binds no delete proof.
    pub unbound: usize,
    /// The faults of the other files.
    pub failures: Vec<SealedError>,
}

/// Opens each file, and each `*.age` of each folder, from the first byte to the last, and writes the proofs of those that
/// are whole: what is damaged here must not be deleted there. Notebooks in a folder are passed over. A list of an earlier run
/// is added to.
pub fn make(paths: &[PathBuf], identities: &Identities, out: &Path, most: u64) -> Result<AckReport, (AckError, Vec<SealedError>)> {
    let mut all = match outgoing::read_if_there(out) {
        Ok(Some(Outgoing::Acknowledgements(all))) => all,
        Ok(None) => Acknowledgements::default(),
        Ok(Some(Outgoing::Discards(_))) | Err(_) => return Err((AckError::Exists(out.to_owned()), Vec::new())),
    };
    let listed: HashSet<String> = all.acknowledged.iter().map(|one| one.sha256.clone()).collect();
    let (mut seen, mut unbound, mut failures) = (HashSet::new(), 0, Vec::new());
    let files = sealed_files(paths).map_err(|error| (error, Vec::new()))?;
    for path in &files {
        match sealed_file::open(path, identities, most) {
            Ok(opened) if from_hex::<32>(&opened.registration.delete_proof).is_none() => {
                failures.push(SealedError::new(path, Refusal::Proof));
            }
            // The server would refuse it after the stick has been carried there.
            Ok(opened) if opened.binding == Binding::Other => failures.push(SealedError::new(path, Refusal::OtherProof)),
            Ok(opened) => {
                if seen.insert(opened.sha256.clone()) {
                    unbound += usize::from(opened.binding == Binding::Unbound);
                    let delete_proof = opened.registration.delete_proof;
                    if !listed.contains(&opened.sha256) {
                        all.acknowledged.push(Acknowledgement { sha256: opened.sha256, delete_proof });
                    }
                }
            }
            Err(error) if sealed_file::holds_a_notebook(path, &error.fault, identities) => {}
            Err(error) => failures.push(error),
        }
    }
    // Files that were sealed before this reviewer joined are acknowledged by others.
    let mut failures = scan::judged(failures, &seen, identities);
    failures.retain(|failure| !matches!(failure.fault, Fault::BeforeYou));
    if seen.is_empty() {
        return Err((AckError::Nothing, failures));
    }
    let json = serde_json::to_vec_pretty(&all).expect("hashes and proofs are plain strings");
    match atomic_file::replace(out, &json) {
        Ok(()) => Ok(AckReport { acknowledged: all.acknowledged.len(), unbound, failures }),
        Err(error) => Err((AckError::Write { path: out.to_owned(), error }, failures)),
    }
}

pub(crate) fn sealed_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, AckError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let failed = |error| AckError::Folder { path: path.clone(), error };
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if is_sealed(&name) {
                inside.push(path.join(name));
            }
        }
        inside.sort_unstable();
        files.append(&mut inside);
    }
    Ok(files)
}

/// Sends acknowledgements, some at a time, and adds up what became of them.
pub fn send(all: &Acknowledgements, online: &Online) -> Result<AcknowledgementsResult, AckError> {
    let mut sum = AcknowledgementsResult::default();
    for some in all.acknowledged.chunks(AT_ONCE) {
        let body =
            serde_json::to_vec(&Acknowledgements { acknowledged: some.to_vec() }).expect("hashes and proofs are plain strings");
        let response = online.post(ACKNOWLEDGEMENTS, &body)?;
        let result: AcknowledgementsResult = online.json(response, MAX_ANSWER_BYTES)?;
        sum.noted.extend(result.noted);
        sum.unknown.extend(result.unknown);
        sum.wrong_proof.extend(result.wrong_proof);
    }
    Ok(sum)
}

/// The server's answer as text that is safe to print.
pub fn report(result: &AcknowledgementsResult) -> String {
    let mut lines = vec![format!("{} noted.", result.noted.len())];
    for (hashes, what) in [
        (&result.unknown, "not on the server (any more):"),
        (&result.wrong_proof, "with a wrong proof; make the acknowledgement again from the file itself:"),
    ] {
        if !hashes.is_empty() {
            lines.push(format!("{} {what}", hashes.len()));
            lines.extend(hashes.iter().map(|hash| format!("  {}", safe_text::safe(hash))));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}
