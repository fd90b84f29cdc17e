//! Two days with many failures of the mail server, while the real router accepts registrations.

use std::collections::BTreeMap;

use super::smtp_server::ReceivedMail;
use super::*;
use crate::store::{Notification, notification_id};
use crate::testing::{TestServer, sealed};

/// Minutes between two ticks of the worker.
const TICK_MINUTES: u64 = 5;
/// Minutes between two registrations, which so fall on different minutes of the hour.
const REGISTRATION_MINUTES: u64 = 50;
/// Hours of the first day, on which there is no mail server.
const OUTAGE_HOURS: u64 = 24;

/// The mail server's behaviour on the second day, from these hours on.
const SECOND_DAY: [(u64, Behaviour); 12] = [
    (0, Behaviour::Busy),
    (2, Behaviour::RejectsForNow),
    (4, Behaviour::Full),
    (6, Behaviour::Greylisting),
    (8, Behaviour::Silent),
    (10, Behaviour::CutBeforeMail),
    (12, Behaviour::Fine),
    (13, Behaviour::CutAfterMail),
    (15, Behaviour::Fine),
    (16, Behaviour::NoSuchUser),
    (18, Behaviour::Greylisting),
    (20, Behaviour::Fine),
];

fn behaviour(hour: u64) -> Option<Behaviour> {
    let hour = hour.checked_sub(OUTAGE_HOURS)?;
    SECOND_DAY.iter().rfind(|(from, _)| *from <= hour).map(|(_, behaviour)| *behaviour)
}

/// Asserts that each reviewer was told of each registration exactly once, apart from repeats of the same mail. All
/// registrations that wait at a slot are told of together, so the mails speak of consecutive runs of registrations.
fn assert_each_announced_once(worker: &MailWorker, received: &[ReceivedMail], slots: &[i64], arrived: &[[u8; 32]]) {
    for reviewer in &worker.reviewers {
        let mut mails = BTreeMap::new();
        for mail in received.iter().filter(|mail| mail.to == reviewer.address.0.email.to_string()) {
            let same = mails.entry(mail.id()).or_insert(&mail.text);
            assert_eq!(*same, &mail.text, "a repeat says the same");
        }
        let mut announced = 0;
        for slot in slots {
            let batches = (announced + 1..=arrived.len()).map(|end| {
                let files = &arrived[announced..end];
                Notification {
                    slot: *slot,
                    files: files.len() as u64,
                    quarantined: 0,
                    expiring: 0,
                    deletions: Vec::new(),
                    id: notification_id(&reviewer.name, *slot, files),
                    failures: 0,
                }
            });
            let found: Vec<Notification> = batches
                .filter(|notification| {
                    let text = String::from_utf8(worker.wording.message(reviewer, notification).unwrap().formatted()).unwrap();
                    mails.values().any(|mail| mail.trim_end() == text.trim_end())
                })
                .collect();
            assert!(found.len() <= 1, "one mail for each slot");
            for notification in found {
                announced += usize::try_from(notification.files).unwrap();
                mails.retain(|_, text| !text.contains(&amanat_shared::api::hex(&notification.id[..16])));
            }
        }
        assert_eq!((announced, mails.len()), (arrived.len(), 0), "{}: {mails:?}", reviewer.name);
    }
}

#[tokio::test]
async fn each_reviewer_is_told_of_each_registration_whatever_the_mail_server_does() {
    let server = TestServer::new().await;
    let (clock, store) = (&server.clock, &server.store);
    let unreachable_socket = tokio::net::TcpSocket::new_v4().unwrap();
    unreachable_socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let unreachable = new_smtp(unreachable_socket.local_addr().unwrap().port(), SEND_TIMEOUT);
    let smtp_server = Server::start(Behaviour::Fine).await;
    // The clock moves to the beginning of an hour, at which the mail's clock ticks.
    clock.advance(Duration::from_mins(50));
    assert_eq!(clock.unix_secs(), clock.hour());
    // This server makes every client wait, and the test uses a short timeout for it.
    let impatient = new_smtp(smtp_server.port, Duration::from_millis(50));

    let mut mail = worker(store, unreachable.clone());
    let (mut arrived, mut slots) = (Vec::new(), Vec::new());
    let last_hours = OUTAGE_HOURS + 24 + 3;
    for minute in (0..last_hours * 60).step_by(usize::try_from(TICK_MINUTES).unwrap()) {
        let (hour, late) = (minute / 60, minute >= (OUTAGE_HOURS + 24) * 60);
        mail.transport = match behaviour(hour) {
            None => unreachable.clone(),
            Some(Behaviour::Silent) => impatient.clone(),
            Some(_) => patient(&smtp_server),
        };
        if let Some(behaviour) = behaviour(hour) {
            smtp_server.set_behaviour(behaviour);
        }
        if minute % REGISTRATION_MINUTES == 0 && !late {
            arrived.push(server.upload(&sealed(2, 1000 + arrived.len())).await);
        }
        // The worker is restarted now and then, once while it is sending.
        if minute % (7 * 60) == 0 {
            mail = worker(store, mail.transport);
        }
        slots.push(mail.schedule.last(clock.unix_secs()));
        if (hour, minute % 60) == (OUTAGE_HOURS + 8, 0) {
            mail.transport = patient(&smtp_server);
            tokio::select! {
                () = smtp_server.stalled() => {}
                () = mail.tick(clock) => panic!("nobody answers"),
            }
            mail = worker(store, impatient.clone());
        }
        mail.tick(clock).await;
        if minute + TICK_MINUTES == OUTAGE_HOURS * 60 {
            assert!(smtp_server.received().is_empty());
            assert_eq!(server.table_rows().await["notices"], 2 * i64::try_from(arrived.len()).unwrap());
            let failures = store.mail_failures().await.unwrap();
            assert!(failures.len() == 2 && failures.iter().all(|(_, code)| code == "connection"), "{failures:?}");
        }
        clock.advance(Duration::from_mins(TICK_MINUTES));
    }

    slots.dedup();
    assert_each_announced_once(&mail, &smtp_server.received(), &slots, &arrived);
    assert_all_sent(store).await;
    let rows = server.table_rows().await;
    assert_eq!((rows["registrations"], rows["notices"]), (i64::try_from(arrived.len()).unwrap(), 0));
    for (_, behaviour) in SECOND_DAY {
        assert!(smtp_server.connections_with(behaviour) > 1, "{behaviour:?}");
    }
    let received = smtp_server.received();
    let repeated = |mail: &ReceivedMail| received.iter().filter(|other| *other == mail).count() > 1;
    assert!(received.iter().any(repeated), "a mail whose answer was cut off is sent again");
}
