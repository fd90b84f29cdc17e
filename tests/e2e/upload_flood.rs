//! A client announces more uploads than there are places, again and again, and sends nothing: everybody else is served.

use std::{
    collections::BTreeSet,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{
    drivers::{
        http::Response,
        tus_client::{Connection, Upload},
    },
    fixtures::{seeded_rng::SeededRng, server_cluster::ServerCluster},
};

const PLACES: usize = 16;
/// The number of announced uploads beyond the number of places.
const BEYOND: usize = 6;
const PEOPLE: usize = 2;
/// The number of attempts after a network error.
const TRIES: usize = 5;
/// The smallest bucket of a form without documents.
const BUCKET_BYTES: usize = 32 * 1024;
const ANNOUNCED_BYTES: usize = 50_000;
/// A person on 2G sends pieces of this size.
const PIECE: usize = 12_000;
/// The attacker uses this many addresses; people use those behind them.
pub(crate) const ADDRESSES: usize = 45;

/// A flood of announced uploads from many addresses, of which nothing is sent.
pub(crate) struct Flood {
    threads: Vec<JoinHandle<()>>,
    ended: Arc<AtomicBool>,
    announced: Arc<AtomicUsize>,
}

impl Flood {
    /// Starts the flood in this many threads; it ends after `most` announcements or when it is told to.
    pub(crate) fn begin(address: SocketAddr, threads: usize, most: usize, rng: &mut SeededRng) -> Self {
        let (ended, announced, begun) =
            (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let thread = |_| {
            let (ended, announced, begun) = (Arc::clone(&ended), Arc::clone(&announced), Arc::clone(&begun));
            let mut rng = rng.fork();
            thread::spawn(move || {
                while !ended.load(Ordering::Relaxed) && begun.fetch_add(1, Ordering::Relaxed) < most {
                    // The attacker ignores refusals.
                    if announce(address, &mut rng).is_ok_and(|answer| answer.status == 201) {
                        announced.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        };
        let threads = (0..threads).map(thread).collect();
        Self { threads, ended, announced }
    }

    /// Returns how many uploads the server admitted.
    pub(crate) fn announced(&self) -> usize {
        self.announced.load(Ordering::Relaxed)
    }

    /// Waits until all announcements are made; returns how many the server admitted.
    pub(crate) fn wait(self) -> usize {
        for thread in self.threads {
            thread.join().expect("a flood does not panic");
        }
        self.announced.load(Ordering::Relaxed)
    }

    /// Ends the flood; returns how many uploads the server admitted.
    pub(crate) fn end(self) -> usize {
        self.ended.store(true, Ordering::Relaxed);
        self.wait()
    }
}

fn announce(address: SocketAddr, rng: &mut SeededRng) -> io::Result<Response> {
    let mut connection = Connection::open(address, rng.in_range(0..ADDRESSES))?;
    Upload::new([rng.bytes(16), vec![0; ANNOUNCED_BYTES - 16]].concat()).create(&mut connection, 0)
}

/// Sends a registration; returns it and the time that it took.
pub(crate) fn register(cluster: &ServerCluster, person: usize, rng: &mut SeededRng) -> (Upload, Duration) {
    let begun = Instant::now();
    let mut upload = Upload::new(cluster.sealed_file(BUCKET_BYTES, rng));
    let mut connection = Connection::open(cluster.addresses[0], ADDRESSES + person).expect("the server takes a connection");
    for _ in 0..TRIES {
        let answer = upload.create(&mut connection, 0).expect("the server answers");
        assert_eq!(answer.status, 201, "person {person} is shut out: {}", answer.text());
        while !upload.is_acknowledged() {
            let answer = upload.append(&mut connection, PIECE).expect("the server answers");
            if answer.status != 204 {
                // Another upload took its place before it had sent anything, so it begins again, as a phone does.
                assert!(matches!(answer.status, 404 | 409), "{}", answer.text());
                (upload.location, upload.offset) = (None, 0);
                break;
            }
        }
        if upload.is_acknowledged() {
            break;
        }
    }
    assert!(upload.is_acknowledged(), "person {person} came as far as {} of {}", upload.offset, upload.bytes.len());
    (upload, begun.elapsed())
}

#[test]
fn a_flood_of_unfinished_uploads_shuts_nobody_out_and_an_upload_that_advances_keeps_its_place() {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = ServerCluster::of_one(&mut rng);
    let mut command = cluster.command(0);
    command.env("AMANAT_LIMITS__OPEN_UPLOADS", PLACES.to_string()).env("AMANAT_LIMITS__PROOF_OF_WORK_BITS", "4");
    let _server = cluster.start_as(0, &mut command);
    let address = cluster.addresses[0];
    let connect = || Connection::open(address, ADDRESSES).expect("the server takes a connection");

    let mut forgotten = Upload::new(cluster.sealed_file(BUCKET_BYTES, &mut rng));
    assert_eq!(forgotten.create(&mut connect(), 0).expect("the server answers").status, 201);
    let mut slow = Upload::new(cluster.sealed_file(4 * BUCKET_BYTES, &mut rng));
    assert_eq!(slow.create(&mut connect(), 0).expect("the server answers").status, 201);
    assert_eq!(slow.append(&mut connect(), PIECE).expect("the server answers").status, 204);

    let announced = Flood::begin(address, 2, PLACES + BEYOND, &mut rng).wait();
    assert_eq!(slow.append(&mut connect(), PIECE).expect("the server answers").status, 204, "a slow phone lost its place");
    assert_eq!(announced, PLACES + BEYOND, "somebody was refused");
    assert_eq!(forgotten.fetch_offset(&mut connect()).expect("the server answers").status, 404, "nobody made room");

    let mut registered = BTreeSet::new();
    for person in 0..PEOPLE {
        let (upload, time) = register(&cluster, person, &mut rng);
        eprintln!("person {person}: {time:?}");
        registered.insert(upload.sha256());
    }
    // An upload that has lost its place begins again.
    let mut anew = Upload::new(forgotten.bytes);
    assert_eq!(anew.create(&mut connect(), anew.bytes.len()).expect("the server answers").status, 201);
    while !slow.is_acknowledged() {
        assert_eq!(slow.append(&mut connect(), PIECE).expect("the server answers").status, 204, "a slow phone lost its place");
    }
    registered.extend([anew.sha256(), slow.sha256()]);
    assert_eq!(cluster.pull(0), registered);
}
