//! Discards: which registrations open for nobody, as one reviewer says. Found offline where the files are opened, sent online by
//! who opens nothing. The server deletes such a file only when enough different reviewers have said the same, some days later,
//! and never one that anybody has acknowledged.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::decrypt::{self, Fault};
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::outgoing::Outgoing;
use amanat_reviewer_core::safe_text;
use amanat_shared::api::{DISCARDS, Discards, DiscardsResult};
use amanat_shared::seal;

use crate::ack::{AckError, sealed_files};
use crate::online::{Online, OnlineError};
use crate::sealed_file::{SealedError, stem};
use crate::{atomic_file, outgoing, scan};

/// The number of entries in one request.
const AT_ONCE: usize = 2000;
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// The reason why a file is not discarded.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NotDiscarded {
    /// Its answers can be read.
    #[error("{}: it opens, so it is kept", safe_text::path(.0))]
    #[diagnostic(help("Name only files that `list` says open for nobody."))]
    Opens(PathBuf),
    /// A reviewer has sealed it anew, and so has opened it.
    #[error("{}: a reviewer has sealed it anew, who could open it", safe_text::path(.0))]
    #[diagnostic(help("Ask the others who has the identity that it is sealed to now."))]
    Resealed(PathBuf),
    /// The file did not open for another reason.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sealed(#[from] SealedError),
}

/// The result of looking for discards.
#[derive(Debug, Default)]
pub struct DiscardReport {
    /// The number of files that open for nobody here.
    pub discarded: usize,
    /// The files that are kept, and why.
    pub kept: Vec<NotDiscarded>,
}

/// Tries each file, and each `*.age` of each folder, and writes the names of those in which nothing can be read and which are
/// as the server has them. Not even one whose answers open, whatever is wrong behind them, is among these.
pub fn make(paths: &[PathBuf], identities: &Identities, out: &Path, most: u64) -> Result<DiscardReport, AckError> {
    // A file that opens by now must not stay on the list of an earlier run: the list is written anew.
    if !matches!(outgoing::read_if_there(out), Ok(None | Some(Outgoing::Discards(_)))) {
        return Err(AckError::Exists(out.to_owned()));
    }
    let (mut made, mut all) = (DiscardReport::default(), BTreeSet::new());
    let (mut junk, mut opened) = (Vec::new(), HashSet::new());
    for path in sealed_files(paths)? {
        match discardable(&path, identities, most) {
            Ok(sha256) => junk.push((path, sha256)),
            Err(kept) => {
                opened.extend(matches!(kept, NotDiscarded::Opens(_)).then(|| stem(&path)));
                made.kept.push(kept);
            }
        }
    }
    // A reviewer who joined later cannot say of a file that it opens for nobody.
    let faults = junk.iter().map(|(path, _)| SealedError::new(path, Fault::OtherKeys)).collect();
    let faults: BTreeMap<PathBuf, Fault> =
        scan::judged(faults, &opened, identities).into_iter().map(|SealedError { path, fault }| (path, fault)).collect();
    for (path, sha256) in junk {
        match faults.get(&path) {
            Some(Fault::BeforeYou) => made.kept.push(SealedError { path, fault: Fault::BeforeYou }.into()),
            Some(_) => drop(all.insert(sha256)),
            // The registration opened in another file.
            None => made.kept.push(NotDiscarded::Opens(path)),
        }
    }
    made.discarded = all.len();
    if all.is_empty() && atomic_file::is_there(out) {
        // The list of an earlier run names what opens now.
        fs::remove_file(out).map_err(|error| AckError::Write { path: out.to_owned(), error })?;
    }
    if !all.is_empty() {
        let all = Discards { discarded: all.into_iter().collect() };
        let json = serde_json::to_vec_pretty(&all).expect("hashes are plain strings");
        atomic_file::replace(out, &json).map_err(|error| AckError::Write { path: out.to_owned(), error })?;
    }
    Ok(made)
}

/// The name at the server of a file that opens for nobody here.
fn discardable(path: &Path, identities: &Identities, most: u64) -> Result<String, NotDiscarded> {
    let failed = |fault| SealedError { path: path.to_owned(), fault };
    let sealed = atomic_file::read(path, most).map_err(|error| failed(Fault::Read(error)))?;
    let fault = match decrypt::answers(&sealed[..], identities) {
        Ok(_) => return Err(NotDiscarded::Opens(path.to_owned())),
        Err(fault) => fault.judged(&stem(path), &sealed),
    };
    if matches!(seal::look_inside(&sealed), Ok(Some((_, Some(_))))) {
        return Err(NotDiscarded::Resealed(path.to_owned()));
    }
    if fault.may_be_discarded() { Ok(decrypt::sha256(&sealed)) } else { Err(failed(fault).into()) }
}

/// Sends discards, some at a time, and adds up what became of them.
pub fn send(all: &Discards, online: &Online) -> Result<DiscardsResult, OnlineError> {
    let mut sum = DiscardsResult::default();
    for some in all.discarded.chunks(AT_ONCE) {
        let body = serde_json::to_vec(&Discards { discarded: some.to_vec() }).expect("hashes are plain strings");
        let response = online.post(DISCARDS, &body)?;
        let result: DiscardsResult = online.json(response, MAX_ANSWER_BYTES)?;
        sum.noted.extend(result.noted);
        sum.unknown.extend(result.unknown);
        sum.opened.extend(result.opened);
        (sum.needed, sum.reviewers) = (result.needed, result.reviewers);
    }
    Ok(sum)
}

/// The server's answer as text that is safe to print.
pub fn report(result: &DiscardsResult) -> String {
    let mut lines = vec![format!("{} noted.", result.noted.len())];
    if !result.noted.is_empty() && result.needed > result.reviewers {
        lines.push(format!(
            "Nothing is deleted: {} different reviewers have to say so, and the pack has {}. They go when they are too old.",
            result.needed, result.reviewers
        ));
    } else if !result.noted.is_empty() {
        lines.push(format!("They are deleted some days after {} different reviewers have said so.", result.needed));
    }
    for (hashes, what) in [
        (&result.unknown, "not on the server (any more):"),
        (&result.opened, "kept, since another reviewer has opened and acknowledged it; ask who:"),
    ] {
        if !hashes.is_empty() {
            lines.push(format!("{} {what}", hashes.len()));
            lines.extend(hashes.iter().map(|hash| format!("  {}", safe_text::safe(hash))));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}
