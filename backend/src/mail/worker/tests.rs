mod bad_days;
mod servers;
mod smtp_failures;
mod smtp_server;

use std::path::Path;

use sha2::{Digest, Sha256};

use super::*;
use crate::config::{MailAddress, RetentionSettings, SmtpSettings, SmtpTls};
use crate::store::tests::arrival;
use crate::store::{Upload, UploadId};
use smtp_server::{Behaviour, Server};

const HOUR: i64 = 3600;
/// A tick of a fixed clock of one hour.
const TICK: i64 = 490_000 * HOUR;

fn address(name: &str) -> MailAddress {
    MailAddress(format!("{name}@example.net").parse().unwrap())
}

fn wording() -> Wording {
    Wording { from: address("desk"), subject: "Waiting".to_owned(), count: true, server: None }
}

/// Creates a worker for two reviewers, with an hourly clock.
fn worker(store: &Store, transport: Transport) -> MailWorker {
    let reviewers = ["reviewer-1", "reviewer-2"].map(|name| Reviewer { name: name.to_owned(), address: address(name) });
    MailWorker {
        store: store.clone(),
        holder: LeaseHolder::random().unwrap(),
        transport,
        wording: wording(),
        reviewers: reviewers.to_vec(),
        schedule: Schedule::every(Duration::from_hours(1)),
        even_if_none: false,
        retention: RetentionSettings::default().rules(2),
    }
}

/// Settings of an SMTP server on this machine.
fn smtp_settings(port: u16, tls: SmtpTls) -> SmtpSettings {
    SmtpSettings { host: "127.0.0.1".to_owned(), port, username: None, password_file: None, tls, ca_file: None, helo_name: None }
}

fn new_smtp(port: u16, patience: Duration) -> Transport {
    Transport::new_smtp(&smtp_settings(port, SmtpTls::None), patience).unwrap()
}

fn patient(server: &Server) -> Transport {
    new_smtp(server.port, SEND_TIMEOUT)
}

/// Opens a store whose reviewers are known, with the clock one second after a tick. Also returns the store's folder.
async fn store_after_tick() -> (Store, Clock, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}", dir.path().join("amanat.sqlite").display())).await.unwrap();
    let clock = Clock::standing_at(TICK + 1);
    let nowhere = Transport::new_folder(&dir.path().join("nothing")).unwrap();
    worker(&store, nowhere).tick(&clock).await;
    assert!(mails(&dir.path().join("nothing")).is_empty(), "nobody is told at once");
    (store, clock, dir)
}

