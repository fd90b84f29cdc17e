//! A deployment as the coalition would run it: the program with root keys compiled in, a pack that two roots signed, two
//! reviewers, a mail server.

use std::{
    collections::VecDeque,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    mail_server::{HOST, MailServer},
    programs::{Service, files_in, ours, real_thing, run, target},
    wire::{Trouble, Wire},
};

/// The neutral page of these deployments.
pub(crate) const EXIT: &str = "https://www.example.org/weather";

/// Which kind of key registrations are sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// `age1pq1…`, the default.
    PostQuantum,
    /// `age1…`, made by the stock `age-keygen`.
    Classic,
}

/// A reviewer with both keys.
pub(crate) struct Reviewer {
    /// As in the pack.
    pub(crate) name: &'static str,
    /// The decryption identity, an age identity file.
    pub(crate) identity: PathBuf,
    /// The secret half of the access key.
    pub(crate) access: PathBuf,
    access_public: String,
    /// The age recipient.
    pub(crate) recipient: String,
}

/// One registration as a reviewer has it before them.
pub(crate) struct Opened {
    /// `registration.json`, byte for byte.
    pub(crate) json: Vec<u8>,
    /// Files beside it, by their names in the archive.
    pub(crate) attachments: Vec<(String, Vec<u8>)>,
}

impl Opened {
    /// What `registration.json` says.
    pub(crate) fn registration(&self) -> Value {
        serde_json::from_slice(&self.json).expect("registration.json is JSON")
    }

    /// A folder that was unpacked.
    pub(crate) fn read(folder: &Path) -> Self {
        let json = fs::read(folder.join("registration.json")).expect("registration.json is there");
        let attachments = folder.join("attachments");
        let files = if attachments.exists() { files_in(&attachments) } else { Vec::new() };
        let name = |file: &Path| format!("attachments/{}", file.file_name().expect("a file has a name").to_string_lossy());
        let attachments = files.iter().map(|file| (name(file), fs::read(file).expect("an attachment can be read"))).collect();
        Self { json, attachments }
    }
}

/// A running deployment.
pub(crate) struct World {
    server: Option<Service>,
    /// Where the reviewers' mail goes.
    pub(crate) mail: MailServer,
    /// What phones reach it through.
    pub(crate) wire: Wire,
    /// Where it listens itself, `http://127.0.0.1:PORT`.
    pub(crate) origin: String,
    /// Everybody whom registrations are sealed to.
    pub(crate) reviewers: Vec<Reviewer>,
    folder: TempDir,
}

impl World {
    /// Starts one, with every phase of the form open.
    pub(crate) fn start(keys: Keys) -> Self {
        Self::behind_a_bad_network(keys, [])
    }

    /// Starts one with these settings (`AMANAT_…`).
    pub(crate) fn with(keys: Keys, settings: &[(&str, &str)]) -> Self {
        Self::new(keys, [], settings)
    }

    /// Starts one that phones reach through a network with these troubles.
    pub(crate) fn behind_a_bad_network(keys: Keys, troubles: impl Into<VecDeque<Trouble>>) -> Self {
        Self::new(keys, troubles, &[])
    }

    fn new(keys: Keys, troubles: impl Into<VecDeque<Trouble>>, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the deployment");
        let root = folder.path();
        let reviewers: Vec<Reviewer> = ["first", "second"].map(|name| make_reviewer(root, name, keys)).into();
        sign_pack(root, &reviewers);

        let mail = MailServer::start();
        let address = format!("127.0.0.1:{}", free_port());
        let origin = format!("http://{address}");
        let wire = Wire::to(&address, troubles);
        fs::write(root.join("amanat.toml"), config(&address, &[&origin, &wire.origin], &mail, &reviewers))
            .expect("the configuration is written");
        let server = serve(root, settings);
        Self { server: Some(server), mail, wire, origin, reviewers, folder }
    }

    /// Stops the server and starts it again, with these settings instead of those before.
    pub(crate) fn restart_with(&mut self, settings: &[(&str, &str)]) {
        drop(self.server.take());
        self.server = Some(serve(self.folder.path(), settings));
    }

    /// Everything that the server has said since it last started.
    pub(crate) fn said(&self) -> Vec<u8> {
        self.server.as_ref().map_or_else(Vec::new, Service::said)
    }

