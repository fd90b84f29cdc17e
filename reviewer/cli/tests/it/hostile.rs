//! Hostile contents of a file are written only to that file's own folder.

mod all_cases;
mod answers;
mod archives;
mod envelopes;
mod generators;
mod pictures;
mod referral_output;
mod registrations;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::open::{self, OpenError, OpenOutcome};
use amanat_reviewer::sealed_file::SealedError;
use amanat_reviewer_core::decrypt::{Fault, Refusal};
use amanat_reviewer_core::message::Message;
use serde_json::json;

use crate::world::{World, add, archive, everything, header, registration};

const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 1, 2, 3];

/// Opens a file, and asserts that nothing changed on the disk.
fn refused(world: &World, name: &str, plaintext: &[u8]) -> Fault {
    let path = world.seal(name, plaintext);
    let before = everything(world.dir.path());
    let error = open::open(&path, &world.identities, &world.path("out"), DEFAULT_MAX_BYTES).unwrap_err();
    assert_eq!(everything(world.dir.path()), before, "{name}");
    assert_eq!(Message::of(&error).to_string().lines().count(), 2, "{error}");
    match error {
        OpenError::Sealed(error) => error.fault,
        OpenError::Write { .. } => panic!("{name}: {error}"),
    }
}

#[test]
fn an_honest_file_comes_out_byte_for_byte_for_its_owner_only() {
    let world = World::new();
    let files: [&[u8]; 2] = [JPEG, b"<script>"];
    // The JSON has extra spaces and an unknown key, so that the test tells writing the sealed text from writing what was
    // parsed.
    let mut sealed = registration(json!({ "risk_note": "x" }), &files);
    sealed["later"] = json!("kept");
    let path = world.seal("in.age", &archive(&sealed, &files));
    let out = world.path("out");
    let OpenOutcome::Written { folder, disguised, attachments } =
        open::open(&path, &world.identities, &out, DEFAULT_MAX_BYTES).unwrap()
    else {
        panic!()
    };
    assert_eq!((disguised, attachments), (vec![2], 2));
    assert_eq!(fs::read_to_string(folder.join("registration.json")).unwrap(), sealed.to_string());
    assert_eq!(fs::read(folder.join("attachments/01.jpg")).unwrap(), JPEG);
    for (name, mode) in [("", 0o700), ("attachments", 0o700), ("registration.json", 0o600), ("attachments/01.jpg", 0o600)] {
        assert_eq!(fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777, mode, "{name}");
    }
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    assert_eq!(open::open(&path, &world.identities, &out, DEFAULT_MAX_BYTES).unwrap(), OpenOutcome::AlreadyThere(folder.clone()));
    assert!(folder.join("notes.txt").exists());
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
}

#[test]
fn paths_that_lead_out_are_refused() {
    let world = World::new();
    for name in [
        "../evil",
        "/tmp/amanat-evil",
        "attachments/../../evil",
        "attachments/01.jpg/../../../evil",
        "attachments/01.svg",
        "attachments/\u{202e}1.jpg",
        "attachments",
        ".",
        "",
    ] {
        let mut builder = tar::Builder::new(Vec::new());
        add(&mut builder, "registration.json", registration(json!({}), &[JPEG]).to_string().as_bytes());
        add(&mut builder, name, JPEG);
        assert!(matches!(refused(&world, "in.age", &builder.into_inner().unwrap()), Fault::Refused(Refusal::Archive(_))), "{name}");
    }
    assert!(!std::path::Path::new("/tmp/amanat-evil").exists());
}

#[test]
fn a_listed_name_that_leads_out_is_not_followed_either() {
    let world = World::new();
    let mut listed = registration(json!({}), &[JPEG]);
    listed["attachments"][0]["name"] = json!("../../evil.jpg");
    assert!(matches!(refused(&world, "in.age", &archive(&listed, &[JPEG])), Fault::Refused(Refusal::OtherAttachments)));
}

