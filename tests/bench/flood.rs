//! Measures how new people register during a flood of unfinished uploads at the default limit, and the memory while thousands
//! write to one upload.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{durability::bytes_as_mb, print, server::cluster};
use crate::{
    drivers::tus_client::{Connection, Upload},
    e2e::upload_flood::{ADDRESSES, Flood, register},
    fixtures::seeded_rng::SeededRng,
};

/// The default of `limits.open_uploads`.
const PLACES: usize = 20_000;
const FILLED_WITHIN: Duration = Duration::from_mins(2);
const PEOPLE: usize = 20;
/// A new person's upload must end within this time.
const PERSON_GIVES_UP_AFTER: Duration = Duration::from_mins(1);
const THREADS: usize = 8;
/// The attacker's machine is as strong as the server's, since the test runs on the same one.
const WORKERS: usize = 2;
const WRITERS: usize = 3_000;
const PIECE: usize = 40_000;
const BUCKET_BYTES: usize = 12 << 20;

#[test]
#[ignore = "make bench runs it"]
fn a_new_person_is_received_while_a_flood_of_unfinished_uploads_holds_every_place() {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = cluster(&mut rng);
    // A server that asks for no proof of work is filled first; with it, filling would take hours.
    let mut unlimited = cluster.command(0);
    unlimited.env("AMANAT_LIMITS__OPEN_UPLOADS", "1000000").env("AMANAT_LIMITS__PROOF_OF_WORK_BITS", "0");
    let server = cluster.start_as(0, &mut unlimited);
    let begun = Instant::now();
    let flood = Flood::begin(cluster.addresses[0], THREADS, PLACES, &mut rng);
    while flood.announced() < PLACES && begun.elapsed() < FILLED_WITHIN {
        thread::sleep(Duration::from_millis(100));
    }
    let (taken, filled) = (flood.end(), begun.elapsed());
    assert_eq!(taken, PLACES, "the flood was too slow");
    drop(server);

    let mut limited = cluster.command(0);
    for (name, value) in [
        ("OPEN_UPLOADS", PLACES.to_string()),
        ("PROOF_OF_WORK_BITS", "4".to_owned()),
        ("FREE_UPLOADS_PER_MINUTE", "120".to_owned()),
        ("UPLOADS_PER_HOUR", "600".to_owned()),
        ("REQUESTS_PER_MINUTE", "3000".to_owned()),
    ] {
        limited.env(format!("AMANAT_LIMITS__{name}"), value);
    }
    let server = cluster.start_as(0, &mut limited);
    let rest = server.memory_bytes();
    let flood = Flood::begin(cluster.addresses[0], WORKERS, usize::MAX, &mut rng);
    let (mut times, mut peak) = (Vec::new(), 0);
    for person in 0..PEOPLE {
        let (_, time) = register(&cluster, person, &mut rng);
        peak = server.memory_bytes().max(peak);
        assert!(time < PERSON_GIVES_UP_AFTER, "person {person} waited for {time:?}");
        times.push(time.as_secs_f64());
    }
    let more = flood.end();
    assert_eq!(cluster.pull(0).len(), PEOPLE);
    let slowest = times.iter().copied().fold(0.0, f64::max);
    print(&format!(
        "flood: {PLACES} unfinished uploads from {ADDRESSES} addresses in {:.0} s, and {more} more with their work while {PEOPLE} \
         people register: the slowest in {slowest:.1} s (of {} allowed), median {:.1} s; server's memory {:.1} MB at first, at most \
         {:.1} MB",
        filled.as_secs_f64(),
        PERSON_GIVES_UP_AFTER.as_secs(),
        super::median(times),
        bytes_as_mb(rest),
        bytes_as_mb(peak),
    ));
}

#[test]
#[ignore = "make bench runs it"]
fn memory_while_thousands_write_to_one_upload() {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = cluster(&mut rng);
    let server = cluster.start(0);
    let mut upload = Upload::new(cluster.sealed_file(BUCKET_BYTES, &mut rng));
    let connect = || Connection::open(cluster.addresses[0], 1).expect("the server takes a connection");
    assert_eq!(upload.create(&mut connect(), 0).expect("the server answers").status, 201);
    let location = upload.location.clone().expect("it has begun");
    let rest = server.memory_bytes();
    let headers = [("Upload-Offset", "0"), ("Content-Type", "application/offset+octet-stream")];
    let (mut writers, mut peak) = (Vec::new(), 0);
    for number in 0..WRITERS {
        let mut writer = connect();
        writer.send_head("PATCH", &location, &headers, BUCKET_BYTES).expect("the server reads");
        // The server may end an older writer while that still sends.
        let _ = writer.send(&upload.bytes[..PIECE.min(BUCKET_BYTES)]);
        writers.push(writer);
        if number % 100 == 0 {
            peak = server.memory_bytes().max(peak);
        }
    }
    peak = server.memory_bytes().max(peak);
    print(&format!(
        "flood: {WRITERS} writers to one upload: server's memory {:.1} MB at first, at most {:.1} MB",
        bytes_as_mb(rest),
        bytes_as_mb(peak)
    ));
}
