//! The examples in `docs/formats.md` are read by the parsers of this crate.
//!
//! An example is a fenced block whose info string has `format=NAME` behind the language. Those whose parsers are the server's or the
//! reviewers' are read by `backend/tests/formats.rs` and `reviewer/cli/tests/formats.rs`.

use std::collections::BTreeSet;
use std::fmt::Debug;

use amanat_shared::answers::Answer;
use amanat_shared::api::{
    Acknowledgements, AcknowledgementsResult, Claims, Discards, DiscardsResult, Listed, META_PACK, META_SHA256, Objections,
    ObjectionsResult, Problem, ProblemCode, from_hex, hex,
};
use amanat_shared::audit::{Action, Entry, Head};
use amanat_shared::dates::Day;
use amanat_shared::envelope::{self, RecipientKind, sealed_bytes};
use amanat_shared::fingerprint::fingerprint;
use amanat_shared::form::{Form, load};
use amanat_shared::pack::{Pack, Roots, SignedPack};
use amanat_shared::padding::{bucket, is_bucket};
use amanat_shared::proof_of_work::Puzzle;
use amanat_shared::receipt::Receipt;
use amanat_shared::seal::{HybridIdentity, Registration, TRAILER_BYTES, archive_bytes, look_inside, proven, trailer};
use base64ct::{Base64, Encoding};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// The parser of `roots.toml` is the build script's.
#[path = "../build/roots.rs"]
mod roots;

const DOCUMENT: &str = include_str!("../../docs/formats.md");

/// Examples that a test of this file reads.
const HERE: [&str; 32] = [
    "roots.toml",
    "form.toml",
    "pack.json",
    "pack.json.1.minisig",
    "pack.json.2.minisig",
    "signed-pack",
    "fingerprint",
    "receipt",
    "registration.json",
    "buckets",
    "archive",
    "age-header",
    "sealed-file",
    "saved-trailer",
    "amanat-origin",
    "draft.json",
    "upload",
    "proof-of-work",
    "problem",
    "claims",
    "registrations",
    "acknowledgements",
    "acknowledgements-result",
    "discards",
    "discards-result",
    "objections",
    "objections-result",
    "audit",
    ".amanat-audit",
    "journal",
    "send-to-coalition.txt",
    "case.json",
];
/// Examples that the tests of the other crates read.
const ELSEWHERE: [&str; 7] =
    ["identity.key.serial", ".amanat-requests", "received.json", "notebook", "layout", "referral-log", "amanat.toml"];

/// Names and texts of all examples, in order.
fn examples() -> Vec<(&'static str, String)> {
    let (mut all, mut inside) = (Vec::new(), None);
    for line in DOCUMENT.lines() {
        let fence = line.strip_prefix("```");
        inside = match (inside.take(), fence) {
            (None, Some(info)) => Some((info.split_once(' ').and_then(|(_, marks)| marks.strip_prefix("format=")), Vec::new())),
            (Some((Some(name), lines)), Some(_)) => {
                all.push((name, lines.join("\n")));
                None
            }
            (Some(_), Some(_)) | (None, None) => None,
            (Some((name, mut lines)), None) => {
                lines.push(line);
                Some((name, lines))
            }
        };
    }
    all
}

fn example(name: &str) -> String {
    examples().into_iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("there is no example {name}")).1
}

/// The words of an example, and that there are so many.
fn words<const N: usize>(text: &str) -> [String; N] {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    words.try_into().unwrap_or_else(|words| panic!("{N} words are expected: {words:?}"))
}

