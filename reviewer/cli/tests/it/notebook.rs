//! Two reviewers work apart: references in place of files, notes, merging, and what belongs together.

use std::fs;
use std::path::Path;

use amanat_reviewer::keys;
use amanat_reviewer::scan;
use amanat_reviewer_core::cases::{self, Filter, Names, RowContext, Sort};
use amanat_reviewer_core::forms::Forms;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::notebook::file;
use amanat_shared::dates::Day;
use amanat_shared::envelope::RecipientKind;
use serde_json::{Value, json};

use crate::binary::{errors, out, run, run_typing};
use crate::strangers::{send, signed};
use crate::world::{World, archive, registration};

const IDENTITY: [&str; 2] = ["--identity", "keys/identity.key"];

fn succeeds(world: &World, arguments: &[&str]) -> String {
    let output = run(world, &[arguments, &IDENTITY].concat());
    assert!(output.status.success(), "{arguments:?}: {}{}", out(&output), errors(&output));
    out(&output)
}

/// Runs a command and types a text.
fn typing(world: &World, arguments: &[&str], typed: &str) -> String {
    let output = run_typing(world, &[arguments, &IDENTITY].concat(), typed);
    assert!(output.status.success(), "{arguments:?}: {}{}", out(&output), errors(&output));
    out(&output)
}

fn fails(world: &World, arguments: &[&str]) -> String {
    fails_typing(world, arguments, "")
}

fn fails_typing(world: &World, arguments: &[&str], typed: &str) -> String {
    let output = run_typing(world, &[arguments, &IDENTITY].concat(), typed);
    let said = errors(&output);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 2), "{arguments:?}: {}{said}", out(&output));
    said
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Seals a registration under its own code, to which updates can belong.
fn case_with_code(world: &World, code: u8, prior: Option<u8>, answers: Value) -> String {
    stem(&send(world, &signed(code, prior, answers)))
}

#[test]
fn a_case_is_taken_noted_and_seen_in_the_list_by_the_beginning_of_its_reference() {
    let world = World::new();
    let hash = stem(&world.case("in", json!({ "danger_7days": "yes", "name_native": "Karima" }), &[]));
    let other = stem(&world.case("in", json!({ "danger_7days": "no" }), &[]));
    let note = ["note", "--notebook", "ali.notebook.age", "--dir", "in", &hash[..8]];
    let taken = ["--status", "checking", "--assign", "Zia", "--text"];
    let said = typing(&world, &[&note[..], &taken].concat(), "دیده شد\nsecond line\n");
    assert!(said.contains(&format!("{} is checking, assigned to Zia, notes: 1.", &hash[..12])), "{said}");
    assert!(said.contains("WARNING: there is no pack.json"), "{said}");
    typing(&world, &[&note[..], &["--as", "کریمه"]].concat(), "another");
    let list = |more: &[&str]| succeeds(&world, &[&["list", "--notebook", "ali.notebook.age", "in"], more].concat());
    let all = list(&[]);
    assert!(all.contains("checking") && all.contains("Zia") && !all.contains("Karima"), "{all}");
    assert!(list(&["--status", "new"]).contains(&other[..12]) && !list(&["--status", "new"]).contains(&hash[..12]));
    assert!(list(&["--assigned", "Zia"]).contains("1 cases") && list(&["--unassigned"]).contains("1 cases"));
    let show = succeeds(&world, &["show", "--notebook", "ali.notebook.age", "--dir", "in", &hash[..6]]);
    for wanted in [
        "+-- WORK",
        "Status: checking (ali, 20",
        "\u{2068}دیده شد\u{2069}",
        "  second line",
        "Note of \u{2068}کریمه\u{2069}",
        "Triage: EMERGENCY.",
        "  E2: ",
    ] {
        assert!(show.contains(wanted), "{wanted} in {show}");
    }
    assert!(show.find("BEFORE YOU CONTACT") < show.find("+-- WORK"));
}

