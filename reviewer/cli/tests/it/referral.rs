//! `refer`, `columns` and `stats` as an operator meets them: what is typed decides, and nothing else is written.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Output;

use amanat_reviewer::clock;
use amanat_shared::dates::Day;
use amanat_shared::seal::HybridIdentity;
use serde_json::{Value, json};

use crate::binary::{errors, out, run, run_typing};
use crate::strangers::{send, signed};
use crate::world::{World, everything};

fn partner() -> HybridIdentity {
    HybridIdentity::from_seed([9; 32])
}

pub fn may_go(name: &str, share: &str) -> Value {
    json!({ "submitter": "self", "share_partners": share, "name_native": name, "sex": "female", "safe_word": "pomegranate" })
}

/// Runs `refer` for these files, and types the partner's name and these lines.
pub fn refer(world: &World, more: &[&str], files: &[&Path], typed: &str) -> Output {
    refer_to(world, more, files, &format!("Safe Passage\n{typed}"))
}

fn refer_to(world: &World, more: &[&str], files: &[&Path], typed: &str) -> Output {
    fs::write(world.path("partner.pub"), format!("# Safe Passage\n{}\n", partner().recipient())).unwrap();
    let usual = [
        ("--identity", "keys/identity.key"),
        ("--to", "partner.pub"),
        ("--kind", "partner"),
        ("--as", "Karima"),
        ("--columns", "name_native,sex"),
        ("--out", "referral.age"),
        ("--notebook", "karima.notebook.age"),
    ];
    let usual = usual.into_iter().filter(|(flag, _)| !more.contains(flag)).flat_map(|(flag, value)| [flag, value]);
    let files = files.iter().map(|file| file.to_str().unwrap());
    let arguments: Vec<&str> = std::iter::once("refer").chain(usual).chain(more.iter().copied()).chain(files).collect();
    run_typing(world, &arguments, typed)
}

/// Returns the names and texts of the files that only the partner can open.
fn opened(path: &Path) -> Vec<(String, String)> {
    let (sealed, identity) = (fs::read(path).unwrap(), partner());
    let mut plaintext = Vec::new();
    let decryptor = age::Decryptor::new(&sealed[..]).unwrap();
    decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).unwrap().read_to_end(&mut plaintext).unwrap();
    let mut archive = tar::Archive::new(&plaintext[..]);
    let files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.path().unwrap().display().to_string(), String::from_utf8_lossy(&bytes).into_owned())
    });
    files.collect()
}

fn log(output: &Output) -> Value {
    serde_json::from_str(out(output).lines().last().unwrap()).unwrap()
}

#[test]
fn one_case_goes_to_one_partner_once_it_is_counted() {
    let world = World::new();
    let file = world.case("in", may_go("کریمه", "yes"), &[&[0xff, 0xd8, 0xff]]);
    let before = everything(&world.path("in"));
    let output = refer(&world, &[], &[&file], "1\n2\n");
    assert!(output.status.success(), "{}{}", out(&output), errors(&output));
    let said = out(&output);
    assert!(said.contains("کریمه") && said.contains("1 case(s), 1 row(s) (persons), 2 column(s)") && !said.contains("pomegranate"));
    let files = opened(&world.path("referral.age"));
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["README.txt", "case-01/case.html", "case-01/case.json", "case-01/case.csv", "case-01/case.xlsx"]);
    assert!(files[2].1.contains("کریمه") && files.iter().all(|(_, text)| !text.contains("pomegranate")));
    let log = log(&output);
    assert_eq!(
        (&log["who"], &log["partner"], &log["rows"], &log["kind"]),
        (&json!("Karima"), &json!("Safe Passage"), &json!(1), &json!("partner"))
    );
    assert_eq!(log["cases"][0]["sha256"], json!(file.file_stem().unwrap().to_str().unwrap()));
    assert_eq!(everything(&world.path("in")), before);
    let sealed = fs::read(world.path("karima.notebook.age")).unwrap();
    let notebook = amanat_reviewer_core::notebook::file::open(&sealed, &world.identities, 2_000_000_000).unwrap();
    assert!(notebook.log().any(|logged| logged.tells_of(file.file_stem().unwrap().to_str().unwrap())));

    let again = refer(&world, &[], &[&file], "1\n2\n");
    assert!(!again.status.success() && errors(&again).contains("is there already"));
}

