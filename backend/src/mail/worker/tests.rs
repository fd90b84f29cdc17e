use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::config::{Address, Smtp, Tls};
use crate::store::{Upload, UploadId};

const HOUR: i64 = 3600;
/// A tick of a fixed clock of one hour.
const TICK: i64 = 490_000 * HOUR;

async fn worker(dir: &Path, transport: Transport) -> Worker {
    let store = Store::open(&format!("sqlite://{}", dir.join("amanat.sqlite").display())).await.unwrap();
    let address = |name: &str| Address(format!("{name}@example.net").parse().unwrap());
    let reviewers = ["reviewer-1", "reviewer-2"].map(|name| Reviewer { name: name.to_owned(), address: address(name) });
    Worker {
        store,
        transport,
        wording: Wording { from: address("desk"), subject: "Waiting".to_owned(), count: true, server: None },
        reviewers: reviewers.to_vec(),
        every: Duration::from_secs(HOUR.unsigned_abs()),
        even_if_none: false,
        retries: BTreeMap::new(),
    }
}

/// A registration of which these reviewers are to be told.
async fn register(store: &Store, number: u8, reviewers: &[&str]) {
    let (id, upload) = (
        UploadId([number; 16]),
        Upload { length: 1, received: 0, proof_sha256: [number; 32], pack: None, sha256: None, hour: TICK },
    );
    let reviewers: Vec<String> = reviewers.iter().map(|&reviewer| reviewer.to_owned()).collect();
    store.create(id, &upload).await.unwrap();
    store.finish(id, 0, &[number], &reviewers, TICK).await.unwrap();
}

fn mails(folder: &Path) -> Vec<String> {
    let mut mails: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            assert!(path.extension().is_some_and(|extension| extension == "eml"), "{}", path.display());
            std::fs::read_to_string(path).unwrap()
        })
        .collect();
    mails.sort();
    mails
}

#[tokio::test]
async fn one_mail_goes_to_each_reviewer_for_whom_something_waits_and_then_nothing_waits() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("mail");
    let mut worker = worker(dir.path(), Transport::new_folder(&folder).unwrap()).await;
    worker.tick(TICK).await;
    assert!(mails(&folder).is_empty(), "nothing waits, so nothing is said");

    register(&worker.store, 1, &["reviewer-1", "reviewer-2"]).await;
    register(&worker.store, 2, &["reviewer-1", "reviewer-2"]).await;
    worker.tick(TICK + 1).await;
    assert!(mails(&folder).is_empty(), "not between two ticks");
    worker.tick(TICK + HOUR).await;
    let sent = mails(&folder);
    assert_eq!(sent.len(), 2);
    for mail in &sent {
        assert!(mail.contains("2 files wait.") && mail.matches("@example.net").count() >= 2, "{mail}");
    }
    assert!(worker.store.notices_waiting().await.unwrap().is_empty());
    worker.tick(TICK + 2 * HOUR).await;
    assert_eq!(mails(&folder).len(), 2);
}

#[tokio::test]
async fn mail_goes_out_even_if_nothing_waits_where_that_is_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("mail");
    let mut worker = worker(dir.path(), Transport::new_folder(&folder).unwrap()).await;
    worker.even_if_none = true;
    worker.tick(TICK).await;
    worker.tick(TICK + HOUR).await;
    assert_eq!(mails(&folder).len(), 4);
    assert!(mails(&folder).iter().all(|mail| mail.contains("Nothing new waits.")));
}

