//! Seals the answers, piece by piece so that the page lives, and hands the sealed file to [`crate::api`].

use amanat_shared::answers::{Answer, Answers, Reading};
use amanat_shared::api::hex;
use amanat_shared::envelope::{MAX_HEADER_BYTES, sealed_bytes};
use amanat_shared::form::{Form, Format};
use amanat_shared::receipt::Receipt;
use amanat_shared::seal::{
    Attachment, FormRef, Mailbox, PackRef, REGISTRATION, Registration, SealError, Sealer, archive_bytes, bucket,
};
use gloo::timers::future::TimeoutFuture;
use leptos::prelude::*;
use sha2::{Digest, Sha256};

use crate::api::{self, Upload};
use crate::draft::{Attached, Draft, Step};
use crate::words::{self, Words};

/// How far it is.
#[derive(Clone)]
pub enum Progress {
    /// This part of the plaintext is sealed, of [`ALL`].
    Sealing(u32),
    /// The server has acknowledged this part of the sealed file.
    Sending {
        /// Of [`ALL`].
        acknowledged: u32,
        /// What it waits for, while it waits.
        waiting: Option<Words>,
    },
    /// The server has committed it.
    Received,
    /// It was not sent, for this reason.
    Failed(Words),
}

/// The whole of a progress.
pub const ALL: u32 = 1000;

/// Bytes sealed between two looks at the clock.
const PIECE: usize = 64 * 1024;
/// The page draws again after at most this long.
const BREATH_MS: f64 = 40.0;

/// Lets the page draw and answer, if it has not for a while.
struct Breath(f64);

impl Breath {
    fn new() -> Self {
        Self(js_sys::Date::now())
    }

    async fn take(&mut self) {
        if js_sys::Date::now() - self.0 > BREATH_MS {
            TimeoutFuture::new(0).await;
            self.0 = js_sys::Date::now();
        }
    }
}

/// Seals once (again only if sealing failed), then sends until it is received or refused.
pub async fn seal_and_send(draft: Draft, progress: RwSignal<Progress>) -> Progress {
    // The page shows what it is doing before the work begins.
    TimeoutFuture::new(20).await;
    if draft.step.get_untracked() != Step::Sending || !draft.reading.with_untracked(Reading::may_be_sent) {
        return Progress::Failed(words::SEND_SEAL_FAILED);
    }
    let upload = match draft.sealed() {
        // A second try sends the same file: should the first have arrived after all, it is the same registration.
        Some(upload) => upload,
        None => match seal(draft, progress).await {
            // Who left while it was being sealed leaves nothing behind, in memory or on the way.
            Ok(_) if draft.step.get_untracked() != Step::Sending => return Progress::Failed(words::SEND_SEAL_FAILED),
            Ok(upload) => draft.keep_sealed(upload),
            Err(_) => return Progress::Failed(words::SEND_SEAL_FAILED),
        },
    };
    progress.set(Progress::Sending { acknowledged: 0, waiting: None });
    let report = move |acknowledged: u64, total: u64, waiting: Option<Words>| {
        let goes_on = draft.step.get_untracked() == Step::Sending;
        if goes_on {
            progress.set(Progress::Sending { acknowledged: share(acknowledged, total), waiting });
        }
        goes_on
    };
    match api::send(&upload, report).await {
        Ok(()) => Progress::Received,
        Err(why) => Progress::Failed(why),
    }
}

async fn seal(draft: Draft, progress: RwSignal<Progress>) -> Result<Upload, SealError> {
    let pack = &draft.loaded.pack;
    let recipients = pack.recipients().map_err(|_| SealError::Io(std::io::ErrorKind::InvalidData.into()))?;
    // What was attached to a question that is no longer relevant is dropped, like any answer to it.
    let mut files = draft.files.get_value();
    draft.reading.with_untracked(|reading| files.retain(|file| reading.relevant.contains(&file.question)));
    let mut random = [0; 32];
    api::random(&mut random)?;
    let proof = hex(&random);
    let json = registration(draft, &files, &proof).to_json();

    let plaintext =
        bucket(archive_bytes(std::iter::once(json.len() as u64).chain(files.iter().map(|file| file.bytes.len() as u64))));
    // All at once: a vector that grows would hold the file twice.
    let most = sealed_bytes(MAX_HEADER_BYTES.min(2048 * (recipients.len() + 1)) as u64, plaintext);
    let mut sealer = Sealer::new(&recipients, Vec::with_capacity(usize::try_from(most).unwrap_or(0)))?;
    let mut breath = Breath::new();
    let mut done = 0_u64;
    let entries = std::iter::once((REGISTRATION, &json)).chain(files.iter().map(|file| (file.name.as_str(), &*file.bytes)));
    for (name, bytes) in entries {
        sealer.entry(name, bytes.len() as u64)?;
        for piece in bytes.chunks(PIECE) {
            sealer.write(piece)?;
            done += piece.len() as u64;
            breath.take().await;
            progress.set(Progress::Sealing(share(done, plaintext)));
        }
    }
    while !sealer.pad(PIECE)? {
        done += PIECE as u64;
        breath.take().await;
        progress.set(Progress::Sealing(share(done, plaintext)));
    }
    Ok(Upload { sealed: sealer.finish()?, proof_sha256: Sha256::digest(random).into(), pack_serial: pack.serial })
}

fn share(done: u64, all: u64) -> u32 {
    u32::try_from(done.min(all) * u64::from(ALL) / all.max(1)).unwrap_or(ALL)
}

fn registration(draft: Draft, files: &[Attached], proof: &str) -> Registration {
    let loaded = draft.loaded;
    let form = &loaded.pack.form;
    // Taken before the page gets time to forget them.
    let mut answers = draft.reading.with_untracked(|reading| reading.answers.clone());
    let derived = draft.receipt().derive();
    name_earlier_mailbox(form, &mut answers);
    let attachments = files
        .iter()
        .map(|file| Attachment {
            name: file.name.clone(),
            question: file.question.clone(),
            media_type: media_type(&file.name).to_owned(),
            bytes: file.bytes.len() as u64,
            sha256: file.sha256.clone(),
        })
        .collect();
    Registration {
        format: 1,
        form: FormRef { id: form.id.clone(), version: form.version.clone(), sha256: hex(&loaded.form_sha256) },
        pack: PackRef { serial: loaded.pack.serial, sha256: hex(&loaded.pack_sha256) },
        language: draft.language.get_untracked().to_owned(),
        mailbox: Mailbox { recipient: derived.identity.recipient().to_string(), id: hex(&derived.id) },
        delete_proof: proof.to_owned(),
        answers,
        attachments,
    }
}

/// A code that the person typed in becomes its mailbox's id; its digits are never sealed.
fn name_earlier_mailbox(form: &Form, answers: &mut Answers) {
    for question in form.pages.iter().flat_map(|page| &page.questions) {
        if question.constraint.format == Some(Format::Receipt)
            && let Some(Answer::Text(code)) = answers.0.remove(&question.name)
            && let Ok(code) = Receipt::parse(&code)
        {
            answers.0.insert(question.name.clone(), Answer::Text(hex(&code.derive().id)));
        }
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("png") => "image/png",
        Some("pdf") => "application/pdf",
        _ => "image/jpeg",
    }
}
