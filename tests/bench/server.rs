//! Measures the release build of the server on this disk.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{median, print};
use crate::{
    drivers::{
        processes::{required_path, target},
        tus_client::{Connection, Upload},
    },
    fixtures::{power_loss::slow_fsync, seeded_rng::SeededRng, server_cluster::ServerCluster},
};

const BUCKET_BYTES: usize = 32 * 1024;
const MEASURED: Duration = Duration::from_secs(4);
const ROUNDS: usize = 3;
const SLOW_PER_SEC: f64 = 300.0;
const STARTS: usize = 5;
/// A database writes pages of this size.
const PAGE: [u8; 4096] = [0x5a; 4096];

/// Returns the server's release build.
pub(super) fn program() -> PathBuf {
    required_path("AMANAT_BENCH_BIN").join("amanat")
}

#[test]
#[ignore = "make bench runs it"]
fn durable_registrations_per_second() {
    let mut rng = SeededRng::from_env_or_random();
    let mut fsyncs = Vec::new();
    let mut registrations = [1, 16, 64].map(|people| (people, Vec::new()));
    for _ in 0..ROUNDS {
        let cluster = Arc::new(cluster(&mut rng));
        let _server = cluster.start(0);
        fsyncs.push(fsyncs_per_sec(&cluster.data()));
        for (people, measured) in &mut registrations {
            measured.push(registrations_per_sec(&cluster, *people, &mut rng));
        }
    }
    let fsyncs = median(fsyncs);
    for (people, measured) in registrations {
        let per_sec = median(measured);
        print(&format!(
            "durable registrations: {per_sec:.0} per second from {people} people, {:.1} times the {fsyncs:.0} fsyncs per second of \
             this disk",
            per_sec / fsyncs
        ));
    }

    let cluster = Arc::new(cluster(&mut rng));
    let mut command = cluster.command(0);
    slow_fsync(&mut command, Duration::from_secs_f64(1.0 / SLOW_PER_SEC));
    let _server = cluster.start_as(0, &mut command);
    let per_sec = registrations_per_sec(&cluster, 64, &mut rng);
    print(&format!(
        "durable registrations: {per_sec:.0} per second from 64 people where fsync is slowed to {SLOW_PER_SEC:.0} per second, {:.1} \
         times that (of 5 wanted)",
        per_sec / SLOW_PER_SEC
    ));
}

#[test]
#[ignore = "make bench runs it"]
fn time_from_start_to_ready() {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = cluster(&mut rng);
    let times = (0..STARTS).map(|_| {
        let begun = Instant::now();
        let server = cluster.start(0);
        let time = begun.elapsed().as_secs_f64() * 1000.0;
        drop(server);
        time
    });
    print(&format!("start to ready: {:.0} ms", median(times.collect())));
}

/// Starts a cluster of the release build. Its folder is below cargo's target folder, since `/tmp` may be in memory.
pub(super) fn cluster(rng: &mut SeededRng) -> ServerCluster {
    ServerCluster::of_build(&program(), &target(), rng)
}

/// Counts how often one page can be written and synced per second.
fn fsyncs_per_sec(folder: &Path) -> f64 {
    let path = folder.join("fsyncs");
    let file = File::create(&path).expect("the folder is ours");
    let (begun, mut count) = (Instant::now(), 0_u32);
    while begun.elapsed() < MEASURED {
        file.write_all_at(&PAGE, u64::from(count % 64) * 4096).expect("there is room");
        file.sync_data().expect("the disk works");
        count += 1;
    }
    fs::remove_file(path).expect("the file is ours");
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// Counts how many small files this many people send per second, each in one request over a connection of its own.
fn registrations_per_sec(cluster: &Arc<ServerCluster>, people: usize, rng: &mut SeededRng) -> f64 {
    let (counting, done, count) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let senders: Vec<_> = (1..=people)
        .map(|number| {
            let (cluster, counting, done, count) =
                (Arc::clone(cluster), Arc::clone(&counting), Arc::clone(&done), Arc::clone(&count));
            let mut rng = rng.fork();
            thread::spawn(move || {
                let mut connection = Connection::open(cluster.addresses[0], number).expect("the server takes a connection");
                // Files differ in their last bytes only, so that the clients cost little CPU.
                let mut file = cluster.sealed_file(BUCKET_BYTES, &mut rng);
                let end = file.len() - 16;
                while !done.load(Ordering::Relaxed) {
                    file[end..].copy_from_slice(&rng.bytes(16));
                    let mut upload = Upload::new(file.clone());
                    let whole = upload.bytes.len();
                    let answer = upload.create(&mut connection, whole).expect("the server answers");
                    assert!(upload.is_acknowledged(), "{} {}", answer.status, answer.text());
                    if counting.load(Ordering::Relaxed) {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    // The first half second is not measured, since connections are being opened.
    thread::sleep(Duration::from_millis(500));
    counting.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    thread::sleep(MEASURED);
    let registered = count.load(Ordering::Relaxed);
    let time = begun.elapsed().as_secs_f64();
    done.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.join().expect("the server answers everybody");
    }
    f64::from(u32::try_from(registered).expect("a few thousand")) / time
}
