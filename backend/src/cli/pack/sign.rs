//! Signs packs.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use amanat_backend::files::{self, Readers, io_error_text};
use amanat_shared::dates::Day;
use amanat_shared::pack::{Pack, Roots, SignedPack};

use super::changes::changes;
use super::show::summary;
use super::{RootKey, draft, signature_files, signature_path};
use crate::cli::Failure;
use crate::cli::output::say;

/// Encodes `pack.json` compactly. The same pack always gives the same bytes.
pub fn encode(pack: &Pack) -> String {
    serde_json::to_string(pack).expect("a pack has string keys only, so it always serialises")
}

/// Signs with minisign (prehashed) and returns the signature file's text.
pub fn signature(root: &RootKey, pack: &Pack, json: &str) -> Result<String, Failure> {
    let comment = format!("amanat pack, serial {}, expires {}", pack.serial, pack.expires);
    let signed =
        minisign::sign(Some(&root.public), &root.secret, Cursor::new(json), Some(&comment), Some("signature of an amanat pack"));
    signed.map(minisign::SignatureBox::into_string).ok().filter(|signature| verifies(root, json, signature)).ok_or_else(|| {
        Failure::new(
            "The signature could not be made, or does not verify.",
            "See that the secret key's file is whole; restore it from its copy.",
        )
    })
}

/// Checks whether this root signed exactly these bytes.
fn verifies(root: &RootKey, json: &str, signature: &str) -> bool {
    let roots = Roots { threshold: 1, keys: vec![root.public_base64()] };
    let signed = SignedPack { pack: json.to_owned(), signatures: vec![signature.to_owned()], demo_root: None };
    signed.verify_with(&roots).is_ok()
}

/// The location of the pack that was signed last.
pub(super) enum LastSigned<'a> {
    /// The file beside this key, if the key has signed a pack.
    OfKey(&'a Path),
    /// A file named on the command line.
    Named(PathBuf),
}

impl LastSigned<'_> {
    fn read(&self) -> Result<Option<(Pack, String)>, Failure> {
        let (path, json) = match self {
            Self::OfKey(key) => {
                let path = last_signed_path(key);
                if path.symlink_metadata().is_err() {
                    return Ok(None);
                }
                (path.clone(), fs::read_to_string(path))
            }
            Self::Named(path) => (path.clone(), fs::read_to_string(path)),
        };
        let json = json.map_err(|error| Failure::read(&path, &error))?;
        match Pack::from_json(&json) {
            Ok(pack) => Ok(Some((pack, json))),
            Err(error) => Err(Failure::new(
                format!("{} is no pack: {error}.", path.display()),
                "Name the pack.json that was signed last with --last.",
            )),
        }
    }
}

/// Returns the file in which a key's last signed pack is kept: `root-1.key.last.json` for `root-1.key`.
fn last_signed_path(key: &Path) -> PathBuf {
    let mut name = key.file_name().unwrap_or_default().to_owned();
    name.push(".last.json");
    key.with_file_name(name)
}

