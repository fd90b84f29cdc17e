//! Loads the chosen files: the pack, the reviewers' notebooks, then each sealed registration as far as its answers.

use std::collections::BTreeSet;
use std::io::BufReader;
use std::sync::Arc;

use amanat_reviewer_core::arrival_times::{ArrivalTimes, RECEIVED};
use amanat_reviewer_core::cases::{self, Case, CaseListBuilder, Source};
use amanat_reviewer_core::decrypt::{self, Fault, HEAD_BYTES, Opened, OpenedAnswers, Refusal};
use amanat_reviewer_core::forms::{Forms, MAX_SIGNATURES, PACK, is_earlier_pack};
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::leftovers::stem_of_sealed;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::Notebook;
use amanat_reviewer_core::notebook::file::{self, is_notebook};
use amanat_reviewer_core::referral::Superseding;
use amanat_reviewer_core::safe_text;
use amanat_shared::dates::Day;
use leptos::prelude::*;
use web_sys::{Blob, File};

use crate::blobs::{MOST_BYTES, bytes, part};
use crate::clock::{self, Yielder};
use crate::file_input::{self, Chosen};
use crate::state::{AppState, Failure, OTHER, OfferedNotebook, Progress, Stage};

/// A file's first read covers the header and the first chunk, which contain most answers.
const FIRST_BYTES: u64 = 256 * 1024;
const MOST_PACK_BYTES: f64 = 4.0 * 1024.0 * 1024.0;

/// Opens the chosen files and shows the list.
pub async fn read(state: AppState, files: Vec<File>) {
    let Some(identities) = state.identities.get_value() else { return };
    state.stage.set(Stage::Loading);
    state.failures.set(Vec::new());
    state.offered_notebooks.set(Vec::new());
    state.picked.set(BTreeSet::new());
    state.progress.set(Progress::default());
    let chosen = file_input::gather(state, files).await;
    if let Err(failure) = pack(state, &chosen).await {
        state.failures.update(|all| all.push(failure));
    }
    let times = received(&chosen).await;
    notebooks(state, &chosen, &identities).await;
    let sealed: Vec<(String, Blob)> = chosen
        .into_iter()
        .filter(|file| !is_notebook(&file.name))
        .filter_map(|file| Some((stem_of_sealed(&file.name)?.to_owned(), file.bytes)))
        .collect();
    state.progress.set(Progress { done: 0, all: sealed.len() });
    let (forms, language) = (state.forms.get_value(), state.language.get_untracked());
    let context = cases::RowContext { forms: &forms, language: &language, names: cases::Names::Shown, today: state.today };
    let mut list = CaseListBuilder::new(&times, forms.pack());
    let mut others = Superseding::default();
    let mut yielder = Yielder::new();
    for (done, (name, file)) in (1..).zip(&sealed) {
        match answers(name, file, &identities).await {
            Ok((sha256, read)) => {
                others.note(&read.registration, read.proven.as_ref());
                let received = times.get(&sha256).cloned();
                list.add(Case::new(Source { file: name.clone(), sha256, received }, &read, context));
            }
            Err(fault @ Fault::Refused(Refusal::Archive(_))) => match notebook(file, &identities).await {
                Some(notebook) => {
                    state.offered_notebooks.update(|all| all.push(OfferedNotebook::new(&format!("{name}.age"), notebook)));
                }
                None => list.add_failure(name.clone(), fault),
            },
            Err(fault) => list.add_failure(name.clone(), fault),
        }
        if yielder.is_due() {
            state.progress.set(Progress { done, all: sealed.len() });
            yielder.yield_now().await;
        }
        if state.stage.get_untracked() != Stage::Loading {
            return; // The desk was locked in the meantime.
        }
    }
    let mut list = list.build(sealed.iter().map(|(name, _)| name.as_str()), &identities.recipients());
    state.notebook.with_untracked(|notebook| list.apply_notebook(notebook));
    let (before, failures): (Vec<_>, Vec<_>) = list.failures.iter().partition(|(_, fault)| matches!(fault, Fault::BeforeYou));
    state.sealed_before_joining.set(before.len());
    let mut failures: Vec<Failure> = failures.iter().map(|(name, fault)| Failure::of(name, fault)).collect();
    state.missing_files.set(list.missing);
    state.newest_arrival.set(times.newest_day().and_then(Day::from_iso));
    state.superseding.set_value(Arc::new(others));
    state.files.set_value(sealed);
    state.cases.set(Arc::new(list.cases));
    state.failures.update(|all| all.append(&mut failures));
    state.stage.set(Stage::List);
}

/// Returns the id of a refused file, computed from its bytes and not taken from its name.
pub async fn refused(state: AppState, name: &str) -> Option<String> {
    let all = bytes(&state.file(name)?, MOST_BYTES).await.ok()?;
    Some(decrypt::identity(&all))
}

/// Opens a whole file, and checks everything in it.
pub async fn open(state: AppState, name: &str) -> Result<Opened, Fault> {
    let (Some(identities), Some(file)) = (state.identities.get_value(), state.file(name)) else { return Err(Fault::NotSealed) };
    let all = bytes(&file, MOST_BYTES).await?;
    decrypt::open(&all, &identities).map_err(|fault| fault.judged(name, &all))
}

