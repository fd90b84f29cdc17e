//! Somebody puts an older pack back on the stick: nothing is sealed to a reviewer who was removed since.

use std::fs;
use std::path::Path;

use amanat_reviewer::keys;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::notebook::file;
use amanat_shared::envelope::RecipientKind;
use serde_json::{Value, json};

use crate::binary::{errors, out, run, run_typing};
use crate::world::World;

const IDENTITY: [&str; 2] = ["--identity", "keys/identity.key"];
const NOW: u64 = 1_795_414_440;

fn identity(world: &World, name: &str) -> Identities {
    Identities::parse(&fs::read(world.path(name).join("identity.key")).unwrap()).unwrap()
}

/// Puts a pack with this serial and these reviewers into a folder.
fn put_pack(world: &World, folder: &str, serial: u64, names: &[&str]) {
    let recipients: Vec<Value> =
        names.iter().map(|name| json!({ "name": name, "key": identity(world, name).recipients()[0] })).collect();
    let pack = json!({
        "serial": serial, "issued": "2026-11-01", "expires": "2999-11-20", "site": "127.0.0.1", "contact": "c",
        "exit_url": "https://example.org", "phases": [1], "limits": { "files": 3, "file_bytes": 1, "total_bytes": 1 }, "demo": true,
        "recipients": recipients, "access_keys": [], "form": crate::world::form(),
    });
    fs::write(world.path(folder).join("pack.json"), pack.to_string()).unwrap();
}

/// Returns a folder with a case, and two reviewers, one of whom the newer pack removes.
fn world() -> (World, String) {
    let world = World::new();
    let case = world.case("in", json!({ "submitter": "self", "share_partners": "yes", "name_native": "Karima" }), &[]);
    keys::generate(&world.path("turned"), RecipientKind::Hybrid, 0).unwrap();
    (world, case.to_str().unwrap().to_owned())
}

fn note(world: &World, notebook: &str, case: &str) -> std::process::Output {
    run_typing(world, &[&["note", "--notebook", notebook, case], &IDENTITY[..]].concat(), "seen\n")
}

fn refused(output: &std::process::Output) {
    let said = errors(output);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 2), "{}{said}", out(output));
    assert!(said.contains("pack 7 is an older list of reviewers: pack 8 "), "{said}");
    assert!(said.contains("Bring the newest pack.json"), "{said}");
}

fn opens(path: &Path, who: &Identities) -> bool {
    file::open(&fs::read(path).unwrap(), who, NOW).is_ok()
}

#[test]
fn no_command_seals_to_an_older_pack_than_was_seen_with_the_identity() {
    let (world, case) = world();
    put_pack(&world, "in", 8, &["keys"]);
    let seen = run(&world, &[&["list", "in"], &IDENTITY[..]].concat());
    assert!(seen.status.success() && !errors(&seen).contains("WARNING"), "{}", errors(&seen));
    assert!(fs::read_to_string(world.path("keys/identity.key.serial")).unwrap().starts_with("8 "));

    put_pack(&world, "in", 7, &["keys", "turned"]);
    refused(&note(&world, "karima.notebook.age", &case));
    fs::write(world.path("partner.pub"), amanat_shared::seal::HybridIdentity::from_seed([9; 32]).recipient().to_string()).unwrap();
    let refer = ["--to", "partner.pub", "--kind", "partner", "--columns", "name_native", "--out", "r.age", "--notebook"];
    let refer = [&["refer"], &IDENTITY[..], &refer, &["karima.notebook.age", &case]].concat();
    refused(&run_typing(&world, &refer, "Safe Passage\n1\n1\n"));
    refused(&run(&world, &[&["rekey", "--to", "in/pack.json", "in"], &IDENTITY[..]].concat()));
    world.seal("zia.notebook.age", json!({ "format": 1, "cases": {}, "log": [] }).to_string().as_bytes());
    let merge = ["merge", "--notebook", "karima.notebook.age", "--dir", "in", "zia.notebook.age"];
    refused(&run(&world, &[&merge, &IDENTITY[..]].concat()));
    assert!(!world.path("karima.notebook.age").exists() && !world.path("r.age").exists());

    // Commands that only read name the older pack.
    for command in [&["list", "in"][..], &["stats", "in"], &["show", &case]] {
        let output = run(&world, &[command, &IDENTITY].concat());
        assert!(output.status.success(), "{command:?}: {}", errors(&output));
        assert!(errors(&output).contains("WARNING: pack 7 is an older list of reviewers: pack 8 was seen with this identity"));
    }
    put_pack(&world, "in", 8, &["keys"]);
    assert!(note(&world, "karima.notebook.age", &case).status.success());
    let notebook = world.path("karima.notebook.age");
    assert!(opens(&notebook, &world.identities) && !opens(&notebook, &identity(&world, "turned")));
}