fn bytes<const N: usize>(hexadecimal: &str) -> [u8; N] {
    from_hex(hexadecimal).unwrap_or_else(|| panic!("{hexadecimal} is not {N} bytes in hexadecimal digits"))
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn lines(name: &str) -> Vec<String> {
    example(name).lines().map(str::to_owned).collect()
}

/// Reads an example and writes it again, which gives the same.
fn round_trip<T: Serialize + DeserializeOwned + Debug>(name: &str) -> T {
    let text = example(name);
    let read: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let written = serde_json::to_string(&read).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(written, text, "{name}");
    read
}

fn pack() -> Pack {
    Pack::from_json(&example("pack.json")).unwrap_or_else(|error| panic!("{error}"))
}

fn canonical_registration() -> Vec<u8> {
    // serde_json's maps are in the order of their names.
    let value: serde_json::Value = serde_json::from_str(&example("registration.json")).unwrap_or_else(|error| panic!("{error}"));
    value.to_string().into_bytes()
}

fn header_text(name: &str) -> Vec<u8> {
    format!("{}\n", example(name)).into_bytes()
}

fn audit_entries() -> Vec<Entry> {
    serde_json::from_str(&example("audit")).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_example_is_read_by_some_test_and_named_once() {
    let there: Vec<&str> = examples().into_iter().map(|(name, _)| name).collect();
    let known: BTreeSet<&str> = HERE.into_iter().chain(ELSEWHERE).collect();
    assert_eq!(there.iter().copied().collect::<BTreeSet<_>>(), known);
    assert_eq!(there.len(), known.len());
    assert_eq!(DOCUMENT.matches("format=").count(), there.len(), "an example is indented, or does not end");
}

#[test]
fn the_root_keys_have_signed_the_pack() {
    let roots = roots::parse(&example("roots.toml")).unwrap();
    let signatures = ["pack.json.1.minisig", "pack.json.2.minisig"].map(|name| format!("{}\n", example(name)));
    let signed = SignedPack { pack: example("pack.json"), signatures: signatures.to_vec(), demo_root: None };
    let compiled = Roots { threshold: roots.threshold, keys: roots.keys };
    let pack = signed.verify_with(&compiled).unwrap();
    assert_eq!((compiled.threshold, pack.serial), (2, 7));
    assert_eq!(pack.expires_day().unwrap().days_since(pack.issued_day().unwrap()), 7);
}

#[test]
fn the_form_of_the_pack_is_the_one_that_stands_there_as_toml() {
    let form: Form = load("form.toml", &example("form.toml")).unwrap();
    assert_eq!(form, pack().form);
}

#[test]
fn a_signed_pack_is_read_and_written_the_same() {
    let text = example("signed-pack");
    let signed = SignedPack::from_json(&text).unwrap();
    assert_eq!(serde_json::to_string(&signed).unwrap(), text);
}

#[test]
fn the_fingerprint_is_that_of_the_packs_reviewer() {
    let lines = lines("fingerprint");
    assert_eq!(fingerprint(&[&lines[0], &lines[1]]), lines[2]);
    let pack = pack();
    assert_eq!((&pack.recipients[0].key, &pack.access_keys[0].key), (&lines[0], &lines[1]));
    let sent: toml::Table = example("send-to-coalition.txt").parse().unwrap();
    assert_eq!((sent["recipient"].as_str(), sent["access_key"].as_str()), (Some(lines[0].as_str()), Some(lines[1].as_str())));
}

#[test]
fn the_code_derives_the_mailbox_that_signs_the_registration() {
    let lines = lines("receipt");
    let derived = Receipt::parse(&lines[0]).unwrap().derive();
    assert_eq!((hex(&derived.id), hex(&derived.verifying_key())), (lines[1].clone(), lines[2].clone()));
    let json = canonical_registration();
    let proven = proven(&json).unwrap();
    assert_eq!((proven.mailbox.id, proven.mailbox.key, proven.prior), (derived.id, derived.verifying_key(), None));
    let registration: Registration = serde_json::from_slice(&json).unwrap();
    assert_eq!(registration.mailbox.recipient, HybridIdentity::from_seed(*derived.identity_seed).recipient().to_string());
}

#[test]
fn the_registration_names_its_form_its_pack_and_its_files() {
    let registration: Registration = serde_json::from_slice(&canonical_registration()).unwrap();
    assert_eq!(registration.form.sha256, hex(&pack().form.sha256()));
    assert_eq!(registration.pack.sha256, hex(&Sha256::digest(example("pack.json"))));
    assert_eq!(registration.answers.text("country_now"), Some("PK"));
    let date = registration.answers.date("removal_date").unwrap();
    assert_eq!(date.earliest(), Day::from_iso("2026-12-01"));
    assert!(
        matches!(registration.answers.get("photo"), Some(Answer::Many(names)) if *names == [registration.attachments[0].name.clone()])
    );
}

#[test]
fn the_lengths_of_archive_bucket_and_sealed_file_follow_from_the_registration() {
    for line in lines("buckets") {
        let [archive, padded] = words(&line);
        assert_eq!(bucket(number(&archive)), number(&padded));
    }
    let archive = lines("archive");
    let [name, json] = words(&archive[0]);
    assert_eq!((name.as_str(), number(&json)), ("registration.json", canonical_registration().len() as u64));
    let [_, photo] = words(&archive[1]);
    let [plain, padded] = words(&archive[2]);
    assert_eq!(archive_bytes([number(&json), number(&photo)]), number(&plain));
    assert_eq!(bucket(number(&plain)), number(&padded));
    let [header, plaintext, whole, _] = words(&example("sealed-file"));
    assert_eq!((header_text("age-header").len() as u64, number(&padded)), (number(&header), number(&plaintext)));
    assert_eq!(sealed_bytes(number(&header), number(&plaintext)), number(&whole));
    assert!(is_bucket(number(&plaintext)));
}

#[test]
fn the_server_accepts_the_sealed_files_header_which_binds_the_delete_proof() {
    let header = envelope::header(&header_text("age-header")).unwrap().unwrap();
    let [_, _, whole, _] = words(&example("sealed-file"));
    envelope::accept(&header, number(&whole), &[pack().shape().unwrap()]).unwrap();
    assert_eq!(header.kind, RecipientKind::X25519);
    let registration: Registration = serde_json::from_slice(&canonical_registration()).unwrap();
    let proof: [u8; 32] = bytes(&registration.delete_proof);
    assert_eq!(header.commitment, Some(Sha256::digest(proof).into()));
}

#[test]
fn a_saved_files_trailer_is_the_serial_of_the_pack() {
    assert_eq!(bytes::<TRAILER_BYTES>(&example("saved-trailer")), trailer(pack().serial));
}

#[test]
fn a_resealed_file_says_to_which_list_it_was_resealed_and_keeps_its_commitment() {
    let (header, origin) = look_inside(&header_text("amanat-origin")).unwrap().unwrap();
    let keys: Vec<String> = pack().recipients.into_iter().map(|recipient| recipient.key).collect();
    assert_eq!(origin.unwrap().list(), <[u8; 32]>::from(Sha256::digest(keys.join("\n"))));
    assert_eq!(header.commitment, envelope::header(&header_text("age-header")).unwrap().unwrap().commitment);
    // The server accepts none.
    assert!(envelope::header(&header_text("amanat-origin")).is_err());
}

#[test]
fn an_upload_names_the_pack_and_brings_work_for_exactly_this_file() {
    let upload = example("upload");
    let header = |name: &str| {
        let found = upload.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.unwrap_or_else(|| panic!("{name} is missing")).to_owned()
    };
    let [_, _, whole, sha256] = words(&example("sealed-file"));
    assert_eq!(header("Upload-Length"), whole);
    let serial = Base64::encode_string(pack().serial.to_string().as_bytes());
    let file = Base64::encode_string(&bytes::<32>(&sha256));
    assert_eq!(header("Upload-Metadata"), format!("{META_PACK} {serial},{META_SHA256} {file}"));

    let [bits, challenge, worked_for, counter] = words(&example("proof-of-work"));
    assert_eq!(worked_for, sha256);
    let bits = u32::try_from(number(&bits)).unwrap();
    let mut puzzle = Puzzle::new(&challenge, bytes(&sha256)).unwrap();
    assert_eq!((0..10_000).find(|&tried| puzzle.is_solved_by(tried, bits)), Some(number(&counter)));
    assert_eq!(header("Proof-Of-Work"), puzzle.answer(number(&counter)));
}

#[test]
fn a_problem_is_constant_for_its_code_and_every_code_is_in_the_table() {
    let problem: Problem = round_trip("problem");
    assert_eq!(problem, ProblemCode::NotSealed.problem());
    let (_, section) = DOCUMENT.split_once("### Problems").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|line| line.split_once("` | "));
    let mut codes = BTreeSet::new();
    for (code, rest) in rows {
        let Ok(code) = serde_json::from_value::<ProblemCode>(code.into()) else { continue };
        assert!(rest.starts_with(&format!("{} | ", code.status())), "{code:?}: {rest}");
        codes.insert(code);
    }
    assert_eq!(codes, ProblemCode::ALL.iter().copied().collect());
}

#[test]
fn what_reviewers_tools_and_the_server_say_to_each_other_is_read_and_written_the_same() {
    let [_, _, whole, sha256] = words(&example("sealed-file"));
    let claims: Claims = round_trip("claims");
    assert_eq!(claims.body_sha256, hex(&Sha256::digest(b"")));
    let listed: Vec<Listed> = round_trip("registrations");
    assert_eq!((&listed[0].sha256, listed[0].bytes), (&sha256, number(&whole)));
    let registration: Registration = serde_json::from_slice(&canonical_registration()).unwrap();
    let acknowledgements: Acknowledgements = round_trip("acknowledgements");
    assert_eq!(acknowledgements.acknowledged[0].delete_proof, registration.delete_proof);
    round_trip::<AcknowledgementsResult>("acknowledgements-result");
    round_trip::<Discards>("discards");
    round_trip::<DiscardsResult>("discards-result");
    round_trip::<Objections>("objections");
    round_trip::<ObjectionsResult>("objections-result");
}

#[test]
fn the_audit_log_is_a_chain_whose_end_a_folder_remembers_and_whose_copy_is_the_journal() {
    let entries = audit_entries();
    let mut head = Head::START;
    for entry in &entries {
        head = head.follow(entry).unwrap();
        assert!(Action::of(&entry.action).is_some(), "{}", entry.action);
    }
    assert_eq!(Head::parse(&example(".amanat-audit")), Some(head));
    let journal: Vec<Entry> = lines("journal").iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(journal, entries);
}

/// Their parsers are a browser's and a partner's.
#[test]
fn a_draft_and_a_referred_case_are_json() {
    let draft: Vec<serde_json::Value> = serde_json::from_str(&example("draft.json")).unwrap();
    assert!(draft[..4].iter().all(serde_json::Value::is_string) && draft[4..].iter().all(serde_json::Value::is_array));
    let case: serde_json::Value = serde_json::from_str(&example("case.json")).unwrap();
    assert_eq!(case["format"], 1);
}