    /// A folder for what a journey needs beside the deployment.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).expect("a folder in ours");
        folder
    }

    /// The database, with what has not been moved into it yet.
    pub(crate) fn database(&self) -> Vec<u8> {
        let root = self.folder.path();
        let files = files_in(root);
        let name = |file: &PathBuf| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("amanat.sqlite"));
        files.iter().filter(|file| name(file)).flat_map(|file| fs::read(file).expect("the database can be read")).collect()
    }

    /// What `amanat backup` writes.
    pub(crate) fn back_up(&self) -> Vec<u8> {
        let (root, out) = (self.folder.path(), self.folder.path().join("backup"));
        run(Command::new(rooted("amanat")).arg("backup").arg("--config").arg(root.join("amanat.toml")).arg(&out));
        fs::read(out).expect("it was written")
    }

    /// What a reviewer fetches: the sealed files that are new to them.
    pub(crate) fn pull(&self, reviewer: &Reviewer) -> Vec<PathBuf> {
        let out = self.folder(&format!("sealed-{}", reviewer.name));
        run(&mut pull_command(&self.origin, reviewer, &out));
        files_in(&out).into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "age")).collect()
    }

    /// What a reviewer sees in a sealed file.
    pub(crate) fn open(&self, reviewer: &Reviewer, sealed: &Path) -> Opened {
        let out = tempfile::tempdir_in(self.folder.path()).expect("a folder in ours");
        run(Command::new(rooted("amanat-reviewer"))
            .args(["open", "--identity"])
            .arg(&reviewer.identity)
            .arg("--out")
            .arg(out.path())
            .arg(sealed));
        let name = sealed.file_stem().expect("a sealed file is named after its hash");
        Opened::read(&out.path().join(name))
    }

    /// What stock tools see in a sealed file: `age -d -i KEY FILE | tar x`.
    pub(crate) fn open_with(&self, age: &Path, reviewer: &Reviewer, sealed: &Path) -> Opened {
        let out = tempfile::tempdir_in(self.folder.path()).expect("a folder in ours");
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"set -e; "$1" -d -i "$2" "$3" | tar -x -f - -C "$4""#, "sh"]);
        run(shell.arg(age).arg(&reviewer.identity).arg(sealed).arg(out.path()));
        Opened::read(out.path())
    }
}

/// Starts the server, and waits until it serves.
fn serve(root: &Path, settings: &[(&str, &str)]) -> Service {
    let mut amanat = Command::new(rooted("amanat"));
    amanat.arg("serve").arg("--config").arg(root.join("amanat.toml")).envs(settings.iter().copied());
    let mut server = Service::start(&mut amanat);
    server.wait_for_line("ready ");
    server
}

/// Fetches what a reviewer does not have yet.
pub(crate) fn pull_command(origin: &str, reviewer: &Reviewer, out: &Path) -> Command {
    let mut pull = Command::new(rooted("amanat-reviewer"));
    pull.args(["pull", "--server", origin]).arg("--access").arg(&reviewer.access).arg("--out").arg(out);
    pull
}

/// A program with test roots compiled in (`scripts/build-rooted.sh`).
pub(crate) fn rooted(name: &str) -> PathBuf {
    let program = real_thing("AMANAT_ROOTED_BIN").join(name);
    assert!(program.is_file(), "{} is missing. Run: scripts/build-rooted.sh, or scripts/test.sh", program.display());
    program
}

/// The secret key of root 1, 2 or 3.
pub(crate) fn root_key(number: usize) -> PathBuf {
    let key = target().join(format!("test-roots/root-{number}.key"));
    assert!(
        key.exists(),
        "{} is missing. Run: scripts/test.sh, or make-test-roots {}",
        key.display(),
        target().join("test-roots").display()
    );
    key
}

/// The day so many days from today, ISO 8601.
pub(crate) fn today(days_ahead: i32) -> String {
    let day = run(Command::new("date").args(["-u", "-d", &format!("{days_ahead} days"), "+%F"]));
    String::from_utf8(day).expect("date prints text").trim().to_owned()
}

/// Makes a reviewer's keys, in a folder of their name.
pub(crate) fn make_reviewer(root: &Path, name: &'static str, keys: Keys) -> Reviewer {
    let folder = root.join(name);
    run(Command::new(rooted("amanat-reviewer")).args(["keygen", "--no-passphrase"]).arg(&folder));
    let said = fs::read_to_string(folder.join("send-to-coalition.txt")).expect("keygen writes the public halves");
    let public = |key: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(&format!("{key} = \""))).expect("keygen names it");
        line.trim_end_matches('"').to_owned()
    };
    let (mut identity, mut recipient) = (folder.join("identity.key"), public("recipient"));
    if keys == Keys::Classic {
        identity = folder.join("classic.key");
        let keygen = real_thing("AMANAT_AGE_11").with_file_name("age-keygen");
        run(Command::new(&keygen).arg("-o").arg(&identity));
        let said = run(Command::new(&keygen).arg("-y").arg(&identity));
        String::from_utf8_lossy(&said).trim().clone_into(&mut recipient);
    }
    Reviewer { name, identity, access: folder.join("access.key"), access_public: public("access_key"), recipient }
}