#[test]
fn links_folders_and_devices_are_refused() {
    let world = World::new();
    fs::write(world.path("precious"), "precious").unwrap();
    for kind in [
        tar::EntryType::Symlink,
        tar::EntryType::Link,
        tar::EntryType::Directory,
        tar::EntryType::Fifo,
        tar::EntryType::Block,
        tar::EntryType::GNUSparse,
        tar::EntryType::XGlobalHeader,
    ] {
        let mut builder = tar::Builder::new(Vec::new());
        add(&mut builder, "registration.json", registration(json!({}), &[JPEG]).to_string().as_bytes());
        let mut link = header("attachments/01.jpg", 0);
        link.set_entry_type(kind);
        link.set_link_name("../../precious").unwrap();
        link.set_cksum();
        builder.append(&link, std::io::empty()).unwrap();
        add(&mut builder, "attachments/01.jpg", JPEG);
        refused(&world, "in.age", &builder.into_inner().unwrap());
    }
    assert_eq!(fs::read_to_string(world.path("precious")).unwrap(), "precious");
}

#[test]
fn links_that_wait_in_the_output_folder_are_not_followed() {
    let world = World::new();
    let path = world.case("in", json!({}), &[JPEG]);
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    fs::create_dir_all(world.path("out")).unwrap();
    fs::create_dir_all(world.path("elsewhere/attachments")).unwrap();
    symlink(world.path("elsewhere"), world.path("out").join(format!(".{name}.opening"))).unwrap();
    assert!(matches!(open::open(&path, &world.identities, &world.path("out"), DEFAULT_MAX_BYTES), Ok(OpenOutcome::Written { .. })));
    assert_eq!(everything(&world.path("elsewhere")).len(), 1);
    fs::remove_dir_all(world.path("out").join(&name)).unwrap();
    symlink(world.path("elsewhere"), world.path("out").join(&name)).unwrap();
    assert!(matches!(
        open::open(&path, &world.identities, &world.path("out"), DEFAULT_MAX_BYTES),
        Ok(OpenOutcome::AlreadyThere(_))
    ));
    assert_eq!(everything(&world.path("elsewhere")).len(), 1);
}

#[test]
fn what_an_interrupted_opening_left_is_cleared_away() {
    let world = World::new();
    let path = world.case("in", json!({}), &[]);
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let stale = world.path("out").join(format!(".{name}.opening"));
    fs::create_dir_all(stale.join("attachments")).unwrap();
    fs::write(stale.join("registration.json"), "half").unwrap();
    open::open(&path, &world.identities, &world.path("out"), DEFAULT_MAX_BYTES).unwrap();
    assert_eq!(fs::read_dir(world.path("out")).unwrap().count(), 1);
    assert_ne!(fs::read_to_string(world.path("out").join(name).join("registration.json")).unwrap(), "half");
}

#[test]
fn two_files_of_one_name_missing_files_and_files_too_many_are_refused() {
    let world = World::new();
    let one = registration(json!({}), &[JPEG]);
    let mut builder = tar::Builder::new(Vec::new());
    add(&mut builder, "registration.json", one.to_string().as_bytes());
    add(&mut builder, "attachments/01.jpg", JPEG);
    add(&mut builder, "attachments/01.jpg", b"other");
    refused(&world, "twice.age", &builder.into_inner().unwrap());
    assert!(matches!(refused(&world, "missing.age", &archive(&one, &[])), Fault::Refused(Refusal::OtherAttachments)));
    assert!(matches!(refused(&world, "more.age", &archive(&one, &[JPEG, JPEG])), Fault::Refused(Refusal::OtherAttachments)));
    let mut builder = tar::Builder::new(Vec::new());
    add(&mut builder, "attachments/01.jpg", JPEG);
    add(&mut builder, "registration.json", one.to_string().as_bytes());
    refused(&world, "order.age", &builder.into_inner().unwrap());
}

#[test]
fn attachments_that_are_not_as_described_are_refused() {
    let world = World::new();
    assert!(matches!(
        refused(&world, "bytes.age", &archive(&registration(json!({}), &[JPEG]), &[&JPEG[1..]])),
        Fault::Refused(Refusal::Attachment(1))
    ));
    let other: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 9, 9, 9];
    assert!(matches!(
        refused(&world, "hash.age", &archive(&registration(json!({}), &[JPEG]), &[other])),
        Fault::Refused(Refusal::Attachment(1))
    ));
}

