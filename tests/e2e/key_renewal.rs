//! Reviewers' keys over a quarter: locked, re-sealed and renewed, with the stock `age` as a reference and a real server.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::{stock_tools::registration_by_stock_tools, uploads::a_sealed_file, uploads::upload};
use crate::{
    drivers::processes::{program_with_test_roots, required_path, run},
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::relative,
};

const PASSPHRASE: &str = "window glacier bread Tuesday copper rabbit ladder melon";

fn reviewer(arguments: &[&str], paths: &[(&str, &Path)], more: &[&Path]) -> String {
    let mut command = Command::new(program_with_test_roots("amanat-reviewer"));
    command.args(arguments);
    for (name, path) in paths {
        command.arg(name).arg(path);
    }
    String::from_utf8(run(command.args(more))).expect("it says text")
}

/// Runs the stock `age`, which takes the passphrase from a plugin, since it otherwise asks only at a terminal.
fn age_with_passphrase(arguments: &[&str], input: &Path, output: &Path) {
    let age = required_path("AMANAT_AGE");
    let plugins = age.parent().expect("a program lies in a folder");
    let path = format!("{}:{}", plugins.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(&age);
    command.args(arguments).args(["-j", "batchpass"]).env("PATH", path).env("AGE_PASSPHRASE", PASSPHRASE);
    run(command.arg("-o").arg(output).arg(input));
}

fn words(folder: &Path) -> PathBuf {
    let path = folder.join("words");
    fs::write(&path, PASSPHRASE).expect("it is written");
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("it is ours");
    path
}

#[test]
fn a_locked_identity_opens_with_the_stock_age_and_one_that_age_locked_opens_here() {
    let folder = tempfile::tempdir().expect("a folder");
    let (root, words) = (folder.path(), words(folder.path()));
    let sent = reviewer(&["keygen"], &[("--passphrase-file", &words)], &[&root.join("keys")]);
    let recipient =
        sent.lines().find_map(|line| line.strip_prefix("recipient = \"")).expect("keygen names it").trim_end_matches('"');
    let (plain, theirs) = (root.join("plain.key"), root.join("theirs.key"));
    age_with_passphrase(&["-d"], &root.join("keys/identity.key"), &plain);
    assert!(fs::read_to_string(&plain).expect("it is text").contains(recipient));

    // `age` uses its own work factor and its armor.
    age_with_passphrase(&["-e", "-a"], &plain, &theirs);
    let shown = reviewer(&["keys", "show"], &[("--identity", &theirs), ("--passphrase-file", &words)], &[]);
    assert!(shown.starts_with(&format!("recipient = \"{recipient}\"")), "{shown}");
}

#[test]
fn a_resealed_file_opens_with_the_stock_age_and_is_acknowledged_as_the_original() {
    for keys in [RecipientType::PostQuantum, RecipientType::X25519] {
        let deployment = Deployment::start(keys);
        let sealed = a_sealed_file(&deployment);
        assert_eq!(upload(&deployment.origin, &sealed).status, 201);
        let (first, second) = (&deployment.reviewers[0], &deployment.reviewers[1]);
        let file = deployment.pull(first).remove(0);
        let folder = file.parent().expect("a file lies in a folder");
        let pack = folder.join("pack.json");
        let said = reviewer(&["rekey"], &[("--identity", &first.identity), ("--to", &pack)], &[folder]);
        assert!(said.contains("1 re-sealed, 0 were already."), "{said}");
        assert_ne!(fs::read(&file).expect("it is there"), sealed);

        for who in [first, second] {
            let stock = deployment.open_with(&required_path("AMANAT_AGE"), who, &file);
            let ours = deployment.open(who, &file);
            assert_eq!(stock.json, ours.json);
            assert_eq!(ours.registration()["answers"], registration_by_stock_tools(&deployment, &relative(), &[])["answers"]);
        }
        // The server refuses it, since no phone seals like this.
        let resealed = fs::read(&file).expect("it is there");
        assert_eq!(upload(&deployment.origin, &resealed).status, 422);

        let list = folder.join("ack.json");
        reviewer(&["ack"], &[("--identity", &second.identity), ("--out", &list)], &[folder]);
        let pushed = reviewer(&["push", "--server", &deployment.origin], &[("--access", &second.access)], &[&list]);
        assert_eq!(pushed, "1 noted.\n");
    }
}