/// The serial of the pack that every world begins with.
pub(crate) const SERIAL: u64 = 7;

/// Writes a pack for these reviewers that two roots have signed.
pub(crate) fn sign_pack(root: &Path, reviewers: &[Reviewer]) {
    sign_pack_of(root, SERIAL, reviewers);
}

/// The same, with another serial: to tell an older pack from a newer one.
pub(crate) fn sign_pack_of(root: &Path, serial: u64, reviewers: &[Reviewer]) {
    fs::write(root.join("pack.toml"), pack_toml(serial, reviewers, &today(0))).expect("the pack's draft is written");
    let folder = tempfile::tempdir().expect("a folder for the roots' keys");
    let pack = |command: &str| {
        let mut amanat = Command::new(rooted("amanat"));
        amanat.args(["pack", command]);
        amanat
    };
    run(pack("check").arg(root.join("pack.toml")));
    for (number, draft) in [(1, "pack.toml"), (2, "pack.json")] {
        // A copy: a key remembers what it has signed, and every test begins anew.
        let key = folder.path().join(format!("root-{number}.key"));
        fs::copy(root_key(number), &key).expect("the key is copied");
        run(pack("sign").args(["--serial", &serial.to_string(), "--key"]).arg(key).arg("--out").arg(root).arg(root.join(draft)));
    }
}

fn pack_toml(serial: u64, reviewers: &[Reviewer], issued: &str) -> String {
    let keys = reviewers.iter().map(|Reviewer { name, recipient, access_public, .. }| {
        format!("\n[[recipients]]\nname = \"{name}\"\nkey = \"{recipient}\"\n\n[[access_keys]]\nname = \"{name}\"\nkey = \"{access_public}\"\n")
    });
    let draft = format!(
        r#"serial = {serial}
issued = "{issued}"
site = "form.example.org"
contact = "The coalition, at its stand"
exit_url = "{EXIT}"
phases = [1, 2, 3]
form = "built-in"

[limits]
files = 3
file_bytes = 8388608
total_bytes = 25165824
"#
    );
    draft + &keys.collect::<String>()
}

fn config(address: &str, origins: &[&str], mail: &MailServer, reviewers: &[Reviewer]) -> String {
    let addresses = reviewers
        .iter()
        .map(|Reviewer { name, .. }| format!("\n[[reviewer]]\nname = \"{name}\"\naddress = \"{}\"\n", MailServer::address(name)));
    let config = format!(
        r#"listen = "{address}"
origins = {origins:?}
database = "amanat.sqlite"
pack = "pack.json"

[mail]
from = "Desk <desk@form.example.org>"
every = "1s"

[mail.smtp]
host = "{HOST}"
port = {mail_port}
tls = "starttls"
ca_file = "{authority}"
"#,
        mail_port = mail.port,
        authority = mail.authority().display(),
    );
    config + &addresses.collect::<String>()
}

/// A port that nobody listens on at present: reviewers' keys are good for an origin, which has to be written down first.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("this machine has a loopback");
    listener.local_addr().expect("it is bound").port()
}

/// The demo, which anybody may start without any of that.
pub(crate) struct Demo {
    server: Service,
    /// Where it is.
    pub(crate) origin: String,
    folder: TempDir,
}

impl Demo {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the demo");
        let mut amanat = Command::new(ours("amanat"));
        amanat.args(["demo", "--listen", "127.0.0.1:0", "--every", "1s", "--dir"]).arg(folder.path());
        // The demo of a checkout is what `make run` gives: it takes nothing from this test's environment.
        let mut server = Service::start(amanat.env_remove("AMANAT_ROOTS").env_remove("AMANAT_DIST"));
        let origin = server.wait_for_line("ready ").trim_end_matches('/').to_owned();
        Self { server, origin, folder }
    }

    /// What it has printed.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.server.said()).into_owned()
    }

    /// Stops it, and leaves its folder.
    pub(crate) fn stop(self) -> TempDir {
        self.server.stop();
        self.folder
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
