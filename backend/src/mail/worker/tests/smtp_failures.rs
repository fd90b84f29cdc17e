//! One mail to a mail server that fails in one way.

use super::*;

/// Sends one mail to a server with this behaviour.
async fn send_one_to(behaviour: Behaviour, patience: Duration) -> (MailWorker, Server, Clock, tempfile::TempDir) {
    let (store, clock, dir) = store_after_tick().await;
    let server = Server::start(behaviour).await;
    let worker = worker(&store, new_smtp(server.port, patience));
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_hours(1));
    worker.tick(&clock).await;
    (worker, server, clock, dir)
}

#[tokio::test]
async fn a_transient_failure_is_recorded_and_retried_between_ticks() {
    for (behaviour, code) in [
        (Behaviour::Busy, "smtp 421"),
        (Behaviour::Greylisting, "smtp 451"),
        (Behaviour::RejectsForNow, "smtp 451"),
        (Behaviour::Full, "smtp 452"),
        (Behaviour::LaterAfterMail, "smtp 451"),
        (Behaviour::CutBeforeMail, "connection"),
        (Behaviour::CutAfterMail, "connection"),
    ] {
        let (worker, server, clock, _dir) = send_one_to(behaviour, SEND_TIMEOUT).await;
        assert_eq!(worker.store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), code.to_owned())], "{behaviour:?}");
        let earlier = server.received();
        register(&worker.store, 2, &["reviewer-1"]).await;
        if behaviour != Behaviour::Greylisting {
            server.set_behaviour(Behaviour::Fine);
        }
        clock.advance(Duration::from_secs(58));
        worker.tick(&clock).await;
        assert_eq!(server.received(), earlier, "too early");
        assert_eq!(worker.wait(clock.unix_secs()).await, Duration::from_secs(2));
        clock.advance(Duration::from_secs(2));
        worker.tick(&clock).await;
        assert_eq!(server.received().len(), earlier.len() + 1);
        assert!(
            server.received().iter().all(|received| *received == server.received()[0] && received.text.contains("1 file waits.")),
            "{behaviour:?}"
        );
        assert_eq!(worker.store.mail_failures().await.unwrap(), []);
        assert_eq!(worker.store.notices_waiting().await.unwrap(), [("reviewer-1".to_owned(), 1)], "what came since waits");
    }
}

#[tokio::test]
async fn a_permanent_failure_is_recorded_and_retried_at_the_next_tick_only() {
    let (worker, server, clock, _dir) = send_one_to(Behaviour::NoSuchUser, SEND_TIMEOUT).await;
    assert_eq!(worker.store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "smtp 550".to_owned())]);
    register(&worker.store, 2, &["reviewer-1"]).await;
    for _ in 1..60 {
        clock.advance(Duration::from_mins(1));
        worker.tick(&clock).await;
    }
    assert_eq!(server.connections_with(Behaviour::NoSuchUser), 1);
    server.set_behaviour(Behaviour::Fine);
    clock.advance(Duration::from_mins(1));
    worker.tick(&clock).await;
    assert!(server.received().len() == 1 && server.received()[0].text.contains("2 files wait."), "{:?}", server.received());
    assert_all_sent(&worker.store).await;
}

#[tokio::test]
async fn an_unreachable_server_is_retried() {
    let (store, clock, _dir) = store_after_tick().await;
    // The socket is bound but does not listen, so that no other program can have the port.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let worker = worker(&store, new_smtp(socket.local_addr().unwrap().port(), SEND_TIMEOUT));
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_hours(1));
    worker.tick(&clock).await;
    assert_eq!(store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "connection".to_owned())]);
    assert_eq!(worker.wait(clock.unix_secs()).await, Duration::from_mins(1));
}

/// Lettre's own timeout covers neither the TLS handshake nor later answers.
#[tokio::test]
async fn a_silent_server_times_out_and_is_retried() {
    let (store, clock, _dir) = store_after_tick().await;
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_hours(1));
    let server = Server::start(Behaviour::Silent).await;
    let mut smtp = smtp_settings(server.port, SmtpTls::None);
    for (tls, wait) in [(SmtpTls::None, 60), (SmtpTls::Implicit, 120), (SmtpTls::Starttls, 240)] {
        smtp.tls = tls;
        worker(&store, Transport::new_smtp(&smtp, Duration::from_millis(100)).unwrap()).tick(&clock).await;
        assert_eq!(store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "timeout".to_owned())]);
        clock.advance(Duration::from_secs(wait));
    }
    assert_eq!(server.connections_with(Behaviour::Silent), 3);
}