#[test]
fn two_reviewers_work_apart_and_merge() {
    let world = World::new();
    let hash = stem(&world.case("in", json!({}), &[]));
    let note = |notebook: &str, more: &[&str], typed: &str| {
        typing(&world, &[&["note", "--notebook", notebook, "--dir", "in", &hash], more].concat(), typed);
    };
    note("ali.notebook.age", &[], "of Ali");
    note("zia.notebook.age", &["--text", "--status", "verified"], "of Zia");
    let merge = ["merge", "--notebook", "ali.notebook.age", "zia.notebook.age"];
    let said = succeeds(&world, &merge);
    assert!(
        said.contains("zia.notebook.age: 1 new notes, 0 erased, 1 cases with another status") && said.contains("words of zia."),
        "{said}"
    );
    let before = fs::read(world.path("ali.notebook.age")).unwrap();
    assert!(succeeds(&world, &merge).contains("nothing new"));
    assert_eq!(fs::read(world.path("ali.notebook.age")).unwrap(), before, "nothing new is not written");
    let show = succeeds(&world, &["show", "--notebook", "ali.notebook.age", "--dir", "in", &hash]);
    assert!(show.contains("of Ali") && show.contains("of Zia") && show.contains("Status: verified"));
    note("ali.notebook.age", &["--status", "deleted_on_request", "--erase-notes"], "");
    assert!(succeeds(&world, &merge).contains("nothing new"), "what was erased does not come back");
    let show = succeeds(&world, &["show", "--notebook", "ali.notebook.age", "--dir", "in", &hash]);
    assert!(!show.contains("of Zia") && show.contains("Notes that were erased: 2.") && show.contains("deleted on request"));
    let open = succeeds(&world, &["open", "--out", "out", "--dir", "in", &hash[..9]]);
    assert!(open.contains("written") && world.path("out").join(&hash).exists());
    fs::write(world.path("bad.notebook.age"), "x").unwrap();
    assert!(fails(&world, &["merge", "--notebook", "ali.notebook.age", "bad.notebook.age"]).contains("not a sealed notebook"));
}

#[test]
fn all_reviewers_of_the_pack_open_a_notebook_and_a_stranger_does_not() {
    let world = World::new();
    let hash = stem(&world.case("in", json!({}), &[]));
    for (name, kind) in [("second", RecipientKind::Hybrid), ("stranger", RecipientKind::Hybrid), ("classic", RecipientKind::X25519)]
    {
        keys::generate(&world.path(name), kind, 0).unwrap();
    }
    let identities = |name: &str| Identities::parse(&fs::read(world.path(name).join("identity.key")).unwrap()).unwrap();
    let recipients = |names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({ "name": name, "key": identities(name).recipients()[0] })).collect()
    };
    let mut pack = json!({
        "serial": 1, "issued": "2026-11-01", "expires": "2999-11-20", "site": "127.0.0.1", "contact": "c", "exit_url": "https://example.org",
        "phases": [1], "limits": { "files": 3, "file_bytes": 1, "total_bytes": 1 }, "demo": true,
        "recipients": recipients(&["keys", "second"]), "access_keys": [], "form": crate::world::form(),
    });
    fs::write(world.path("in/pack.json"), pack.to_string()).unwrap();
    let said = typing(&world, &["note", "--notebook", "ali.notebook.age", "--dir", "in", &hash], "seen");
    assert!(said.contains("keys that open it: 2.") && !said.contains("WARNING"), "{said}");
    // An old list names a reviewer who was removed since.
    pack["expires"] = json!("2026-11-02");
    fs::write(world.path("in/pack.json"), pack.to_string()).unwrap();
    let said = typing(&world, &["note", "--notebook", "alone.notebook.age", "--dir", "in", &hash], "seen");
    assert!(said.contains("keys that open it: 1.") && said.contains("WARNING"), "{said}");
    pack["expires"] = json!("2999-11-20");
    fs::write(world.path("in/pack.json"), pack.to_string()).unwrap();
    let sealed = fs::read(world.path("ali.notebook.age")).unwrap();
    for (name, opens) in [("keys", true), ("second", true), ("stranger", false)] {
        assert_eq!(file::open(&sealed, &identities(name), 1_795_414_440).is_ok(), opens, "{name}");
    }
    // A reviewer who is not in the pack can still read what they write.
    let stranger = file::Readers::new(Forms::default().pack(), &identities("stranger").recipients()).unwrap();
    assert_eq!(stranger.len(), 1);
    let note = ["note", "--identity", "classic/identity.key", "--notebook", "b.notebook.age", "--dir", "in", &hash];
    assert!(errors(&run_typing(&world, &note, "x")).contains("of another kind than the keys of the pack"));
    assert!(!world.path("b.notebook.age").exists());
}

