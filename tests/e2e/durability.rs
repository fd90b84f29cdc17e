//! Every acknowledged registration is on the server, whole and once, whenever the server is killed or the power fails.

use std::{sync::Arc, thread};

use crate::{
    drivers::{
        concurrent_clients::{Acknowledged, ConcurrentClients, StoreDifferences, find},
        processes::{BackgroundProcess, wait_for},
    },
    fixtures::{
        power_loss::{Disk, Fsync},
        seeded_rng::SeededRng,
        server_cluster::ServerCluster,
    },
};

const PEOPLE: usize = 16;
const KILLS: usize = 8;

/// The way in which a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// SIGKILL, which leaves in place what the server wrote to the operating system.
    Kill,
    /// SIGKILL and a power cut, which loses what was not synced.
    PowerCut(Fsync),
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    assert_nothing_is_lost(KILLS, End::Kill);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_fails() {
    assert_nothing_is_lost(KILLS, End::PowerCut(Fsync::Real));
}

#[test]
fn a_server_without_fsync_loses_registrations_when_the_power_fails_and_this_is_noticed() {
    let (acknowledged, found) = trial(KILLS, End::PowerCut(Fsync::Ignored));
    assert!(found.lost > 0 && found.retracted > 0, "of {} acknowledged: {found:?}", acknowledged.len());
}

/// Ends the server this many times, and asserts that every acknowledged registration is there. Returns how many.
pub(crate) fn assert_nothing_is_lost(kills: usize, end: End) -> usize {
    let (acknowledged, found) = trial(kills, end);
    let StoreDifferences { lost: 0, unknown: 0, retracted: 0 } = found else {
        panic!("of {} acknowledged: {found:?}", acknowledged.len());
    };
    acknowledged.len()
}

/// Ends the server this many times at random moments while clients send, and once more when they have finished.
fn trial(times: usize, end: End) -> (Vec<Acknowledged>, StoreDifferences) {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = Arc::new(ServerCluster::of_one(&mut rng));
    let disk = match end {
        End::Kill => None,
        End::PowerCut(fsync) => Some(Disk::new(&cluster.data(), &cluster.sibling("safe"), fsync)),
    };
    let mut server = started(&cluster, disk.as_ref());
    let clients = ConcurrentClients::of(PEOPLE, &cluster, &mut rng);
    for life in 0..times {
        // Some runs of the server are too short for any upload; every other one lasts until another one is acknowledged.
        let before = clients.acknowledged_count();
        if life % 2 == 0 {
            wait_for("somebody to be told that it is there", || (clients.acknowledged_count() > before).then_some(()));
        }
        thread::sleep(rng.millis(20..600));
        server = ended_and_started(server, &cluster, disk.as_ref(), &mut rng);
    }
    let acknowledged = clients.finish();
    let _server = ended_and_started(server, &cluster, disk.as_ref(), &mut rng);
    let found = find(&acknowledged, &cluster, 0);
    eprintln!("{times} times {end:?}: {} registrations acknowledged; {found:?}", acknowledged.len());
    (acknowledged, found)
}

fn started(cluster: &ServerCluster, disk: Option<&Disk>) -> BackgroundProcess {
    let mut command = cluster.command(0);
    if let Some(disk) = disk {
        disk.below(&mut command);
    }
    cluster.start_as(0, &mut command)
}

fn ended_and_started(
    server: BackgroundProcess,
    cluster: &ServerCluster,
    disk: Option<&Disk>,
    rng: &mut SeededRng,
) -> BackgroundProcess {
    drop(server);
    if let Some(disk) = disk {
        disk.cut_power(rng);
    }
    started(cluster, disk)
}
