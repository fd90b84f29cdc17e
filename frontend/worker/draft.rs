//! A draft: what was typed and attached so far, sealed under the person's words.

use amanat_shared::seal::{DRAFT, Passphrase, Sealer, open_draft};
use js_sys::{Array, JSON, Uint8Array};
use wasm_bindgen::JsValue;

use crate::file_chunks::{files, pieces};
use crate::sha256;

/// Words in three languages, in the order of the interface's; each row means one thing.
const WORDS: &str = include_str!("../locales/passphrase.tsv");
/// Words of a draft, each one of 256: 56 bits, and each guess costs as much as opening the draft.
const DRAWN: usize = 7;

/// Words drawn by chance, in the interface's language of this number.
pub fn drawn_words(language: usize) -> Option<String> {
    let mut chance = [0; DRAWN];
    getrandom::fill(&mut chance).ok()?;
    let rows: Vec<&str> = WORDS.lines().skip(1).collect();
    // A byte chooses among 256 rows evenly.
    let words = chance.iter().map(|&row| rows.get(usize::from(row))?.split('\t').nth(language));
    Some(words.collect::<Option<Vec<_>>>()?.join(" "))
}

/// Seals `[…, what was typed, names of files, their lengths]`, whose first such part stands at `at`.
pub async fn sealed(words: &Passphrase, message: &Array, at: u32) -> Option<Vec<u8>> {
    let typed: String = JSON::stringify(&message.get(at)).ok()?.into();
    let mut sealer = Sealer::draft(words, Vec::new()).ok()?;
    sealer.entry(DRAFT, typed.len() as u64).ok()?;
    sealer.write(typed.as_bytes()).ok()?;
    for file in files(&message.get(at + 1), &message.get(at + 2)) {
        sealer.entry(&file.name, file.bytes.into()).ok()?;
        pieces(&file, |piece| sealer.write(piece).ok()).await?;
    }
    sealer.finish().ok()
}

/// Opens it: what was typed, names of files, their bytes, their hashes.
pub fn opened(file: &[u8], words: &Passphrase) -> Option<[JsValue; 4]> {
    let (typed, files) = open_draft(file, words)?;
    let typed = JSON::parse(std::str::from_utf8(&typed).ok()?).ok()?;
    let [names, bytes, hashes] = [Array::new(), Array::new(), Array::new()];
    for (name, content) in &files {
        names.push(&name.as_str().into());
        bytes.push(&Uint8Array::from(&content[..]));
        hashes.push(&sha256(content).into());
    }
    Some([typed, names.into(), bytes.into(), hashes.into()])
}