#[test]
fn whoever_does_not_count_gets_nothing() {
    let world = World::new();
    let file = world.case("in", may_go("Karima", "yes"), &[]);
    fs::write(world.path("partner.pub"), "").unwrap();
    let before = everything(world.dir.path()).len();
    for typed in ["", "\n\n", "1\n", "2\n1\n", "1\n3\n", "one\ntwo\n", "yes\nyes\n", "1 2\n"] {
        let output = refer(&world, &[], &[&file], typed);
        assert_eq!((output.status.code(), errors(&output).lines().count()), (Some(1), 2), "{typed:?}: {}", errors(&output));
        assert!(errors(&output).contains("nothing was made"), "{typed:?}");
    }
    // No flag replaces the operator's typing.
    for flag in [&["--rows", "1"][..], &["--yes"], &["--force"], &["--plain"], &["--no-seal"]] {
        assert_eq!(refer(&world, flag, &[&file], "1\n2\n").status.code(), Some(2), "{flag:?}");
    }
    assert_eq!(everything(world.dir.path()).len(), before);
}

#[test]
fn who_wants_to_be_asked_goes_only_with_the_day_on_which_they_were() {
    let world = World::new();
    let (yes, ask) = (world.case("in", may_go("Karima", "yes"), &[]), world.case("in", may_go("Zarghuna", "ask_first"), &[]));
    let files = [yes.as_path(), ask.as_path()];
    let output = refer(&world, &["--out", "left-out.age"], &files, "\n1\n2\n");
    assert_eq!(output.status.code(), Some(1), "a case stayed out: {}", errors(&output));
    assert!(out(&output).contains("wants to be asked first each time") && world.path("left-out.age").exists());
    assert!(opened(&world.path("left-out.age")).iter().all(|(_, text)| !text.contains("Zarghuna")));
    assert_eq!(log(&output)["asked"], json!([]));

    let tomorrow = refer(&world, &["--out", "never.age"], &files, "2999-01-01\n2\n2\n");
    assert!(
        !tomorrow.status.success() && errors(&tomorrow).contains("not a day of the last 30") && !world.path("never.age").exists()
    );

    let today = clock::day_in_kabul(clock::now());
    let (long_ago, of_late) = (Day(today.0 - 31), Day(today.0 - 1));
    let output = refer(&world, &["--out", "never.age"], &files, &format!("{long_ago}\n2\n2\n"));
    assert!(!output.status.success() && errors(&output).contains("ask again"), "{}", errors(&output));

    let output = refer(&world, &[], &files, &format!("{of_late} Najia\n2\n2\n"));
    assert!(output.status.success(), "{}", errors(&output));
    let asked = json!([{ "case": ask.file_stem().unwrap().to_str().unwrap(), "on": of_late.to_string(), "by": "Najia" }]);
    assert_eq!(log(&output)["asked"], asked);
    assert!(opened(&world.path("referral.age")).iter().any(|(_, text)| text.contains("Zarghuna")));
}

#[test]
fn a_request_for_deletion_in_the_same_folder_holds_the_case_back() {
    let world = World::new();
    let file = send(&world, &signed(1, None, may_go("Karima", "yes")));
    send(&world, &signed(2, Some(1), json!({ "is_update": "delete" })));
    let output = refer(&world, &[], &[&file], "1\n2\n");
    assert!(out(&output).contains("the person asks for deletion") && errors(&output).contains("no case may go"));
    assert!(!world.path("referral.age").exists());
}