#[test]
fn absurd_sizes_cost_nothing() {
    let world = World::new();
    for bytes in [u64::from(u32::MAX), 0o77_777_777_777] {
        let mut listed = registration(json!({}), &[JPEG]);
        listed["attachments"][0]["bytes"] = json!(bytes);
        let json = listed.to_string();
        let mut plaintext = Vec::new();
        let mut first = header("registration.json", json.len() as u64);
        first.set_cksum();
        plaintext.extend(first.as_bytes());
        plaintext.extend(json.as_bytes());
        plaintext.resize(plaintext.len().next_multiple_of(512), 0);
        let mut second = header("attachments/01.jpg", bytes);
        second.set_cksum();
        plaintext.extend(second.as_bytes());
        refused(&world, "in.age", &plaintext);
    }
    let mut first = header("registration.json", 1 << 32);
    first.set_cksum();
    refused(&world, "in.age", first.as_bytes());
    let path = world.seal("large.age", &vec![0; 100_000]);
    assert!(matches!(
        open::open(&path, &world.identities, &world.path("out"), 99_999),
        Err(OpenError::Sealed(SealedError { fault: Fault::Read(_), .. }))
    ));
}

#[test]
fn text_that_is_no_registration_is_refused_without_quoting_it() {
    let world = World::new();
    for json in [
        "{\"format\u{1b}[31m\": 1}",
        "[]",
        "\u{9b}31m",
        "",
        &"[".repeat(100_000),
        &format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000)),
    ] {
        let mut builder = tar::Builder::new(Vec::new());
        add(&mut builder, "registration.json", json.as_bytes());
        let error = refused(&world, "in.age", &builder.into_inner().unwrap());
        assert!(!Message::of(&error).to_string().chars().any(|character| character != '\n' && character.is_control()));
    }
    let mut later = registration(json!({}), &[]);
    later["format"] = json!(3);
    assert!(matches!(refused(&world, "in.age", &archive(&later, &[])), Fault::Format(3)));
}

#[test]
fn a_file_cut_anywhere_leaves_nothing() {
    let world = World::new();
    let whole = fs::read(world.case("in", json!({ "risk_note": "x".repeat(500) }), &[JPEG])).unwrap();
    let path = world.path("cut.age");
    fs::write(&path, "").unwrap();
    let before = everything(world.dir.path()).len();
    for length in (0..whole.len()).step_by(100).chain([whole.len() - 1]) {
        fs::write(&path, &whole[..length]).unwrap();
        let error = open::open(&path, &world.identities, &world.path("out"), DEFAULT_MAX_BYTES).unwrap_err();
        assert!(matches!(error, OpenError::Sealed(SealedError { fault: Fault::Damaged(_), .. })), "{length}: {error}");
    }
    for at in (0..whole.len()).step_by(100) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&path, &changed).unwrap();
        assert!(open::open(&path, &world.identities, &world.path("out"), DEFAULT_MAX_BYTES).is_err(), "{at}");
    }
    assert_eq!(everything(world.dir.path()).len(), before);
}

#[test]
fn other_peoples_files_and_plain_files_are_named_as_such() {
    let (world, other) = (World::new(), World::new());
    let path = other.case("in", json!({}), &[]);
    let open = |path: &std::path::Path| open::open(path, &world.identities, &world.path("out"), DEFAULT_MAX_BYTES).unwrap_err();
    assert!(matches!(open(&path), OpenError::Sealed(SealedError { fault: Fault::OtherKeys, .. })));
    fs::write(world.path("plain.age"), "Dear reviewer").unwrap();
    assert!(matches!(open(&world.path("plain.age")), OpenError::Sealed(SealedError { fault: Fault::NotSealed, .. })));
    // A reader without a limit would read this header to its end, if it has one.
    fs::write(world.path("plain.age"), format!("age-encryption.org/v1\n{}", "-> X25519 x\n".repeat(1_000_000))).unwrap();
    assert!(matches!(open(&world.path("plain.age")), OpenError::Sealed(SealedError { fault: Fault::NotSealed, .. })));
    assert!(matches!(open(&world.path("none.age")), OpenError::Sealed(SealedError { fault: Fault::Read(_), .. })));
    assert!(matches!(open(world.dir.path()), OpenError::Sealed(SealedError { fault: Fault::Read(_), .. })));
    assert!(!world.path("out").exists());
}
