//! Packs that a newer one has replaced, kept beside it for their forms: what was filled in under an earlier form is read in
//! that form's own words. Nothing is ever sealed to their recipients.

use std::path::{Path, PathBuf};
use std::{fs, io};

use amanat_reviewer_core::forms::{Forms, MAX_SIGNATURES, is_earlier_pack};
use amanat_shared::pack::Pack;

use crate::atomic_file;

/// Most earlier packs that are looked at.
const MOST: usize = 100;
const MAX_PACK_BYTES: u64 = 8 * 1024 * 1024;
const MAX_SIGNATURE_BYTES: u64 = 4 * 1024;

/// Keeps the pack that lies here as `pack-SERIAL.json`, with its signatures, if its form is not that of the pack which
/// replaces it.
pub fn keep(pack: &Path, by: &Pack) -> io::Result<()> {
    let Ok(text) = atomic_file::read_text_itself(pack, MAX_PACK_BYTES) else { return Ok(()) };
    let Some(earlier) = Pack::from_json(&text).ok().filter(|earlier| earlier.form != by.form) else { return Ok(()) };
    let kept = pack.with_file_name(format!("pack-{}.json", earlier.serial));
    for number in 1..=MAX_SIGNATURES {
        let Ok(signature) = atomic_file::read(&signature_path(pack, number), MAX_SIGNATURE_BYTES) else { break };
        atomic_file::replace(&signature_path(&kept, number), &signature)?;
    }
    atomic_file::replace(&kept, text.as_bytes())
}

/// Adds the forms of all earlier packs in a folder. One that is not good is left out: a case of it is then shown under its
/// keys, with a mark.
pub fn add(forms: &mut Forms, folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let is_pack = |path: &PathBuf| path.file_name().is_some_and(|name| is_earlier_pack(&name.to_string_lossy()));
    let mut packs: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_pack).take(MOST).collect();
    packs.sort();
    for pack in packs {
        let Ok(text) = atomic_file::read_text(&pack, MAX_PACK_BYTES) else { continue };
        let signatures =
            (1..=MAX_SIGNATURES).map(|number| atomic_file::read_text(&signature_path(&pack, number), MAX_SIGNATURE_BYTES));
        let _left_out = forms.add_earlier_pack(text, signatures.map_while(Result::ok).collect());
    }
}

/// `pack.json` → `pack.json.1.minisig`.
pub fn signature_path(pack: &Path, number: usize) -> PathBuf {
    let mut name = pack.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{number}.minisig"));
    pack.with_file_name(name)
}
