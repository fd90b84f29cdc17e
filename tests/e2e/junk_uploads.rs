//! Junk that looks like a registration, with three reviewers. What exceeds the usual number is fetched last; one reviewer alone
//! deletes nothing; and a reviewer who objects keeps what two others want deleted.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::json;

use crate::{
    drivers::{
        processes::{files_in, program_with_test_roots, required_path, run, wait_for},
        tus_client::{Connection, Upload},
    },
    fixtures::{deployment::pull_command, pack::Reviewer, seeded_rng::SeededRng, server_cluster::ServerCluster},
};

const BUCKET_BYTES: usize = 32 * 1024;
const NAMES: [&str; 3] = ["first", "second", "third"];
/// Mail goes out each second, and two registrations an hour are usual.
const SETTINGS: [(&str, &str); 2] = [("AMANAT_LIMITS__REGISTRATIONS_PER_HOUR", "2"), ("AMANAT_MAIL__EVERY", "1s")];

/// A reviewer's offline and online computers.
struct Desk<'a> {
    cluster: &'a ServerCluster,
    reviewer: &'a Reviewer,
}

impl Desk<'_> {
    fn folder(&self) -> PathBuf {
        self.cluster.sibling(&format!("sealed-{}", self.reviewer.name))
    }

    fn origin(&self) -> String {
        format!("http://{}", self.cluster.addresses[0])
    }

    fn pull(&self) -> String {
        let pulled = pull_command(&self.origin(), self.reviewer, &self.folder()).output().expect("it can be started");
        assert!(pulled.status.success(), "{pulled:?}");
        String::from_utf8(pulled.stdout).expect("it is text")
    }

    /// Runs a command on the offline computer.
    fn offline(&self, command: &str, out: Option<&Path>, file: &Path) -> Output {
        let mut reviewer = Command::new(program_with_test_roots("amanat-reviewer"));
        reviewer.arg(command).arg("--identity").arg(&self.reviewer.identity);
        if let Some(out) = out {
            reviewer.arg("--out").arg(out);
        }
        reviewer.arg(file).output().expect("it can be started")
    }

    /// Runs a command on the online computer.
    fn online(&self, command: &str, arguments: &[&str]) -> String {
        let mut reviewer = Command::new(program_with_test_roots("amanat-reviewer"));
        reviewer.args([command, "--server", &self.origin()]).arg("--access").arg(&self.reviewer.access);
        let said = reviewer.arg("--out").arg(self.folder()).args(arguments).output().expect("it can be started");
        assert!(said.status.success(), "{said:?}");
        String::from_utf8(said.stdout).expect("it is text")
    }

    /// Makes a list of all fetched files offline, and sends it.
    fn sends(&self, command: &str, number: usize) -> String {
        let list = self.cluster.sibling(&format!("{command}-{}-{number}.json", self.reviewer.name));
        let made = self.offline(command, Some(&list), &self.folder());
        assert!(list.exists(), "{made:?}");
        self.online("push", &[list.to_str().expect("its name is text")])
    }
}

/// Uploads a file; returns its id.
fn send(cluster: &ServerCluster, file: Vec<u8>) -> String {
    let mut connection = Connection::open(cluster.addresses[0], 1).expect("the server is there");
    let mut upload = Upload::new(file);
    let bytes = upload.bytes.len();
    assert_eq!(upload.create(&mut connection, bytes).expect("an answer").status, 201);
    assert!(upload.is_acknowledged(), "whoever sends it is told the same, whatever becomes of it");
    upload.sha256()
}

/// Returns a file whose stanzas are random bytes, so that no reviewer's key opens it.
fn junk(cluster: &ServerCluster, rng: &mut SeededRng) -> Vec<u8> {
    let mut file = cluster.sealed_file(BUCKET_BYTES, rng);
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&file[at..], b"-> mlkem768x25519 ") {
        let argument = at + found + b"-> mlkem768x25519 ".len();
        // The last characters of each line hold padding bits, so they are not replaced.
        let random = STANDARD_NO_PAD.encode(rng.bytes(1050));
        file[argument..argument + random.len()].copy_from_slice(random.as_bytes());
        at = argument + random.len();
    }
    file
}

