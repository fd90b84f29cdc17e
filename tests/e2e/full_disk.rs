//! A disk that fills up and is emptied again: the server refuses what it cannot store, says why, and needs no restart.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use serde_json::Value;

use crate::{
    drivers::{
        concurrent_clients::{Acknowledged, StoreDifferences, find, send},
        http::{Response, request},
        processes::{files_in, program_with_test_roots},
        tus_client::{Connection, Upload},
    },
    fixtures::{seeded_rng::SeededRng, server_cluster::ServerCluster},
};

const DISK: &str = "size=24m";
const BUCKET_BYTES: usize = 192 * 1024;
const REFUSED: usize = 4;
const REVIEWERS_VISITS: usize = 7;

#[test]
fn a_full_disk_is_reported_loses_nothing_and_needs_no_restart() {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = Arc::new(ServerCluster::of_one(&mut rng));
    let disk = SmallDisk::mount(&cluster.data());
    let server = cluster.start(0);
    let address = cluster.addresses[0];
    let mut connection = Connection::open(address, 1).expect("the server is there");

    let mut acknowledged = Vec::new();
    let mut begun = Upload::new(cluster.sealed_file(BUCKET_BYTES, &mut rng));
    assert_eq!(begun.create(&mut connection, BUCKET_BYTES / 2).expect("an answer").status, 201);
    disk.fill();
    // The space that the database has already reserved still takes some uploads.
    let mut refused: Vec<Upload> = Vec::new();
    while refused.len() < REFUSED {
        let mut upload = Upload::new(cluster.sealed_file(BUCKET_BYTES, &mut rng));
        let whole = upload.bytes.len();
        let answer = upload.create(&mut connection, whole).expect("an answer");
        if upload.is_acknowledged() {
            acknowledged.push(Acknowledged::of(&upload));
        } else {
            assert_says_that_it_is_full(&answer);
            refused.push(upload);
        }
        assert!(acknowledged.len() * BUCKET_BYTES < 24 << 20, "the disk does not fill up");
    }
    // The upload has 96 KiB more to store than there is room for, and its offset stays.
    let offset = begun.offset;
    let rest = begun.bytes.len() - offset;
    assert_says_that_it_is_full(&begun.append(&mut connection, rest).expect("an answer"));
    assert_eq!(begun.fetch_offset(&mut connection).expect("an answer").status, 200);
    assert_eq!(begun.offset, offset);
    // Other requests that would write meet the full disk, too. SQLite then ends a transaction by itself; this happens here more
    // often than there are connections.
    for _ in 0..REVIEWERS_VISITS {
        cluster.visit(0);
    }
    let page = request("GET", &format!("http://{address}/"), &[], &[]);
    assert!(page.status == 200 && page.text().contains("<html"), "nobody can read the form any more: {}", page.status);

    disk.empty();
    refused.push(begun);
    for upload in &mut refused {
        send(upload, &cluster.addresses, 1, &mut rng);
        acknowledged.push(Acknowledged::of(upload));
    }
    assert_all_are_there(&acknowledged, &cluster);
    drop(server);
    let _again = cluster.start(0);
    assert_all_are_there(&acknowledged, &cluster);
}

fn assert_says_that_it_is_full(answer: &Response) {
    assert_eq!(answer.status, 507, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let come_back = answer.header("retry-after").and_then(|secs| secs.parse::<u32>().ok());
    assert!(come_back.is_some_and(|secs| secs > 0), "{:?}", answer.headers);
    let problem: Value = serde_json::from_slice(&answer.body).expect("a problem is JSON");
    assert_eq!(problem["code"], "full");
    assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
}

fn assert_all_are_there(acknowledged: &[Acknowledged], cluster: &ServerCluster) {
    let found = find(acknowledged, cluster, 0);
    assert!(
        matches!(found, StoreDifferences { lost: 0, unknown: 0, retracted: 0 }),
        "of {} acknowledged: {found:?}",
        acknowledged.len()
    );
}

#[test]
fn a_restore_onto_a_full_disk_reports_it_and_leaves_nothing_half_written() {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = Arc::new(ServerCluster::of_one(&mut rng));
    let server = cluster.start(0);
    let mut connection = Connection::open(cluster.addresses[0], 1).expect("the server is there");
    let mut upload = Upload::new(cluster.sealed_file(BUCKET_BYTES, &mut rng));
    let whole = upload.bytes.len();
    upload.create(&mut connection, whole).expect("an answer");
    assert!(upload.is_acknowledged());
    let backup = cluster.sibling("backup");
    let amanat = |what: &str| {
        let mut command = Command::new(program_with_test_roots("amanat"));
        command.arg(what).arg("--config").arg(cluster.config_file()).arg(&backup);
        command.output().expect("it runs")
    };
    assert!(amanat("backup").status.success());
    server.stop();

    // A new disk has neither the database nor the journal.
    let disk = SmallDisk::mount(&cluster.data());
    disk.fill();
    let refused = amanat("restore");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("no space left on device"), "{said}");
    assert!(said.contains("Nothing was left half-written"), "{said}");
    let left = || files_in(&cluster.data()).iter().map(|file| file.file_name().expect("a name").to_owned()).collect::<Vec<_>>();
    assert_eq!(left(), ["ballast"]);
    disk.empty();
    let restored = amanat("restore");
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert!(String::from_utf8_lossy(&restored.stdout).contains("amanat.sqlite: 1 sealed files"));
    assert_eq!(left(), ["amanat.sqlite", "amanat.sqlite.journal"]);
}

/// A small disk in memory, which a ballast file fills.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts a small disk at a folder, and fails where that is not possible.
    fn mount(folder: &Path) -> Self {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "none"]).arg(folder).output();
        let why = match mounted {
            Ok(output) if output.status.success() => return Self(folder.to_owned()),
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => error.to_string(),
        };
        panic!("this test needs a small disk, and only root may mount a tmpfs: {}", why.trim());
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Writes the ballast until nothing more fits.
    fn fill(&self) {
        let mut ballast = File::create(self.ballast()).expect("there is room for a name");
        let piece = [0; 4096];
        while ballast.write_all(&piece).is_ok() {}
    }

    fn empty(&self) {
        fs::remove_file(self.ballast()).expect("it is ours");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The unmount is lazy, since a server that still runs holds the disk.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
