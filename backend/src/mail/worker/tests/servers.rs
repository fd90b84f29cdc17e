//! Several servers with one database.

use super::*;
use crate::store::tests::postgres::Postgres;

/// Opens two stores on each kind of database. The third value keeps the database alive.
async fn store_pairs() -> Vec<(Store, Store, (tempfile::TempDir, Option<Postgres>))> {
    let mut urls = Vec::new();
    let dir = tempfile::tempdir().unwrap();
    urls.push((format!("sqlite://{}/amanat.sqlite", dir.path().display()), (dir, None)));
    let postgres = Postgres::start();
    urls.push((postgres.url(), (tempfile::tempdir().unwrap(), Some(postgres))));
    let mut store_pairs = Vec::new();
    for (url, database) in urls {
        store_pairs.push((Store::open(&url).await.unwrap(), Store::open(&url).await.unwrap(), database));
    }
    store_pairs
}

#[tokio::test]
async fn of_two_servers_exactly_one_sends_each_mail() {
    for (one, two, _database) in store_pairs().await {
        let (server, clock) = (Server::start(Behaviour::Fine).await, Clock::standing_at(TICK));
        let (first, second) = (worker(&one, patient(&server)), worker(&two, patient(&server)));
        tokio::join!(first.tick(&clock), second.tick(&clock));
        for number in 0..20 {
            register(if number % 2 == 0 { &one } else { &two }, number, &["reviewer-1", "reviewer-2"]).await;
            clock.advance(Duration::from_hours(1));
            tokio::join!(first.tick(&clock), second.tick(&clock));
            assert_eq!(server.received().len(), 2 * (usize::from(number) + 1));
        }
        assert!(server.received().iter().all(|received| received.text.contains("1 file waits.")));
        assert_all_sent(&one).await;
    }
}

#[tokio::test]
async fn a_dead_servers_mail_is_sent_by_another_once_the_lease_ends() {
    for (one, two, _database) in store_pairs().await {
        let (server, clock) = (Server::start(Behaviour::SilentAfterMail).await, Clock::standing_at(TICK));
        let (first, second) = (worker(&one, patient(&server)), worker(&two, patient(&server)));
        tokio::join!(first.tick(&clock), second.tick(&clock));
        let files = [register(&one, 1, &["reviewer-1"]).await, register(&one, 2, &["reviewer-1"]).await];
        clock.advance(Duration::from_hours(1));
        // The first server dies between sending and recording, so the mail server has the mail.
        tokio::select! {
            () = server.stalled() => {}
            () = first.tick(&clock) => panic!("it was answered"),
        }
        drop(first);
        one.close().await;
        server.set_behaviour(Behaviour::Fine);
        register(&two, 3, &["reviewer-1"]).await;
        for _ in 0..4 {
            clock.advance(Duration::from_mins(1));
            second.tick(&clock).await;
            assert_eq!(server.received().len(), 1, "the lease has not ended");
        }
        clock.advance(Duration::from_mins(1));
        second.tick(&clock).await;
        let received = server.received();
        assert!(received.len() == 2 && received[0] == received[1], "the same mail: {received:?}");
        let id = amanat_shared::api::hex(&crate::store::notification_id("reviewer-1", TICK + HOUR, &files)[..16]);
        assert_eq!(received[1].id(), format!("<{id}@example.net>"));
        assert_eq!(two.notices_waiting().await.unwrap(), [("reviewer-1".to_owned(), 1)]);
        clock.advance(Duration::from_hours(1));
        second.tick(&clock).await;
        assert_eq!(server.received().len(), 3);
        assert_all_sent(&two).await;
    }
}

/// The worker's loop ends when told to stop, and finishes the mail under way.
#[tokio::test]
async fn a_worker_that_is_told_to_stop_finishes_the_mail_under_way() {
    let (store, clock, dir) = store_after_tick().await;
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_hours(1));
    let server = Server::start(Behaviour::Fine).await;
    worker(&store, patient(&server)).run(clock.clone(), std::future::ready(())).await;
    assert_eq!(server.received().len(), 1);
    assert_all_sent(&store).await;
    drop(dir);
}