/// Returns a real registration, made and sealed to every reviewer by stock tools. Its delete proof matches the one of all
/// uploads in these tests.
fn registration(cluster: &ServerCluster) -> Vec<u8> {
    let folder = cluster.sibling("by-hand");
    fs::create_dir(&folder).expect("a fresh folder");
    let registration = json!({
        "format": 1,
        "form": { "id": "afghan-justice", "version": "1", "sha256": "00".repeat(32) },
        "pack": { "serial": 7, "sha256": "00".repeat(32) },
        "language": "en",
        "mailbox": { "recipient": "age1pq1", "id": "00".repeat(16) },
        "delete_proof": "11".repeat(32),
        "answers": {},
        "attachments": [],
    });
    fs::write(folder.join("registration.json"), registration.to_string()).expect("it is written");
    run(Command::new("tar").args(["--format=ustar", "-cf", "plain", "registration.json"]).current_dir(&folder));
    let mut plain = fs::read(folder.join("plain")).expect("tar wrote it");
    plain.resize(BUCKET_BYTES, 0);
    fs::write(folder.join("plain"), plain).expect("it is written");
    let mut age = Command::new(required_path("AMANAT_AGE"));
    for reviewer in cluster.reviewers() {
        age.args(["-r", &reviewer.recipient]);
    }
    run(age.args(["-o", "sealed.age", "plain"]).current_dir(&folder));
    fs::read(folder.join("sealed.age")).expect("age wrote it")
}