/// Registers a file of which these reviewers are to be notified.
async fn register(store: &Store, number: u8, reviewers: &[&str]) -> [u8; 32] {
    let (id, upload) = (
        UploadId([number; 16]),
        Upload { length: 1, received: 0, proof_sha256: Some([number; 32]), pack: None, sha256: None, hour: TICK },
    );
    let reviewers: Vec<String> = reviewers.iter().map(|&reviewer| reviewer.to_owned()).collect();
    store.create(id, &upload).await.unwrap();
    store.finish(id, 0, &[number], None, arrival(&reviewers, TICK)).await.unwrap();
    Sha256::digest([number]).into()
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

async fn assert_all_sent(store: &Store) {
    assert_eq!(store.notices_waiting().await.unwrap(), []);
    assert_eq!(store.mail_failures().await.unwrap(), []);
}

#[tokio::test]
async fn each_reviewer_with_pending_notices_gets_one_mail() {
    let (store, clock, dir) = store_after_tick().await;
    let folder = dir.path().join("mail");
    let worker = worker(&store, Transport::new_folder(&folder).unwrap());
    for number in [1, 2] {
        register(&store, number, &["reviewer-1", "reviewer-2"]).await;
    }
    for _ in 1..60 {
        assert_eq!(
            worker.wait(clock.unix_secs()).await,
            MAX_SLEEP.min(Duration::from_secs((TICK + HOUR - clock.unix_secs()).unsigned_abs()))
        );
        worker.tick(&clock).await;
        assert!(mails(&folder).is_empty(), "not between two ticks");
        clock.advance(Duration::from_mins(1));
    }
    clock.advance(Duration::from_secs(59));
    worker.tick(&clock).await;
    let sent = mails(&folder);
    assert_eq!(sent.len(), 2);
    for mail in &sent {
        assert!(mail.contains("2 files wait.") && mail.matches("@example.net").count() >= 2, "{mail}");
    }
    assert_all_sent(&store).await;
    clock.advance(Duration::from_hours(1));
    worker.tick(&clock).await;
    assert_eq!(mails(&folder).len(), 2);
}

#[tokio::test]
async fn a_slot_missed_while_no_server_ran_is_caught_up_once() {
    let (store, clock, dir) = store_after_tick().await;
    register(&store, 1, &["reviewer-1"]).await;
    clock.advance(Duration::from_mins(60 * 5 + 30));
    let folder = dir.path().join("mail");
    let started_again = worker(&store, Transport::new_folder(&folder).unwrap());
    started_again.tick(&clock).await;
    assert_eq!(mails(&folder).len(), 1);
    register(&store, 2, &["reviewer-1"]).await;
    clock.advance(Duration::from_mins(29));
    started_again.tick(&clock).await;
    assert_eq!(mails(&folder).len(), 1, "what comes after a slot waits for the next");
    clock.advance(Duration::from_mins(1));
    started_again.tick(&clock).await;
    assert_eq!(mails(&folder).len(), 2);
    assert_all_sent(&store).await;
}

#[tokio::test]
async fn mail_goes_out_without_notices_if_configured() {
    let (store, clock, dir) = store_after_tick().await;
    let folder = dir.path().join("mail");
    let worker = MailWorker { even_if_none: true, ..worker(&store, Transport::new_folder(&folder).unwrap()) };
    for count in [2, 4] {
        clock.advance(Duration::from_hours(1));
        worker.tick(&clock).await;
        assert_eq!(mails(&folder).len(), count);
    }
    assert!(mails(&folder).iter().all(|mail| mail.contains("Nothing new waits.")));
}

#[tokio::test]
async fn mail_warns_once_a_day_before_unacknowledged_files_are_deleted() {
    let (store, clock, dir) = store_after_tick().await;
    register(&store, 1, &["reviewer-1"]).await;
    let folder = dir.path().join("mail");
    let worker = worker(&store, Transport::new_folder(&folder).unwrap());
    clock.advance(Duration::from_hours(149 * 24));
    for _ in 0..6 * 24 {
        clock.advance(Duration::from_hours(1));
        worker.tick(&clock).await;
    }
    let sent = mails(&folder);
    let warnings = sent.iter().filter(|mail| mail.contains("1 file that nobody has acknowledged will be deleted within 30 days."));
    assert_eq!((warnings.count(), sent.len()), (2 * 5, 1 + 2 * 5), "{sent:?}");
}

#[test]
fn the_wait_after_failures_doubles_up_to_an_hour() {
    let waits: Vec<i64> = (0..8).map(retry_secs).collect();
    assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
    assert_eq!(retry_secs(u32::MAX), 3600);
}

#[tokio::test]
async fn a_deletion_is_announced_on_the_fixed_clock_before_it_happens() {
    let (store, clock, dir) = store_after_tick().await;
    let folder = dir.path().join("mail");
    let worker = worker(&store, Transport::new_folder(&folder).unwrap());
    let file = register(&store, 1, &[]).await;
    clock.advance(Duration::from_mins(10));
    for (number, reviewer) in [(1, "reviewer-1"), (2, "reviewer-2")] {
        store.discard(&crate::store::tests::request(reviewer, number), &[file], clock.hour()).await.unwrap().unwrap();
    }
    worker.tick(&clock).await;
    assert!(mails(&folder).is_empty(), "not when it is decided");
    let mut before = 0;
    while store.registration(file).await.unwrap().is_some() {
        clock.advance(Duration::from_hours(1));
        worker.tick(&clock).await;
        before = mails(&folder).len();
        store.apply_retention(&worker.retention, clock.hour()).await.unwrap();
    }
    // Each reviewer is told at the decision, on the two days before, and on the day itself.
    assert_eq!(before, 2 * (1 + 3));
    for mail in mails(&folder) {
        let mail = mail.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(mail.contains("1 file will be deleted on ") && mail.contains("as reviewer-1, reviewer-2 say."), "{mail}");
    }
}
