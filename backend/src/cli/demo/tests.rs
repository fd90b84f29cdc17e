//! Tests of the demo. The tests of other commands begin with its folder, keys and pack.

use super::*;

/// The day on which these tests take place.
pub const TODAY: Day = Day(20_780);

/// Returns a valid, unsigned pack.
pub fn pack() -> Pack {
    let dir = tempfile::tempdir().unwrap();
    Pack { serial: 1, ..desired_pack(dir.path(), "127.0.0.1:8080".parse().unwrap(), TODAY).unwrap() }
}

fn set_up(dir: &Path, newest: u64, today: Day) -> Result<(SignedPack, Pack), Failure> {
    let desired_pack = desired_pack(dir, "127.0.0.1:8080".parse().unwrap(), today)?;
    DemoRoot::find(dir)?.reuse_or_sign(dir, desired_pack, newest, today)
}

#[test]
fn a_demo_reuses_its_pack_and_signs_a_new_one_when_it_expired_or_no_longer_fits() {
    let dir = tempfile::tempdir().unwrap();
    let (first, pack) = set_up(dir.path(), 0, TODAY).unwrap();
    assert_eq!((pack.serial, pack.demo), (1, true));
    assert_eq!(first.verify(TODAY).unwrap(), pack);
    assert_eq!(set_up(dir.path(), 1, TODAY).unwrap().0, first);
    assert_eq!(set_up(dir.path(), 1, Day(TODAY.0 + 30)).unwrap().1.serial, 1);
    assert_eq!(set_up(dir.path(), 1, Day(TODAY.0 + 31)).unwrap().1.serial, 2);
    std::fs::remove_file(dir.path().join("reviewer-2.key")).unwrap();
    let (_, other) = set_up(dir.path(), 7, Day(TODAY.0 + 31)).unwrap();
    assert_eq!(other.serial, 8, "greater than any that was served");
    assert_ne!(other.recipients[1], pack.recipients[1]);
}

#[test]
fn a_demo_without_its_root_key_runs_until_the_pack_expires() {
    let dir = tempfile::tempdir().unwrap();
    let (first, _) = set_up(dir.path(), 0, TODAY).unwrap();
    std::fs::remove_file(dir.path().join("root.key")).unwrap();
    assert_eq!(set_up(dir.path(), 1, TODAY).unwrap().0, first);
    let failure = set_up(dir.path(), 1, Day(TODAY.0 + 31)).unwrap_err().to_string();
    assert!(
        failure.contains("pack.json has expired") && failure.ends_with("\nPut root.key back, or name another folder with --dir."),
        "{failure}"
    );
}

#[test]
fn a_demo_pack_verifies_with_minisign() {
    let dir = tempfile::tempdir().unwrap();
    set_up(dir.path(), 0, TODAY).unwrap();
    let key = minisign_verify::PublicKey::from_file(dir.path().join("root.pub")).unwrap();
    let signature = minisign_verify::Signature::from_file(dir.path().join("pack.json.1.minisig")).unwrap();
    let json = std::fs::read(dir.path().join("pack.json")).unwrap();
    key.verify(&json, &signature, false).unwrap();
    let tampered = String::from_utf8(json).unwrap().replace("duckduckgo", "duckduckg0");
    assert!(key.verify(tampered.as_bytes(), &signature, false).is_err());
}

#[test]
fn a_demo_accepts_only_loopback_addresses() {
    assert!(loopback("127.0.0.1:0").is_ok() && loopback("[::1]:8080").is_ok());
    for address in ["0.0.0.0:8080", "192.0.2.1:8080", "example.org:80", "8080"] {
        let failure = loopback(address).unwrap_err().to_string();
        assert!(failure.contains(address) && failure.lines().count() == 2, "{failure}");
    }
}
