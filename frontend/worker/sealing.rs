//! Seals a registration, chunk by chunk: the attached files stay with the page, and only the sealed file is whole in this
//! program's memory.

use amanat_shared::envelope::{MAX_HEADER_BYTES, sealed_bytes};
use amanat_shared::padding::bucket;
use amanat_shared::receipt::Receipt;
use amanat_shared::seal::{REGISTRATION, Recipients, Sealer, archive_bytes, finish};
use zeroize::Zeroizing;

use crate::file_chunks::for_each_chunk;
use crate::protocol::SealJob;

/// A sealed file.
pub struct SealedFile {
    /// The age file.
    pub bytes: Vec<u8>,
    /// The serial of the pack that it is sealed to, in decimal.
    pub pack_serial: String,
}

/// Bytes that are sealed between two reports.
const REPORT_BYTES: usize = 64 * 1024;

/// Seals a registration; `None` if that fails. `report` gets the sealed bytes of the plaintext and all of them.
pub async fn seal(job: &SealJob, recipients: &Recipients, report: impl Fn(u64, u64)) -> Option<SealedFile> {
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *random).ok()?;
    let receipt = Receipt::parse(&job.receipt).ok()?;
    let json = finish(&job.registration, &receipt, &job.receipt_questions, &random)?;
    let lengths = std::iter::once(json.len() as u64).chain(job.files.iter().map(|file| file.bytes.into()));
    let plaintext = bucket(archive_bytes(lengths));
    // The memory is reserved at once: a vector that grows would hold the file twice.
    let max_bytes = sealed_bytes(MAX_HEADER_BYTES.min(2048 * (recipients.len() + 1)) as u64, plaintext);
    let mut out = Vec::new();
    out.try_reserve_exact(usize::try_from(max_bytes).ok()?).ok()?;
    let mut sealer = Sealer::new(recipients, &random, out).ok()?;
    let mut done = 0_u64;
    let mut add = |bytes: usize| {
        done += bytes as u64;
        report(done, plaintext);
    };
    sealer.entry(REGISTRATION, json.len() as u64).ok()?;
    sealer.write(&json).ok()?;
    add(json.len());
    for file in &job.files {
        sealer.entry(&file.name, file.bytes.into()).ok()?;
        for_each_chunk(file, |chunk| {
            for part in chunk.chunks(REPORT_BYTES) {
                sealer.write(part).ok()?;
                add(part.len());
            }
            Some(())
        })
        .await?;
    }
    while !sealer.pad(REPORT_BYTES).ok()? {
        add(REPORT_BYTES);
    }
    Some(SealedFile { bytes: sealer.finish().ok()?, pack_serial: job.pack_serial.clone() })
}
