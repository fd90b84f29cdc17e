//! Runs every kind of hostile file through everything that a reviewer may do with it: in the library, and in the program with
//! little memory.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::{ack, open, scan, sealed_file};
use amanat_reviewer_core::case_text;
use amanat_reviewer_core::cases::{self, Names, RowContext};
use amanat_reviewer_core::forms::Forms;
use amanat_reviewer_core::message::Message;
use amanat_shared::dates::Day;
use miette::Diagnostic;
use serde_json::json;

use super::generators::{Expected, Kind};
use super::referral_output::is_harmless_to_a_partner;
use super::{answers, archives, envelopes, pictures, registrations};
use crate::desk::assert_harmless;
use crate::world::{World, everything};

/// A run that takes longer hangs. The bound is many times what a busy machine needs without optimisation.
const HANGS: Duration = Duration::from_mins(1);
/// The memory for the program itself, and for a registration of the largest size in all its forms.
const OWN_BYTES: u64 = 192 * 1024 * 1024;

/// The number of files that were referred to a partner.
static HANDED_ON: AtomicUsize = AtomicUsize::new(0);

fn kinds() -> Vec<Kind> {
    [archives::kinds(), registrations::kinds(), answers::kinds(), pictures::kinds(), envelopes::kinds()]
        .into_iter()
        .flatten()
        .collect()
}

/// Lists what was written elsewhere than in `out`.
fn elsewhere(world: &World, out: &Path) -> Vec<String> {
    let out = out.display().to_string();
    everything(world.dir.path()).into_iter().filter(|line| !line.starts_with(&out)).collect()
}

/// Asserts that `out` has only folders named by a hash, which contain only the names that the tool gives.
fn assert_ours(out: &Path) {
    for line in everything(out) {
        let (path, _) = line.split_once(" FileType").unwrap();
        let inside = Path::new(path).strip_prefix(out).unwrap().to_str().unwrap();
        let (hash, rest) = inside.split_at(64.min(inside.len()));
        assert!(hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{inside}");
        let is_attachment = |rest: &str| {
            rest.strip_prefix("/attachments/").and_then(|name| name.split_once('.')).is_some_and(|(number, extension)| {
                number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit()) && ["jpg", "png", "pdf"].contains(&extension)
            })
        };
        assert!(["", "/registration.json", "/attachments"].contains(&rest) || is_attachment(rest), "{inside}");
    }
}

/// Asserts that an error is said in two lines with this text, and quotes nothing from the file.
fn assert_plain(error: &impl Diagnostic, words: &str) {
    let said = &Message::of(error).to_string();
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.contains(words), "{words:?} in {said}");
    assert!(said.is_ascii() && !said.contains("evil"), "{said}");
    assert_harmless(said);
}

/// Makes the file, alone in a folder of its own.
fn made(world: &World, kind: &Kind) -> PathBuf {
    let path = world.path(&format!("in/{0}/{0}.age", kind.name));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, (kind.make)(world)).unwrap();
    path
}

/// Opens, lists, shows, acknowledges and refers a file with the library.
fn runs(world: &World, kind: &Kind) {
    let name = &kind.name;
    let path = made(world, kind);
    let out = world.path(&format!("out/{name}"));
    fs::create_dir_all(&out).unwrap();
    let before = elsewhere(world, &out);

    let opened = open::open(&path, &world.identities, &out, DEFAULT_MAX_BYTES);
    let built_in = Forms::built_in();
    let desk = RowContext { forms: &built_in, language: "en", names: Names::Shown, today: Day::from_iso("2026-11-23").unwrap() };
    let listed = scan::read(path.parent().unwrap(), &world.identities, desk).unwrap();
    let page = cases::page(&listed.cases, 1, Names::Shown);
    assert_harmless(&page);
    assert!(page.len() < 10_000, "a row is a row");
    let acknowledgements = out.join("ack.json");
    let acknowledged = ack::make(std::slice::from_ref(&path), &world.identities, &acknowledgements, DEFAULT_MAX_BYTES);
    let _ = fs::remove_file(&acknowledgements);

    match &kind.expected {
        Expected::Opens(reads) => {
            assert!(opened.is_ok(), "{opened:?}");
            assert_eq!((listed.cases.len(), listed.failures.len()), (1, 0));
            let case = sealed_file::open(&path, &world.identities, DEFAULT_MAX_BYTES).unwrap();
            for (forms, language) in [(&built_in, "en"), (&built_in, "fa-AF"), (&Forms::default(), "\u{1b}evil")] {
                let text = case_text::text(&case, forms, language);
                assert_harmless(&text);
                assert!(text.len() < 2_000_000, "{} bytes are not for reading", text.len());
                let missing: Vec<&&str> = reads.iter().filter(|words| !text.contains(**words)).collect();
                assert!(language != "en" || missing.is_empty(), "{missing:?} in {}", text.chars().take(4000).collect::<String>());
            }
            if is_harmless_to_a_partner(case) {
                HANDED_ON.fetch_add(1, Ordering::Relaxed);
            }
        }
        Expected::Listed(words) | Expected::Refused(words) => {
            assert_plain(&opened.unwrap_err(), words);
            assert_eq!(everything(&out), [""; 0]);
            let (error, failures) = acknowledged.unwrap_err();
            assert_plain(&error, "");
            for failure in failures {
                assert_plain(&failure, words);
            }
            if matches!(kind.expected, Expected::Listed(_)) {
                assert_eq!((listed.cases.len(), listed.failures.len()), (1, 0));
            } else {
                assert_eq!((listed.cases.len(), listed.failures.len()), (0, 1));
                assert_plain(&listed.failures[0], words);
            }
        }
    }
    assert_ours(&out);
    assert_eq!(elsewhere(world, &out), before, "nothing changes elsewhere");
}

