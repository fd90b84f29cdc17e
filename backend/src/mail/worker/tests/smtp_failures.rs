//! One mail, and a mail server that fails in one way.

use super::*;

/// What becomes of one mail at a server in this mood.
async fn after(mood: Mood, patience: Duration) -> (Worker, Server, Clock, tempfile::TempDir) {
    let (store, clock, dir) = begun().await;
    let server = Server::start(mood).await;
    let worker = worker(&store, over_smtp(server.port, patience));
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_hours(1));
    worker.tick(&clock).await;
    (worker, server, clock, dir)
}

#[tokio::test]
async fn a_passing_refusal_is_noted_by_its_code_and_mended_between_two_ticks() {
    for (mood, code) in [
        (Mood::Busy, "smtp 421"),
        (Mood::Greylisting, "smtp 451"),
        (Mood::NotNow, "smtp 451"),
        (Mood::Full, "smtp 452"),
        (Mood::LaterAfterMail, "smtp 451"),
        (Mood::CutBeforeMail, "connection"),
        (Mood::CutAfterMail, "connection"),
    ] {
        let (worker, server, clock, _dir) = after(mood, PATIENCE).await;
        assert_eq!(worker.store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), code.to_owned())], "{mood:?}");
        let earlier = server.kept();
        register(&worker.store, 2, &["reviewer-1"]).await;
        if mood != Mood::Greylisting {
            server.be(Mood::Fine);
        }
        clock.advance(Duration::from_secs(58));
        worker.tick(&clock).await;
        assert_eq!(server.kept(), earlier, "too early");
        assert_eq!(worker.wait(clock.unix_secs()).await, Duration::from_secs(2));
        clock.advance(Duration::from_secs(2));
        worker.tick(&clock).await;
        assert_eq!(server.kept().len(), earlier.len() + 1);
        assert!(server.kept().iter().all(|kept| *kept == server.kept()[0] && kept.text.contains("1 file waits.")), "{mood:?}");
        assert_eq!(worker.store.mail_failures().await.unwrap(), []);
        assert_eq!(worker.store.notices_waiting().await.unwrap(), [("reviewer-1".to_owned(), 1)], "what came since waits");
    }
}

#[tokio::test]
async fn a_lasting_refusal_is_noted_and_not_tried_again_before_the_next_tick_and_nothing_is_lost() {
    let (worker, server, clock, _dir) = after(Mood::NoSuchUser, PATIENCE).await;
    assert_eq!(worker.store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "smtp 550".to_owned())]);
    register(&worker.store, 2, &["reviewer-1"]).await;
    for _ in 1..60 {
        clock.advance(Duration::from_mins(1));
        worker.tick(&clock).await;
    }
    assert_eq!(server.met(Mood::NoSuchUser), 1);
    server.be(Mood::Fine);
    clock.advance(Duration::from_mins(1));
    worker.tick(&clock).await;
    assert!(server.kept().len() == 1 && server.kept()[0].text.contains("2 files wait."), "{:?}", server.kept());
    assert_all_told(&worker.store).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let (store, clock, _dir) = begun().await;
    // Bound, and nobody listens: nobody else can have the port.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let worker = worker(&store, over_smtp(socket.local_addr().unwrap().port(), PATIENCE));
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_hours(1));
    worker.tick(&clock).await;
    assert_eq!(store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "connection".to_owned())]);
    assert_eq!(worker.wait(clock.unix_secs()).await, Duration::from_mins(1));
}

/// Lettre's own limit does not cover the TLS handshake, nor what is said later.
#[tokio::test]
async fn a_server_that_falls_silent_is_given_up_and_tried_again() {
    let (store, clock, _dir) = begun().await;
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_hours(1));
    let server = Server::start(Mood::Silent).await;
    let mut smtp = Smtp {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        username: None,
        password_file: None,
        tls: Tls::None,
        ca_file: None,
        helo_name: None,
    };
    for (tls, wait) in [(Tls::None, 60), (Tls::Implicit, 120), (Tls::Starttls, 240)] {
        smtp.tls = tls;
        worker(&store, Transport::over_smtp(&smtp, Duration::from_millis(100)).unwrap()).tick(&clock).await;
        assert_eq!(store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "timeout".to_owned())]);
        clock.advance(Duration::from_secs(wait));
    }
    assert_eq!(server.met(Mood::Silent), 3);
}

