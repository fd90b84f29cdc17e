//! Measures a thousand people on slow networks, each with a large file.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{durability::bytes_as_mb, print, server::cluster};
use crate::{
    drivers::tus_client::{Connection, begin_upload},
    fixtures::{seeded_rng::SeededRng, server_cluster::ServerCluster},
};

const PEOPLE: usize = 1_000;
const THREADS: usize = 8;
/// The bucket of a file of 10 MB.
const BUCKET_BYTES: usize = 12 << 20;
/// Each client begins with this many bytes, which include the age header.
const AT_ONCE: usize = 8 * 1024;
/// A client on a 2G network sends this piece every pause: 20 KB a second.
const PIECE: usize = 4_000;
const PAUSE: Duration = Duration::from_millis(200);
const MEASURED: Duration = Duration::from_secs(75);
const LOOK_EVERY: Duration = Duration::from_millis(250);

#[test]
#[ignore = "make bench runs it"]
fn memory_at_rest_and_while_a_thousand_upload_slowly() {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = Arc::new(cluster(&mut rng));
    let server = cluster.start(0);
    let rest = server.memory_bytes();
    let file = Arc::new(cluster.sealed_file(BUCKET_BYTES, &mut rng));
    let (done, sent, broken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let senders: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (cluster, file) = (Arc::clone(&cluster), Arc::clone(&file));
            let (done, sent, broken) = (Arc::clone(&done), Arc::clone(&sent), Arc::clone(&broken));
            thread::spawn(move || {
                let mut connections: Vec<Connection> =
                    (0..PEOPLE / THREADS).map(|number| begun(&cluster, thread * PEOPLE / THREADS + number, &file)).collect();
                while !done.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    connections.retain_mut(|connection| {
                        let fits = connection.send_what_fits(&file[AT_ONCE..AT_ONCE + PIECE]);
                        match &fits {
                            Ok(bytes) => sent.fetch_add(*bytes as u64, Ordering::Relaxed),
                            Err(_) => broken.fetch_add(1, Ordering::Relaxed),
                        };
                        fits.is_ok()
                    });
                    thread::sleep(PAUSE.saturating_sub(begun.elapsed()));
                }
            })
        })
        .collect();
    let (begun, mut peak, mut open) = (Instant::now(), 0, 0);
    for look in 0.. {
        if begun.elapsed() >= MEASURED {
            break;
        }
        thread::sleep(LOOK_EVERY);
        if look % 20 == 0 {
            let (memory, sent) = (server.memory_bytes(), sent.load(Ordering::Relaxed));
            eprintln!("{:?}: {:.0} MB, {:.0} MB arrived", begun.elapsed(), bytes_as_mb(memory), bytes_as_mb(sent));
        }
        peak = server.memory_bytes().max(peak);
        open = server.open_sockets().max(open);
    }
    done.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.join().expect("everybody was let in");
    }
    print(&format!(
        "server's memory: {:.1} MB at rest (of 30 allowed), at most {:.1} MB while {PEOPLE} people upload 12 MB each at 20 KB a \
         second ({open} connections at most, {} broke; {:.0} MB arrived in {} s): {:.1} KB a person",
        bytes_as_mb(rest),
        bytes_as_mb(peak),
        broken.load(Ordering::Relaxed),
        bytes_as_mb(sent.load(Ordering::Relaxed)),
        MEASURED.as_secs(),
        bytes_as_mb(peak.saturating_sub(rest)),
    ));
}

/// Opens a connection and sends the beginning of a file.
fn begun(cluster: &ServerCluster, person: usize, file: &[u8]) -> Connection {
    let mut connection = Connection::open(cluster.addresses[0], person).expect("the server takes a connection");
    begin_upload(&mut connection, file.len()).expect("the server reads");
    connection.send(&file[..AT_ONCE]).expect("the server reads");
    connection
}