#[test]
fn errors_of_a_referral_are_two_lines_and_come_before_any_case_is_shown() {
    let world = World::new();
    let file = world.case("in", may_go("Karima", "yes"), &[]);
    fs::write(world.path("secret.key"), "AGE-SECRET-KEY-PQ-1SECRET").unwrap();
    fs::write(world.path("layout.toml"), "id = 1").unwrap();
    for (more, said) in [
        (&["--to", "age1nobody"][..], "is no age key"),
        (&["--to", "nowhere.pub"], "could not be read"),
        (&["--to", "secret.key"], "is a secret key"),
        (&["--columns", "safe_word"], "there is no column"),
        (&["--columns", "phone"], "only together with contact_rules"),
        (&["--kind", "association", "--columns", "risk_note"], "is not for this kind of partner (association)"),
        (&["--layout", "layout.toml"], "cannot be read"),
        (&["--layout", "nowhere.toml"], "could not be read"),
        (&["--most", "26"], "need a reason"),
        (&["--most", "101"], "need a reason"),
        (&["--reason", "a whole court's staff"], "the reason does not belong on the command line"),
        (&["--partner", "Safe Passage"], "the partner's name does not belong on the command line"),
        (&["--identity", "secret.key"], "line 1 is no age key"),
    ] {
        let output = refer(&world, more, &[&file], "1\n2\n");
        let errors = errors(&output);
        assert!(output.status.code() == Some(1) && errors.lines().count() == 2 && errors.contains(said), "{more:?}: {errors}");
        assert!(!errors.contains("SECRET1") && !out(&output).contains("Karima"), "{more:?}");
    }
    let many: Vec<PathBuf> = (0..26).map(|number| world.path(&format!("in/{number}.age"))).collect();
    let many: Vec<&Path> = many.iter().map(PathBuf::as_path).collect();
    assert!(errors(&refer(&world, &[], &many, "")).contains("25 are the most"));
    assert!(errors(&refer_to(&world, &[], &many, "\n")).contains("a name is missing"));
    assert!(!world.path("referral.age").exists());
}

#[test]
fn columns_says_what_may_go_to_whom() {
    let world = World::new();
    let said = out(&run(&world, &["columns"]));
    let row = |key: &str| said.lines().find(|line| line.trim_start().starts_with(key)).unwrap().to_owned();
    assert!(row("name_native").ends_with("partner, government, association") && row("risk_note").ends_with("partner, government"));
    assert!(!said.contains("safe_word") && !said.contains("trusted"));
}

#[test]
fn stats_count_a_folder_without_a_number_that_points_at_somebody() {
    let world = World::new();
    for number in 0..24 {
        let role = if number < 20 { "prosecutor" } else { "judge" };
        world.case(
            "in",
            json!({ "justice_role": role, "country_now": "PK", "children_count": number, "name_native": "Karima" }),
            &[],
        );
    }
    let noted = world.case("in", json!({ "justice_role": "prosecutor", "country_now": "PK" }), &[]);
    let hash = noted.file_stem().unwrap().to_str().unwrap();
    let note =
        ["note", "--identity", "keys/identity.key", "--as", "Karima", "--notebook", "k.notebook.age", "--dir", "in", &hash[..12]];
    assert!(run(&world, &[&note[..], &["--status", "verified"]].concat()).status.success());
    // A request for deletion is not counted, nor is an update.
    for kind in ["update", "delete"] {
        world.case("in", json!({ "is_update": kind, "prior_ref": "ff".repeat(16), "justice_role": "judge" }), &[]);
    }
    let stats = |more: &[&str]| run(&world, &[&["stats", "--identity", "keys/identity.key", "in"], more].concat());
    let said = out(&stats(&[]));
    assert!(said.contains("20-29 registrations") && said.contains("Judge       hidden") && !said.contains("24"), "{said}");
    let json: Value = serde_json::from_str(&out(&stats(&["--json"]))).unwrap();
    assert_eq!(json["total"], json!({ "from": 20, "to": 29 }));
    assert_eq!(
        json["tables"][1],
        json!({ "of": "role", "given": [{ "value": "Prosecutor", "from": 20, "to": 29 }], "hidden": ["Judge"] })
    );
    assert!(!json.to_string().contains("Karima") && json["tables"].as_array().unwrap().len() == 3);
    let said = out(&stats(&["--notebook", "k.notebook.age"]));
    assert!(said.contains("new       20-29") && said.contains("verified  hidden"), "{said}");
}
