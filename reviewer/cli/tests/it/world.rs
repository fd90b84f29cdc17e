//! Sealed files as honest people and as attackers make them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use amanat_reviewer::keys;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::outgoing::Outgoing;
use amanat_shared::api::{self, Acknowledgements};
use amanat_shared::envelope::RecipientKind;
use amanat_shared::form::{AFGHAN_JUSTICE, Form, load};
use amanat_shared::seal::HybridIdentity;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A reviewer's computer: keys, and a folder for everything else.
pub struct World {
    pub dir: TempDir,
    pub identities: Identities,
    recipient: Box<dyn age::Recipient>,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        keys::generate(&dir.path().join("keys"), RecipientKind::Hybrid, 0).unwrap();
        let text = fs::read_to_string(dir.path().join("keys/identity.key")).unwrap();
        let secret = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY")).unwrap();
        let recipient = Box::new(HybridIdentity::parse(secret).unwrap().recipient());
        let identities = keys::identities(&dir.path().join("keys/identity.key")).unwrap();
        Self { dir, identities, recipient }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Seals any bytes.
    pub fn sealed(&self, plaintext: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        let mut writer =
            age::Encryptor::with_recipients(std::iter::once(&*self.recipient)).unwrap().wrap_output(&mut sealed).unwrap();
        writer.write_all(plaintext).unwrap();
        writer.finish().unwrap();
        sealed
    }

    /// Seals any bytes into a file of this name.
    pub fn seal(&self, name: &str, plaintext: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, self.sealed(plaintext)).unwrap();
        path
    }

    /// Seals a registration under the name of its hash.
    pub fn case(&self, folder: &str, answers: Value, files: &[&[u8]]) -> PathBuf {
        let path = self.seal(&format!("{folder}/new"), &archive(&registration(answers, files), files));
        let named = path.with_file_name(format!("{}.age", api::hex(&Sha256::digest(fs::read(&path).unwrap()))));
        fs::rename(path, &named).unwrap();
        named
    }
}

pub fn form() -> Form {
    load("afghan-justice.toml", AFGHAN_JUSTICE).unwrap()
}

/// Returns a `registration.json` with these answers and JPEG attachments.
pub fn registration(answers: Value, files: &[&[u8]]) -> Value {
    let attachments: Vec<Value> = (1..)
        .zip(files)
        .map(|(number, bytes)| {
            let sha256 = api::hex(&Sha256::digest(bytes));
            json!({ "name": format!("attachments/{number:02}.jpg"), "question": "files", "media_type": "image/jpeg", "bytes": bytes.len(), "sha256": sha256 })
        })
        .collect();
    let mut registration = json!({
        "format": 1,
        "form": { "id": "afghan-justice", "version": "1", "sha256": api::hex(&form().sha256()) },
        "pack": { "serial": 1, "sha256": "00".repeat(32) },
        "language": "fa-AF",
        "mailbox": { "recipient": "age1pq1", "id": "00".repeat(16) },
        "delete_proof": "11".repeat(32),
        "attachments": attachments,
    });
    registration["answers"] = answers;
    registration
}

/// Returns a plain ustar archive, as the `tar` crate makes it.
pub fn archive(registration: &Value, files: &[&[u8]]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    add(&mut builder, "registration.json", registration.to_string().as_bytes());
    for (number, bytes) in (1..).zip(files) {
        add(&mut builder, &format!("attachments/{number:02}.jpg"), bytes);
    }
    builder.into_inner().unwrap()
}

/// Adds one plain file, whose name the `tar` crate may refuse.
pub fn add(builder: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8]) {
    let mut header = header(name, bytes.len() as u64);
    header.set_cksum();
    builder.append(&header, bytes).unwrap();
}

pub fn header(name: &str, bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes);
    header.set_mode(0o644);
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header
}

/// Lists everything below a folder with its type, including what an attacker may have left.
pub fn everything(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let meta = path.symlink_metadata().unwrap();
        found.push(format!("{} {:?} {}", path.display(), meta.file_type(), if meta.is_file() { meta.len() } else { 0 }));
        if meta.is_dir() {
            found.extend(everything(&path));
        }
    }
    found.sort();
    found
}

/// Reads the file that `ack` wrote.
pub fn acknowledgements(path: &Path) -> Acknowledgements {
    match amanat_reviewer::outgoing::read(path).unwrap() {
        Outgoing::Acknowledgements(all) => all,
        Outgoing::Discards(_) => panic!("these are discards"),
    }
}
