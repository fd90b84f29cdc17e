//! A draft: what was typed and attached so far, sealed under a passphrase.

use amanat_shared::seal::{DRAFT, Passphrase, Sealer, open_draft};
use js_sys::{Array, JSON, Uint8Array};

use crate::file_chunks::for_each_chunk;
use crate::protocol::{FileRef, OpenedDraft};
use crate::sha256;

/// The words of passphrases in three languages, in the order of the interface's; the words of a row mean the same.
const WORDS: &str = include_str!("../locales/passphrase.tsv");
/// The words of a passphrase. Each is one of 256: 56 bits, and every guess costs as much as opening the draft.
const PASSPHRASE_WORDS: usize = 7;

/// A random passphrase in the language of this column.
pub fn draw_passphrase(language: u32) -> Option<String> {
    let mut random = [0; PASSPHRASE_WORDS];
    getrandom::fill(&mut random).ok()?;
    let rows: Vec<&str> = WORDS.lines().skip(1).collect();
    // A byte chooses among 256 rows evenly.
    let words = random.iter().map(|&row| rows.get(usize::from(row))?.split('\t').nth(language as usize));
    Some(words.collect::<Option<Vec<_>>>()?.join(" "))
}

/// Seals a draft's content and files.
pub async fn seal(passphrase: &Passphrase, content: &Array, files: &[FileRef]) -> Option<Vec<u8>> {
    let json: String = JSON::stringify(content).ok()?.into();
    let mut sealer = Sealer::draft(passphrase, Vec::new()).ok()?;
    sealer.entry(DRAFT, json.len() as u64).ok()?;
    sealer.write(json.as_bytes()).ok()?;
    for file in files {
        sealer.entry(&file.name, file.bytes.into()).ok()?;
        for_each_chunk(file, |chunk| sealer.write(chunk).ok()).await?;
    }
    sealer.finish().ok()
}

/// Opens a draft.
pub fn open(sealed: &[u8], passphrase: &Passphrase) -> Option<OpenedDraft> {
    let (json, files) = open_draft(sealed, passphrase)?;
    let content = JSON::parse(std::str::from_utf8(&json).ok()?).ok()?;
    let files = files.into_iter().map(|(name, bytes)| (name, Uint8Array::from(&bytes[..]), sha256(&bytes)));
    Some(OpenedDraft { content, files: files.collect() })
}
