//! A changed list of reviewers, and a new identity in place of an old one.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use age::armor::{ArmoredWriter, Format};
use amanat_reviewer::atomic_file::DEFAULT_MAX_BYTES;
use amanat_reviewer::rekey::{self, RekeyError, Report, Target};
use amanat_reviewer::rotate::{self, LateArrivals, RotateError, Rotation};
use amanat_reviewer::{ack, sealed_file};
use amanat_reviewer_core::decrypt;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::message::Message;
use amanat_shared::pack::{Limits, Pack, Recipient};
use amanat_shared::seal::{self, HybridIdentity, Origin, Recipients};
use serde_json::json;

use crate::binary::{STRONG, errors, out, run};
use crate::world::{World, acknowledgements, form};

const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 1, 2, 3];

fn pack(serial: u64, reviewers: &[&Identities]) -> Pack {
    let recipients = reviewers
        .iter()
        .enumerate()
        .map(|(number, reviewer)| Recipient { name: format!("reviewer-{number}"), key: reviewer.recipients().remove(0) });
    Pack {
        serial,
        issued: "2026-11-01".to_owned(),
        expires: "2999-11-30".to_owned(),
        site: "form.example.org".to_owned(),
        contact: "by voice".to_owned(),
        exit_url: "https://example.org/".to_owned(),
        phases: vec![1],
        limits: Limits { files: 3, file_bytes: 1, total_bytes: 3 },
        recipients: recipients.collect(),
        access_keys: Vec::new(),
        revoked: Vec::new(),
        demo: true,
        form: form(),
    }
}

fn write_pack(world: &World, pack: &Pack) {
    fs::write(world.path("pack.json"), serde_json::to_vec(pack).unwrap()).unwrap();
}

fn reseal(paths: &[PathBuf], who: &Identities, pack: &Pack) -> Result<Report, RekeyError> {
    rekey::run(paths, who, &Target::new(pack).unwrap(), DEFAULT_MAX_BYTES, || {})
}

fn files(world: &World) -> Vec<PathBuf> {
    rekey::find_files(&[world.path("in")]).unwrap().sealed
}

fn opens(path: &Path, who: &Identities) -> bool {
    sealed_file::open(path, who, DEFAULT_MAX_BYTES).is_ok()
}

fn key(world: &World) -> HybridIdentity {
    let text = fs::read_to_string(world.path("keys/identity.key")).unwrap();
    text.lines().find_map(HybridIdentity::parse).unwrap()
}

#[test]
fn a_resealed_registration_opens_for_the_new_list_only_and_stays_what_it_is() {
    let (old, new) = (World::new(), World::new());
    let path = old.case("in", json!({ "name_native": "Karima" }), &[JPEG, &vec![7; 100_000]]);
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let before = sealed_file::open(&path, &old.identities, DEFAULT_MAX_BYTES).unwrap();
    let length = fs::metadata(&path).unwrap().len();
    assert!(!opens(&path, &new.identities));

    let both = pack(2, &[&old.identities, &new.identities]);
    let report = reseal(&files(&old), &old.identities, &both).unwrap();
    assert_eq!((report.resealed, report.already, report.failures.len()), (1, 0, 0));
    let after = sealed_file::open(&path, &new.identities, DEFAULT_MAX_BYTES).unwrap();
    assert_eq!((&after.sha256, &after.json, &after.files), (&name, &before.json, &before.files));
    assert!(opens(&path, &old.identities));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(reseal(&files(&old), &old.identities, &both).unwrap().already, 1);

    // The other reviewer removes the first from the list.
    let alone = pack(3, &[&new.identities]);
    assert!(matches!(reseal(&files(&old), &old.identities, &alone), Err(RekeyError::NotListed)));
    assert_eq!(reseal(&files(&old), &new.identities, &alone).unwrap().resealed, 1);
    assert!(!opens(&path, &old.identities));
    let after = sealed_file::open(&path, &new.identities, DEFAULT_MAX_BYTES).unwrap();
    assert_eq!((&after.sha256, &after.json), (&name, &before.json));
    assert!(fs::metadata(&path).unwrap().len().abs_diff(length) < 4096, "the payload is as long as it was");

    let acknowledged = new.path("ack.json");
    let ack::AckReport { acknowledged: made, failures, .. } =
        ack::make(&[old.path("in")], &new.identities, &acknowledged, DEFAULT_MAX_BYTES).unwrap();
    assert_eq!((made, failures.len()), (1, 0));
    assert_eq!(acknowledgements(&acknowledged).acknowledged[0].sha256, name);
}

