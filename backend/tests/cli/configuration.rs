//! Usage errors and faulty configurations.

use std::fs;

use amanat_shared::pack::Pack;

use crate::{amanat, assert_refused, demo, draft, path, refused, said};

#[test]
fn a_usage_error_prints_two_lines() {
    assert_refused(&["serf"], "unrecognized subcommand 'serf'", "amanat --help");
    assert_refused(&["serve"], "--config <FILE>", "amanat --help");
    assert!(said(&["--help"]).contains("mail-test"));
}

#[test]
fn a_faulty_configuration_is_reported_with_file_and_key() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("new");
    said(&["init", path(&dir)]);
    assert_refused(&["init", path(&dir)], "amanat.toml is there already", "Nothing was overwritten");
    let file = dir.join("amanat.toml");
    let config = fs::read_to_string(&file).unwrap();
    fs::write(&file, config.replace("from = ", "# from = ")).unwrap();
    assert_refused(&["serve", "--config", path(&file)], "amanat.toml: mail.from: is missing", "Add that key");
    fs::write(&file, format!("colour = \"red\"\n{config}")).unwrap();
    assert_refused(&["serve", "--config", path(&file)], "amanat.toml: colour: there is no such key", "Correct the key's name");
    fs::write(&file, config).unwrap();
    assert_refused(&["serve", "--config", path(&file)], "pack.json cannot be read: no such file or directory", "path");
    let overridden = amanat(&["serve", "--config", path(&file)]).env("AMANAT_MAIL__EVERY", "soon").output().unwrap();
    assert!(refused(&overridden).0.contains("AMANAT_MAIL__EVERY"), "{overridden:?}");
    assert_refused(&["serve", "--config", "/nowhere/amanat.toml"], "/nowhere/amanat.toml: cannot be read", "amanat init");
}

#[test]
fn serve_refuses_a_demo_pack_and_an_expired_pack() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    demo(dir);
    said(&["init", path(&dir.join("new"))]);
    let config = dir.join("new/amanat.toml");
    let serve = ["serve", "--config", path(&config)];
    fs::copy(dir.join("pack.json"), dir.join("new/pack.json")).unwrap();
    assert_refused(&serve, "pack.json is a demo pack", "roots");
    let json = fs::read_to_string(dir.join("pack.json")).unwrap();
    let mut pack: Pack = serde_json::from_str(&json).unwrap();
    pack.demo = false;
    (pack.issued, pack.expires) = ("2025-01-01".to_owned(), "2025-01-31".to_owned());
    fs::write(dir.join("new/pack.json"), serde_json::to_string(&pack).unwrap()).unwrap();
    assert_refused(&serve, "pack.json expired on 2025-01-31", "sign a new pack");
    assert!(!dir.join("new/amanat.sqlite").exists());
}

#[test]
fn a_configuration_for_another_site_than_the_packs_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    draft(dir);
    let (config, file) = (dir.join("new/amanat.toml"), dir.join("pack.toml"));
    let text = fs::read_to_string(&config).unwrap();
    let check = ["pack", "check", "--config", path(&config), path(&file)];
    assert!(said(&check).contains("nothing is wrong with it"));
    fs::write(&config, text.replace("https://form.example.org", "https://evil.example.org")).unwrap();
    assert_refused(&check, "origins[0]: is another name than the pack's site, form.example.org", "Correct the origin");
}
