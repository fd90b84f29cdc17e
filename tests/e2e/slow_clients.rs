//! Thousands of slow clients: Debian's `slowhttptest` holds connections open, and everybody else is served.

use std::{
    collections::BTreeSet,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    drivers::{
        processes::{kill_group, required_path, wait_for},
        tus_client::{Connection, Upload},
    },
    fixtures::{seeded_rng::SeededRng, server_cluster::ServerCluster},
};

const CONNECTIONS: usize = 400;
const SECS: u32 = 10;
/// A person on a good network believes that the site is gone when a page takes longer.
const PERSON_GIVES_UP_AFTER: Duration = Duration::from_secs(20);
const BETWEEN_LOADS: Duration = Duration::from_millis(100);
const PIECE: usize = 20_000;

/// The way in which the attackers are slow.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slow {
    /// Their requests' headers never end.
    Headers,
    /// Their uploads never end.
    Bodies,
    /// They hardly read the response.
    Reading,
}

#[test]
fn a_page_loads_and_an_upload_completes_while_others_send_headers_slowly() {
    assert_served_beside(Slow::Headers, CONNECTIONS, SECS);
}

#[test]
fn a_page_loads_and_an_upload_completes_while_others_send_bodies_slowly() {
    assert_served_beside(Slow::Bodies, CONNECTIONS, SECS);
}

#[test]
fn a_page_loads_and_an_upload_completes_while_others_read_slowly() {
    assert_served_beside(Slow::Reading, CONNECTIONS, SECS);
}

/// Measurements during the attack.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The longest time in which the page and all its files loaded.
    pub(crate) page: Duration,
    /// The number of loads.
    pub(crate) loads: usize,
    /// The largest number of the server's open connections.
    pub(crate) open: usize,
    /// The server's largest memory in bytes.
    pub(crate) memory: u64,
}

/// Attacks for this long, while a person loads the page again and again and sends a file in pieces.
pub(crate) fn assert_served_beside(slow: Slow, connections: usize, seconds: u32) -> Seen {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = ServerCluster::of_one(&mut rng);
    let server = cluster.start(0);
    let address = cluster.addresses[0];
    let files = page_and_its_files(&cluster);
    let mut attack = attack(slow, connections, seconds, &format!("http://{address}"), &files[1])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("slowhttptest can be started");
    wait_for("the attack to begin", || (server.open_sockets() > connections / 2).then_some(()));

    let mut seen = Seen { page: Duration::ZERO, loads: 0, open: 0, memory: 0 };
    let mut upload = Upload::new(cluster.sealed_file(96 * 1024, &mut rng));
    let deadline = Instant::now() + Duration::from_secs(u64::from(seconds)) + PERSON_GIVES_UP_AFTER;
    while attack.try_wait().expect("a child can be asked").is_none() && Instant::now() < deadline {
        seen.open = seen.open.max(server.open_sockets());
        seen.memory = seen.memory.max(server.memory_bytes());
        let begun = Instant::now();
        for file in &files {
            let mut connection = Connection::open(address, 1).expect("the server takes a connection");
            let answer = connection.request("GET", file, &[], &[]).expect("the server answers");
            assert_eq!(answer.status, 200, "{file}");
        }
        seen.page = seen.page.max(begun.elapsed());
        seen.loads += 1;
        thread::sleep(BETWEEN_LOADS);
        assert!(seen.page < PERSON_GIVES_UP_AFTER, "{seen:?}");
        if !upload.is_acknowledged() {
            let mut connection = Connection::open(address, 1).expect("the server takes a connection");
            let answer = match upload.location {
                None => upload.create(&mut connection, 0),
                Some(_) => upload.append(&mut connection, PIECE),
            };
            let answer = answer.expect("the server answers");
            assert!(matches!(answer.status, 201 | 204), "{}", answer.text());
        }
    }
    kill_group(&mut attack);
    assert!(upload.is_acknowledged(), "the upload came as far as {} of {}: {seen:?}", upload.offset, upload.bytes.len());
    assert!(seen.open > connections / 2, "hardly anybody attacked: {seen:?}");
    assert_eq!(cluster.pull(0), BTreeSet::from([upload.sha256()]));
    eprintln!("{slow:?}: {seen:?}");
    seen
}

fn attack(slow: Slow, connections: usize, seconds: u32, origin: &str, large_file: &str) -> Command {
    let mut attack = Command::new(required_path("AMANAT_SLOWHTTPTEST"));
    let (connections, seconds) = (connections.to_string(), seconds.to_string());
    attack.args(["-c", &connections, "-r", &connections, "-l", &seconds, "-p", "30"]);
    match slow {
        Slow::Headers => attack.args(["-H", "-i", "2", "-x", "24", "-u", &format!("{origin}/")]),
        Slow::Bodies => attack
            .args(["-B", "-i", "2", "-x", "24", "-s", "200000", "-f", "application/offset+octet-stream"])
            .args(["-u", &format!("{origin}/api/v1/uploads")]),
        // Each client requests the file several times, which exceeds what the system buffers.
        Slow::Reading => attack
            .args(["-X", "-n", "2", "-z", "32", "-w", "512", "-y", "1024", "-k", "3"])
            .args(["-u", &format!("{origin}{large_file}")]),
    };
    attack
}

/// Returns the page's address, its largest file's, and then those of its other files.
fn page_and_its_files(cluster: &ServerCluster) -> Vec<String> {
    let mut connection = Connection::open(cluster.addresses[0], 1).expect("the server takes a connection");
    let page = connection.request("GET", "/", &[], &[]).expect("the server answers").text();
    let named: BTreeSet<&str> = page.split('"').filter(|word| word.starts_with('/') && word.contains('.')).collect();
    let (large, others): (Vec<&str>, Vec<&str>) = named.into_iter().partition(|name| name.ends_with("_bg.wasm"));
    assert!(large.len() == 1 && others.len() >= 3, "{large:?}, {others:?}");
    ["/"].into_iter().chain(large).chain(others).map(str::to_owned).collect()
}
