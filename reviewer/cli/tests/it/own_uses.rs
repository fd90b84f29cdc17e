//! A reviewer's own use of the access key is told from a stranger's: by any command, in any folder, on any of their computers.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::audit::serve;
use crate::binary::{errors, out, run};
use crate::world::World;

const LIST: &str = r#"{"discarded":["0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"]}"#;

/// Returns what a command prints. The server answers with an empty list only, which `push` cannot read; only the request
/// matters.
fn say(world: &World, origin: &str, command: &str, access: &str, more: &[&str]) -> String {
    let output = run(world, &[&[command, "--server", origin, "--access", access], more].concat());
    out(&output) + &errors(&output)
}

fn pull(world: &World, origin: &str, access: &str, folder: &str) -> String {
    say(world, origin, "pull", access, &["--out", folder])
}

fn is_silent(said: &str) -> bool {
    said.contains("What others did") && !["access key", "yourself", "WARNING", "coalition"].iter().any(|word| said.contains(word))
}

/// Returns the lines about the access key.
fn about_the_key(said: &str) -> String {
    said.lines().filter(|line| !line.starts_with("amanat-reviewer: ")).collect::<Vec<_>>().join("\n")
}

fn copy(world: &World, from: &str, to: &str) {
    let done = Command::new("cp").arg("-r").arg(world.path(from)).arg(world.path(to)).status().unwrap();
    assert!(done.success());
}

#[test]
fn every_command_with_and_without_a_folder_is_the_reviewers_own() {
    let world = World::new();
    let (origin, log) = serve();
    fs::write(world.path("list.json"), LIST).unwrap();
    let access = "keys/access.key";
    assert!(is_silent(&about_the_key(&pull(&world, &origin, access, "in"))));
    for (command, more) in [
        ("push", &["--out", "in", "list.json"][..]),
        ("push", &["list.json"]),
        ("object", &["--all", "--out", "in"]),
        ("object", &["--all"]),
        ("object", &["--all", "--withdraw"]),
    ] {
        let before = log.lock().unwrap().entries.len();
        say(&world, &origin, command, access, more);
        assert!(log.lock().unwrap().entries.len() > before, "{command} {more:?} asked nothing");
        let said = about_the_key(&pull(&world, &origin, access, "in"));
        assert!(is_silent(&said), "{command} {more:?}: {said}");
    }
    // Another folder knows nothing of the requests; then the first folder is used again.
    for folder in ["other", "in", "other"] {
        let said = about_the_key(&pull(&world, &origin, access, folder));
        assert!(is_silent(&said), "{folder}: {said}");
    }
}

#[test]
fn a_stick_that_goes_from_one_computer_to_another_raises_no_alarm() {
    let world = World::new();
    let (origin, _log) = serve();
    fs::write(world.path("list.json"), LIST).unwrap();
    for computer in ["one", "two"] {
        copy(&world, "keys", computer);
    }
    for computer in ["one", "two", "one", "two"] {
        let access = format!("{computer}/access.key");
        let said = about_the_key(&pull(&world, &origin, &access, "stick"));
        assert!(is_silent(&said), "{computer}: {said}");
        say(&world, &origin, "push", &access, &["--out", "stick", "list.json"]);
    }
}

#[test]
fn a_list_that_lies_on_the_stick_is_sent_from_any_computer_without_naming_the_folder() {
    let world = World::new();
    let (origin, _log) = serve();
    pull(&world, &origin, "keys/access.key", "stick/sealed");
    fs::write(world.path("stick/ack.json"), LIST).unwrap();
    copy(&world, "keys", "two");
    say(&world, &origin, "push", "two/access.key", &["stick/ack.json"]);
    let said = about_the_key(&pull(&world, &origin, "keys/access.key", "stick/sealed"));
    assert!(is_silent(&said), "{said}");
}

#[test]
fn a_copy_of_the_folder_on_another_computer_is_told_apart_from_a_stranger() {
    let world = World::new();
    let (origin, log) = serve();
    fs::write(world.path("list.json"), LIST).unwrap();
    let access = "keys/access.key";
    pull(&world, &origin, access, "in");
    fs::create_dir(world.path("laptop")).unwrap();
    fs::copy(world.path(access), world.path("laptop/access.key")).unwrap();
    copy(&world, "in", "laptop/in");
    pull(&world, &origin, "laptop/access.key", "laptop/in");
    // The command works without the folder, too, since this computer has used the key.
    say(&world, &origin, "push", "laptop/access.key", &["list.json"]);
    let said = pull(&world, &origin, access, "in");
    assert!(said.contains("What you did yourself since your last pull in a copy of this folder"), "{said}");
    assert!(!said.contains("WARNING") && !said.contains("elsewhere") && !said.contains("stolen"), "{said}");

    // A person who has only the key is a stranger, whatever ids they give their requests.
    log.lock().unwrap().add("me", "fetch", "x", &"ab".repeat(16));
    fs::create_dir(world.path("thief")).unwrap();
    fs::copy(world.path(access), world.path("thief/access.key")).unwrap();
    pull(&world, &origin, "thief/access.key", "thief/in");
    let said = pull(&world, &origin, access, "in");
    assert!(said.contains("WARNING: your access key was used elsewhere since your last pull: fetched 1"), "{said}");
}

#[test]
fn where_nothing_can_be_written_beside_the_key_the_folder_knows_and_without_one_it_is_said() {
    let world = World::new();
    let (origin, _log) = serve();
    fs::write(world.path("list.json"), LIST).unwrap();
    fs::create_dir(world.path("keys/access.key.requests")).unwrap();
    let access = "keys/access.key";
    for _ in 0..2 {
        assert!(is_silent(&about_the_key(&pull(&world, &origin, access, "in"))));
        let said = say(&world, &origin, "push", access, &["--out", "in", "list.json"]);
        assert!(!said.contains("WARNING"), "{said}");
    }
    // This list lies beside no folder of `pull`'s.
    fs::create_dir(world.path("lists")).unwrap();
    fs::write(world.path("lists/list.json"), LIST).unwrap();
    let said = say(&world, &origin, "push", access, &["lists/list.json"]);
    assert!(said.contains("WARNING") && said.contains("--out"), "{said}");
    assert!(Path::new(&world.path("keys/access.key.requests")).is_dir());
}
