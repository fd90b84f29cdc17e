//! A stranger who knows a mailbox's id, as every reviewer past or present does, sends updates and requests for deletion.

use std::fs;
use std::path::{Path, PathBuf};

use amanat_shared::api::{from_hex, hex};
use amanat_shared::receipt::Receipt;
use amanat_shared::seal::finish;
use serde_json::{Value, json};

use crate::binary::{errors, out, run};
use crate::referral::{may_go, refer};
use crate::world::{World, archive, registration};

pub fn code(seed: u8) -> Receipt {
    Receipt::generate(|bytes| bytes.fill(seed))
}

/// Returns a `registration.json` as the phone makes it, under this code; the answer to `prior_ref` is an earlier code.
pub fn signed(own: u8, prior: Option<u8>, mut answers: Value) -> Value {
    if let Some(prior) = prior {
        answers["prior_ref"] = code(prior).digits().as_str().into();
    }
    let mut unfinished = registration(answers, &[]);
    unfinished["format"] = 2.into();
    let json = finish(&unfinished.to_string(), &code(own), &["prior_ref".to_owned()], &[0x11; 32]).unwrap();
    serde_json::from_slice(&json).unwrap()
}

/// Returns what anybody can write who has the reviewers' public keys and knows the id of this code's mailbox.
fn unsigned(names: u8, mut answers: Value) -> Value {
    answers["prior_ref"] = hex(&code(names).derive().id).into();
    let mut forged = registration(answers, &[]);
    forged["format"] = 2.into();
    forged["mailbox"]["id"] = "ee".repeat(16).into();
    forged
}

/// Seals a registration into the folder `in`, under its own hash; returns the path.
pub fn send(world: &World, registration: &Value) -> PathBuf {
    let path = world.seal("in/new", &archive(registration, &[]));
    let named = path.with_file_name(format!("{}.age", amanat_reviewer_core::decrypt::identity(&fs::read(&path).unwrap())));
    fs::rename(path, &named).unwrap();
    named
}

fn reference(path: &Path) -> &str {
    &path.file_stem().unwrap().to_str().unwrap()[..12]
}

