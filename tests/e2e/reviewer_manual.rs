//! Runs every command that `docs/reviewer.md` prints, in order, in two weeks, as a reviewer does: with the built program on an
//! online and an offline computer, a stick between them, and a real server.

use std::{
    env, fs,
    io::Write,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use super::{
    stock_tools::{registration_by_stock_tools, seal_with_stock_tools},
    uploads::{a_sealed_file, upload},
};
use crate::{
    drivers::processes::{files_in, program_with_test_roots, required_path, run},
    fixtures::{
        deployment::Deployment,
        pack::{RecipientType, SERIAL, make_reviewer, sign_pack_of},
    },
    personas::judge,
};

const MANUAL: &str = include_str!("../../docs/reviewer.md");
/// The manual's first page says that these two names may differ.
const SITE: &str = "https://form.example.org";
const STICK: &str = "/media/stick";
/// Commands under this heading run once.
const ONCE: &str = "## Once";
/// A reviewer who follows the manual must read none of these.
const ALARMS: [&str; 8] =
    ["WARNING", "access key was used", "at once", "could not be", "damaged", "a person may wait", "is missing", "stolen"];

/// A command as the manual prints it.
#[derive(Clone, Debug)]
struct Printed {
    line: String,
    is_for_once: bool,
}

/// Returns all commands: lines set as code, and code within a line.
fn printed() -> Vec<Printed> {
    let (mut all, mut heading) = (Vec::new(), "");
    for line in MANUAL.lines() {
        if line.starts_with('#') {
            heading = line;
        }
        let is_for_once = heading.starts_with(ONCE);
        let set = line.strip_prefix("    ").map(str::trim).filter(|line| line.starts_with("amanat-reviewer "));
        // A single word is only a command's name.
        let within = line.split('`').skip(1).step_by(2).filter(|code| code.starts_with("amanat-reviewer ") && code.contains(" --"));
        all.extend(set.into_iter().chain(within).map(|line| Printed { line: line.to_owned(), is_for_once }));
    }
    all
}

/// Two computers and a stick.
struct Desks {
    root: PathBuf,
    origin: String,
    path: String,
}

impl Desks {
    fn new(deployment: &Deployment) -> Self {
        let root = deployment.folder("manual");
        for folder in ["online", "offline", "stick", "bin"] {
            fs::create_dir(root.join(folder)).expect("a fresh folder");
        }
        symlink(program_with_test_roots("amanat-reviewer"), root.join("bin/amanat-reviewer")).expect("the folder is ours");
        let path = format!("{}:{}", root.join("bin").display(), env::var("PATH").unwrap_or_default());
        Self { root, origin: deployment.origin.clone(), path }
    }

    fn offline(&self, name: &str) -> PathBuf {
        self.root.join("offline").join(name)
    }

    /// Runs a line in a shell, on the computer that has its files.
    fn run(&self, line: &str, typed: &str) -> Output {
        let is_online = line.contains("--server") || line.contains(" bundle ");
        let folder = self.root.join(if is_online { "online" } else { "offline" });
        let line = line.replace(SITE, &self.origin).replace(STICK, &self.root.join("stick").display().to_string());
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(folder).env("PATH", &self.path);
        let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a shell starts");
        // The command may end before it has read everything.
        let _ = child.stdin.take().expect("it was piped").write_all(typed.as_bytes());
        child.wait_with_output().expect("it ends")
    }

    /// Returns what a person types when the command asks.
    fn typed(line: &str, reference: &str) -> String {
        match line {
            _ if line.contains("--find") => format!("{reference}\n"),
            _ if line.contains(" show ") || line.contains("--status") => format!("{reference}\n"),
            _ if line.contains(" note ") => format!("{reference}\nSpoke on Thursday.\n"),
            _ => String::new(),
        }
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Returns a file that is sealed to keys that are not in the pack.
fn junk(deployment: &Deployment) -> Vec<u8> {
    let folder = deployment.folder("strangers");
    let (plain, sealed) = (folder.join("plain"), folder.join("sealed"));
    fs::write(&plain, vec![b'x'; 32 * 1024]).expect("the folder is ours");
    let mut age = Command::new(required_path("AMANAT_AGE"));
    for name in ["third", "fourth"] {
        age.arg("-r").arg(make_reviewer(&folder, name, RecipientType::PostQuantum).recipient);
    }
    run(age.arg("-o").arg(&sealed).arg(&plain));
    fs::read(sealed).expect("age wrote it")
}

#[test]
fn the_reviewers_manual_can_be_followed_as_printed_for_two_weeks() {
    let printed = printed();
    for word in
        ["keygen", "pull", "bundle", "keep", "ack", "push", "discard", "object", "rekey", "list", "show", "note", "newest-pack"]
    {
        assert!(printed.iter().any(|it| it.line.contains(&format!(" {word} "))), "{word} is not printed: {printed:?}");
    }
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let desks = Desks::new(&deployment);
    // The keys in the pack replace those that `keygen` makes here.
    let first = printed.iter().filter(|it| it.is_for_once);
    for command in first {
        let made = desks.run(&command.line, "");
        assert!(made.status.success(), "{}: {}", command.line, said(&made));
    }
    let reviewer = &deployment.reviewers[0];
    for name in ["identity.key", "identity.key.serial"] {
        fs::copy(reviewer.identity.with_file_name(name), desks.offline("keys").join(name)).expect("the folder is ours");
    }
    fs::remove_file(desks.offline("keys/access.key")).expect("it was made");
    fs::copy(&reviewer.access, desks.root.join("online/access.key")).expect("the folder is ours");

    assert_eq!(upload(&deployment.origin, &junk(&deployment)).status, 201);
    for week in 1..=2 {
        let sealed = if week == 1 { a_sealed_file(&deployment) } else { another(&deployment) };
        assert_eq!(upload(&deployment.origin, &sealed).status, 201);
        let reference = amanat_name(&sealed);
        fs::write(desks.offline("note.txt"), format!("{}\nWritten at home.\n", &reference[..8])).expect("the folder is ours");
        for command in printed.iter().filter(|it| !it.is_for_once) {
            let output = desks.run(&command.line, &Desks::typed(&command.line, &reference[..8]));
            let said = said(&output);
            // Commands that open files report the one that opens for nobody.
            let told: String = said.lines().filter(|line| !is_of_the_junk(line)).collect::<Vec<_>>().join("\n");
            let opens = [" list ", " ack ", " rekey "].iter().any(|word| command.line.contains(word));
            assert!(output.status.success() || opens && told != said, "week {week}: {}: {said}", command.line);
            for alarm in ALARMS {
                assert!(!told.contains(alarm), "week {week}: {}: {alarm}: {said}", command.line);
            }
        }
        let list = desks.run("amanat-reviewer list --identity keys/identity.key --notebook karima.notebook.age sealed", "");
        assert!(said(&list).contains(&reference[..12]) && said(&list).contains("checking"), "{}", said(&list));
    }

    // Losing the stick costs nothing.
    fs::remove_dir_all(desks.root.join("stick")).expect("it was there");
    let list = desks.run("amanat-reviewer list --identity keys/identity.key sealed", "");
    assert!(said(&list).contains("2 cases"), "{}", said(&list));
}

/// Returns whether a line is about the file that opens for nobody.
fn is_of_the_junk(line: &str) -> bool {
    [
        "opens for nobody here",
        "open for nobody here",
        "Keep it: a person may wait in it",
        "left as they were",
        "1 other files of the folder could not",
    ]
    .iter()
    .any(|words| line.contains(words))
}

fn amanat_name(sealed: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    super::hex(&Sha256::digest(sealed))
}

/// Seals another person's registration.
fn another(deployment: &Deployment) -> Vec<u8> {
    let folder = deployment.folder("by-another-hand");
    let mut registration = registration_by_stock_tools(deployment, &judge(), &[]);
    registration["attachments"] = serde_json::json!([]);
    registration["mailbox"]["id"] = "ab".repeat(16).into();
    fs::write(folder.join("registration.json"), registration.to_string()).expect("it is written");
    seal_with_stock_tools(deployment, &folder, 32 * 1024)
}

/// A colleague joins with the next pack.
#[test]
fn a_reviewer_who_joins_later_learns_who_can_open_earlier_files_and_opens_them_once_resealed() {
    let mut deployment = Deployment::start(RecipientType::PostQuantum);
    assert_eq!(upload(&deployment.origin, &a_sealed_file(&deployment)).status, 201);
    let (desks, third) = (Desks::new(&deployment), make_reviewer(&deployment.folder("third"), "third", RecipientType::PostQuantum));
    let (identity, access) = (third.identity.clone(), third.access.clone());
    deployment.reviewers.push(third);
    let (root, next) = (deployment.folder(""), deployment.folder("next"));
    sign_pack_of(&next, SERIAL + 1, &deployment.reviewers);
    for file in files_in(&next) {
        fs::copy(&file, root.join(file.file_name().expect("a file has a name"))).expect("the folder is ours");
    }
    deployment.restart_with(&[]);
    let tool = |arguments: &[&str], identity: &Path, folders: &[&Path]| {
        let mut tool = Command::new(program_with_test_roots("amanat-reviewer"));
        said(&tool.args(arguments).arg("--identity").arg(identity).args(folders).output().expect("it starts"))
    };
    let sealed = desks.root.join("sealed");
    let pull = |access: &Path| {
        let mut pull = Command::new(program_with_test_roots("amanat-reviewer"));
        run(pull.args(["pull", "--server", &deployment.origin, "--access"]).arg(access).arg("--out").arg(&sealed));
    };
    pull(&access);
    let told = tool(&["list"], &identity, &[&sealed]);
    assert!(told.contains("Sealed before you joined") && told.contains("rekey") && !told.contains("a person may wait"), "{told}");

    let stick = desks.root.join("stick");
    let old = &deployment.reviewers[0].identity;
    let theirs = desks.root.join("theirs");
    run(Command::new("cp").arg("-r").arg(&sealed).arg(&theirs));
    let pack = theirs.join("pack.json");
    let done = tool(&["rekey", "--to", &pack.display().to_string()], old, &[&theirs]);
    assert!(done.contains("1 re-sealed"), "{done}");
    for file in files_in(&theirs) {
        fs::copy(&file, stick.join(file.file_name().expect("a file has a name"))).expect("the stick has room");
    }
    let mut keep = Command::new(program_with_test_roots("amanat-reviewer"));
    run(keep.args(["keep", "--to"]).arg(&sealed).arg(&stick));
    let told = tool(&["list"], &identity, &[&sealed]);
    assert!(told.contains("1 cases") && !told.contains("Sealed before") && !told.contains("could not"), "{told}");
}