#[tokio::test]
async fn the_next_moment_is_the_clocks_next_tick_whenever_asked() {
    let dir = tempfile::tempdir().unwrap();
    let mut worker = worker(dir.path(), Transport::new_folder(&dir.path().join("mail")).unwrap()).await;
    assert_eq!(worker.next(TICK), TICK + HOUR);
    assert_eq!(worker.next(TICK + 1), TICK + HOUR);
    assert_eq!(worker.next(TICK + HOUR - 1), TICK + HOUR);
    for (failures, wait) in [(1, 60), (2, 120), (3, 240)] {
        worker.later("reviewer-1", TICK);
        assert_eq!((worker.retries["reviewer-1"].failures, worker.next(TICK)), (failures, TICK + wait));
    }
    for _ in 0..100 {
        worker.later("reviewer-1", TICK);
    }
    assert_eq!(worker.next(TICK), TICK + HOUR, "never later than the next tick");
}

/// A mail server that answers every recipient with this line, for as many connections as are made.
async fn server(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (reading, mut writing) = stream.into_split();
            let mut lines = BufReader::new(reading).lines();
            writing.write_all(b"220 here\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let reply = match line.split([' ', ':']).next().unwrap() {
                    "RCPT" => answer,
                    "QUIT" => break,
                    _ => "250 fine",
                };
                writing.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
            }
        }
    });
    port
}

async fn after_refusal(answer: &'static str) -> (Worker, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let port = server(answer).await;
    let smtp = Smtp { host: "127.0.0.1".to_owned(), port, username: None, password_file: None, tls: Tls::None, ca_file: None };
    let mut worker = worker(dir.path(), Transport::over_smtp(&smtp, Duration::from_mins(1)).unwrap()).await;
    register(&worker.store, 1, &["reviewer-1"]).await;
    worker.tick(TICK).await;
    (worker, dir)
}

#[tokio::test]
async fn a_passing_refusal_is_noted_by_its_code_and_mended_between_two_ticks() {
    let (mut worker, dir) = after_refusal("451 reviewer-1@example.net is greylisted").await;
    assert_eq!(worker.store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "smtp 451".to_owned())]);
    assert_eq!(worker.next(TICK), TICK + 60);
    let folder = dir.path().join("mail");
    worker.transport = Transport::new_folder(&folder).unwrap();
    worker.tick(TICK + 60).await;
    assert_eq!(mails(&folder).len(), 1);
    assert!(worker.store.mail_failures().await.unwrap().is_empty() && worker.retries.is_empty());
    assert!(worker.store.notices_waiting().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_lasting_refusal_is_noted_and_nothing_is_lost() {
    let (worker, _dir) = after_refusal("550 no such user reviewer-1@example.net").await;
    assert_eq!(worker.store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "smtp 550".to_owned())]);
    assert_eq!(worker.next(TICK), TICK + HOUR, "no sooner than the next tick");
    assert_eq!(worker.store.notices_waiting().await.unwrap(), [("reviewer-1".to_owned(), 1)]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let smtp = Smtp { host: "127.0.0.1".to_owned(), port, username: None, password_file: None, tls: Tls::None, ca_file: None };
    let mut worker = worker(dir.path(), Transport::over_smtp(&smtp, Duration::from_mins(1)).unwrap()).await;
    register(&worker.store, 1, &["reviewer-1"]).await;
    worker.tick(TICK).await;
    assert_eq!(worker.store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "connection".to_owned())]);
    assert_eq!(worker.next(TICK), TICK + 60);
}

/// Lettre's own limit does not cover the TLS handshake.
#[tokio::test]
async fn a_server_that_falls_silent_in_the_handshake_does_not_hold_up_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = tokio::spawn(async move { listener.accept().await.unwrap() });
    let smtp = Smtp { host: "127.0.0.1".to_owned(), port, username: None, password_file: None, tls: Tls::Implicit, ca_file: None };
    let mut worker = worker(dir.path(), Transport::over_smtp(&smtp, Duration::from_millis(100)).unwrap()).await;
    register(&worker.store, 1, &["reviewer-1"]).await;
    worker.tick(TICK).await;
    assert_eq!(worker.store.mail_failures().await.unwrap(), [("reviewer-1".to_owned(), "timeout".to_owned())]);
    drop(silent.await.unwrap());
}
