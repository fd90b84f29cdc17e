//! Several servers over one `PostgreSQL`: each continues what another began, and all survive a crash of the database.

use std::{sync::Arc, thread, time::Duration};

use crate::{
    drivers::{
        concurrent_clients::{Acknowledged, ConcurrentClients, StoreDifferences, find},
        processes::wait_for,
        tus_client::{Connection, Upload},
    },
    fixtures::{postgres::Postgres, seeded_rng::SeededRng, server_cluster::ServerCluster},
};

const PEOPLE: usize = 8;
const FALLS: usize = 4;
/// The database is away for less than any client's patience.
const AWAY: Duration = Duration::from_millis(300);

fn two_servers(postgres: &Postgres, rng: &mut SeededRng) -> Arc<ServerCluster> {
    Arc::new(ServerCluster::of_several(2, &postgres.url(), rng))
}

fn assert_all_are_there(acknowledged: &[Acknowledged], cluster: &ServerCluster, server: usize) {
    let found = find(acknowledged, cluster, server);
    assert!(
        matches!(found, StoreDifferences { lost: 0, unknown: 0, retracted: 0 }),
        "of {} acknowledged: {found:?}",
        acknowledged.len()
    );
}

#[test]
fn an_upload_that_began_on_one_server_continues_on_another() {
    let mut rng = SeededRng::from_env_or_random();
    let postgres = Postgres::start();
    let cluster = two_servers(&postgres, &mut rng);
    let first = cluster.start(0);
    let _second = cluster.start(1);
    let mut connections = cluster.addresses.iter().map(|&address| Connection::open(address, 1).expect("a server is there"));
    let (mut one, mut other) = (connections.next().expect("two"), connections.next().expect("two"));

    let mut upload = Upload::new(cluster.sealed_file(768 * 1024, &mut rng));
    assert_eq!(upload.create(&mut one, 300_000).expect("an answer").status, 201);
    upload.offset = 0;
    assert_eq!(upload.fetch_offset(&mut other).expect("an answer").status, 200);
    assert_eq!(upload.offset, 300_000);
    assert_eq!(upload.append(&mut other, 200_000).expect("an answer").status, 204);
    assert_eq!(upload.append(&mut one, 100_000).expect("an answer").status, 204);
    // The server that served the upload last is killed.
    drop(first);
    assert_eq!(upload.append(&mut other, 768 * 1024).expect("an answer").status, 204);
    assert_all_are_there(&[Acknowledged::of(&upload)], &cluster, 1);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_database_crashes_and_a_server_is_killed() {
    let mut rng = SeededRng::from_env_or_random();
    let mut postgres = Postgres::start();
    let cluster = two_servers(&postgres, &mut rng);
    let (first, _second) = (cluster.start(0), cluster.start(1));
    let clients = ConcurrentClients::of(PEOPLE, &cluster, &mut rng);
    for fall in 1..=FALLS {
        // The database crashes only once uploads are under way.
        let before = clients.acknowledged_count();
        wait_for("somebody to be told that it is there", || (clients.acknowledged_count() > before).then_some(()));
        eprintln!("before fall {fall}: {} acknowledged", clients.acknowledged_count());
        thread::sleep(rng.millis(100..900));
        postgres.crash();
        thread::sleep(AWAY);
        postgres.restart();
    }
    thread::sleep(rng.millis(100..900));
    drop(first);
    thread::sleep(rng.millis(300..900));
    let acknowledged = clients.finish();
    eprintln!("{} registrations acknowledged", acknowledged.len());
    assert_all_are_there(&acknowledged, &cluster, 1);
    let _again = cluster.start(0);
    assert_all_are_there(&acknowledged, &cluster, 0);
}
