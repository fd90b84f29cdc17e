//! Clients that send at the same time, whatever happens to the server, and record what it acknowledged.

use std::{
    collections::BTreeSet,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{
    drivers::{
        browser::PATIENCE,
        tus_client::{Connection, Upload},
    },
    fixtures::{seeded_rng::SeededRng, server_cluster::ServerCluster},
};

/// The pause before a client tries again after an error or after a response that asks it to come back.
const RETRY_PAUSE: Duration = Duration::from_millis(20);
/// Most files are as small as a form without documents.
const BUCKETS: [usize; 6] = [32 << 10, 32 << 10, 32 << 10, 48 << 10, 192 << 10, 768 << 10];

/// A registration that the server has acknowledged.
#[derive(Clone)]
pub(crate) struct Acknowledged {
    sha256: String,
    location: String,
}

impl Acknowledged {
    /// Records a complete upload.
    pub(crate) fn of(upload: &Upload) -> Self {
        assert!(upload.is_acknowledged(), "nobody was told that it is there");
        Self { sha256: upload.sha256(), location: upload.location.clone().expect("it has begun") }
    }
}

/// Clients that are sending, each in a thread.
pub(crate) struct ConcurrentClients {
    people: Vec<JoinHandle<()>>,
    stopped: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
}

impl ConcurrentClients {
    /// Starts this many clients; each chooses any of the cluster's servers for each connection.
    pub(crate) fn of(people: usize, cluster: &Arc<ServerCluster>, rng: &mut SeededRng) -> Self {
        let (stopped, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let people = (1..=people).map(|number| {
            let (cluster, stopped, acknowledged) = (Arc::clone(cluster), Arc::clone(&stopped), Arc::clone(&acknowledged));
            let mut rng = rng.fork();
            thread::spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    let bucket = BUCKETS[rng.in_range(0..BUCKETS.len())];
                    let mut upload = Upload::new(cluster.sealed_file(bucket, &mut rng));
                    let addresses = &cluster.addresses;
                    send(&mut upload, addresses, number, &mut rng);
                    acknowledged.lock().expect("nobody panics with it").push(Acknowledged::of(&upload));
                    thread::sleep(rng.millis(0..30));
                }
            })
        });
        Self { people: people.collect(), stopped, acknowledged }
    }

    pub(crate) fn acknowledged_count(&self) -> usize {
        self.acknowledged.lock().expect("nobody panics with it").len()
    }

    /// Lets every client finish its upload, and returns everything that was acknowledged.
    pub(crate) fn finish(self) -> Vec<Acknowledged> {
        self.stopped.store(true, Ordering::Relaxed);
        for person in self.people {
            person.join().expect("somebody could not send; see above");
        }
        let acknowledged = self.acknowledged.lock().expect("nobody panics with it");
        acknowledged.clone()
    }
}

/// Sends a whole file, in one piece or several, and resumes as often as necessary. It fails if nothing advances for `PATIENCE`.
pub(crate) fn send(upload: &mut Upload, addresses: &[SocketAddr], person: usize, rng: &mut SeededRng) {
    let at_once = rng.one_in(2);
    let mut last_step = Instant::now();
    while !upload.is_acknowledged() {
        let before = upload.offset;
        let address = addresses[rng.in_range(0..addresses.len())];
        let step = Connection::open(address, person).and_then(|mut connection| advance(upload, &mut connection, at_once, rng));
        if upload.offset > before {
            last_step = Instant::now();
        }
        assert!(last_step.elapsed() < PATIENCE, "no step forward for too long; the last attempt: {step:?}");
        if step.is_err() {
            thread::sleep(RETRY_PAUSE);
        }
    }
}

/// Sends as much as one connection allows.
fn advance(upload: &mut Upload, connection: &mut Connection, at_once: bool, rng: &mut SeededRng) -> io::Result<()> {
    if upload.location.is_some() {
        retry_unless(upload.fetch_offset(connection)?.status, &[200, 404, 410])?;
    }
    while !upload.is_acknowledged() {
        let left = upload.bytes.len() - upload.offset;
        let piece = if at_once { left } else { rng.in_range(1..left + 1).min(200_000) };
        let (answer, good) = if upload.location.is_some() {
            (upload.append(connection, piece)?, 204)
        } else {
            let first = if at_once || rng.one_in(2) { piece } else { 0 };
            (upload.create(connection, first)?, 201)
        };
        if answer.status != good {
            // 409 means that the server's offset differs from the client's, as after a kill.
            retry_unless(answer.status, &[]).inspect_err(|_| assert!(asks_to_retry(answer.status), "{}", answer.text()))?;
        }
    }
    Ok(())
}

/// Returns whether a status asks the client to look or to come back; no such status refuses a good file.
fn asks_to_retry(status: u16) -> bool {
    matches!(status, 404 | 409 | 410 | 429 | 500 | 502 | 503 | 507)
}

fn retry_unless(status: u16, good: &[u16]) -> io::Result<()> {
    if good.contains(&status) { Ok(()) } else { Err(io::Error::other(format!("the server answered {status}"))) }
}

/// The differences between what was acknowledged and what the server has.
#[derive(Debug)]
pub(crate) struct StoreDifferences {
    /// Acknowledged, but missing on the server.
    pub(crate) lost: usize,
    /// On the server, but never acknowledged.
    pub(crate) unknown: usize,
    /// Acknowledged, but later reported as incomplete.
    pub(crate) retracted: usize,
}

/// Compares what was acknowledged with what a reviewer pulls from a server, and with the offsets that it reports.
pub(crate) fn find(acknowledged: &[Acknowledged], cluster: &ServerCluster, server: usize) -> StoreDifferences {
    let there = cluster.pull(server);
    let ids: BTreeSet<String> = acknowledged.iter().map(|one| one.sha256.clone()).collect();
    let mut connection = Connection::open(cluster.addresses[server], 0).expect("the server is there");
    let retracted = acknowledged.iter().filter(|one| {
        let answer = connection.request("HEAD", &one.location, &[], &[]).expect("the server answers");
        answer.status != 200 || answer.header("upload-offset") != answer.header("upload-length")
    });
    StoreDifferences { retracted: retracted.count(), lost: ids.difference(&there).count(), unknown: there.difference(&ids).count() }
}
