//! Junk that looks like a registration: what may be discarded, how it differs from a damaged file, and what is sent.

use std::fs;
use std::path::{Path, PathBuf};

use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::discard::{self, NotDiscarded};
use amanat_reviewer::object::{self, ObjectError, Objection, Selection};
use amanat_reviewer::{pull, sealed_file};
use amanat_reviewer_core::decrypt::{Damage, Fault};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::outgoing::Outgoing;
use amanat_shared::api::{self, Discards, Objections};
use amanat_shared::seal::{self, HybridIdentity, Origin, Recipients};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::binary::{errors, out, run};
use crate::server::{answer, hash, online, serve};
use crate::world::{World, add, archive, registration};

/// Writes bytes under the name that the server has for them.
fn fetched(world: &World, bytes: &[u8]) -> PathBuf {
    let path = world.path("in").join(format!("{}.age", api::hex(&Sha256::digest(bytes))));
    fs::create_dir_all(world.path("in")).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Returns a valid header for the pack's reviewers, followed by random bytes of the right length.
fn header_with_random_bytes(world: &World) -> Vec<u8> {
    let mut plaintext = archive(&registration(json!({}), &[]), &[]);
    plaintext.resize(32 * 1024, 0);
    let mut sealed = world.sealed(&plaintext);
    let payload = seal::look_inside(&sealed).unwrap().unwrap().0.bytes;
    for (at, byte) in (0_u32..).zip(&mut sealed[payload..]) {
        *byte = u8::try_from(at.wrapping_mul(2_654_435_761) >> 24).unwrap();
    }
    sealed
}

fn fault(world: &World, path: &Path) -> Fault {
    sealed_file::answers(path, &world.identities).unwrap_err().fault
}

#[test]
fn what_opens_for_nobody_is_told_from_what_is_damaged_here_and_from_what_came_damaged() {
    let (world, other) = (World::new(), World::new());
    let others = fetched(&world, &fs::read(other.case("in", json!({}), &[])).unwrap());
    assert!(matches!(fault(&world, &others), Fault::OtherKeys));
    let random = fetched(&world, &header_with_random_bytes(&world));
    assert!(matches!(fault(&world, &random), Fault::CameDamaged(Damage::Inside)));
    assert!(matches!(sealed_file::open(&random, &world.identities, DEFAULT_MAX_BYTES).unwrap_err().fault, Fault::CameDamaged(_)));

    let good = fs::read(world.case("in", json!({}), &[])).unwrap();
    let header = seal::look_inside(&good).unwrap().unwrap().0.bytes;
    // Another letter of base64 makes the sum wrong; the server takes no file with any other character there.
    let mut sum = good.clone();
    sum[header - 10] = if sum[header - 10] == b'A' { b'B' } else { b'A' };
    assert!(matches!(fault(&world, &fetched(&world, &sum)), Fault::CameDamaged(Damage::HeaderSum)));
    // A damaged stanza looks like somebody else's; only the file's name tells.
    let mut stanza = good.clone();
    let body = good.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 1;
    stanza[body] = if stanza[body] == b'A' { b'B' } else { b'A' };
    let path = fetched(&world, &good);
    fs::write(&path, &stanza).unwrap();
    assert!(matches!(fault(&world, &path), Fault::Damaged(Damage::Changed)));
    // A cut anywhere is recognised, too; without a name, by the length.
    for length in [header - 3, header + 20, good.len() - 1] {
        fs::write(&path, &good[..length]).unwrap();
        assert!(matches!(fault(&world, &path), Fault::Damaged(Damage::Changed)), "{length}");
    }
    let cut = world.path("cut.age");
    let others = fs::read(&others).unwrap();
    for whole in [&others, &good] {
        // The header's length differs from file to file.
        let header = seal::look_inside(whole).unwrap().unwrap().0.bytes;
        for length in 1..=header + 16 {
            fs::write(&cut, &whole[..length]).unwrap();
            assert!(matches!(fault(&world, &cut), Fault::Damaged(Damage::Cut)), "{length} of {header}");
        }
    }
    for length in [others.len() - 100, others.len() - 1] {
        fs::write(&cut, &others[..length]).unwrap();
        assert!(matches!(fault(&world, &cut), Fault::Damaged(Damage::Cut)), "{length}");
    }
    fs::write(&path, &good).unwrap();

    let list = run(&world, &["list", "--identity", "keys/identity.key", "in"]);
    let said = errors(&list);
    assert!(said.contains("3 could not be opened (2 damaged before they came, 1 open for nobody here so far):"), "{said}");
    assert!(said.contains("ask every other reviewer to try. If it opens for none of you, it is junk: see `discard`."), "{said}");
    assert!(said.contains("Fetching it again brings the same."), "{said}");
}

#[test]
fn only_what_nothing_can_be_read_in_and_the_server_has_like_that_is_discarded() {
    let (world, other) = (World::new(), World::new());
    let junk = fetched(&world, &fs::read(other.case("in", json!({}), &[])).unwrap());
    let random = fetched(&world, &header_with_random_bytes(&world));
    let mut builder = tar::Builder::new(Vec::new());
    add(&mut builder, "evil.txt", b"evil");
    let refused = fetched(&world, &world.sealed(&builder.into_inner().unwrap()));
    // These files are kept: one that opens, one whose answers open, one that is damaged here, one that a colleague has
    // resealed.
    let good = world.case("in", json!({}), &[]);
    let attachment = [0xff_u8, 0xd8, 0xff].repeat(50_000);
    let long = fs::read(world.case("in", json!({}), &[&attachment])).unwrap();
    let answers_only = fetched(&world, &long[..long.len() - 70_000]);
    let cut = fs::read(other.case("in", json!({ "risk_note": "x" }), &[])).unwrap();
    let cut_path = fetched(&world, &cut);
    fs::write(&cut_path, &cut[..cut.len() - 1]).unwrap();
    let (key, colleague) = (HybridIdentity::from_seed([7; 32]), HybridIdentity::from_seed([8; 32]).recipient().to_string());
    let own = Recipients::parse(std::iter::once(&*key.recipient().to_string())).unwrap();
    let mut sealer = seal::Sealer::new(&own, &[7; 32], Vec::new()).unwrap();
    let json = registration(json!({}), &[]).to_string();
    sealer.entry("registration.json", json.len() as u64).unwrap();
    sealer.write(json.as_bytes()).unwrap();
    let original = sealer.finish().unwrap();
    let header = seal::look_inside(&original).unwrap().unwrap().0.bytes;
    let to = Recipients::parse(std::iter::once(&*colleague)).unwrap();
    let again = seal::reseal(&original, &[&key], &to, Some(&Origin::new(&original[..header], [0; 32]))).unwrap();
    let resealed = world.path("in").join(format!("{}.age", api::hex(&Sha256::digest(&original))));
    fs::write(&resealed, again).unwrap();

    let list = world.path("discard.json");
    let made = discard::make(&[world.path("in")], &world.identities, &list, DEFAULT_MAX_BYTES).unwrap();
    let mut expected = vec![name(&junk), name(&random), name(&refused)];
    expected.sort();
    assert_eq!(amanat_reviewer::outgoing::read(&list).unwrap(), Outgoing::Discards(Discards { discarded: expected }));
    let kept: Vec<(String, bool, bool)> = made
        .kept
        .iter()
        .map(|kept| match kept {
            NotDiscarded::Opens(path) => (name(path), true, false),
            NotDiscarded::Resealed(path) => (name(path), false, true),
            NotDiscarded::Sealed(error) => (name(&error.path), false, false),
        })
        .collect();
    assert_eq!(kept.len(), 5, "{kept:?}");
    assert!([&good, &answers_only].iter().all(|path| kept.contains(&(name(path), true, false))), "{kept:?}");
    assert!(kept.contains(&(name(&cut_path), false, false)) && kept.contains(&(name(&resealed), false, true)), "{kept:?}");
    for kept in &made.kept {
        assert_eq!(Message::of(kept).to_string().lines().count(), 2, "{kept}");
    }
    // A folder in which every file opens gives nothing to send.
    let fine = world.case("fine", json!({}), &[]);
    let none = world.path("none.json");
    assert_eq!(discard::make(&[fine], &world.identities, &none, DEFAULT_MAX_BYTES).unwrap().discarded, 0);
    assert!(!none.exists());
    // An earlier list is made anew, and no other file is overwritten.
    assert_eq!(discard::make(std::slice::from_ref(&junk), &world.identities, &list, DEFAULT_MAX_BYTES).unwrap().discarded, 1);
    assert_eq!(amanat_reviewer::outgoing::read(&list).unwrap(), Outgoing::Discards(Discards { discarded: vec![name(&junk)] }));
    fs::write(&list, "a letter").unwrap();
    assert!(discard::make(&[junk], &world.identities, &list, DEFAULT_MAX_BYTES).is_err());
    assert_eq!(fs::read(&list).unwrap(), b"a letter");
}

/// Returns a row of the server's list.
fn row(file: &[u8], quarantine: bool, deletion: &Value) -> Value {
    let mut row = json!({ "sha256": hash(file), "bytes": file.len(), "received": "2026-11-23T06:00Z", "quarantine": quarantine });
    if !deletion.is_null() {
        row["deletion"] = deletion.clone();
    }
    row
}

fn page(rows: &[Value]) -> Vec<u8> {
    answer("200 OK", "", json!(rows).to_string().as_bytes())
}

#[test]
fn what_is_in_quarantine_is_fetched_last_and_loses_nothing() {
    let world = World::new();
    let files: Vec<Vec<u8>> = (0..6).map(|number| vec![number; 50]).collect();
    let mut rows: Vec<(String, usize)> = files.iter().map(|file| hash(file)).zip(0..).collect();
    rows.sort();
    // Every other row is in quarantine, beginning with the first.
    let quarantined = |place: usize| place.is_multiple_of(2);
    let listed: Vec<Value> =
        rows.iter().enumerate().map(|(place, (_, number))| row(&files[*number], quarantined(place), &Value::Null)).collect();
    let expected: Vec<usize> =
        (0..6).filter(|place| !quarantined(*place)).chain((0..6).filter(|place| quarantined(*place))).collect();
    let mut answers = vec![page(&listed[..3])];
    let body = |place: usize| answer("200 OK", "", &files[rows[place].1]);
    // The list has two pages: files of the first page that are not in quarantine are fetched before the second page.
    answers.push(body(1));
    answers.push(page(&listed[3..]));
    answers.extend([body(3), body(5)]);
    answers.push(page(&[]));
    answers.extend([body(0), body(2), body(4)]);
    let (origin, seen) = serve(answers);
    let pulled = pull::pull(&online(&world, &origin), &world.path("in"), DEFAULT_MAX_BYTES);
    assert!(pulled.failures.is_empty(), "{:?}", pulled.failures);
    assert_eq!((pulled.new, pulled.quarantined), (6, 3));
    let fetched: Vec<usize> = seen
        .lock()
        .unwrap()
        .iter()
        .filter_map(|request| rows.iter().position(|(sha256, _)| request.line.contains(&format!("registrations/{sha256} "))))
        .collect();
    assert_eq!(fetched, expected);
    assert!(rows.iter().all(|(sha256, _)| world.path("in").join(format!("{sha256}.age")).exists()));
}

#[test]
fn discards_are_pushed_to_their_own_address_and_the_answer_says_what_it_takes() {
    let world = World::new();
    let sha256 = hash(b"junk");
    fs::write(world.path("discard.json"), json!({ "discarded": [sha256] }).to_string()).unwrap();
    let result = |needed: u32, reviewers: u32| {
        let result = json!({ "noted": [sha256], "unknown": [], "opened": [], "needed": needed, "reviewers": reviewers });
        answer("200 OK", "", result.to_string().as_bytes())
    };
    let opened = json!({ "noted": [], "unknown": [], "opened": [sha256], "needed": 2, "reviewers": 3 });
    let (origin, seen) = serve(vec![result(2, 3), result(2, 1), answer("200 OK", "", opened.to_string().as_bytes())]);
    let push = || run(&world, &["push", "--server", &origin, "--access", "keys/access.key", "discard.json"]);
    assert!(out(&push()).contains("1 noted.\nThey are deleted some days after 2 different reviewers have said so."));
    assert!(out(&push()).contains("Nothing is deleted: 2 different reviewers have to say so, and the pack has 1."));
    let kept = push();
    assert!(!kept.status.success() && out(&kept).contains("1 kept, since another reviewer has opened"), "{}", out(&kept));
    let seen = seen.lock().unwrap();
    assert!(seen.iter().all(|request| request.line == "POST /api/v1/discards HTTP/1.1"));
    assert_eq!(serde_json::from_slice::<Discards>(&seen[0].body).unwrap().discarded, std::slice::from_ref(&sha256));
}

#[test]
fn an_objection_names_what_is_to_be_deleted_or_what_was_named_by_its_beginning() {
    let world = World::new();
    let due = json!({ "due": "2026-11-30T07:00Z", "acknowledged": ["one"], "discarded": [], "objected": [] });
    let once = json!({ "acknowledged": ["one"], "discarded": [], "objected": [] });
    let discarded = json!({ "acknowledged": [], "discarded": ["one"], "objected": [] });
    let objected = json!({ "acknowledged": ["one", "two"], "discarded": [], "objected": ["me"] });
    let rows = [
        row(b"due", false, &due),
        row(b"once", false, &once),
        row(b"discarded", true, &discarded),
        row(b"objected", false, &objected),
        row(b"quiet", false, &Value::Null),
    ];
    let noted = |hashes: &[&[u8]]| {
        let hashes: Vec<String> = hashes.iter().map(|bytes| hash(bytes)).collect();
        answer("200 OK", "", json!({ "noted": hashes, "unknown": [], "not_objected": [] }).to_string().as_bytes())
    };
    let sent = |which: Selection, wish: Objection| {
        let (origin, seen) = serve(vec![page(&rows), page(&[]), noted(&[])]);
        object::send(&online(&world, &origin), &which, wish).map(|_| {
            let seen = seen.lock().unwrap();
            assert_eq!(seen[2].line, "POST /api/v1/objections HTTP/1.1");
            serde_json::from_slice::<Objections>(&seen[2].body).unwrap()
        })
    };
    let all = sent(Selection::All, Objection::Object).unwrap();
    assert_eq!((all.objected, all.withdrawn), (vec![hash(b"due"), hash(b"discarded")], vec![]));
    let all = sent(Selection::All, Objection::Withdraw).unwrap();
    assert_eq!((all.objected, all.withdrawn), (vec![], vec![hash(b"objected")]));
    let named = sent(Selection::Beginning(vec![hash(b"quiet")[..12].to_owned()]), Objection::Object).unwrap();
    assert_eq!(named.objected, [hash(b"quiet")]);
    for wrong in ["12345", "not a hash", "ffffffffffff"] {
        let refused = sent(Selection::Beginning(vec![wrong.to_owned()]), Objection::Object).unwrap_err();
        assert!(matches!(refused, ObjectError::NotAReference(_) | ObjectError::NotOne { number: 0, .. }), "{refused}");
        assert_eq!(Message::of(&refused).to_string().lines().count(), 2, "{refused}");
    }
}
