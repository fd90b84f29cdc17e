use amanat_shared::padding::is_bucket;
use amanat_shared::seal::HybridIdentity;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::message::Message;
use crate::notebook::{Author, Stamp, Status};
use crate::referral::partner::PartnerKind;
use crate::referral::{LoggedCase, Referral};

const NOW: u64 = 1_795_414_440;
const CASE: &str = "abababababababababababababababababababababababababababababababab";

fn identity(seed: u8) -> Identities {
    Identities::parse(HybridIdentity::from_seed([seed; 32]).to_text().as_bytes()).unwrap()
}

fn readers(seeds: &[u8]) -> Readers {
    let keys: Vec<String> = seeds.iter().flat_map(|seed| identity(*seed).recipients()).collect();
    Readers::new(None, &keys).unwrap()
}

fn notebook() -> Notebook {
    let stamp = Stamp { author: Author::new("کریمه").unwrap(), now: NOW };
    let mut notebook = Notebook::default();
    notebook.set_status(CASE, Status::Verified, &stamp).unwrap();
    notebook.assign(CASE, None, &stamp).unwrap();
    notebook.add_note(CASE, [7; 16], "دیده شد\n\nCall on Thursday", &stamp).unwrap();
    let referral = Referral {
        partner: "UNHCR".to_owned(),
        kind: PartnerKind::Partner,
        key: "apple banana".to_owned(),
        cases: vec![LoggedCase { sha256: CASE.to_owned(), reference: "7KQ".to_owned() }],
        columns: vec!["dob".to_owned()],
        rows: 1,
        reason: None,
        asked: Vec::new(),
        file: CASE.to_owned(),
    };
    notebook.add_event([8; 16], crate::notebook::Event::Referred(referral), &stamp).unwrap();
    notebook
}

type Change = fn(&mut Value);

fn parsed(inside: &Value) -> Result<Notebook, NotebookFault> {
    parse(inside.to_string().as_bytes(), NOW)
}

fn inside() -> Value {
    let written = |value: Value| json!({ "time": NOW, "author": "Ali", "value": value });
    json!({ "format": 1, "log": [], "cases": { CASE: {
        "status": written(json!("closed")), "assigned": written(json!("Zia")),
        "notes": [{ "time": 1, "author": "Ali", "text": "seen", "id": "00".repeat(16) }],
    } } })
}

