//! The examples in `docs/formats.md` are read by the reviewers' own parsers.

use std::fs;

use amanat_reviewer::request_ledger::{REQUESTS, RequestLedger};
use amanat_reviewer_core::arrival_times::ArrivalTimes;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::newest_pack;
use amanat_reviewer_core::notebook::{Status, file};
use amanat_reviewer_core::outgoing::Outgoing;
use amanat_reviewer_core::referral::Referral;
use amanat_reviewer_core::referral::layout::Layout;
use amanat_shared::api::{Claims, Listed};
use amanat_shared::seal::HybridIdentity;

const DOCUMENT: &str = include_str!("../../../docs/formats.md");
/// The hour of the examples.
const NOW: u64 = 1_795_413_600;

/// The text of the fenced block whose info string ends in this mark.
fn example(name: &str) -> String {
    let mut lines = DOCUMENT.lines().skip_while(|line| !line.ends_with(&format!(" format={name}"))).skip(1);
    let text: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
    assert!(!text.is_empty(), "there is no example {name}");
    text.join("\n")
}

/// The hash of the registration of the examples.
fn sha256() -> String {
    let listed: Vec<Listed> = serde_json::from_str(&example("registrations")).expect("it is the server's list");
    listed.into_iter().next().expect("one is listed").sha256
}

#[test]
fn acknowledgements_and_discards_are_told_apart() {
    let [acknowledgements, discards] =
        ["acknowledgements", "discards"].map(|name| Outgoing::parse(example(name).as_bytes()).unwrap());
    assert!(matches!(acknowledgements, Outgoing::Acknowledgements(all) if all.acknowledged[0].sha256 == sha256()));
    assert!(matches!(discards, Outgoing::Discards(all) if all.discarded == [sha256()]));
}

#[test]
fn the_hour_of_arrival_is_read() {
    let times = ArrivalTimes::read(example("received.json").as_bytes()).unwrap();
    assert_eq!(times.get(&sha256()).unwrap().as_str(), "2026-11-23T06:00Z");
}

#[test]
fn the_newest_serial_is_read_with_the_identity_that_has_written_it() {
    let identity = HybridIdentity::from_seed([1; 32]).to_text();
    let identities = Identities::parse(identity.as_bytes()).unwrap();
    assert_eq!(newest_pack::read(example("identity.key.serial").as_bytes(), &identities), Ok(8));
}

#[test]
fn a_request_that_was_noted_in_the_folder_is_known() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(REQUESTS), format!("{}\n", example(".amanat-requests"))).unwrap();
    let claims: Claims = serde_json::from_str(&example("claims")).unwrap();
    let own = RequestLedger::open(Some(folder.path()), None).unwrap().own().unwrap();
    assert!(own.sent(&claims.jti) && !own.sent(&"0".repeat(32)));
}

#[test]
fn the_notebook_has_a_conflict_a_note_and_a_referral() {
    let notebook = file::parse(example("notebook").as_bytes(), NOW + 100_000).unwrap();
    let work = notebook.work(&sha256()).unwrap();
    assert_eq!((work.status(), work.status.conflict().len(), work.notes.len()), (Status::Verified, 2, 1));
    assert_eq!((notebook.newest_pack(), notebook.referred().into_iter().collect::<Vec<_>>()), (7, vec![sha256().as_str()]));
}

#[test]
fn a_referral_is_read_and_written_the_same() {
    let text = example("referral-log");
    let referral: Referral = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&referral).unwrap(), text);
    assert_eq!(referral.cases[0].sha256, sha256());
}

#[test]
fn the_layout_is_read() {
    let layout = Layout::parse(&example("layout")).unwrap();
    assert_eq!(layout.sections[0].columns[0].questions, ["country_now"]);
}
