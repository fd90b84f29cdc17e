//! Several servers behind one `PostgreSQL`: each goes on with what another began, and none minds when the database falls over.

use std::{sync::Arc, thread, time::Duration};

use crate::{
    drivers::{
        concurrent_clients::{Acknowledged, Crowd, Found, find},
        processes::wait_for,
        tus_client::{Connection, Upload},
    },
    fixtures::{postgres::Postgres, seeded_rng::Chance, server_cluster::ServerCluster},
};

const PEOPLE: usize = 8;
const FALLS: usize = 4;
/// Less than any client's patience.
const AWAY: Duration = Duration::from_millis(300);

fn two_servers(postgres: &Postgres, chance: &mut Chance) -> Arc<ServerCluster> {
    Arc::new(ServerCluster::of_several(2, &postgres.url(), chance))
}

fn assert_all_are_there(acknowledged: &[Acknowledged], cluster: &ServerCluster, server: usize) {
    let found = find(acknowledged, cluster, server);
    assert!(matches!(found, Found { lost: 0, unknown: 0, taken_back: 0 }), "of {} acknowledged: {found:?}", acknowledged.len());
}

#[test]
fn an_upload_that_began_on_one_server_goes_on_on_another() {
    let mut chance = Chance::of_this_run();
    let postgres = Postgres::start();
    let cluster = two_servers(&postgres, &mut chance);
    let first = cluster.start(0);
    let _second = cluster.start(1);
    let mut connections = cluster.addresses.iter().map(|&address| Connection::open(address, 1).expect("a server is there"));
    let (mut one, mut other) = (connections.next().expect("two"), connections.next().expect("two"));

    let mut upload = Upload::new(cluster.sealed_file(768 * 1024, &mut chance));
    assert_eq!(upload.create(&mut one, 300_000).expect("an answer").status, 201);
    upload.offset = 0;
    assert_eq!(upload.look(&mut other).expect("an answer").status, 200);
    assert_eq!(upload.offset, 300_000);
    assert_eq!(upload.go_on(&mut other, 200_000).expect("an answer").status, 204);
    assert_eq!(upload.go_on(&mut one, 100_000).expect("an answer").status, 204);
    // The one that was at it last dies.
    drop(first);
    assert_eq!(upload.go_on(&mut other, 768 * 1024).expect("an answer").status, 204);
    assert_all_are_there(&[Acknowledged::of(&upload)], &cluster, 1);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_database_falls_over_and_a_server_dies() {
    let mut chance = Chance::of_this_run();
    let mut postgres = Postgres::start();
    let cluster = two_servers(&postgres, &mut chance);
    let (first, _second) = (cluster.start(0), cluster.start(1));
    let crowd = Crowd::of(PEOPLE, &cluster, &mut chance);
    for fall in 1..=FALLS {
        // However slow the machine, something is on its way.
        let before = crowd.told();
        wait_for("somebody to be told that it is there", || (crowd.told() > before).then_some(()));
        eprintln!("before fall {fall}: {} acknowledged", crowd.told());
        thread::sleep(chance.millis(100..900));
        postgres.fall_over();
        thread::sleep(AWAY);
        postgres.start_again();
    }
    thread::sleep(chance.millis(100..900));
    drop(first);
    thread::sleep(chance.millis(300..900));
    let acknowledged = crowd.ends();
    eprintln!("{} registrations acknowledged", acknowledged.len());
    assert_all_are_there(&acknowledged, &cluster, 1);
    let _again = cluster.start(0);
    assert_all_are_there(&acknowledged, &cluster, 0);
}