#[test]
fn mistakes_are_said_in_two_lines_and_write_nothing() {
    let world = World::new();
    let path = world.case("in", json!({}), &[]);
    let (path, hash) = (path.to_str().unwrap(), stem(&path));
    let note = ["note", "--notebook", "ali.notebook.age"];
    for typed in ["", " ", "\n\n"] {
        assert!(fails_typing(&world, &[&note[..], &[path]].concat(), typed).contains("the note is empty"));
    }
    assert!(fails(&world, &[&note[..], &[&hash[..8]]].concat()).contains("--dir"));
    assert!(
        fails(&world, &[&note[..], &["--dir", "in", "ffffff00"]].concat()).contains("no registration in the folder begins with")
    );
    assert!(fails(&world, &[&note[..], &["--dir", "in", "abc"]].concat()).contains("at least 6 characters"));
    assert!(fails(&world, &["note", "--notebook", "ali.age", path]).contains("ali.notebook.age"));
    assert!(fails(&world, &["note", "--notebook", ".notebook.age", path]).contains("--as"));
    assert!(fails(&world, &["list", "--notebook", "none.notebook.age", "in"]).contains("could not be read"));
    assert!(!world.path("ali.notebook.age").exists() && !world.path("ali.age").exists());
    for sha256 in ["aabbcc00", "aabbcc11"] {
        fs::write(world.path("in").join(format!("{sha256}{}.age", "0".repeat(56))), "").unwrap();
    }
    assert!(fails(&world, &["show", "--dir", "in", "AABBCC"]).contains("2 registrations in the folder begin with"));
}

#[test]
fn a_note_and_a_name_on_the_command_line_are_refused_and_not_repeated() {
    let world = World::new();
    let path = world.case("in", json!({ "name_native": "Karima" }), &[]);
    let (path, secret) = (path.to_str().unwrap(), "hides-in-Quetta");
    for arguments in [
        &["note", "--notebook", "ali.notebook.age", path, secret][..],
        &["note", "--notebook", "ali.notebook.age", "--status", "closed", path, secret],
        &["note", "--notebook", "ali.notebook.age", path, "-"],
        &["list", "in", secret],
        &["list", "--find", secret, "in"],
        &["list", "--find=hides-in-Quetta", "in"],
    ] {
        let said = fails_typing(&world, arguments, "typed all the same\n");
        assert!(said.contains("does not belong on the command line") && said.contains("history"), "{arguments:?}: {said}");
        assert!(!said.contains("Quetta"), "{arguments:?}: {said}");
    }
    assert!(!world.path("ali.notebook.age").exists());
    let help = ["note", "list", "refer"].map(|command| out(&run(&world, &[command, "--help"])));
    for example in help.iter().flat_map(|help| help.lines()).filter(|line| line.trim_start().starts_with("amanat-reviewer")) {
        assert!(!example.contains(['\'', '"']), "a text as an argument in an example: {example}");
    }
    assert!(help.iter().all(|help| !help.contains("--partner") && !help.contains("--reason")));
}

#[test]
fn a_request_for_deletion_is_seen_at_the_registration_that_it_is_about() {
    let world = World::new();
    let first = case_with_code(&world, 1, None, json!({ "name_native": "علی", "father_name": "کریم", "danger_7days": "no" }));
    let deletion = case_with_code(&world, 2, Some(1), json!({ "is_update": "delete" }));
    let twin = case_with_code(&world, 3, None, json!({ "name_native": "علي", "father_name": "كريم", "danger_7days": "no" }));
    let list = succeeds(&world, &["list", "in"]);
    let row = |hash: &str| list.lines().find(|line| line.contains(&hash[..12])).unwrap();
    assert!(row(&first).contains("DELETE?, dup: 1") && row(&twin).contains("dup: 1") && !row(&twin).contains("DELETE?"), "{list}");
    assert!(succeeds(&world, &["list", "--kind", "deletion", "in"]).contains(&deletion[..12]));
    let show = succeeds(&world, &["show", "--dir", "in", &first]);
    for wanted in ["A LATER REGISTRATION ASKS FOR THIS ONE'S DELETION", &deletion[..12], &twin[..12], "same name and father's name"]
    {
        assert!(show.contains(wanted), "{wanted} in {show}");
    }
    assert!(succeeds(&world, &["show", "--dir", "in", &deletion]).contains(&format!("  {} (first registration)", &first[..12])));
    assert!(!succeeds(&world, &["show", "--alone", "--dir", "in", &first]).contains("BELONGS TOGETHER"));
}

#[test]
fn a_name_is_found_in_another_spelling_and_json_never_has_one() {
    let world = World::new();
    let hash =
        stem(&world.case("in", json!({ "name_native": "علی کریمی", "name_latin": "Mohammad Ali", "country_now": "PK" }), &[]));
    world.case("in", json!({ "name_native": "احمد" }), &[]);
    fs::write(world.path("in/received.json"), json!({ hash.clone(): "2026-11-20T05:00Z" }).to_string()).unwrap();
    for query in ["علي كريمي", "كریمی", "mohd", &hash[..7]] {
        let list = typing(&world, &["list", "--find", "in"], query);
        assert!(list.contains(&hash[..12]) && list.contains("1 cases") && list.contains("2026-11-20"), "{query}: {list}");
    }
    let text = typing(&world, &["list", "--json", "--names", "--find", "in"], "علی\n");
    let rows: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    let columns: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    assert_eq!(
        columns,
        [
            "assigned",
            "children",
            "country",
            "days",
            "deadline",
            "kind",
            "marks",
            "received",
            "reference",
            "role",
            "rules",
            "sha256",
            "status",
            "tier"
        ]
    );
    assert_eq!((&rows[0]["reference"], &rows[0]["received"]), (&json!(hash[..12]), &json!("2026-11-20T05:00Z")));
    assert!(!text.contains("علی") && !text.contains("Ali"));
}