#[test]
fn the_log_of_a_notebook_that_was_written_before_is_read_and_written_byte_for_byte() {
    let (id, hash) = ("08".repeat(16), "cd".repeat(32));
    let entry = |event: String| format!(r#"{{"time":1795000000,"author":"کریمه","event":{event},"id":"{id}"}}"#);
    let (first, rest) = (
        format!(
            r#"{{"referred":{{"partner":"Judges","kind":"association","key":"0f1e 2d3c","cases":[{{"sha256":"{CASE}","reference":"7KQ2-MZ4P-X9BD"}}]"#
        ),
        format!(r#""file":"{hash}"}}}}"#),
    );
    let least = entry(format!(r#"{first},"columns":["dob"],"rows":1,{rest}"#));
    let asked = format!(r#""asked":[{{"case":"{CASE}","on":"2026-11-20","by":"Najia"}}]"#);
    let most = entry(format!(r#"{first},"columns":["dob","sex"],"rows":28,"reason":"two families, one flight",{asked},{rest}"#));
    let did = entry(r#"{"did":"looked"}"#.to_owned());
    let written = |format: u32| format!(r#"{{"format":{format},"cases":{{}},"log":[{least},{most},{did}]}}"#);
    let notebook = parse(written(1).as_bytes(), NOW).unwrap();
    assert_eq!(serde_json::to_string(&Inside::of(&notebook)).unwrap(), written(3));
    assert_eq!(notebook.log().map(|logged| logged.tells_of(CASE)).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn every_reader_opens_it_and_nobody_else_and_its_length_is_a_buckets() {
    let sealed = seal(&notebook(), &readers(&[1, 2])).unwrap();
    for seed in [1, 2] {
        assert_eq!(open(&sealed, &identity(seed), NOW).unwrap(), notebook());
    }
    assert!(matches!(open(&sealed, &identity(3), NOW), Err(NotebookFault::OtherKeys)));
    let mut plaintext = Vec::new();
    let decryptor = age::Decryptor::new_buffered(&sealed[..]).unwrap();
    decryptor.decrypt(identity(1).as_age()).unwrap().read_to_end(&mut plaintext).unwrap();
    assert!(is_bucket(plaintext.len() as u64) && plaintext.starts_with(b"{\"format\":3"));
}

#[test]
fn nothing_is_sealed_to_an_older_pack_than_the_notebook_has_seen_and_a_merge_brings_what_others_saw() {
    let named = |serial: u64| Readers { pack: Some(serial), ..readers(&[1, 2]) };
    let mut ours = notebook();
    assert!(seal(&ours, &named(5)).is_ok());
    named(6).noted_in(&mut ours);
    assert_eq!(ours.newest_pack(), 6);
    let refused = seal(&ours, &named(5)).unwrap_err();
    assert!(matches!(&refused, NotebookFault::OlderPack(older) if (older.pack, older.newest) == (5, 6)), "{refused}");
    assert!(seal(&ours, &named(6)).is_ok() && seal(&ours, &named(7)).is_ok());
    // For oneself alone there is no list that could be old.
    let sealed = seal(&ours, &readers(&[1])).unwrap();
    let mut theirs = Notebook::default();
    assert_eq!(theirs.merge(open(&sealed, &identity(1), NOW).unwrap()).newest_pack, 6);
    assert!(seal(&theirs, &named(5)).is_err());
    assert_eq!(ours.merge(theirs).newest_pack, 0, "it is no news");
}

#[test]
fn a_reader_is_oneself_always_and_of_the_packs_kind_only() {
    let classic = age::x25519::Identity::generate().to_public().to_string();
    let hybrid = identity(1).recipients();
    assert_eq!(Readers::new(None, &[hybrid[0].clone(), classic.clone()]).unwrap().len(), 1);
    assert_eq!(Readers::new(None, &[classic, hybrid[0].clone()]).unwrap().len(), 1);
    assert!(matches!(Readers::new(None, &[]), Err(NotebookFault::Keys(RecipientError::None))));
}

#[test]
fn what_is_cut_altered_or_no_notebook_is_refused_in_two_lines() {
    let sealed = seal(&notebook(), &readers(&[1])).unwrap();
    let mut altered = sealed.clone();
    *altered.last_mut().unwrap() ^= 1;
    for (bytes, words) in [
        (&sealed[..sealed.len() - 1], "damaged"),
        (&sealed[..100], "damaged"),
        (&altered[..], "damaged"),
        (b"{}", "not a sealed notebook"),
        (b"", "damaged"),
    ] {
        let said = Message::from(open(bytes, &identity(1), NOW).unwrap_err()).to_string();
        assert!(said.contains(words) && said.lines().count() == 2, "{said}");
    }
}

#[test]
fn what_no_program_of_ours_writes_is_refused() {
    assert!(parsed(&inside()).is_ok());
    let changes: [(&str, Change); 14] = [
        ("format 4", |it| *it = json!({ "format": 4, "new": true })),
        ("no notebook", |it| it["extra"] = json!(1)),
        ("no notebook", |it| it["cases"][CASE]["status"]["value"] = json!("freed")),
        ("no notebook", |it| it["cases"][CASE]["status"]["author"] = json!("x".repeat(41))),
        ("no notebook", |it| it["cases"][CASE]["status"]["time"] = json!(-1)),
        ("no notebook", |it| it["cases"][CASE]["assigned"]["value"] = json!("")),
        ("no registration", |it| it["cases"] = json!({ "../../etc": {} })),
        ("a note", |it| it["cases"][CASE]["notes"][0]["text"] = json!("x".repeat(4_001))),
        ("a note", |it| it["cases"][CASE]["notes"][0]["text"] = json!("\u{1b}[2J")),
        ("a note", |it| it["cases"][CASE]["notes"][0]["id"] = json!("1")),
        ("erased", |it| it["cases"][CASE]["erased"] = json!(["00".repeat(16)])),
        ("erased", |it| it["cases"][CASE]["erased"] = json!(["../../etc"])),
        ("its log", |it| {
            it["log"] = json!([{ "time": 1, "author": "Ali", "event": { "did": "\u{202e}x" }, "id": "00".repeat(16) }]);
        }),
        ("no notebook", |it| {
            it["log"] = json!([{ "time": 1, "author": "Ali", "event": { "flew": "x" }, "id": "00".repeat(16) }]);
        }),
    ];
    for (words, change) in changes {
        let mut it = inside();
        change(&mut it);
        let said = Message::from(parsed(&it).unwrap_err()).to_string();
        assert!(
            said.contains(words) && said.lines().count() == 2 && said.chars().all(|c| c == '\n' || !c.is_control()),
            "{it}: {said}"
        );
    }
    assert!(parse("[".repeat(1_000_000).as_bytes(), NOW).is_err());
}

#[test]
fn copies_that_were_numbered_are_notebooks_and_registrations_are_not() {
    for name in ["ali.notebook.age", "ali.notebook (1).age", "ali.notebook(2).age", "ali.notebook - Copy.age", "علی.notebook.age"]
    {
        assert!(is_notebook(name), "{name}");
    }
    for name in ["ali.notebooks.age", "notebook.age", "ab12.age", "ali.notebook", "ali.notebook.age.old"] {
        assert!(!is_notebook(name), "{name}");
    }
}

#[test]
fn a_note_of_a_time_that_no_calendar_shows_is_refused() {
    let mut forged = inside();
    forged["cases"][CASE]["notes"][0]["time"] = json!(LAST_SECOND + 1);
    assert!(matches!(parsed(&forged), Err(NotebookFault::Strange(_))));
}

#[test]
fn a_forged_time_does_not_win_for_ever() {
    for time in [u64::MAX, NOW + AHEAD_SECS + 1] {
        let mut forged = inside();
        forged["cases"][CASE]["status"]["time"] = json!(time);
        let mut ours = Notebook::default();
        ours.set_status(CASE, Status::Checking, &Stamp { author: Author::new("Karima").unwrap(), now: NOW }).unwrap();
        ours.merge(parsed(&forged).unwrap());
        assert_eq!(ours.work(CASE).unwrap().status(), Status::Checking);
    }
    let mut ahead = inside();
    ahead["cases"][CASE]["status"]["time"] = json!(NOW + AHEAD_SECS);
    let mut ours = parsed(&ahead).unwrap();
    ours.set_status(CASE, Status::Checking, &Stamp { author: Author::new("Karima").unwrap(), now: NOW }).unwrap();
    ours.merge(parsed(&ahead).unwrap());
    assert_eq!(ours.work(CASE).unwrap().status(), Status::Checking);
}

proptest! {
    #[test]
    fn no_bytes_panic_and_what_is_read_is_written_the_same(bytes in any::<Vec<u8>>(), text in "\\PC{1,40}", time in any::<u64>()) {
        let _ = open(&bytes, &identity(1), NOW);
        let _ = parse(&bytes, NOW);
        let mut it = inside();
        it["cases"][CASE]["notes"][0]["text"] = json!(text);
        it["cases"][CASE]["status"]["time"] = json!(time);
        if let Ok(notebook) = parsed(&it) {
            let written = Inside::of(&notebook);
            prop_assert_eq!(parse(&serde_json::to_vec(&written).unwrap(), NOW).unwrap(), notebook);
        }
    }
}