/// Shows what is about to be signed, and has the signer type its serial, so that nobody signs unread.
fn confirm(pack: &Pack, json: &str, last: &LastSigned<'_>, serial: Option<u64>, today: Day) -> Result<(), Failure> {
    say(summary(pack, today));
    match last.read()? {
        None => say("No earlier pack of this key is known here, so nothing is compared: read each line above."),
        Some((before, _)) if before.serial > pack.serial => {
            return Err(Failure::new(
                format!("The serial is {}, and pack {} was signed already.", pack.serial, before.serial),
                "Phones and reviewers refuse an older pack: raise `serial` in the draft.",
            ));
        }
        Some((before, signed)) if before.serial == pack.serial && signed != json => {
            return Err(Failure::new(
                format!("Another pack with serial {} was signed already.", pack.serial),
                "One serial never has two packs: raise `serial` in the draft.",
            ));
        }
        Some((before, _)) => {
            let changes = changes(&before, pack);
            say(format_args!("Since pack {}, which was signed last ({} to {}):", before.serial, before.issued, before.expires));
            say(if changes.is_empty() { "    nothing but the serial and the days".to_owned() } else { indented(&changes) });
        }
    }
    let read_number = match serial {
        Some(serial) => Some(serial),
        None => read_number("To sign it, type its serial:")?,
    };
    if read_number == Some(pack.serial) {
        return Ok(());
    }
    Err(Failure::new(
        format!("That is not the serial of this pack, {}, so nothing was signed.", pack.serial),
        "Read what is shown above; then run it again, and type the serial (in a script: --serial).",
    ))
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// Reads a number from one line of standard input, byte by byte, so that the key's password stays unread.
fn read_number(question: &str) -> Result<Option<u64>, Failure> {
    say(question);
    let mut line = Vec::new();
    for byte in std::io::stdin().lock().take(64).bytes() {
        let byte = byte.map_err(|_| Failure::new("Standard input cannot be read.", "Run it at a terminal, or with --serial."))?;
        if byte == b'\n' {
            break;
        }
        line.push(byte);
    }
    Ok(String::from_utf8_lossy(&line).trim().parse().ok())
}

/// Runs `amanat pack sign`.
pub(super) fn sign(
    key: &Path,
    number: Option<u8>,
    serial: Option<u64>,
    last: &LastSigned<'_>,
    out: &Path,
    file: &Path,
    today: Day,
) -> Result<(), Failure> {
    let draft = draft::read(file)?;
    draft.refuse_problems(file)?;
    let pack = draft.pack()?;
    if pack.demo {
        return Err(Failure::new(
            format!("{} is a demo pack, and those are signed by `amanat demo` only.", file.display()),
            "Sign a draft (pack.toml); `amanat init DIR` writes one.",
        ));
    }
    let json = draft.json.unwrap_or_else(|| encode(&pack));
    confirm(&pack, &json, last, serial, today)?;
    fs::create_dir_all(out).map_err(|error| Failure::write(out, &error))?;
    let target = out.join("pack.json");
    let there = match fs::read_to_string(&target) {
        Ok(there) if there != json => {
            return Err(Failure::new(
                format!("{} is there already, and is another pack.", target.display()),
                "Nothing was overwritten: name another folder with --out, or move it away.",
            ));
        }
        there => there.is_ok(),
    };
    let mut taken = signature_files(&target)?;
    if is_pack(file) {
        taken.append(&mut signature_files(file)?);
    }
    let root = RootKey::read(key)?;
    if let Some(path) = existing_signature(&root, &json, &taken) {
        return Err(Failure::new(
            format!("{} has signed this pack already: {}.", key.display(), path.display()),
            "Each signature that counts is by another root: sign with that root's key.",
        ));
    }
    let number = number.or_else(|| (1..=u8::MAX).find(|number| !taken.contains_key(number))).unwrap_or(u8::MAX);
    let path = signature_path(&target, number);
    if let Some(taken) = taken.get(&number) {
        return Err(Failure::write(taken, &std::io::ErrorKind::AlreadyExists.into()));
    }
    let signature = signature(&root, &pack, &json)?;
    if !there {
        files::write_new(&target, json.as_bytes(), Readers::Anybody).map_err(|error| Failure::write(&target, &error))?;
        say(format_args!("Wrote {}: serial {}, {} bytes.", target.display(), pack.serial, json.len()));
    }
    files::write_new(&path, signature.as_bytes(), Readers::Anybody).map_err(|error| Failure::write(&path, &error))?;
    say(format_args!("Wrote {}, signed by {}.", path.display(), root.public_base64()));
    let remembered = last_signed_path(key);
    if let Err(error) = files::replace(&remembered, json.as_bytes(), Readers::Owner) {
        // The key may lie on a read-only medium.
        say(format_args!(
            "{} could not be written: {}. Keep pack.json, and name it with --last the next time.",
            remembered.display(),
            io_error_text(&error)
        ));
    }
    Ok(())
}

fn is_pack(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "json")
}

fn existing_signature<'a>(root: &RootKey, json: &str, signatures: &'a BTreeMap<u8, PathBuf>) -> Option<&'a PathBuf> {
    signatures.values().find(|path| fs::read_to_string(path).is_ok_and(|signature| verifies(root, json, &signature)))
}