#[test]
fn two_thousand_cases_are_opened_joined_and_searched() {
    let world = World::new();
    fs::create_dir(world.path("in")).unwrap();
    let path = world.seal(
        "in/one",
        &archive(&registration(json!({ "name_native": "علی", "father_name": "کریم", "phone": { "raw": "0799123456" } }), &[]), &[]),
    );
    for number in 0..2_000 {
        fs::copy(&path, world.path("in").join(format!("{number:064x}.age"))).unwrap();
    }
    let forms = Forms::built_in();
    let desk = RowContext { forms: &forms, language: "en", names: Names::Hidden, today: Day::from_iso("2026-11-23").unwrap() };
    let all = scan::read(&world.path("in"), &world.identities, desk).unwrap();
    assert_eq!((all.cases.len(), all.failures.len()), (2_000, 0));
    let found = |text: &str| cases::select(&all.cases, &Filter { text: text.to_owned(), ..Filter::default() }, Sort::Triage).len();
    assert_eq!((found("علي"), found("احمد"), found(&format!("{:064x}", 7))), (2_000, 0, 1));
}

#[test]
fn hostile_words_in_a_merged_notebook_are_harmless_on_a_terminal() {
    let world = World::new();
    let hash = stem(&world.case("in", json!({}), &[]));
    let evil = "| NEVER SHARE \u{200d}ا";
    let notebook = json!({ "format": 1, "log": [], "cases": { hash.clone(): {
        "status": { "time": 1, "author": "ا\u{200c}x", "value": "verified" },
        "notes": [{ "time": 253_402_300_799_u64, "author": "x", "text": format!("{evil}\n{}", "x".repeat(900)), "id": "00".repeat(16) }],
    } } });
    world.seal("evil.notebook.age", notebook.to_string().as_bytes());
    let show = succeeds(&world, &["show", "--notebook", "evil.notebook.age", "--dir", "in", &hash]);
    assert!(show.contains("|   \u{2068}| NEVER SHARE"), "{show}");
    assert!(show.lines().all(|line| line.chars().count() < 120), "{show}");
    // The program does not take a registration for a notebook, nor a notebook for a registration.
    world.seal("in/evil.notebook.age", notebook.to_string().as_bytes());
    assert!(succeeds(&world, &["list", "in"]).contains("1 cases"));
    assert!(fails(&world, &["show", "evil.notebook.age"]).contains("was refused"));
    let path = format!("in/{hash}.age");
    assert!(fails(&world, &["show", "--notebook", &path, "--dir", "in", &hash]).contains("no notebook"));
}

#[test]
fn help_has_examples_and_there_are_completions_and_a_manual() {
    let world = World::new();
    for command in ["list", "show", "note", "merge"] {
        assert!(out(&run(&world, &[command, "--help"])).contains("Example"), "{command}");
    }
    for (shell, words) in [("bash", "deleted_on_request"), ("zsh", "note"), ("fish", "merge")] {
        let output = run(&world, &["completions", shell]);
        assert!(output.status.success() && out(&output).contains(words), "{shell}");
    }
    assert!(out(&run(&world, &["man", "man"])).contains("amanat-reviewer.1"));
    assert!(fs::read_to_string(world.path("man/amanat-reviewer-list.1")).unwrap().contains("Examples"));
}

#[test]
fn a_file_under_another_registrations_name_is_said_and_gets_no_note() {
    let world = World::new();
    let (real, other) = (world.case("in", json!({ "danger_7days": "yes" }), &[]), world.case("in", json!({}), &[]));
    let hash = stem(&other);
    fs::copy(&real, &other).unwrap();
    let note = ["note", "--notebook", "ali.notebook.age", "--dir", "in", &hash, "--status", "closed"];
    assert!(fails(&world, &note).contains("is named after another registration"));
    assert!(!world.path("ali.notebook.age").exists());
    let show = run(&world, &[&["show", "--dir", "in", &hash], &IDENTITY[..]].concat());
    assert!(errors(&show).contains("is named after another registration"));
    assert!(out(&show).starts_with(&format!("Case {}", stem(&real))));
}
