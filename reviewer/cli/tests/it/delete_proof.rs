//! `ack` and `show` report whether a file's header binds the delete proof inside.

use std::fs;
use std::path::Path;

use amanat_shared::seal::{HybridIdentity, REGISTRATION, Recipients, Sealer};
use serde_json::{Value, json};

use crate::binary::{errors, out, run};
use crate::world::{World, registration};

const IDENTITY: [&str; 2] = ["--identity", "keys/identity.key"];

/// Seals a registration whose delete proof is 32 times 0x11, with a header that binds this proof.
fn seal_bound(world: &World, name: &str, delete_proof: [u8; 32]) {
    let text = fs::read_to_string(world.path("keys/identity.key")).unwrap();
    let secret = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY")).unwrap();
    let key = HybridIdentity::parse(secret).unwrap().recipient().to_string();
    let recipients = Recipients::parse(std::iter::once(key.as_str())).unwrap();
    let json = registration(json!({ "risk_note": name }), &[]).to_string();
    let mut sealer = Sealer::new(&recipients, &delete_proof, Vec::new()).unwrap();
    sealer.entry(REGISTRATION, json.len() as u64).unwrap();
    sealer.write(json.as_bytes()).unwrap();
    fs::create_dir_all(world.path("in")).unwrap();
    fs::write(world.path("in").join(format!("{name}.age")), sealer.finish().unwrap()).unwrap();
}

fn acknowledged(path: &Path) -> usize {
    let list: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    list["acknowledged"].as_array().unwrap().len()
}

#[test]
fn a_file_whose_header_binds_another_proof_is_named_and_not_acknowledged() {
    let world = World::new();
    seal_bound(&world, "good", [0x11; 32]);
    seal_bound(&world, "other", [0x22; 32]);
    let output = run(&world, &[&["ack", "--out", "ack.json", "in"][..], &IDENTITY].concat());
    let said = errors(&output);
    assert!(!output.status.success() && said.contains("other.age") && !said.contains("good.age"), "{said}");
    assert!(said.contains("not the one that its header binds"), "{said}");
    assert_eq!(acknowledged(&world.path("ack.json")), 1);
    let show = |name: &str| out(&run(&world, &[&["show", name][..], &IDENTITY].concat()));
    assert!(show("in/other.age").contains("ITS DELETE PROOF IS NOT THE ONE THAT ITS HEADER BINDS"));
    assert!(!show("in/good.age").contains("DELETE PROOF"));
}

#[test]
fn files_that_bind_no_proof_are_acknowledged_and_counted() {
    let world = World::new();
    seal_bound(&world, "good", [0x11; 32]);
    let output = run(&world, &[&["ack", "--out", "one.json", "in"][..], &IDENTITY].concat());
    assert!(output.status.success() && errors(&output).is_empty(), "{}", errors(&output));
    world.case("in", json!({}), &[]);
    let output = run(&world, &[&["ack", "--out", "two.json", "in"][..], &IDENTITY].concat());
    assert!(output.status.success() && errors(&output).starts_with("1 of them bind no delete proof"), "{}", errors(&output));
    assert_eq!(acknowledged(&world.path("two.json")), 2);
}
