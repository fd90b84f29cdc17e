//! Signing.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use amanat_backend::files::{self, Readers};
use amanat_shared::pack::{Pack, Roots, SignedPack};

use super::{RootKey, draft, signature_files, signature_path};
use crate::cli::Failure;
use crate::cli::output::say;

/// `pack.json` of a pack: compact, and the same bytes for the same pack.
pub fn encode(pack: &Pack) -> String {
    serde_json::to_string(pack).expect("a pack has string keys only, so it always serialises")
}

/// A signature file's text (minisign, prehashed).
pub fn signature(root: &RootKey, pack: &Pack, json: &str) -> Result<String, Failure> {
    let comment = format!("amanat pack, serial {}, expires {}", pack.serial, pack.expires);
    let signed =
        minisign::sign(Some(&root.public), &root.secret, Cursor::new(json), Some(&comment), Some("signature of an amanat pack"));
    signed.map(minisign::SignatureBox::into_string).ok().filter(|signature| good(root, json, signature)).ok_or_else(|| {
        Failure::new(
            "The signature could not be made, or does not verify.",
            "See that the secret key's file is whole; restore it from its copy.",
        )
    })
}

/// Whether a signature of exactly these bytes is this root's.
fn good(root: &RootKey, json: &str, signature: &str) -> bool {
    let roots = Roots { threshold: 1, keys: vec![root.public_base64()] };
    let signed = SignedPack { pack: json.to_owned(), signatures: vec![signature.to_owned()], demo_root: None };
    signed.verify_with(&roots).is_ok()
}

/// `amanat pack sign`.
pub(super) fn sign(key: &Path, number: Option<u8>, out: &Path, file: &Path) -> Result<(), Failure> {
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
    if draft_is_pack(file) {
        taken.append(&mut signature_files(file)?);
    }
    let root = RootKey::read(key)?;
    if let Some(path) = already(&root, &json, &taken) {
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
    Ok(())
}

fn draft_is_pack(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "json")
}

fn already<'a>(root: &RootKey, json: &str, signatures: &'a BTreeMap<u8, PathBuf>) -> Option<&'a PathBuf> {
    signatures.values().find(|path| fs::read_to_string(path).is_ok_and(|signature| good(root, json, &signature)))
}