#[test]
fn the_notebook_remembers_too_and_so_do_those_that_are_merged_into_it() {
    let (world, case) = world();
    put_pack(&world, "in", 8, &["keys"]);
    assert!(note(&world, "karima.notebook.age", &case).status.success());
    // The same person works at another computer, which has only the notebook.
    let fresh = || keys::set_newest_pack(&world.path("keys/identity.key"), &world.identities, 0).unwrap();
    fresh();
    put_pack(&world, "in", 7, &["keys", "turned"]);
    let before = fs::read(world.path("karima.notebook.age")).unwrap();
    let said = note(&world, "karima.notebook.age", &case);
    refused(&said);
    assert!(errors(&said).contains("stands in this notebook"), "{}", errors(&said));
    assert_eq!(fs::read(world.path("karima.notebook.age")).unwrap(), before);
    fresh();
    let listed = run(&world, &[&["list", "--notebook", "karima.notebook.age", "in"], &IDENTITY[..]].concat());
    assert!(errors(&listed).contains("pack 8 stands in the notebook"), "{}", errors(&listed));

    fresh();
    assert!(note(&world, "zia.notebook.age", &case).status.success(), "nobody here knows better");
    let merge = [&["merge", "--notebook", "zia.notebook.age", "--dir", "in", "karima.notebook.age"], &IDENTITY[..]].concat();
    fresh();
    refused(&run(&world, &merge));
    put_pack(&world, "in", 8, &["keys"]);
    let merged = run(&world, &merge);
    assert!(out(&merged).contains("It has seen pack 8"), "{}{}", out(&merged), errors(&merged));
    put_pack(&world, "in", 7, &["keys", "turned"]);
    fresh();
    refused(&note(&world, "zia.notebook.age", &case));
    // `rekey` considers the notebooks among the files.
    fs::rename(world.path("zia.notebook.age"), world.path("in/zia.notebook.age")).unwrap();
    fresh();
    refused(&run(&world, &[&["rekey", "--to", "in/pack.json", "in"], &IDENTITY[..]].concat()));
}

#[test]
fn a_memory_that_was_taken_away_or_altered_is_missed_and_set_anew_only_on_purpose() {
    let (world, case) = world();
    put_pack(&world, "in", 8, &["keys"]);
    let record = world.path("keys/identity.key.serial");
    let first = fs::read(&record).unwrap();
    for damage in [None, Some("7 00\n".to_owned()), Some(format!("1{}", String::from_utf8(first).unwrap()))] {
        fs::remove_file(&record).unwrap();
        if let Some(text) = damage {
            fs::write(&record, text).unwrap();
        }
        let output = note(&world, "karima.notebook.age", &case);
        let said = errors(&output);
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 2), "{said}");
        assert!(said.contains("identity.key.serial") && said.contains("keys newest-pack"), "{said}");
        let list = run(&world, &[&["list", "in"], &IDENTITY[..]].concat());
        assert!(list.status.success() && errors(&list).contains("WARNING"), "{}", errors(&list));
        fs::write(&record, "").unwrap();
    }
    let set = run(&world, &[&["keys", "newest-pack", "--set", "8"], &IDENTITY[..]].concat());
    assert_eq!(out(&set), "The newest pack that was seen with this identity is 8.\n", "{}", errors(&set));
    assert!(note(&world, "karima.notebook.age", &case).status.success());
    // This notebook was merged by mistake, and claims a pack that nobody ever signed.
    let forged = json!({ "format": 2, "newest_pack": u64::MAX, "cases": {}, "log": [] }).to_string();
    world.seal("forged.notebook.age", forged.as_bytes());
    let merge = ["merge", "--notebook", "karima.notebook.age", "--dir", "in", "forged.notebook.age"];
    let merged = run(&world, &[&merge, &IDENTITY[..]].concat());
    assert!(errors(&merged).contains("stands in this notebook"), "{}", errors(&merged));
    assert!(note(&world, "karima.notebook.age", &case).status.success(), "what would lock it up was not taken in");
    let set = ["keys", "newest-pack", "--set", "8", "--notebook", "karima.notebook.age"];
    assert!(run(&world, &[&set, &IDENTITY[..]].concat()).status.success());
}

#[test]
fn a_new_identity_begins_with_what_the_old_one_has_seen() {
    let (world, _) = world();
    put_pack(&world, "in", 8, &["keys"]);
    assert!(run(&world, &[&["list", "in"], &IDENTITY[..]].concat()).status.success());
    let begin = ["keys", "rotate", "begin", "--identity", "keys/identity.key", "--no-passphrase", "next"];
    assert!(run(&world, &begin).status.success());
    let shown = run(&world, &["keys", "newest-pack", "--identity", "next/identity.key"]);
    assert_eq!(out(&shown), "The newest pack that was seen with this identity is 8.\n");
    put_pack(&world, "in", 7, &["next", "turned"]);
    let finish = ["keys", "rotate", "finish", "--new", "next/identity.key", "--lose-late", "--to", "in/pack.json", "in"];
    refused(&run(&world, &[&finish, &IDENTITY[..]].concat()));
    assert!(world.path("keys/identity.key").exists());
}
