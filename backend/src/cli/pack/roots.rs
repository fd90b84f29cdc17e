//! `amanat pack roots` writes roots.toml, from which a release is built.

use std::path::{Path, PathBuf};

use amanat_backend::files::{self, Readers};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::cli::Failure;
use crate::cli::output::say;
use crate::cli::shell::shell_quote;

use super::public_key;

/// The build enforces the same limits (`shared/build/roots.rs`).
const MAX_ROOTS: usize = 5;
const MAX_THRESHOLD: usize = 3;
/// Offset of the Ed25519 key in a minisign public key, after the algorithm and the key id.
const KEY_OFFSET: usize = 10;

/// Writes roots.toml.
pub(super) fn write(threshold: usize, out: &Path, roots: &[PathBuf]) -> Result<(), Failure> {
    let keys = roots.iter().map(|path| public_key(path)).collect::<Result<Vec<_>, _>>()?;
    let key_bytes: Vec<Vec<u8>> = keys
        .iter()
        .map(|key| STANDARD.decode(key).map(|bytes| bytes[KEY_OFFSET.min(bytes.len())..].to_vec()).unwrap_or_default())
        .collect();
    for (index, key) in key_bytes.iter().enumerate() {
        if let Some(first) = key_bytes[..index].iter().position(|known| known == key) {
            return Err(Failure::new(
                format!("{} and {} are one key.", roots[first].display(), roots[index].display()),
                "Each root has a key of its own: name the .pub file of another.",
            ));
        }
    }
    if keys.len() > MAX_ROOTS || !(1..=MAX_THRESHOLD).contains(&threshold) || threshold > keys.len() {
        return Err(Failure::new(
            format!("{threshold} of {} is no threshold that can be built.", keys.len()),
            format!("Name at most {MAX_ROOTS} keys, and a threshold of 1 to {MAX_THRESHOLD} that they can reach."),
        ));
    }
    let lines: Vec<String> = roots.iter().zip(&keys).map(|(path, key)| format!("    \"{key}\", # {}\n", name(path))).collect();
    let lines = lines.concat();
    let text = format!(
        "# The coalition's root keys, for `make release`. So many of them have to sign a pack:\nthreshold = {threshold}\nkeys = [\n{lines}]\n"
    );
    files::write_new(out, text.as_bytes(), Readers::Anybody).map_err(|error| Failure::write(out, &error))?;
    say(format_args!(
        "Wrote {}: {threshold} of {} roots. In the folder of the source: make release ROOT={}",
        out.display(),
        keys.len(),
        shell_quote(out)
    ));
    Ok(())
}

/// Removes control characters, because a line feed would end the comment.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.chars().filter(|character| !character.is_control()).collect()
}
