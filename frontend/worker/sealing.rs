//! Makes the sealed file of a job, piece by piece: the files' bytes stay with the page, and only the sealed file is whole in
//! this program's memory.

use amanat_shared::envelope::{MAX_HEADER_BYTES, sealed_bytes};
use amanat_shared::receipt::Receipt;
use amanat_shared::seal::{REGISTRATION, Recipients, Sealer, archive_bytes, bucket, finish};
use zeroize::Zeroizing;

use crate::file_chunks::{File, pieces};
use crate::upload::Upload;

/// What is to be sealed.
pub struct Job {
    /// Serial of the pack, in decimal.
    pub pack_serial: String,
    /// `registration.json` without what is only known here.
    pub registration: String,
    /// The person's code.
    pub code: Receipt,
    /// Questions whose answer is an earlier code.
    pub earlier: Vec<String>,
    /// Files in order.
    pub files: Vec<File>,
}

/// Bytes sealed between two reports.
const STEP: usize = 64 * 1024;

/// Seals a job; `None` if it cannot be. `report` hears how much of the plaintext is sealed.
pub async fn seal(job: &Job, recipients: &Recipients, report: impl Fn(u64, u64)) -> Option<Upload> {
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *random).ok()?;
    let json = finish(&job.registration, &job.code, &job.earlier, &random)?;
    let plaintext = bucket(archive_bytes(std::iter::once(json.len() as u64).chain(job.files.iter().map(|file| file.bytes.into()))));
    // All at once: a vector that grows would hold the file twice.
    let most = sealed_bytes(MAX_HEADER_BYTES.min(2048 * (recipients.len() + 1)) as u64, plaintext);
    let mut out = Vec::new();
    out.try_reserve_exact(usize::try_from(most).ok()?).ok()?;
    let mut sealer = Sealer::new(recipients, &random, out).ok()?;
    let mut done = 0_u64;
    let mut more = |bytes: usize| {
        done += bytes as u64;
        report(done, plaintext);
    };
    sealer.entry(REGISTRATION, json.len() as u64).ok()?;
    sealer.write(&json).ok()?;
    more(json.len());
    for file in &job.files {
        sealer.entry(&file.name, file.bytes.into()).ok()?;
        pieces(file, |piece| {
            for step in piece.chunks(STEP) {
                sealer.write(step).ok()?;
                more(step.len());
            }
            Some(())
        })
        .await?;
    }
    while !sealer.pad(STEP).ok()? {
        more(STEP);
    }
    Some(Upload { sealed: sealer.finish().ok()?, pack_serial: job.pack_serial.clone() })
}