fn says(world: &World, arguments: &[&str]) -> String {
    let output = run(world, &[arguments, &["--identity", "keys/identity.key"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
    out(&output)
}

fn row(world: &World, path: &Path) -> String {
    let list = says(world, &["list", "in"]);
    list.lines().find(|line| line.contains(reference(path))).unwrap_or_else(|| panic!("{list}")).to_owned()
}

fn with(answers: &Value, more: &Value) -> Value {
    let mut all = answers.clone();
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn person() -> Value {
    with(&may_go("Karima", "yes"), &json!({ "is_update": "first", "phone": { "raw": "0799111111" } }))
}

#[test]
fn an_anonymous_update_and_an_anonymous_request_for_deletion_change_nothing_and_stop_no_referral() {
    let world = World::new();
    let first = send(&world, &signed(1, None, person()));
    let before = row(&world, &first);
    let update = json!({ "is_update": "update", "phone": { "raw": "0799999999" }, "share_partners": "no" });
    let update = send(&world, &unsigned(1, update));
    let deletion = send(&world, &unsigned(1, json!({ "is_update": "delete" })));
    let after = row(&world, &first);
    assert!(!before.contains("unproven") && after.contains("unproven: 2 others"), "{after}");
    assert!(!after.contains("DELETE?") && !after.contains("updated"), "{after}");
    assert!(row(&world, &update).contains("unproven: update"));
    assert!(row(&world, &deletion).contains("unproven: deletion") && !row(&world, &deletion).contains("DELETE?"));

    let show = says(&world, &["show", first.to_str().unwrap()]);
    assert!(show.contains("Somebody who knows the case says") && show.contains(reference(&deletion)), "{show}");
    assert!(!show.contains("A LATER") && !show.contains("Later from the same person") && !show.contains("0799999999"), "{show}");
    assert!(show.contains("0799111111"), "{show}");
    for arguments in [&["show"][..], &["show", "--alone"]] {
        let show = says(&world, &[arguments, &[update.to_str().unwrap()]].concat());
        assert!(show.contains("SOMEBODY WHO KNOWS THE CASE SAYS THIS"), "{show}");
    }

    let output = refer(&world, &[], &[&first], "1\n2\n");
    assert!(output.status.success(), "{}{}", out(&output), errors(&output));
    assert!(out(&output).contains("SOMEBODY WHO KNOWS THE CASE SENT 2 FORM(S)"), "{}", out(&output));
    assert!(world.path("referral.age").exists());
}

#[test]
fn with_the_code_an_update_is_joined_and_a_request_for_deletion_stops_the_referral() {
    let world = World::new();
    let first = send(&world, &signed(1, None, person()));
    let update = send(&world, &signed(2, Some(1), json!({ "is_update": "update", "phone": { "raw": "0799222222" } })));
    assert!(row(&world, &first).contains("updated") && row(&world, &update).contains("update"));
    let output = refer(&world, &[], &[&first], "1\n2\n");
    assert!(out(&output).contains("THE PERSON SENT 1 UPDATE(S)"), "{}", out(&output));
    fs::remove_file(world.path("referral.age")).unwrap();
    // The person was given the update's code later, and uses it here.
    send(&world, &signed(3, Some(2), json!({ "is_update": "delete" })));
    assert!(row(&world, &update).contains("DELETE?"));
    let output = refer(&world, &[], &[&first], "1\n2\n");
    assert!(out(&output).contains("the person asks for deletion") && errors(&output).contains("no case may go"));
    assert!(!world.path("referral.age").exists());
}

#[test]
fn another_key_under_the_same_mailbox_is_named_and_ends_only_what_is_its_own() {
    let world = World::new();
    let first = send(&world, &signed(1, None, person()));
    // The stranger signs with a code of their own and writes the victim's id over theirs, which makes the signature invalid.
    let mut posing = signed(9, None, person());
    posing["mailbox"]["id"] = hex(&code(1).derive().id).into();
    let mut deletion = signed(8, Some(9), json!({ "is_update": "delete" }));
    for member in ["prior", "answers"] {
        let name = if member == "prior" { "id" } else { "prior_ref" };
        deletion[member][name] = hex(&code(1).derive().id).into();
    }
    let (posing, deletion) = (send(&world, &posing), send(&world, &deletion));
    assert!(row(&world, &first).contains("unproven: 2 others"), "{}", row(&world, &first));
    assert!(row(&world, &deletion).contains("unproven: deletion"));
    let show = says(&world, &["show", first.to_str().unwrap()]);
    assert!(show.contains(&format!("{} (first registration; not proven)", reference(&posing))), "{show}");
    assert!(refer(&world, &[], &[&first], "1\n2\n").status.success());
}

#[test]
fn a_signed_form_that_somebody_seals_again_counts_once() {
    let world = World::new();
    let first = send(&world, &signed(1, None, person()));
    let update = signed(2, Some(1), json!({ "is_update": "update" }));
    let original = send(&world, &update);
    let received =
        |path: &Path, hour: &str| (path.file_stem().unwrap().to_str().unwrap().to_owned(), json!(format!("2026-11-20T{hour}:00Z")));
    let copy = send(&world, &update);
    let times: serde_json::Map<String, Value> =
        [received(&first, "01"), received(&original, "02"), received(&copy, "09")].into_iter().collect();
    fs::write(world.path("in/received.json"), Value::Object(times).to_string()).unwrap();
    assert!(row(&world, &copy).contains("sent again") && !row(&world, &original).contains("sent again"));
    let show = says(&world, &["show", first.to_str().unwrap()]);
    assert!(show.contains(reference(&original)) && !show.contains(reference(&copy)), "{show}");
    let show = says(&world, &["show", copy.to_str().unwrap()]);
    assert!(show.contains(&format!("THE SAME SIGNED TEXT AS {}", reference(&original))), "{show}");
    assert!(out(&refer(&world, &[], &[&first], "1\n2\n")).contains("THE PERSON SENT 1 UPDATE(S)"));
}

#[test]
fn an_update_that_nothing_proves_goes_to_a_partner_only_after_the_person_was_asked() {
    let world = World::new();
    send(&world, &signed(1, None, person()));
    let answers = with(&may_go("Karima", "yes"), &json!({ "is_update": "update" }));
    let update = send(&world, &unsigned(1, answers));
    let output = refer(&world, &[], &[&update], "\n1\n2\n");
    assert!(out(&output).contains("wants to be asked first") && !output.status.success(), "{}", out(&output));
    assert!(from_hex::<32>(update.file_stem().unwrap().to_str().unwrap()).is_some() && !world.path("referral.age").exists());
}
