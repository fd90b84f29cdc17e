//! Days on which much goes wrong, while registrations are accepted by the real router.

use std::collections::BTreeMap;

use super::smtp_server::Kept;
use super::*;
use crate::store::{Batch, batch_id};
use crate::testing::{World, sealed};

/// Minutes between two looks at the clock.
const STEP: u64 = 5;
/// Minutes between two registrations: never the same time within an hour.
const REGISTRATION: u64 = 50;
/// Hours on the first day, on which there is no mail server at all.
const DOWN: u64 = 24;

/// What the mail server does on the second day, from these hours on.
const SECOND_DAY: [(u64, Mood); 12] = [
    (0, Mood::Busy),
    (2, Mood::NotNow),
    (4, Mood::Full),
    (6, Mood::Greylisting),
    (8, Mood::Silent),
    (10, Mood::CutBeforeMail),
    (12, Mood::Fine),
    (13, Mood::CutAfterMail),
    (15, Mood::Fine),
    (16, Mood::NoSuchUser),
    (18, Mood::Greylisting),
    (20, Mood::Fine),
];

fn mood(hour: u64) -> Option<Mood> {
    let hour = hour.checked_sub(DOWN)?;
    SECOND_DAY.iter().rfind(|(from, _)| *from <= hour).map(|(_, mood)| *mood)
}

/// Asserts that each reviewer has been told of each registration, and of each once, apart from repeats of the same mail:
/// whatever waits at a slot is told of together, so mails speak of stretches of what arrived, one after the other.
fn assert_told_of_each(worker: &Worker, kept: &[Kept], slots: &[i64], arrived: &[[u8; 32]]) {
    for reviewer in &worker.reviewers {
        let mut mails = BTreeMap::new();
        for mail in kept.iter().filter(|mail| mail.to == reviewer.address.0.email.to_string()) {
            let same = mails.entry(mail.id()).or_insert(&mail.text);
            assert_eq!(*same, &mail.text, "a repeat says the same");
        }
        let mut told = 0;
        for slot in slots {
            let batches = (told + 1..=arrived.len()).map(|end| {
                let files = &arrived[told..end];
                Batch {
                    slot: *slot,
                    files: files.len() as u64,
                    quarantined: 0,
                    expiring: 0,
                    deletions: Vec::new(),
                    id: batch_id(&reviewer.name, *slot, files),
                    failures: 0,
                }
            });
            let found: Vec<Batch> = batches
                .filter(|batch| {
                    let text = String::from_utf8(worker.wording.message(reviewer, batch).unwrap().formatted()).unwrap();
                    mails.values().any(|mail| mail.trim_end() == text.trim_end())
                })
                .collect();
            assert!(found.len() <= 1, "one mail for each slot");
            for batch in found {
                told += usize::try_from(batch.files).unwrap();
                mails.retain(|_, text| !text.contains(&amanat_shared::api::hex(&batch.id[..16])));
            }
        }
        assert_eq!((told, mails.len()), (arrived.len(), 0), "{}: {mails:?}", reviewer.name);
    }
}

#[tokio::test]
async fn in_the_end_each_reviewer_has_been_told_of_each_registration_whatever_the_mail_server_did() {
    let world = World::new().await;
    let (clock, store) = (&world.clock, &world.store);
    let down = tokio::net::TcpSocket::new_v4().unwrap();
    down.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = over_smtp(down.local_addr().unwrap().port(), PATIENCE);
    let server = Server::start(Mood::Fine).await;
    // To the beginning of an hour, at which the mail's clock ticks.
    clock.advance(Duration::from_mins(50));
    assert_eq!(clock.unix_secs(), clock.hour());
    // In one mood it keeps everybody waiting, and the test should not wait for long.
    let hasty = over_smtp(server.port, Duration::from_millis(50));

    let mut mail = worker(store, nobody.clone());
    let (mut arrived, mut slots) = (Vec::new(), Vec::new());
    let last_hours = DOWN + 24 + 3;
    for minute in (0..last_hours * 60).step_by(usize::try_from(STEP).unwrap()) {
        let (hour, late) = (minute / 60, minute >= (DOWN + 24) * 60);
        mail.transport = match mood(hour) {
            None => nobody.clone(),
            Some(Mood::Silent) => hasty.clone(),
            Some(_) => patient(&server),
        };
        if let Some(mood) = mood(hour) {
            server.be(mood);
        }
        if minute % REGISTRATION == 0 && !late {
            arrived.push(world.send(&sealed(2, 1000 + arrived.len())).await);
        }
        // The server is started anew now and then, once while it is sending.
        if minute % (7 * 60) == 0 {
            mail = worker(store, mail.transport);
        }
        slots.push(mail.schedule.last(clock.unix_secs()));
        if (hour, minute % 60) == (DOWN + 8, 0) {
            mail.transport = patient(&server);
            tokio::select! {
                () = server.silence() => {}
                () = mail.tick(clock) => panic!("nobody answers"),
            }
            mail = worker(store, hasty.clone());
        }
        mail.tick(clock).await;
        if minute + STEP == DOWN * 60 {
            assert!(server.kept().is_empty());
            assert_eq!(world.rows().await["notices"], 2 * i64::try_from(arrived.len()).unwrap());
            let failures = store.mail_failures().await.unwrap();
            assert!(failures.len() == 2 && failures.iter().all(|(_, code)| code == "connection"), "{failures:?}");
        }
        clock.advance(Duration::from_mins(STEP));
    }

    slots.dedup();
    assert_told_of_each(&mail, &server.kept(), &slots, &arrived);
    assert_all_told(store).await;
    let rows = world.rows().await;
    assert_eq!((rows["registrations"], rows["notices"]), (i64::try_from(arrived.len()).unwrap(), 0));
    for (_, mood) in SECOND_DAY {
        assert!(server.met(mood) > 1, "{mood:?}");
    }
    let kept = server.kept();
    let repeated = |mail: &Kept| kept.iter().filter(|other| *other == mail).count() > 1;
    assert!(kept.iter().any(repeated), "a mail whose answer was cut off is sent again");
}