#[test]
fn whatever_stops_in_the_middle_goes_on_and_every_file_is_whole_at_every_moment() {
    let (old, new) = (World::new(), World::new());
    for number in 0..6 {
        old.case("in", json!({ "children_count": number }), &[]);
    }
    let (all, both) = (files(&old), pack(2, &[&old.identities, &new.identities]));
    for stopped in 0..all.len() {
        // The power fails while the next file is being written beside the old one.
        let half = fs::read(&all[stopped]).unwrap();
        let beside = format!("{}.resealing", all[stopped].display());
        fs::write(&beside, &half[..half.len() / 2]).unwrap();
        assert!(all.iter().all(|path| opens(path, &old.identities)));
        assert_eq!(all.iter().filter(|path| opens(path, &new.identities)).count(), stopped);
        let report = reseal(&all[..=stopped], &old.identities, &both).unwrap();
        assert_eq!((report.resealed, report.already, report.failures.len()), (1, stopped, 0));
        assert!(!Path::new(&beside).exists());
    }
    assert_eq!(reseal(&all, &old.identities, &both).unwrap().already, all.len());
}

#[test]
fn notebooks_are_resealed_as_they_are_and_what_cannot_be_stays_and_is_said() {
    let (old, new, stranger) = (World::new(), World::new(), World::new());
    let notebook = old.seal("in/deep/reviewer.notebook.age", &vec![b'x'; 32 * 1024]);
    let whole = old.case("in", json!({}), &[JPEG]);
    let damaged = old.case("in", json!({ "children_count": 1 }), &[JPEG]);
    let mut bytes = fs::read(&damaged).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&damaged, &bytes).unwrap();
    fs::copy(stranger.case("in", json!({}), &[]), old.path("in/stranger.age")).unwrap();
    fs::write(old.path("in/plain.age"), "\u{1b}[31mplain").unwrap();
    symlink(&whole, old.path("in/link.age")).unwrap();
    let report = reseal(&files(&old), &old.identities, &pack(2, &[&new.identities, &old.identities])).unwrap();
    assert_eq!((report.resealed, report.failures.len()), (2, 4));
    for failure in &report.failures {
        assert_eq!(Message::of(failure).to_string().lines().count(), 2, "{failure}");
    }
    assert_eq!(fs::read(&damaged).unwrap(), bytes);
    assert!(old.path("in/link.age").symlink_metadata().unwrap().is_symlink());
    assert!(opens(&whole, &new.identities));
    let key = key(&new);
    let file = fs::read(&notebook).unwrap();
    let mut plaintext = Vec::new();
    let mut reader = age::Decryptor::new(&file[..]).unwrap().decrypt(std::iter::once(&key as &dyn age::Identity)).unwrap();
    std::io::Read::read_to_end(&mut reader, &mut plaintext).unwrap();
    assert_eq!(plaintext, vec![b'x'; 32 * 1024]);
    assert!(!String::from_utf8_lossy(&file).contains("amanat-origin"), "a notebook is not a registration");
}

#[test]
fn neither_a_new_name_nor_a_borrowed_origin_makes_a_file_another_registration() {
    let world = World::new();
    let victim = world.case("in", json!({ "name_native": "Karima" }), &[]);
    let evil = world.case("in", json!({ "name_native": "Nobody" }), &[]);
    let (victim_is, evil_is) = (decrypt::identity(&fs::read(&victim).unwrap()), decrypt::identity(&fs::read(&evil).unwrap()));
    reseal(&files(&world), &world.identities, &pack(2, &[&world.identities])).unwrap();
    let (victim, evil) = (fs::read(victim).unwrap(), fs::read(evil).unwrap());
    assert_eq!((decrypt::identity(&victim), decrypt::identity(&evil)), (victim_is.clone(), evil_is));
    // Whoever sealed a file has its key, and can put any origin before it.
    let (header, origin): (_, Option<Origin>) = seal::look_inside(&victim).unwrap().unwrap();
    let key = key(&world);
    let to = Recipients::parse(std::iter::once(&*key.recipient().to_string())).unwrap();
    let forged = seal::reseal(&evil, &[&key], &to, origin.as_ref()).unwrap();
    assert_ne!(decrypt::open(&forged, &world.identities).unwrap().sha256, victim_is);
    // The payload does not open under the victim's header.
    let grafted = [&victim[..header.bytes], &evil[seal::look_inside(&evil).unwrap().unwrap().0.bytes..]].concat();
    assert!(decrypt::open(&grafted, &world.identities).is_err());
}

