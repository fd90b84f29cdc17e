//! A reviewers' office: two reviewers with their keys, the pack, and a folder of sealed registrations as `pull` would have
//! written it. They are sealed by the stock `age`, so that nobody here made them.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{
    programs::{files_in, real_thing, run},
    world::{Keys, Reviewer, make_reviewer, rooted, sign_pack},
};

const BLOCK: usize = 512;

/// See the module.
pub(crate) struct Office {
    folder: TempDir,
    /// Both are in the pack.
    pub(crate) reviewers: Vec<Reviewer>,
    form_sha256: String,
}

impl Office {
    /// One whose folder of registrations is empty but for the pack.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the office");
        let root = folder.path();
        let reviewers: Vec<Reviewer> = ["first", "second"].map(|name| make_reviewer(root, name, Keys::PostQuantum)).into();
        sign_pack(root, &reviewers);
        fs::create_dir(root.join("inbox")).expect("a fresh folder");
        for file in files_in(root) {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("pack.json") {
                fs::copy(&file, root.join("inbox").join(name)).expect("the pack is copied");
            }
        }
        let pack: Value = serde_json::from_slice(&fs::read(root.join("pack.json")).expect("it was signed")).expect("it is JSON");
        // Its members are sorted here, and nothing stands between them: so is a form's hash defined.
        let form_sha256 = hex(&Sha256::digest(pack["form"].to_string()));
        Self { folder, reviewers, form_sha256 }
    }

    /// The folder that `pull` would write to.
    pub(crate) fn inbox(&self) -> PathBuf {
        self.folder.path().join("inbox")
    }

    /// A file or folder beside it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// All files of the inbox.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        files_in(&self.inbox()).into_iter().filter(|path| path.is_file()).collect()
    }

    /// Seals a registration with these answers and JPEG or PDF attachments; its identity, which is its file's name.
    pub(crate) fn receive(&self, answers: &Value, attachments: &[(&str, &[u8])]) -> String {
        let listed = (1..).zip(attachments).map(|(number, (extension, bytes))| {
            let media_type = if *extension == "pdf" { "application/pdf" } else { "image/jpeg" };
            json!({"name": format!("attachments/{number:02}.{extension}"), "question": "files", "media_type": media_type,
                "bytes": bytes.len(), "sha256": hex(&Sha256::digest(bytes))})
        });
        let mut registration = json!({
            "format": 1,
            "form": {"id": "afghan-justice", "version": "1", "sha256": self.form_sha256},
            "pack": {"serial": 1, "sha256": "00".repeat(32)},
            "language": "fa-AF",
            "mailbox": {"recipient": "age1pq1", "id": hex(&Sha256::digest(answers.to_string())[..16])},
            "delete_proof": "11".repeat(32),
            "attachments": listed.collect::<Vec<_>>(),
        });
        registration["answers"] = answers.clone();
        let mut archive = Vec::new();
        put(&mut archive, "registration.json", registration.to_string().as_bytes());
        for (number, (extension, bytes)) in (1..).zip(attachments) {
            put(&mut archive, &format!("attachments/{number:02}.{extension}"), bytes);
        }
        archive.resize(bucket(archive.len() + 2 * BLOCK), 0);
        self.seal(&archive)
    }

    /// Seals any bytes; the name of the file without `.age`.
    pub(crate) fn seal(&self, plaintext: &[u8]) -> String {
        let mut age = Command::new(real_thing("AMANAT_AGE"));
        for reviewer in &self.reviewers {
            age.arg("-r").arg(&reviewer.recipient);
        }
        let draft = self.inbox().join("draft");
        let mut child = age.arg("-o").arg(&draft).stdin(Stdio::piped()).spawn().expect("age starts");
        child.stdin.take().expect("it was piped").write_all(plaintext).expect("age reads");
        assert!(child.wait().expect("age ends").success());
        let name = hex(&Sha256::digest(fs::read(&draft).expect("age wrote it")));
        fs::rename(draft, self.inbox().join(format!("{name}.age"))).expect("the folder is ours");
        name
    }
}

impl Office {
    /// A reviewer's identity, locked with these words by the reviewers' own tool.
    pub(crate) fn lock_identity(&self, reviewer: usize, words: &str) -> PathBuf {
        let (locked, passphrase) = (self.beside("identity.key"), self.beside("passphrase"));
        fs::copy(&self.reviewers[reviewer].identity, &locked).expect("the identity is copied");
        fs::write(&passphrase, format!("{words}\n")).expect("the folder is ours");
        fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).expect("the file is ours");
        let mut tool = Command::new(rooted("amanat-reviewer"));
        run(tool.args(["keys", "passphrase", "--identity"]).arg(&locked).arg("--new-passphrase-file").arg(&passphrase));
        locked
    }

    /// What the reviewers' tool says, with this reviewer's identity, in the inbox.
    pub(crate) fn reviewer_tool(&self, reviewer: usize, arguments: &[&str]) -> String {
        let (command, rest) = arguments.split_first().expect("a command");
        let mut tool = Command::new(rooted("amanat-reviewer"));
        tool.arg(command).arg("--identity").arg(&self.reviewers[reviewer].identity).args(rest).current_dir(self.inbox());
        String::from_utf8_lossy(&run(&mut tool)).into_owned()
    }

    /// A partner's key, made by the stock tool: the file, and its public half.
    pub(crate) fn partner(&self) -> (PathBuf, String) {
        let (keygen, file) = (real_thing("AMANAT_AGE").with_file_name("age-keygen"), self.beside("partner.key"));
        run(Command::new(&keygen).arg("-o").arg(&file));
        let public = run(Command::new(&keygen).arg("-y").arg(&file));
        (file, String::from_utf8_lossy(&public).trim().to_owned())
    }
}

/// One file of a ustar archive.
fn put(archive: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let mut header = [0_u8; BLOCK];
    let mut write = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    write(0, name);
    write(100, "0000600\0");
    write(108, "0000000\0");
    write(116, "0000000\0");
    write(124, &format!("{:011o}\0", bytes.len()));
    write(136, "00000000000\0");
    write(148, "        ");
    write(156, "0");
    write(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    archive.extend(header);
    archive.extend(bytes);
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
}

/// 32 KiB, then two sizes an octave.
fn bucket(bytes: usize) -> usize {
    let sizes = (15..30).flat_map(|power| [1 << power, (1 << power) + (1 << (power - 1))]);
    sizes.into_iter().find(|size| bytes <= *size).expect("a registration is shorter")
}

/// A date as the form seals it: a day in the Gregorian calendar.
pub(crate) fn day(iso: &str) -> Value {
    let part = |from: usize, to: usize| iso[from..to].parse::<u32>().expect("it is ISO 8601");
    json!({"calendar": "gregorian", "precision": "day", "year": part(0, 4), "month": part(5, 7), "day": part(8, 10),
        "raw": iso, "earliest": iso, "latest": iso})
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
