//! A deployment whose servers can be killed and started again: one or several behind one database, each at the same address
//! all its life.

use std::{
    collections::{BTreeSet, VecDeque},
    env, fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{
    chance::Chance,
    client::Connection,
    programs::{Service, files_in, real_thing, run},
    wire::{Trouble, Wire},
    world::{Keys, Reviewer, make_reviewer, pull_command, rooted, sign_pack},
};

const FILE: &str = "data/amanat.sqlite";
const TWO: [&str; 2] = ["first", "second"];

/// Overhead of the payload: a nonce, and a tag for each 64 KiB.
const NONCE: usize = 16;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

/// See the module.
pub(crate) struct Deployment {
    folder: TempDir,
    program: PathBuf,
    reviewers: Vec<Reviewer>,
    /// Header of a file that was sealed to its pack.
    header: Vec<u8>,
    /// Where each server listens.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Another way to the first.
    pub(crate) wire: Wire,
}

impl Deployment {
    /// One server over a file.
    pub(crate) fn of_one(chance: &mut Chance) -> Self {
        Self::new(&env::temp_dir(), &[FILE], &rooted("amanat"), [], &TWO, chance)
    }

    /// One server over a file, and these reviewers.
    pub(crate) fn of_reviewers(names: &[&'static str], chance: &mut Chance) -> Self {
        Self::new(&env::temp_dir(), &[FILE], &rooted("amanat"), [], names, chance)
    }

    /// One server over a file, of another build than the tests', somewhere below a folder.
    pub(crate) fn of_build(program: &Path, below: &Path, chance: &mut Chance) -> Self {
        Self::new(below, &[FILE], program, [], &TWO, chance)
    }

    /// One server over a file, and a wire to it with these troubles.
    pub(crate) fn behind_a_bad_network(troubles: impl Into<VecDeque<Trouble>>, chance: &mut Chance) -> Self {
        Self::new(&env::temp_dir(), &[FILE], &rooted("amanat"), troubles, &TWO, chance)
    }

    /// Several servers over one database.
    pub(crate) fn of_several(servers: usize, database: &str, chance: &mut Chance) -> Self {
        Self::new(&env::temp_dir(), &vec![database; servers], &rooted("amanat"), [], &TWO, chance)
    }

    fn new(
        below: &Path,
        databases: &[&str],
        program: &Path,
        troubles: impl Into<VecDeque<Trouble>>,
        names: &[&'static str],
        chance: &mut Chance,
    ) -> Self {
        let folder = tempfile::tempdir_in(below).expect("a folder for the deployment");
        let root = folder.path();
        fs::create_dir(root.join("data")).expect("a fresh folder");
        let reviewers: Vec<Reviewer> = names.iter().map(|name| make_reviewer(root, name, Keys::PostQuantum)).collect();
        sign_pack(root, &reviewers);
        let header = header_of_a_sealed_file(root, &reviewers);
        let addresses: Vec<SocketAddr> = databases.iter().map(|_| address_that_stays(chance)).collect();
        let wire = Wire::to(&addresses[0].to_string(), troubles);
        let own = addresses.iter().map(|address| format!("http://{address}"));
        let origins: Vec<String> = own.chain([wire.origin.clone()]).collect();
        for (number, (address, database)) in addresses.iter().zip(databases).enumerate() {
            fs::write(config_file(root, number), config(*address, &origins, database, &reviewers)).expect("it is written");
        }
        Self { folder, program: program.to_owned(), reviewers, header, addresses, wire }
    }

    /// Those in its pack.
    pub(crate) fn reviewers(&self) -> &[Reviewer] {
        &self.reviewers
    }

    /// What a command for whoever runs it needs.
    pub(crate) fn config_file(&self) -> PathBuf {
        config_file(self.folder.path(), 0)
    }

    /// A reviewer's access key.
    pub(crate) fn access_key(&self) -> &Path {
        &self.reviewers[0].access
    }

    /// The folder that holds the database and nothing else, where it is a file.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file or folder beside it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What starts a server.
    pub(crate) fn command(&self, number: usize) -> Command {
        let mut amanat = Command::new(&self.program);
        amanat.arg("serve").arg("--config").arg(config_file(self.folder.path(), number));
        amanat
    }

    /// Starts a server, and waits until it answers.
    pub(crate) fn start(&self, number: usize) -> Service {
        self.start_as(number, &mut self.command(number))
    }

    /// The same, by a command that was changed.
    pub(crate) fn start_as(&self, number: usize, command: &mut Command) -> Service {
        let mut server = Service::start(command);
        server.wait_for_line("ready ");
        let alive = || Connection::open(self.addresses[number], 0)?.ask("GET", "/healthz", &[], &[]);
        assert_eq!(alive().expect("a server that is ready answers").status, 200);
        server
    }

    /// A file that a server takes: a real header, and what only who holds the keys can tell from a real payload. No two are
    /// the same.
    pub(crate) fn sealed_file(&self, bucket_bytes: usize, chance: &mut Chance) -> Vec<u8> {
        let payload = NONCE + bucket_bytes + bucket_bytes.div_ceil(CHUNK) * TAG;
        [&self.header[..], &chance.bytes(payload)].concat()
    }

    /// A reviewer asks a server what is new, and may get no answer.
    pub(crate) fn visit(&self, number: usize) {
        let origin = format!("http://{}", self.addresses[number]);
        let out = tempfile::tempdir_in(self.folder.path()).expect("a folder in ours");
        let _ = pull_command(&origin, &self.reviewers[0], out.path()).output().expect("the program can be started");
    }

    /// The names of what a reviewer fetches from a server. Each is whole, and comes once.
    pub(crate) fn pull(&self, number: usize) -> BTreeSet<String> {
        let out = tempfile::tempdir_in(self.folder.path()).expect("a folder in ours");
        let origin = format!("http://{}", self.addresses[number]);
        let said = run(&mut pull_command(&origin, &self.reviewers[0], out.path()));
        let pulled: Vec<PathBuf> =
            files_in(out.path()).into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "age")).collect();
        // What the list held twice would be here already.
        let (said, once) = (String::from_utf8_lossy(&said), format!("{} new, 0 here already.", pulled.len()));
        assert!(said.contains(&once), "{once} It said: {said}");
        let names = pulled.into_iter().map(|file| {
            let name = file.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            let hash = Sha256::digest(fs::read(&file).expect("it was pulled"));
            let hash = hash.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            assert_eq!(name, hash, "a registration is not whole");
            name
        });
        names.collect()
    }
}

fn config_file(root: &Path, number: usize) -> PathBuf {
    root.join(format!("amanat-{number}.toml"))
}

/// Clients come as through a proxy, each as another person, and send more than anybody would: limits by address, and proofs
/// of work, have tests of their own.
fn config(address: SocketAddr, origins: &[String], database: &str, reviewers: &[Reviewer]) -> String {
    let mail = reviewers
        .iter()
        .map(|Reviewer { name, .. }| format!("\n[[reviewer]]\nname = \"{name}\"\naddress = \"{name}@reviewers.test\"\n"));
    // Beside a file, and so below the same power cut; several servers behind one name have one each.
    let journal = if database == FILE { FILE.to_owned() } else { address.port().to_string() };
    let config = format!(
        r#"listen = "{address}"
origins = {origins:?}
database = "{database}"
journal = "{journal}.journal"
pack = "pack.json"
trusted_proxies = ["127.0.0.1"]

[limits]
requests_per_minute = 1000000
uploads_per_hour = 1000000
free_uploads_per_minute = 1000000
proof_of_work_bits = 0

[mail]
from = "Desk <desk@form.example.org>"
folder = "mail"
"#
    );
    config + &mail.collect::<String>()
}

fn header_of_a_sealed_file(root: &Path, reviewers: &[Reviewer]) -> Vec<u8> {
    let (plain, sealed) = (root.join("plain"), root.join("sealed.age"));
    fs::write(&plain, vec![0; 32 * 1024]).expect("it is written");
    let mut age = Command::new(real_thing("AMANAT_AGE"));
    for reviewer in reviewers {
        age.args(["-r", &reviewer.recipient]);
    }
    run(age.arg("-o").arg(&sealed).arg(&plain));
    let mut bytes = fs::read(&sealed).expect("age wrote it");
    let mac = memchr::memmem::find(&bytes, b"\n--- ").expect("a header ends with its MAC");
    let end = memchr::memchr(b'\n', &bytes[mac + 1..]).expect("a line ends");
    bytes.truncate(mac + 1 + end + 1);
    bytes
}

/// An address that nobody takes while its server is away. Ports that the system gives out itself would be taken by a client
/// now and then, even by one that is just knocking at this very port.
fn address_that_stays(chance: &mut Chance) -> SocketAddr {
    loop {
        let port = u16::try_from(chance.among(10_000..32_000)).expect("a port");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