#[test]
fn the_old_identity_goes_only_when_nothing_is_left_that_it_alone_opens() {
    let (old, new) = (World::new(), World::new());
    let whole = old.case("in", json!({}), &[JPEG]);
    let rotate = |pack: &Pack, late| {
        let rotation = Rotation { old: &old.identities, new: &new.identities, pack, most: DEFAULT_MAX_BYTES };
        rotation.run(&files(&old), late, || {})
    };
    let before = fs::read(&whole).unwrap();
    let both = pack(2, &[&old.identities, &new.identities]);
    assert!(matches!(rotate(&both, LateArrivals::Lose), Err(RotateError::OldListed)));
    let stranger = World::new();
    assert!(matches!(rotate(&pack(2, &[&stranger.identities]), LateArrivals::Lose), Err(RotateError::NewNotListed)));
    let mut next = pack(2, &[&new.identities, &stranger.identities]);
    assert!(matches!(rotate(&next, LateArrivals::Wait), Err(RotateError::LateArrivals(serials)) if serials == [1]));
    let same = Rotation { old: &new.identities, new: &new.identities, pack: &next, most: DEFAULT_MAX_BYTES };
    assert!(matches!(same.run(&files(&old), LateArrivals::Lose, || {}), Err(RotateError::Same)));
    assert_eq!(fs::read(&whole).unwrap(), before, "what is refused changes nothing");

    let damaged = old.case("in", json!({ "children_count": 1 }), &[JPEG]);
    let bytes = fs::read(&damaged).unwrap();
    fs::write(&damaged, &bytes[..bytes.len() - 1]).unwrap();
    fs::copy(stranger.case("in", json!({}), &[]), old.path("in/stranger.age")).unwrap();
    next.revoked = vec![1];
    let (report, left) = rotate(&next, LateArrivals::Wait).unwrap();
    assert_eq!((report.resealed, report.failures.len()), (1, 2));
    assert_eq!(left, std::slice::from_ref(&damaged));
    assert!(opens(&whole, &new.identities) && !opens(&whole, &old.identities));

    fs::remove_file(&damaged).unwrap();
    let (report, left) = rotate(&next, LateArrivals::Wait).unwrap();
    assert_eq!((report.already, left.len()), (1, 0));

    let identity = old.path("keys/identity.key");
    symlink(&identity, old.path("link.key")).unwrap();
    assert!(rotate::destroy(&old.path("link.key")).is_err() && identity.exists());
    let other_name = old.path("other-name");
    fs::hard_link(&identity, &other_name).unwrap();
    let length = fs::metadata(&identity).unwrap().len();
    rotate::destroy(&identity).unwrap();
    assert!(!identity.exists());
    assert_eq!(fs::read(other_name).unwrap(), vec![0; usize::try_from(length).unwrap()], "what was on the disk is overwritten");
}

#[test]
fn what_only_claims_to_be_resealed_and_what_the_stock_tool_made_do_not_slip_through() {
    let (old, new, stranger) = (World::new(), World::new(), World::new());
    let path = old.case("in", json!({}), &[JPEG]);
    let mut next = pack(2, &[&new.identities, &stranger.identities]);
    next.revoked = vec![1];
    let rotate = || {
        let rotation = Rotation { old: &old.identities, new: &new.identities, pack: &next, most: DEFAULT_MAX_BYTES };
        let (report, left) = rotation.run(&files(&old), LateArrivals::Wait, || {}).unwrap();
        (report.resealed, report.already, left)
    };
    assert_eq!(rotate(), (1, 0, Vec::new()));
    // The sealer of a file can make one that claims to be sealed to the new list and has as many stanzas, but is not.
    let file = fs::read(&path).unwrap();
    let origin = seal::look_inside(&file).unwrap().unwrap().1;
    let keys = [old.identities.recipients(), stranger.identities.recipients()].concat();
    let to = Recipients::parse(keys.iter().map(String::as_str)).unwrap();
    fs::write(&path, seal::reseal(&file, &[&key(&new)], &to, origin.as_ref()).unwrap()).unwrap();
    assert!(!opens(&path, &new.identities));
    assert_eq!(rotate(), (1, 0, Vec::new()));
    assert!(opens(&path, &new.identities) && !opens(&path, &old.identities));

    let armored = old.path("in/my-own.age");
    let recipient = key(&old).recipient();
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
    let armor = ArmoredWriter::wrap_output(fs::File::create(&armored).unwrap(), Format::AsciiArmor).unwrap();
    let mut writer = encryptor.wrap_output(armor).unwrap();
    writer.write_all(b"what the reviewer wrote down").unwrap();
    writer.finish().and_then(ArmoredWriter::finish).unwrap();
    assert_eq!(rotate(), (0, 1, vec![armored]));
}