#[test]
fn two_of_three_reviewers_discard_junk_one_does_not_and_a_person_among_it_is_fetched_last_and_kept() {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = ServerCluster::of_reviewers(&NAMES, &mut rng);
    let mut server = cluster.command(0);
    let server = cluster.start_as(0, server.envs(SETTINGS));
    let [first, second, third] = [0, 1, 2].map(|number| Desk { cluster: &cluster, reviewer: &cluster.reviewers()[number] });

    // Junk fills the hour before the person registers, as a flood would.
    let random = send(&cluster, junk(&cluster, &mut rng));
    let sealed_to_us = send(&cluster, cluster.sealed_file(BUCKET_BYTES, &mut rng));
    let person = send(&cluster, registration(&cluster));
    let late = send(&cluster, junk(&cluster, &mut rng));

    let said = first.pull();
    assert!(said.contains("4 new") && said.contains("2 of the new ones came from quarantine, last"), "{said}");
    assert!(!said.contains("deleted from"), "{said}");
    for desk in [&second, &third] {
        desk.pull();
    }
    let status = status(&cluster);
    assert!(status.contains("in quarantine       2, fetched last"), "{status}");
    mail(&cluster, "kept alike, and fetched last");

    // The list tells junk from damaged files, and gives advice for each.
    let list = first.offline("list", None, &first.folder());
    let errors = String::from_utf8(list.stderr).expect("it is text");
    assert!(errors.contains("(1 damaged before they came, 2 open for nobody here so far)"), "{errors}");
    for (name, words) in [
        (&random, "it opens for nobody here so far"),
        (&late, "it opens for nobody here so far"),
        (&sealed_to_us, "it came to the server damaged: it is sealed to this identity, but what is inside was changed"),
    ] {
        assert!(errors.lines().any(|line| line.contains(name.as_str()) && line.contains(words)), "{words}: {errors}");
    }
    let cut = first.folder().join(format!("{random}.age"));
    let whole = fs::read(&cut).expect("it was fetched");
    fs::write(&cut, &whole[..whole.len() - 1]).expect("it is written");
    let list = first.offline("list", None, &first.folder());
    let errors = String::from_utf8(list.stderr).expect("it is text");
    assert!(errors.contains("it is damaged: its bytes are not those that its name says"), "{errors}");
    fs::write(&cut, &whole).expect("it is written");

    // After one acknowledgement of three, nothing is to be deleted.
    assert!(first.sends("ack", 1).contains("1 noted."));
    assert!(!second.pull().contains("deleted from"));
    // One reviewer of three who discards twice deletes nothing.
    for number in [1, 2] {
        let said = first.sends("discard", number);
        assert!(said.contains("3 noted.") && said.contains("after 2 different reviewers have said so"), "{said}");
    }
    let said = second.pull();
    assert!(said.contains("first said to open for nobody: 3"), "{said}");
    assert!(said.contains("3 kept for the present: open for nobody, as so far only these say: first."), "{said}");
    assert!(!status_deletes(&cluster), "one reviewer has asked");

    // After a second reviewer has discarded, mail, `status` and the tools announce the deletion and name both.
    let said = second.sends("discard", 1);
    assert!(said.contains("3 noted."), "{said}");
    let said = third.pull();
    assert!(said.contains("open for nobody, as these say: first, second."), "{said}");
    assert!(status_deletes(&cluster));
    mail(&cluster, "3 files will be deleted on ");
    mail(&cluster, "as first, second say.");

    // The person's file was acknowledged, so nobody can claim that it opens for nobody.
    let list = cluster.sibling("forged.json");
    fs::write(&list, format!("{{\"discarded\":[\"{person}\"]}}")).expect("it is written");
    let mut push = Command::new(program_with_test_roots("amanat-reviewer"));
    push.args(["push", "--server", &second.origin()]).arg("--access").arg(&second.reviewer.access).arg(&list);
    let said = push.output().expect("it can be started");
    assert!(
        !said.status.success() && String::from_utf8_lossy(&said.stdout).contains("1 kept, since another reviewer has opened"),
        "{said:?}"
    );

    // The third reviewer objects: nothing is deleted, and the others see who objected.
    let said = third.online("object", &["--all"]);
    assert!(said.contains("3 stay"), "{said}");
    let said = first.pull();
    assert!(said.contains("3 kept, since these object: third.") && said.contains("objections: 3"), "{said}");
    mail(&cluster, "3 files will not be deleted: third objects to their deletion.");
    let said = first.online("object", &["--withdraw", "--all"]);
    assert!(said.contains("3 objected to by others only"), "{said}");
    let said = third.online("object", &["--withdraw", &random[..12]]);
    assert!(said.contains("1 objections withdrawn"), "{said}");
    assert!(first.pull().contains("1 deleted from "));
    drop(server);

    // The journal has every step.
    let journal = files_in(&cluster.data()).into_iter().find(|file| file.extension().is_some_and(|kind| kind == "journal"));
    let journal = fs::read_to_string(journal.expect("it lies beside the database")).expect("it is text");
    let count = |action: &str| journal.matches(&format!("\"action\":\"{action}\"")).count();
    assert_eq!((count("discard"), count("object"), count("withdraw"), count("acknowledge")), (6, 3, 1, 1), "{journal}");
}

/// Returns what `amanat status` prints.
fn status(cluster: &ServerCluster) -> String {
    let mut amanat = Command::new(program_with_test_roots("amanat"));
    let said = amanat.arg("status").arg("--config").arg(cluster.config_file()).output().expect("it can be started");
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).expect("it is text")
}

fn status_deletes(cluster: &ServerCluster) -> bool {
    status(cluster).contains("deletion            3 files will be deleted on ")
}

/// Waits until each reviewer has a mail with these words.
fn mail(cluster: &ServerCluster, words: &str) {
    wait_for(&format!("a mail to each reviewer: {words}"), || {
        let folder = cluster.sibling("mail");
        let mails: Vec<String> = files_in(&folder).iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
        // A mail breaks its lines between words.
        let mails = mails.into_iter().map(|mail| mail.split_whitespace().collect::<Vec<_>>().join(" "));
        (mails.filter(|mail| mail.contains(words)).count() >= NAMES.len()).then_some(())
    });
}
