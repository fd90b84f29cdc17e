//! The program as a lawyer meets it: every error has two lines and a failing exit status.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};

use serde_json::json;

use crate::world::World;

/// A passphrase that was drawn at random.
pub const STRONG: &str = "window glacier bread Tuesday copper rabbit ladder melon\n";

pub fn run(world: &World, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_amanat-reviewer")).current_dir(world.dir.path()).args(arguments).output().unwrap()
}

/// Runs the program and types something.
pub fn run_typing(world: &World, arguments: &[&str], typed: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_amanat-reviewer"))
        .current_dir(world.dir.path())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    child.wait_with_output().unwrap()
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn fails_in_two_lines(world: &World, arguments: &[&str]) -> String {
    let output = run(world, arguments);
    let said = errors(&output);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert_eq!(said.lines().count(), 2, "{arguments:?}: {said}");
    assert!(said.starts_with("amanat-reviewer: "));
    said
}

#[test]
fn keygen_writes_what_the_coalition_needs_and_overwrites_nothing() {
    let world = World::new();
    for (folder, flags, prefix) in [("new", &[][..], "age1pq1"), ("old", &["--x25519"][..], "age1")] {
        let chosen = [&["keygen", "--choose-passphrase", folder], flags].concat();
        assert!(fails_in_two_lines(&world, &chosen).contains("no terminal to ask"));
        assert!(!world.path(folder).exists());
        let output = run(&world, &[&["keygen", "--no-passphrase", folder], flags].concat());
        assert!(output.status.success(), "{}", errors(&output));
        let said = out(&output);
        assert!(
            said.contains(&format!("recipient = \"{prefix}"))
                && said.contains("access_key = \"")
                && said.contains("must never touch an online computer")
        );
        assert!(
            !said.contains("SECRET")
                && said.starts_with(&fs::read_to_string(world.path(folder).join("send-to-coalition.txt")).unwrap())
        );
        let identity = world.path(folder).join("identity.key");
        assert_eq!(fs::metadata(&identity).unwrap().permissions().mode() & 0o777, 0o600);
        let before = fs::read(&identity).unwrap();
        assert!(fails_in_two_lines(&world, &["keygen", folder]).contains("is there already"));
        assert_eq!(fs::read(&identity).unwrap(), before);
    }
}

#[test]
fn a_locked_identity_opens_with_its_passphrase_in_every_command_and_is_shown_with_the_words_that_were_sent() {
    let world = World::new();
    for (name, words) in [("words", STRONG), ("other", "sphere unlock cattle onion vague dizzy garment\n")] {
        fs::write(world.path(name), words).unwrap();
        fs::set_permissions(world.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let said = out(&run(&world, &["keygen", "--passphrase-file", "words", "mine"]));
    let lines: Vec<&str> = said.lines().take(3).collect();
    assert!(lines[2].starts_with("# To compare by voice: ") && lines[2].split(' ').count() == 13, "{said}");
    let unlocked = ["--identity", "mine/identity.key", "--passphrase-file", "words"];
    let show = run(&world, &[&["keys", "show"], &unlocked[..]].concat());
    assert_eq!(out(&show).lines().collect::<Vec<_>>(), lines, "{}", errors(&show));
    let list = run(&world, &[&["list"], &unlocked[..], &["mine"]].concat());
    assert!(list.status.success(), "{}", errors(&list));

    let no = |words| fails_in_two_lines(&world, &["list", "--identity", "mine/identity.key", "--passphrase-file", words, "mine"]);
    assert!(no("other").contains("the passphrase does not open it"));
    assert!(fails_in_two_lines(&world, &["list", "--identity", "mine/identity.key", "mine"]).contains("no terminal"));

    let change = run(&world, &[&["keys", "passphrase"], &unlocked[..], &["--new-passphrase-file", "other"]].concat());
    assert!(change.status.success(), "{}", errors(&change));
    assert!(no("words").contains("the passphrase does not open it"));
    let said = errors(&run(&world, &["keys", "passphrase", "--identity", "mine/identity.key", "--passphrase-file", "other"]));
    let made = said.lines().find_map(|line| line.strip_prefix("Its passphrase, shown only now: ")).unwrap();
    fs::write(world.path("words"), made).unwrap();
    assert_eq!(out(&run(&world, &[&["keys", "show"], &unlocked[..]].concat())).lines().collect::<Vec<_>>(), lines);

    fs::set_permissions(world.path("words"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(no("words").contains("may be read by others"));
}

#[test]
fn a_passphrase_is_made_by_chance_unless_somebody_chooses_one_that_nobody_guesses() {
    let world = World::new();
    let made = run(&world, &["keygen", "made"]);
    assert!(made.status.success(), "{}", errors(&made));
    let words =
        errors(&made).lines().find_map(|line| line.strip_prefix("Its passphrase, shown only now: ").map(str::to_owned)).unwrap();
    assert_eq!(words.split('-').count(), 7);
    assert!(!out(&made).contains(&words), "it does not go where the lines for the coalition go");
    assert!(fs::read_to_string(world.path("made/identity.key")).is_err(), "it is locked");

    let file = |name: &str, words: &str| {
        fs::write(world.path(name), words).unwrap();
        fs::set_permissions(world.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    };
    file("made-words", &words);
    let show = ["keys", "show", "--identity", "made/identity.key", "--passphrase-file", "made-words"];
    assert!(run(&world, &show).status.success());
    for (words, why) in [
        ("بسم الله الرحمن الرحيم", "verse"),
        ("لا اله الا الله محمد رسول الله", "verse"),
        ("qwertyuiopasdfgh", "run of neighbouring keys"),
        ("Karima daughter of Abdul Rahman", "name"),
    ] {
        file("weak", words);
        for command in [
            &["keygen", "--passphrase-file", "weak", "weak-keys"][..],
            &["keys", "passphrase", "--identity", "keys/identity.key", "--new-passphrase-file", "weak"],
            &["keys", "rotate", "begin", "--identity", "keys/identity.key", "--new-passphrase-file", "weak", "weak-keys"],
        ] {
            let said = fails_in_two_lines(&world, command);
            assert!(said.contains("too easy to guess") && said.contains(why) && !said.contains(words), "{said}");
        }
    }
    assert!(!world.path("weak-keys").exists() && !fs::read_to_string(world.path("keys/identity.key")).unwrap().is_empty());
}

#[test]
fn a_crash_leaves_no_core_dump() {
    let world = World::new();
    // The program asks for the partner's name, and waits with the identity unlocked.
    fs::write(world.path("partner.pub"), amanat_shared::seal::HybridIdentity::from_seed([9; 32]).recipient().to_string()).unwrap();
    let arguments = [
        ["refer", "--identity", "keys/identity.key", "--to", "partner.pub", "--kind", "partner"],
        ["--columns", "name_native", "--notebook", "karima.notebook.age", "--out", "referral.age", "in/0.age"],
    ]
    .concat();
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_amanat-reviewer")])
        .args(arguments)
        .current_dir(world.dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asked = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut asked).unwrap();
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core: Vec<&str> = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{limits}");
    assert!(Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().unwrap().success());
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(6));
    assert!(!status.core_dumped());
    assert!(!fs::read_dir(world.dir.path()).unwrap().any(|entry| entry.unwrap().file_name().to_string_lossy().contains("core")));
}

#[test]
fn a_case_goes_from_the_list_to_the_desk_to_the_acknowledgement() {
    let world = World::new();
    let path =
        world.case("in", json!({ "danger_7days": "yes", "name_native": "Karima", "country_now": "PK" }), &[&[0xff, 0xd8, 0xff]]);
    let (path, hash) = (path.to_str().unwrap(), path.file_stem().unwrap().to_str().unwrap());
    let list = run(&world, &["list", "--identity", "keys/identity.key", "--today", "2026-11-23", "in"]);
    assert!(
        list.status.success() && out(&list).contains("EMERGENCY  E2") && !out(&list).contains("Karima"),
        "{}{}",
        out(&list),
        errors(&list)
    );
    let show = run(&world, &["show", "--identity", "keys/identity.key", "--language", "ps", path]);
    assert!(show.status.success() && out(&show).contains("Karima"));
    let open = run(&world, &["open", "--identity", "keys/identity.key", "--out", "out", path]);
    assert!(open.status.success() && world.path("out").join(hash).join("attachments/01.jpg").exists());
    let again = run(&world, &["open", "--identity", "keys/identity.key", "--out", "out", path]);
    assert!(again.status.success() && out(&again).contains("is there already and was left as it is"));
    let ack = run(&world, &["ack", "--identity", "keys/identity.key", "--out", "ack.json", path]);
    assert!(ack.status.success() && fs::read_to_string(world.path("ack.json")).unwrap().contains(hash));
}

#[test]
fn errors_are_two_lines() {
    let (world, other) = (World::new(), World::new());
    let good = world.case("in", json!({}), &[]);
    fs::copy(other.case("in", json!({}), &[]), world.path("other.age")).unwrap();
    let bytes = fs::read(&good).unwrap();
    fs::write(world.path("cut.age"), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(world.path("plain.age"), "\u{1b}[31mplain").unwrap();
    fs::write(world.path("sealed.key"), "age-encryption.org/v1\n-> scrypt").unwrap();
    for file in ["other.age", "cut.age", "plain.age", "no\u{1b}[31mne.age", "in"] {
        for command in [&["open", "--out", "out"][..], &["show"]] {
            let said = fails_in_two_lines(&world, &[command, &["--identity", "keys/identity.key", file]].concat());
            assert!(!said.contains('\u{1b}'));
        }
    }
    assert!(!world.path("out").exists());
    let good = good.to_str().unwrap();
    for identity in ["none.key", "sealed.key", "keys/access.key", "plain.age"] {
        fails_in_two_lines(&world, &["show", "--identity", identity, good]);
    }
    assert!(fails_in_two_lines(&world, &["show", "--identity", "sealed.key", good]).contains("is damaged or cut short"));
    fails_in_two_lines(&world, &["list", "--identity", "keys/identity.key", "nowhere"]);
    fails_in_two_lines(&world, &["list", "--identity", "keys/identity.key", "--pack", "nowhere.json", "in"]);
    fails_in_two_lines(&world, &["show", "--identity", "keys/identity.key", "--pack", "plain.age", good]);
    fails_in_two_lines(&world, &["open", "--identity", "keys/identity.key", "--out", "plain.age", good]);
    fails_in_two_lines(&world, &["push", "--server", "http://127.0.0.1:1", "--access", "keys/access.key", "plain.age"]);
    // Nobody listens on port 1.
    let pull = |server: &str, access: &str| {
        fails_in_two_lines(&world, &["pull", "--server", server, "--access", access, "--out", "pulled"])
    };
    assert!(pull("http://127.0.0.1:1", "keys/access.key").contains("does not answer"));
    assert!(pull("http://127.0.0.1:1", "keys/identity.key").contains("is a decryption identity"));
    assert!(pull("http://example.org", "keys/access.key").contains("without encryption"));
    assert!(pull("example.org", "keys/access.key").contains("is not a server's address"));
}

#[test]
fn a_list_that_nobody_reads_to_its_end_or_that_has_no_room_ends_without_a_panic() {
    let world = World::new();
    for number in 0..40 {
        world.case("in", json!({ "children_count": number }), &[]);
    }
    let program = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_amanat-reviewer"));
        command.current_dir(world.dir.path()).args(arguments).stderr(Stdio::piped());
        command
    };
    let list = ["list", "--identity", "keys/identity.key", "--json", "in"];
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let closed = program(&list).stdout(writer).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!((closed.status.code(), errors(&closed).as_str()), (Some(141), ""));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let full = program(&list).stdout(full).spawn().unwrap().wait_with_output().unwrap();
    let said = errors(&full);
    assert_eq!(full.status.code(), Some(1), "{said}");
    assert!(said.lines().count() == 2 && said.contains("No space left") && !said.contains("panicked"), "{said}");
}

#[test]
fn a_clock_that_is_behind_what_has_come_is_named() {
    let world = World::new();
    let path = world.case("in", json!({ "danger_7days": "yes" }), &[]);
    let hash = path.file_stem().unwrap().to_str().unwrap();
    let list = ["list", "--identity", "keys/identity.key", "in"];
    assert_eq!(errors(&run(&world, &list)), "");
    fs::write(world.path("in/received.json"), json!({ hash: "2099-01-01T05:00Z" }).to_string()).unwrap();
    let said = errors(&run(&world, &list));
    assert!(said.contains("which cannot be right") && said.contains("Set the clock"), "{said}");
    assert_eq!(errors(&run(&world, &[&list[..], &["--today", "2026-11-30"]].concat())), "", "who gives the day knows it");
}