#[test]
fn a_quarter_passes_at_the_command_line() {
    let world = World::new();
    let path = world.case("in", json!({ "danger_7days": "yes" }), &[JPEG]);
    let hash = path.file_stem().unwrap().to_str().unwrap();
    fs::write(world.path("words"), STRONG).unwrap();
    fs::set_permissions(world.path("words"), fs::Permissions::from_mode(0o600)).unwrap();

    let begin = ["keys", "rotate", "begin", "--identity", "keys/identity.key", "--new-passphrase-file", "words", "next"];
    let first = run(&world, &begin);
    assert!(first.status.success() && out(&first).contains("keys rotate finish --identity"), "{}", errors(&first));
    let recipient =
        out(&first).lines().find_map(|line| line.strip_prefix("recipient = \"")).unwrap().trim_end_matches('"').to_owned();
    let mut next = pack(7, &[&world.identities]);
    next.revoked = vec![1];
    write_pack(&world, &next);
    let rekey = ["rekey", "--identity", "keys/identity.key", "--to", "pack.json", "in"];
    let resealed = run(&world, &rekey);
    assert!(
        out(&resealed).contains("Pack 7, issued 2026-11-01, names: reviewer-0.\n1 re-sealed, 0 were already."),
        "{}",
        errors(&resealed)
    );

    next.recipients[0].key.clone_from(&recipient);
    write_pack(&world, &next);
    let refused = run(&world, &rekey);
    assert!(errors(&refused).contains("the pack does not name this identity") && errors(&refused).lines().count() == 2);
    let finish = [
        &["keys", "rotate", "finish", "--identity", "keys/identity.key", "--new", "next/identity.key"][..],
        &["--new-passphrase-file", "words", "--to", "pack.json", "in"],
    ]
    .concat();
    fs::write(world.path("in/half.age.part"), "x").unwrap();
    let refused = run(&world, &finish);
    assert!(!refused.status.success() && errors(&refused).contains("a download that is not complete"));
    fs::remove_file(world.path("in/half.age.part")).unwrap();
    fs::write(world.path("in/.amanat-serial"), "8\n").unwrap();
    let refused = run(&world, &finish);
    assert!(errors(&refused).contains("an older list of reviewers") && errors(&refused).lines().count() == 2);
    fs::write(world.path("in/.amanat-serial"), "7\n").unwrap();
    next.expires = "2026-11-02".to_owned();
    write_pack(&world, &next);
    let refused = run(&world, &finish);
    assert!(errors(&refused).contains("good until 2026-11-02") && errors(&refused).lines().count() == 2, "{}", errors(&refused));
    let finished = run(&world, &[&finish[..], &["--accept-expired"]].concat());
    assert!(finished.status.success() && out(&finished).contains("was overwritten and removed"), "{}", errors(&finished));
    assert!(!world.path("keys/identity.key").exists());

    let unlocked = ["--identity", "next/identity.key", "--passphrase-file", "words"];
    let list = run(&world, &[&["list", "--today", "2026-11-23"], &unlocked[..], &["in"]].concat());
    assert!(out(&list).contains("EMERGENCY") && out(&list).contains(&hash[..12]), "{}", errors(&list));
    let acked = run(&world, &[&["ack"], &unlocked[..], &["--out", "ack.json", "in"]].concat());
    assert!(acked.status.success() && fs::read_to_string(world.path("ack.json")).unwrap().contains(hash), "{}", errors(&acked));
}