#[tokio::test]
async fn a_server_that_does_not_answer_quit_has_the_mail() {
    let (worker, server, _clock, _dir) = send_one_to(Behaviour::NoGoodbye, SEND_TIMEOUT).await;
    assert_eq!(server.received().len(), 1);
    assert_all_sent(&worker.store).await;
}

#[tokio::test]
async fn nothing_is_sent_unprotected_if_starttls_is_not_offered() {
    let (store, clock, _dir) = store_after_tick().await;
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_hours(1));
    let server = Server::start(Behaviour::Fine).await;
    let smtp = smtp_settings(server.port, SmtpTls::Starttls);
    worker(&store, Transport::new_smtp(&smtp, SEND_TIMEOUT).unwrap()).tick(&clock).await;
    assert_eq!(store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "client".to_owned())]);
    assert!(server.connections_with(Behaviour::Fine) == 1 && server.received().is_empty());
}

/// The mail to one of two reviewers hangs for as long as the test runs, and the other is sent.
#[tokio::test]
async fn a_mail_that_hangs_delays_no_other() {
    let (store, clock, _dir) = store_after_tick().await;
    register(&store, 1, &["reviewer-1", "reviewer-2"]).await;
    clock.advance(Duration::from_hours(1));
    let server = Server::start(Behaviour::SilentOnce).await;
    let worker = worker(&store, patient(&server));
    let tick = worker.tick(&clock);
    let announced = async {
        while store.notices_waiting().await.unwrap().len() > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = announced => {}
        () = tick => panic!("one of them hangs"),
    }
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_server_that_confirms_late_gets_the_mail_once() {
    let (store, clock, _dir) = store_after_tick().await;
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_hours(1));
    let server = Server::start(Behaviour::SlowAfterMail).await;
    let worker = worker(&store, patient(&server));
    let answered = async {
        server.stalled().await;
        assert_eq!((server.received().len(), store.mail_failures().await.unwrap().len()), (1, 0), "it is under way");
        server.resume();
    };
    tokio::join!(worker.tick(&clock), answered);
    assert_all_sent(&store).await;
    clock.advance(Duration::from_mins(59));
    worker.tick(&clock).await;
    assert_eq!(server.received().len(), 1);
}

/// The server may have kept both mails. The same mail comes once more with the next tick.
#[tokio::test]
async fn an_unconfirmed_mail_is_sent_twice_per_slot_with_one_message_id() {
    let (worker, server, clock, _dir) = send_one_to(Behaviour::CutAfterMail, SEND_TIMEOUT).await;
    for _ in 1..60 {
        clock.advance(Duration::from_mins(1));
        worker.tick(&clock).await;
    }
    let received = server.received();
    assert!(received.len() == 2 && received[0] == received[1], "{received:?}");
    assert_eq!(worker.store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "connection".to_owned())]);
    server.set_behaviour(Behaviour::Fine);
    clock.advance(Duration::from_mins(1));
    worker.tick(&clock).await;
    assert!(server.received().len() == 3 && server.received().iter().all(|mail| *mail == received[0]));
    assert_all_sent(&worker.store).await;
}

#[tokio::test]
async fn a_server_that_requires_a_name_gets_the_configured_one() {
    for behaviour in [Behaviour::RequiresName, Behaviour::RequiresNameAtRecipient] {
        let (worker, server, _clock, _dir) = send_one_to(behaviour, SEND_TIMEOUT).await;
        assert_eq!(
            worker.store.mail_failures().await.unwrap(),
            [("reviewer-1".to_owned(), "smtp 504".to_owned())],
            "{behaviour:?}"
        );
        let settings = |name: Option<&str>| SmtpSettings {
            helo_name: name.map(|name| name.parse().unwrap()),
            ..smtp_settings(server.port, SmtpTls::None)
        };
        let send = async |name| {
            let reviewer = Reviewer { name: "reviewer-1".to_owned(), address: address("reviewer-1") };
            let message = wording().test_message(&reviewer, TICK).unwrap();
            Transport::new_smtp(&settings(name), SEND_TIMEOUT).unwrap().send(message).await
        };
        let error = send(None).await.unwrap_err();
        assert!(error.helo && !error.transient && error.answer.contains("5.5.2"), "{error:?}");
        assert!(send(Some("form.example.org")).await.is_ok());
    }
}
