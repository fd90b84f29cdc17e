//! Makes the sealed file of a job, piece by piece: the files' bytes stay in the browser's memory, and only the sealed file
//! is whole in this program's.

use amanat_shared::envelope::{MAX_HEADER_BYTES, sealed_bytes};
use amanat_shared::receipt::Receipt;
use amanat_shared::seal::{REGISTRATION, Recipients, SealError, Sealer, archive_bytes, bucket, finish};
use js_sys::Uint8Array;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

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
    /// Files in order: name in the archive, bytes.
    pub files: Vec<(String, Uint8Array)>,
}

/// Bytes sealed between two reports.
const PIECE: u32 = 64 * 1024;

/// Seals a job; `None` if it cannot be. `report` hears how much of the plaintext is sealed.
pub fn seal(job: &Job, recipients: &Recipients, report: impl Fn(u64, u64)) -> Option<Upload> {
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *random).ok()?;
    let hashes: Vec<[u8; 32]> = job.files.iter().map(|(_, bytes)| hash(bytes)).collect();
    let json = finish(&job.registration, &job.code, &job.earlier, &hashes, &random)?;
    let plaintext =
        bucket(archive_bytes(std::iter::once(json.len() as u64).chain(job.files.iter().map(|(_, file)| file.length().into()))));
    // All at once: a vector that grows would hold the file twice.
    let most = sealed_bytes(MAX_HEADER_BYTES.min(2048 * (recipients.len() + 1)) as u64, plaintext);
    let mut out = Vec::new();
    out.try_reserve_exact(usize::try_from(most).ok()?).ok()?;
    let mut sealer = Sealer::new(recipients, out).ok()?;
    let mut done = 0_u64;
    let mut more = |bytes: usize| {
        done += bytes as u64;
        report(done, plaintext);
    };
    sealer.entry(REGISTRATION, json.len() as u64).ok()?;
    sealer.write(&json).ok()?;
    more(json.len());
    for (name, file) in &job.files {
        sealer.entry(name, file.length().into()).ok()?;
        pieces(file, |piece| {
            sealer.write(piece)?;
            more(piece.len());
            Ok::<(), SealError>(())
        })
        .ok()?;
    }
    while !sealer.pad(PIECE as usize).ok()? {
        more(PIECE as usize);
    }
    Some(Upload {
        sealed: sealer.finish().ok()?,
        proof_sha256: Sha256::digest(*random).into(),
        pack_serial: job.pack_serial.clone(),
    })
}

fn hash(file: &Uint8Array) -> [u8; 32] {
    let mut hash = Sha256::new();
    let Ok(()) = pieces(file, |piece| {
        hash.update(piece);
        Ok::<(), std::convert::Infallible>(())
    });
    hash.finalize().into()
}

/// Hands a file on in pieces that fit.
pub fn pieces<E>(file: &Uint8Array, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    let mut buffer = vec![0; PIECE as usize];
    let mut from = 0;
    while from < file.length() {
        let to = (from + PIECE).min(file.length());
        let piece = &mut buffer[..(to - from) as usize];
        file.subarray(from, to).copy_to(piece);
        take(piece)?;
        from = to;
    }
    Ok(())
}