#[tokio::test]
async fn a_server_that_does_not_say_goodbye_has_the_mail_nevertheless() {
    let (worker, server, _clock, _dir) = after(Mood::NoGoodbye, PATIENCE).await;
    assert_eq!(server.kept().len(), 1);
    assert_all_told(&worker.store).await;
}

#[tokio::test]
async fn nothing_is_said_in_the_clear_where_tls_is_asked_for_and_not_offered() {
    let (store, clock, _dir) = begun().await;
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_hours(1));
    let server = Server::start(Mood::Fine).await;
    let smtp = Smtp {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        username: None,
        password_file: None,
        tls: Tls::Starttls,
        ca_file: None,
        helo_name: None,
    };
    worker(&store, Transport::over_smtp(&smtp, PATIENCE).unwrap()).tick(&clock).await;
    assert_eq!(store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "client".to_owned())]);
    assert!(server.met(Mood::Fine) == 1 && server.kept().is_empty());
}

/// One of two hangs, for as long as the test runs; the other gets mail.
#[tokio::test]
async fn a_mail_that_hangs_holds_up_no_other() {
    let (store, clock, _dir) = begun().await;
    register(&store, 1, &["reviewer-1", "reviewer-2"]).await;
    clock.advance(Duration::from_hours(1));
    let server = Server::start(Mood::SilentOnce).await;
    let worker = worker(&store, patient(&server));
    let tick = worker.tick(&clock);
    let told = async {
        while store.notices_waiting().await.unwrap().len() > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = told => {}
        () = tick => panic!("one of them hangs"),
    }
    assert_eq!(server.kept().len(), 1);
}

#[tokio::test]
async fn a_server_that_takes_long_to_say_that_it_has_the_mail_gets_it_once() {
    let (store, clock, _dir) = begun().await;
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_hours(1));
    let server = Server::start(Mood::SlowAfterMail).await;
    let worker = worker(&store, patient(&server));
    let answered = async {
        server.silence().await;
        assert_eq!((server.kept().len(), store.mail_failures().await.unwrap().len()), (1, 0), "it is under way");
        server.go_on();
    };
    tokio::join!(worker.tick(&clock), answered);
    assert_all_told(&store).await;
    clock.advance(Duration::from_mins(59));
    worker.tick(&clock).await;
    assert_eq!(server.kept().len(), 1);
}

/// It may have kept both. The same mail comes once more with the next tick.
#[tokio::test]
async fn a_server_that_keeps_the_mail_and_never_says_so_gets_it_twice_in_a_slot_and_under_one_id() {
    let (worker, server, clock, _dir) = after(Mood::CutAfterMail, PATIENCE).await;
    for _ in 1..60 {
        clock.advance(Duration::from_mins(1));
        worker.tick(&clock).await;
    }
    let kept = server.kept();
    assert!(kept.len() == 2 && kept[0] == kept[1], "{kept:?}");
    assert_eq!(worker.store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "connection".to_owned())]);
    server.be(Mood::Fine);
    clock.advance(Duration::from_mins(1));
    worker.tick(&clock).await;
    assert!(server.kept().len() == 3 && server.kept().iter().all(|mail| *mail == kept[0]));
    assert_all_told(&worker.store).await;
}

#[tokio::test]
async fn a_server_that_wants_a_name_gets_the_configured_one() {
    for mood in [Mood::WantsAName, Mood::WantsANameLater] {
        let (worker, server, _clock, _dir) = after(mood, PATIENCE).await;
        assert_eq!(worker.store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "smtp 504".to_owned())], "{mood:?}");
        let settings = |name: Option<&str>| Smtp {
            host: "127.0.0.1".to_owned(),
            port: server.port,
            username: None,
            password_file: None,
            tls: Tls::None,
            ca_file: None,
            helo_name: name.map(|name| name.parse().unwrap()),
        };
        let send = async |name| {
            let reviewer = Reviewer { name: "reviewer-1".to_owned(), address: address("reviewer-1") };
            let message = wording().test_message(&reviewer, TICK).unwrap();
            Transport::over_smtp(&settings(name), PATIENCE).unwrap().send(message).await
        };
        let error = send(None).await.unwrap_err();
        assert!(error.helo && !error.transient && error.answer.contains("5.5.2"), "{error:?}");
        assert!(send(Some("form.example.org")).await.is_ok());
    }
}
