//! Other files beside registrations on a stick, the copy that is made of it, and files from before a reviewer joined.

use std::fs;
use std::path::{Path, PathBuf};

use amanat_shared::padding::is_bucket;
use serde_json::{Value, json};

use crate::binary::{errors, out, run, run_typing};
use crate::world::{World, archive, registration};

const IDENTITY: [&str; 2] = ["--identity", "keys/identity.key"];

/// Returns whether a command succeeded, and what it printed.
fn says(world: &World, arguments: &[&str]) -> (bool, String) {
    let output = run(world, &[arguments, &IDENTITY].concat());
    (output.status.success(), out(&output) + &errors(&output))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Seals a registration of a valid length, from `from`, into the folder `in` of `world`.
fn sent(from: &World, world: &World, answers: Value) -> PathBuf {
    let mut archive = archive(&registration(answers, &[]), &[]);
    archive.resize(32 * 1024, 0);
    assert!(is_bucket(archive.len() as u64));
    let sealed = from.sealed(&archive);
    let path = world.path("in").join(format!("{}.age", amanat_reviewer_core::decrypt::identity(&sealed)));
    fs::create_dir_all(world.path("in")).unwrap();
    fs::write(&path, sealed).unwrap();
    path
}

fn received(world: &World, hours: &[(&Path, &str)]) {
    let all: serde_json::Map<String, Value> =
        hours.iter().map(|(path, hour)| (stem(path), json!(format!("2026-11-{hour}:00Z")))).collect();
    fs::write(world.path("in/received.json"), Value::Object(all).to_string()).unwrap();
}

/// Writes the files that operating systems and browsers leave.
fn litter(folder: &Path, hash: &str) {
    for name in [
        &format!("._{hash}.age"),
        "._pack.json",
        "._ali.notebook.age",
        ".DS_Store",
        "._.DS_Store",
        "Thumbs.db",
        "desktop.ini",
        &format!("{hash}.age.part"),
        &format!("{hash}.age.crdownload"),
        &format!("~${hash}.age"),
        &format!(".{hash}.age.tmp"),
    ] {
        fs::write(folder.join(name), b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X").unwrap();
    }
    for name in ["System Volume Information", ".Trashes", "$RECYCLE.BIN", ".fseventsd", "._folder.age"] {
        fs::create_dir(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("x.age"), "no registration").unwrap();
    }
}

#[test]
fn what_a_mac_windows_or_a_browser_leaves_on_a_stick_changes_nothing() {
    let world = World::new();
    let hash = stem(&world.case("in", json!({ "danger_7days": "yes" }), &[]));
    fs::write(world.path("note.txt"), "seen").unwrap();
    let all = |world: &World| {
        let mut said = Vec::new();
        for command in [&["list", "in"][..], &["list", "--json", "in"], &["stats", "in"], &["show", "--dir", "in", &hash[..8]]] {
            said.push(says(world, command));
        }
        for name in ["ack.json", "discard.json", "week.tar"] {
            let _ = fs::remove_file(world.path(name));
        }
        said.push(says(world, &["ack", "--out", "ack.json", "in"]));
        said.push(says(world, &["discard", "--out", "discard.json", "in"]));
        let bundle = run(world, &["bundle", "--out", "week.tar", "in"]);
        said.push((bundle.status.success(), out(&bundle) + &errors(&bundle)));
        said
    };
    let before = all(&world);
    assert!(before.iter().all(|(success, _)| *success), "{before:?}");
    litter(&world.path("in"), &hash);
    assert_eq!(all(&world), before);
}

#[test]
fn a_file_is_a_person_only_if_it_may_be_one() {
    let world = World::new();
    let good = world.case("in", json!({}), &[]);
    // This file has no name of `pull`'s and is not an age file.
    fs::write(world.path("in/readme.age"), "hello").unwrap();
    fs::copy(&good, world.path("in").join(format!("{} (1).age", stem(&good)))).unwrap();
    let (_, said) = says(&world, &["list", "in"]);
    assert!(!said.contains("person"), "{said}");
    // The beginning of this file is lost, as by a bad block of the stick.
    fs::write(world.path("in").join(format!("{}.age", "ab".repeat(32))), vec![0; 40_000]).unwrap();
    let (success, said) = says(&world, &["list", "in"]);
    assert!(!success && said.contains("a person may wait in it") && said.contains("damaged"), "{said}");
}

#[test]
fn what_came_before_a_reviewer_joined_is_named_with_the_steps_and_is_no_junk() {
    let (world, others) = (World::new(), World::new());
    let (old, mine) = (sent(&others, &world, json!({ "children_count": 1 })), sent(&world, &world, json!({})));
    let later = sent(&others, &world, json!({ "children_count": 2 }));
    received(&world, &[(&old, "20T05"), (&mine, "21T05"), (&later, "22T05")]);
    let (_, said) = says(&world, &["list", "in"]);
    assert!(said.contains("Sealed before you joined") && said.contains("1 of these files"), "{said}");
    assert!(said.contains("amanat-reviewer rekey --identity keys/identity.key --to sealed/pack.json sealed"), "{said}");
    assert!(said.contains("1 could not be opened (1 open for nobody here so far)"), "{said}");
    let (_, said) = says(&world, &["discard", "--out", "discard.json", "in"]);
    assert!(said.contains("sealed before you joined"), "{said}");
    let list = fs::read_to_string(world.path("discard.json")).unwrap();
    assert!(list.contains(&stem(&later)) && !list.contains(&stem(&old)), "{list}");
    fs::remove_file(&later).unwrap();
    received(&world, &[(&old, "20T05"), (&mine, "21T05")]);
    let (success, said) = says(&world, &["list", "in"]);
    assert!(success && !said.contains("could not be opened") && !said.contains("person"), "{said}");
    let (success, said) = says(&world, &["ack", "--out", "ack.json", "in"]);
    assert!(success && said.contains("1 acknowledged"), "{said}");
}

#[test]
fn a_pack_that_is_broken_in_any_way_keeps_nobody_from_reading() {
    let world = World::new();
    let hash = stem(&world.case("in", json!({ "danger_7days": "yes" }), &[]));
    let pack = world.path("in/pack.json");
    let endless = vec![b' '; 5 * 1024 * 1024];
    let broken: [&[u8]; 6] = [b"", b"{", b"[]", b"{\"serial\": 1}", b"\xff\xfe\x00", &endless];
    for bytes in broken {
        fs::write(&pack, bytes).unwrap();
        for command in [&["list", "in"][..], &["show", "--dir", "in", &hash[..8]], &["stats", "in"]] {
            let (success, said) = says(&world, command);
            assert!(success && said.contains("WARNING: the pack in/pack.json"), "{command:?}: {said}");
        }
        assert!(says(&world, &["list", "in"]).1.contains("EMERGENCY"));
    }
    fs::remove_file(&pack).unwrap();
    fs::create_dir(&pack).unwrap();
    assert!(says(&world, &["list", "in"]).1.contains("EMERGENCY"));
    // A reviewer who names a pack means that one.
    assert!(!says(&world, &["list", "--pack", "in/pack.json", "in"]).0);
}

fn keeps(world: &World, arguments: &[&str]) -> (bool, String) {
    let output = run(world, &[&["keep"], arguments].concat());
    (output.status.success(), out(&output) + &errors(&output))
}

#[test]
fn a_copy_is_made_and_checked_and_outlives_the_stick() {
    let world = World::new();
    let paths: Vec<PathBuf> = (0..3).map(|children| world.case("stick", json!({ "children_count": children }), &[])).collect();
    fs::write(world.path("stick/ali.notebook.age"), "a colleague's").unwrap();
    litter(&world.path("stick"), &stem(&paths[0]));
    let (success, said) = keeps(&world, &["--to", "sealed", "stick"]);
    assert!(success && said.contains("3 copied to sealed and checked, 0 were there"), "{said}");
    let mut copied: Vec<String> =
        fs::read_dir(world.path("sealed")).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    copied.sort();
    assert_eq!(copied.len(), 4, "{copied:?}");
    assert!(keeps(&world, &["--to", "sealed", "stick"]).1.contains("0 copied to sealed and checked, 3 were there"));

    // A damaged copy is repaired; a file that the stick has damaged is not taken, and harms no copy.
    let copy = world.path("sealed").join(paths[0].file_name().unwrap());
    fs::write(&copy, "half").unwrap();
    assert!(keeps(&world, &["--to", "sealed", "stick"]).1.contains("1 copied"));
    let whole = fs::read(&copy).unwrap();
    fs::write(&paths[0], &whole[..whole.len() - 1]).unwrap();
    let (success, said) = keeps(&world, &["--to", "sealed", "stick"]);
    assert!(!success && said.contains("damaged") && fs::read(&copy).unwrap() == whole, "{said}");
    fs::write(world.path("stick/ali.notebook.age"), "another").unwrap();
    assert!(keeps(&world, &["--to", "sealed", "stick"]).1.contains("take it in: amanat-reviewer merge"));
    assert_eq!(fs::read(world.path("sealed/ali.notebook.age")).unwrap(), b"a colleague's");

    fs::remove_dir_all(world.path("stick")).unwrap();
    let (success, said) = says(&world, &["ack", "--out", "ack.json", "sealed"]);
    assert!(success && said.contains("3 acknowledged") && said.contains("the only copy"), "{said}");
    // The next week loses nothing of the list.
    fs::remove_file(&copy).unwrap();
    world.case("sealed", json!({ "children_count": 9 }), &[]);
    assert!(says(&world, &["ack", "--out", "ack.json", "sealed"]).1.contains("4 acknowledged"));
}

#[test]
fn nothing_is_acknowledged_from_a_stick() {
    let world = World::new();
    let stick = tempfile::tempdir_in("/dev/shm").expect("this test needs /dev/shm, a disk of its own");
    let path = world.case("in", json!({}), &[]);
    let on_stick = stick.path().join(path.file_name().unwrap());
    fs::copy(&path, &on_stick).unwrap();
    let folder = stick.path().to_str().unwrap();
    for named in [folder, on_stick.to_str().unwrap()] {
        let (success, said) = says(&world, &["ack", "--out", "ack.json", named]);
        assert!(!success && said.contains("amanat-reviewer keep --to sealed"), "{said}");
        assert_eq!(said.lines().count(), 2, "{said}");
        assert!(!world.path("ack.json").exists());
    }
    assert!(says(&world, &["ack", "--own-disk", "--out", "ack.json", folder]).0);
    assert!(keeps(&world, &["--to", "sealed", folder]).0);
    assert!(says(&world, &["ack", "--out", "again.json", "sealed"]).0);
}

#[test]
fn keys_that_an_editor_has_saved_in_its_own_way_open() {
    let world = World::new();
    let file = world.case("in", json!({}), &[]);
    let key = fs::read_to_string(world.path("keys/identity.key")).unwrap();
    let crlf = key.replace('\n', "\r\n");
    let nbsp = key.replace('\n', "\u{a0}\r\n");
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let ways: [(&str, Vec<u8>); 9] = [
        ("BOM", format!("\u{feff}{key}").into_bytes()),
        ("CRLF", crlf.clone().into_bytes()),
        ("BOM and CRLF", format!("\u{feff}{crlf}").into_bytes()),
        ("NBSP", nbsp.clone().into_bytes()),
        ("NBSP in Latin-1", key.replace('\n', "~\n").bytes().map(|byte| if byte == b'~' { 0xa0 } else { byte }).collect()),
        ("UTF-16LE", utf16(&format!("\u{feff}{crlf}"), u16::to_le_bytes)),
        ("UTF-16BE", utf16(&format!("\u{feff}{crlf}"), u16::to_be_bytes)),
        ("UTF-16LE without a mark", utf16(&crlf, u16::to_le_bytes)),
        ("no end", key.trim_end().to_owned().into_bytes()),
    ];
    fs::copy(world.path("keys/identity.key.serial"), world.path("keys/edited.key.serial")).unwrap();
    for (way, bytes) in ways {
        fs::write(world.path("keys/edited.key"), bytes).unwrap();
        let output = run(&world, &["show", "--identity", "keys/edited.key", file.to_str().unwrap()]);
        assert!(output.status.success(), "{way}: {}", errors(&output));
    }
}

/// Writes about a case in a notebook of this name.
fn writes(world: &World, notebook: &str, hash: &str, arguments: &[&str]) {
    let note = ["note", "--notebook", notebook, "--dir", "in", &hash[..8]];
    let (success, said) = says(world, &[&note, arguments].concat());
    assert!(success, "{said}");
}

#[test]
fn what_two_set_apart_is_a_conflict_with_both_values_until_one_sets_it_anew() {
    let world = World::new();
    let hash = stem(&world.case("in", json!({}), &[]));
    writes(&world, "ali.notebook.age", &hash, &["--status", "checking", "--assign", "Ali"]);
    writes(&world, "karima.notebook.age", &hash, &["--status", "verified", "--assign", "Karima"]);
    let (_, said) = says(&world, &["merge", "--notebook", "ali.notebook.age", "karima.notebook.age"]);
    let both = |said: &str| {
        ["CONFLICT, status", "CONFLICT, taken by", "checking", "verified", "Ali", "Karima"].iter().all(|word| said.contains(word))
    };
    assert!(both(&said), "{said}");
    let list = |notebook: &str| says(&world, &["list", "--notebook", notebook, "in"]).1;
    assert!(both(&list("ali.notebook.age")), "{}", list("ali.notebook.age"));
    let (_, shown) = says(&world, &["show", "--notebook", "ali.notebook.age", "--dir", "in", &hash[..8]]);
    assert!(both(&shown), "{shown}");

    writes(&world, "ali.notebook.age", &hash, &["--status", "verified", "--assign", "Karima"]);
    assert!(!list("ali.notebook.age").contains("CONFLICT"));
    // Her notebook learns of the new value, and does not bring the conflict back.
    for (ours, theirs) in [("karima.notebook.age", "ali.notebook.age"), ("ali.notebook.age", "karima.notebook.age")] {
        assert!(says(&world, &["merge", "--notebook", ours, theirs]).0);
        assert!(!list(ours).contains("CONFLICT"), "{}", list(ours));
    }
}

#[test]
fn a_notebook_is_one_whatever_its_file_is_called_and_capitals_make_no_second_reviewer() {
    let world = World::new();
    let hash = stem(&world.case("in", json!({}), &[]));
    writes(&world, "Ali.notebook.age", &hash, &["--status", "checking", "--assign", "Ali"]);
    writes(&world, "ali.notebook.age", &hash, &["--status", "verified", "--assign", "ali"]);
    assert!(world.path("Ali.notebook.age").exists() && !world.path("ali.notebook.age").exists());
    let (_, said) = says(&world, &["list", "--notebook", "ALI.notebook.age", "--assigned", "aLI", "in"]);
    assert!(said.contains("verified") && said.contains("1 cases"), "{said}");

    // The renamed notebook lies among the registrations.
    fs::copy(world.path("Ali.notebook.age"), world.path("in/ali-2026.age")).unwrap();
    let (success, said) = says(&world, &["list", "in"]);
    assert!(success && said.contains("in/ali-2026.age is a notebook: take it in with `merge`"), "{said}");
    assert!(says(&world, &["ack", "--out", "ack.json", "in"]).0);
    let (success, said) = says(&world, &["merge", "--notebook", "karima.notebook.age", "in/ali-2026.age"]);
    assert!(success && said.contains("1 cases with another status"), "{said}");
}

#[test]
fn a_note_asks_which_case_it_is_about() {
    let world = World::new();
    let hash = stem(&world.case("in", json!({}), &[]));
    let note = [&["note", "--notebook", "ali.notebook.age", "--dir", "in"], &IDENTITY[..]].concat();
    let output = run_typing(&world, &note, &format!("{}\nSpoke on Thursday.\n", &hash[..8]));
    assert!(output.status.success() && out(&output).contains("notes: 1"), "{}{}", out(&output), errors(&output));
    let show = [&["show", "--notebook", "ali.notebook.age", "--dir", "in"], &IDENTITY[..]].concat();
    let output = run_typing(&world, &show, &format!("{}\n", &hash[..8]));
    assert!(out(&output).contains("Spoke on Thursday."), "{}", out(&output));
}