/// Returns a file's id and its answers.
async fn answers(name: &str, file: &Blob, identities: &Identities) -> Result<(String, OpenedAnswers), Fault> {
    let read = |bytes: &[u8]| decrypt::answers(BufReader::with_capacity(HEAD_BYTES, bytes), identities);
    let Some(known) = decrypt::identity_in_name(name) else {
        let all = bytes(file, MOST_BYTES).await?;
        return Ok((decrypt::identity(&all), read(&all).map_err(|fault| fault.judged(name, &all))?));
    };
    let first = part(file, &(0..FIRST_BYTES)).await?;
    let registration = match read(&first) {
        // The fault may come from reading only a part, and only the whole file tells what is wrong with it.
        Err(Fault::Damaged(_) | Fault::OtherKeys | Fault::NotSealed) => {
            let all = bytes(file, MOST_BYTES).await?;
            read(&all).map_err(|fault| fault.judged(name, &all))?
        }
        result => result?,
    };
    Ok((known.to_owned(), registration))
}

/// Returns the server's arrival times, if their file was chosen.
async fn received(chosen: &[Chosen]) -> ArrivalTimes {
    match chosen.iter().find(|file| file.name == RECEIVED) {
        Some(file) => bytes(&file.bytes, MOST_BYTES).await.ok().and_then(|json| ArrivalTimes::read(&json)).unwrap_or_default(),
        None => ArrivalTimes::default(),
    }
}

/// Opens every notebook among the files. None is merged without the reviewer, since anybody who has the reviewers' public keys
/// can seal one.
async fn notebooks(state: AppState, chosen: &[Chosen], identities: &Identities) {
    for chosen in chosen.iter().filter(|file| is_notebook(&file.name)) {
        match bytes(&chosen.bytes, MOST_BYTES).await {
            Ok(sealed) => match file::open(&sealed, identities, clock::now()) {
                Ok(theirs) => {
                    state.offered_notebooks.update(|all| all.push(OfferedNotebook::new(&chosen.name, theirs)));
                }
                Err(fault) => not_taken(state, &chosen.name, fault.into()),
            },
            Err(fault) => not_taken(state, &chosen.name, fault.into()),
        }
    }
}

/// Reports a notebook that could not be opened.
fn not_taken(state: AppState, name: &str, message: Message) {
    let failure = Failure { file: safe_text::isolated(name), message, kind: OTHER, may_be_a_person: false };
    state.failures.update(|all| all.push(failure));
}

/// Opens a notebook whose file has the name of a registration.
async fn notebook(file: &Blob, identities: &Identities) -> Option<Notebook> {
    let sealed = bytes(file, MOST_BYTES).await.ok()?;
    file::open(&sealed, identities, clock::now()).ok()
}

/// Loads the chosen pack, and the forms of earlier packs.
async fn pack(state: AppState, chosen: &[Chosen]) -> Result<(), Failure> {
    if !chosen.iter().any(|file| file.name == PACK || is_earlier_pack(&file.name)) {
        return Ok(());
    }
    let mut forms = Forms::built_in();
    for earlier in chosen.iter().filter(|file| is_earlier_pack(&file.name)) {
        // An earlier pack that is not valid is left out: its cases then show keys in place of labels, with a mark.
        if let Ok((text, signatures)) = signed(chosen, earlier).await {
            let _left_out = forms.add_earlier_pack(text, signatures);
        }
    }
    let failure = |message: Message| Failure { file: PACK.to_owned(), message, kind: OTHER, may_be_a_person: false };
    let newest = match chosen.iter().find(|file| file.name == PACK) {
        Some(file) => signed(chosen, file).await.and_then(|(text, signatures)| {
            forms.add_pack(text, signatures).map_err(|error| {
                Message::new(
                    format!("the pack is not used: {}", safe_text::safe(&error.to_string())),
                    "Bring pack.json and its .minisig files together.",
                )
            })
        }),
        None => Ok(()),
    };
    newest.map_err(failure)?;
    state.forms.set_value(Arc::new(forms));
    Ok(())
}

/// Returns a pack's text and the signatures beside it.
async fn signed(chosen: &[Chosen], pack: &Chosen) -> Result<(String, Vec<String>), Message> {
    let mut signatures = Vec::new();
    for number in 1..=MAX_SIGNATURES {
        let name = format!("{}.{number}.minisig", pack.name);
        if let Some(file) = chosen.iter().find(|file| file.name == name) {
            // The signature is in base64; only the untrusted comment may have another encoding.
            let bytes = bytes(&file.bytes, MOST_PACK_BYTES).await?;
            signatures.push(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    Ok((text(&pack.bytes).await?, signatures))
}

async fn text(file: &Blob) -> Result<String, Message> {
    let bytes = bytes(file, MOST_PACK_BYTES).await?;
    String::from_utf8(bytes).map_err(|_| Message::new("it is no text", "Bring the file as `pull` wrote it."))
}