fn program(world: &World, bytes: u64, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_amanat-reviewer");
    Command::new("prlimit")
        .arg(format!("--data={bytes}"))
        .arg(program)
        .args(arguments)
        .current_dir(world.dir.path())
        .output()
        .unwrap()
}

/// Does the same with the program, within this much memory.
fn runs_in_little_memory(world: &World, kind: &Kind) {
    let name = &kind.name;
    let bytes = fs::metadata(made(world, kind)).unwrap().len();
    let sealed = format!("in/{name}/{name}.age");
    let folder = format!("in/{name}");
    let opens = matches!(kind.expected, Expected::Opens(_));
    let is_listed = !matches!(kind.expected, Expected::Refused(_));
    let identity = ["--identity", "keys/identity.key"];
    for (arguments, succeeds) in [
        (&["list", "--names", "--today", "2026-11-23", &folder][..], is_listed),
        (&["show", &sealed], opens),
        (&["open", "--out", &format!("again/{name}"), &sealed], opens),
    ] {
        let output = program(world, OWN_BYTES + 3 * bytes, &[&arguments[..1], &identity, &arguments[1..]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(i32::from(!succeeds)), "{arguments:?}: {:?} {said}", output.status);
        assert_harmless(&said);
        assert!(!said.contains("panicked"), "{said}");
        assert_harmless(&String::from_utf8(output.stdout).unwrap());
    }
}

/// Runs all kinds in threads of their own, and names those that fail or hang.
fn run_all_kinds(run: fn(&World, &Kind)) {
    let (done, results) = mpsc::channel();
    let count = kinds().len();
    thread::spawn(move || {
        let world = World::new();
        fs::write(world.path("precious"), "precious").unwrap();
        for kind in kinds() {
            let name = kind.name.clone().into_owned();
            let survived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&world, &kind))).is_ok();
            if done.send((name, survived)).is_err() {
                return;
            }
        }
    });
    let mut fallen = Vec::new();
    let mut last = "the first".to_owned();
    for _ in 0..count {
        let (name, survived) = results.recv_timeout(HANGS).unwrap_or_else(|_| panic!("what follows {last} hangs"));
        if !survived {
            fallen.push(name.clone());
        }
        last = name;
    }
    assert!(fallen.is_empty(), "{} of {count}: {fallen:?}", fallen.len());
}

#[test]
fn nothing_hostile_gets_through_the_library() {
    run_all_kinds(runs);
    let handed_on = HANDED_ON.load(Ordering::Relaxed);
    assert!(handed_on > 60, "only {handed_on} could be handed on");
    assert!(!Path::new("/tmp/amanat-evil.jpg").exists());
}

#[test]
fn nothing_hostile_gets_through_the_program_or_takes_much_memory() {
    run_all_kinds(runs_in_little_memory);
}

#[test]
fn there_are_many_kinds_each_of_its_own_name() {
    let kinds = kinds();
    let names: BTreeSet<&str> = kinds.iter().map(|kind| kind.name.as_ref()).collect();
    assert_eq!(names.len(), kinds.len());
    assert!(names.len() >= 60, "{}", names.len());
    assert!(
        names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')),
        "they are files' names"
    );
}

/// Writes one file of each kind, the identity that opens them, and the expected results, for the desk's test.
#[test]
#[ignore = "writes the files for others: AMANAT_HOSTILE=FOLDER cargo test … -- --ignored dump"]
fn dump() {
    let folder = std::env::var_os("AMANAT_HOSTILE").expect("AMANAT_HOSTILE names a folder");
    let (folder, world) = (Path::new(&folder), World::new());
    fs::create_dir_all(folder).unwrap();
    let mut expected = serde_json::Map::new();
    for kind in kinds() {
        fs::write(folder.join(format!("{}.age", kind.name)), (kind.make)(&world)).unwrap();
        let value = match kind.expected {
            Expected::Opens(reads) => json!({ "opens": reads }),
            Expected::Listed(words) => json!({ "listed": words }),
            Expected::Refused(words) => json!({ "refused": words }),
        };
        expected.insert(kind.name.into_owned(), value);
    }
    fs::copy(world.path("keys/identity.key"), folder.join("identity.key")).unwrap();
    fs::write(folder.join("expected.json"), serde_json::to_vec_pretty(&expected).unwrap()).unwrap();
}
