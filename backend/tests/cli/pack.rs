//! `amanat pack`: drafts, signatures and root keys.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};

use amanat_shared::pack::{Roots, SignedPack};

use crate::{amanat, assert_refused, draft, path, refused, said};

#[test]
fn two_roots_sign_a_draft_and_minisign_verifies_it() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    draft(dir);
    for name in ["one", "two"] {
        said(&["pack", "new-root", "--no-password", "--out", path(&dir.join(name))]);
    }
    let (one, two, out) = (dir.join("one.key"), dir.join("two.key"), dir.join("signed"));
    assert_eq!(fs::metadata(&one).unwrap().permissions().mode() & 0o777, 0o600);
    assert_refused(
        &["pack", "new-root", "--no-password", "--out", path(&dir.join("one"))],
        "one.key is there already",
        "Nothing was overwritten",
    );
    said(&["pack", "check", path(&dir.join("pack.toml"))]);
    said(&["pack", "sign", "--serial", "1", "--key", path(&one), "--out", path(&out), path(&dir.join("pack.toml"))]);
    let first = fs::read_to_string(out.join("pack.json")).unwrap();
    let json = out.join("pack.json");
    said(&["pack", "sign", "--serial", "1", "--key", path(&two), "--out", path(&out), path(&json)]);
    assert_refused(
        &["pack", "sign", "--serial", "1", "--key", path(&two), "--out", path(&out), path(&json)],
        "has signed this pack already",
        "another root",
    );
    assert_refused(
        &["pack", "sign", "--serial", "1", "--key", path(&dir.join("one.pub")), "--out", path(&out), path(&json)],
        "one.pub is no secret root key",
        ".key file",
    );
    assert_eq!(fs::read_to_string(&json).unwrap(), first, "the second signs the same bytes");

    let signatures = [1, 2].map(|number| fs::read_to_string(out.join(format!("pack.json.{number}.minisig"))).unwrap());
    let mut keys = Vec::new();
    for (name, signature) in ["one.pub", "two.pub"].iter().zip(&signatures) {
        let key = minisign_verify::PublicKey::from_file(dir.join(name)).unwrap();
        key.verify(first.as_bytes(), &minisign_verify::Signature::decode(signature).unwrap(), false).unwrap();
        keys.push(fs::read_to_string(dir.join(name)).unwrap().lines().nth(1).unwrap().to_owned());
    }
    let signed = SignedPack { pack: first.clone(), signatures: signatures.to_vec(), demo_root: None };
    assert!(signed.verify_with(&Roots { threshold: 2, keys }).is_ok());

    let roots = ["--root", path(&dir.join("one.pub")).to_owned().leak(), "--root", path(&dir.join("two.pub")).to_owned().leak()];
    let show = [&["pack", "show"][..], &roots, &[path(&json)]].concat();
    assert!(said(&show).contains("signatures  2, verified"));
    fs::write(&json, first.replace("form.example.org", "evil.example.org")).unwrap();
    assert_refused(&show, "0 good signatures by root keys, 2 needed", "fetch the pack");
}

#[test]
fn roots_toml_is_written_from_valid_public_keys_only() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for name in ["root-1", "root-2"] {
        said(&["pack", "new-root", "--no-password", "--out", path(&dir.join(name))]);
    }
    let [one, two, out] = ["root-1.pub", "root-2.pub", "roots.toml"].map(|name| path(&dir.join(name)).to_owned());
    let roots = |threshold: &'static str, keys: &[&str]| -> Vec<String> {
        let all = ["pack", "roots", "--threshold", threshold, "--out", &out];
        all.iter().chain(keys).map(|&word| word.to_owned()).collect()
    };
    let refuse = |arguments: Vec<String>, what: &str, advice: &str| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        assert_refused(&arguments, what, advice);
    };
    refuse(roots("2", &[&one]), "2 of 1 is no threshold", "that they can reach");
    refuse(roots("0", &[&one]), "0 of 1 is no threshold", "a threshold of 1 to 3");
    refuse(roots("2", &[&one, &one]), "are one key", "Each root has a key of its own");
    refuse(roots("1", &[&one.replace(".pub", ".key")]), "root-1.key is no public root key", ".pub file");
    assert!(!Path::new(&out).exists());
    let arguments = roots("2", &[&one, &two]);
    let text = said(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(text.contains("2 of 2 roots") && text.contains("make release ROOT="), "{text}");
    refuse(arguments, "roots.toml is there already", "Nothing was overwritten");
    let written: toml::Table = fs::read_to_string(&out).unwrap().parse().unwrap();
    let keys = [&one, &two].map(|file| fs::read_to_string(file).unwrap().lines().nth(1).unwrap().to_owned());
    assert_eq!(written["threshold"].as_integer(), Some(2));
    let named: Vec<&str> = written["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    assert_eq!(named, keys);
}

#[test]
fn a_draft_with_an_unsuitable_exit_url_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    draft(dir);
    let file = dir.join("pack.toml");
    let good = fs::read_to_string(&file).unwrap();
    for exit_url in ["javascript:alert(1)", "http://example.org/", "https://u@host/", "https://u@example.org/", "//host"] {
        fs::write(&file, good.replace("https://duckduckgo.com/", exit_url)).unwrap();
        let output = amanat(&["pack", "check", path(&file)]).output().unwrap();
        let shown = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(shown.starts_with(&format!("{}: exit_url: ", path(&file))), "{exit_url}: {shown}");
        assert!(refused(&output).0.contains("has the one problem above"));
    }
    fs::write(&file, good.replace("https://duckduckgo.com/", "https://مثال.example/")).unwrap();
    assert!(said(&["pack", "check", path(&file)]).contains("nothing is wrong with it"));
}

#[test]
fn the_signer_is_shown_recipients_and_changes_and_types_the_serial() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    draft(dir);
    said(&["pack", "new-root", "--no-password", "--out", path(&dir.join("one"))]);
    let (key, file) = (dir.join("one.key"), dir.join("pack.toml"));
    let text = fs::read_to_string(&file).unwrap();
    let sign = |out: &str, typed: &str| {
        let out = dir.join(out);
        let mut command = amanat(&["pack", "sign", "--key", path(&key), "--out", path(&out), path(&file)]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The program may end before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        let output = child.wait_with_output().unwrap();
        assert_eq!(out.exists(), output.status.success(), "{output:?}");
        output
    };
    let shown = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    for typed in ["", "\n", "2\n", "yes\n", "one\n", "-1\n"] {
        let refusal = sign("never", typed);
        assert!(refused(&refusal).0.contains("not the serial of this pack, 1, so nothing was signed"), "{typed:?}");
        assert!(shown(&refusal).contains("seals to    reviewer-1, can fetch; to compare by voice: "), "{}", shown(&refusal));
    }
    let first = sign("first", "1\n");
    assert!(
        shown(&first).contains("No earlier pack of this key is known here") && shown(&first).contains("7 days left"),
        "{}",
        shown(&first)
    );

    fs::write(&file, text.replace("reviewer-1", "reviewer-9")).unwrap();
    assert!(refused(&sign("never", "1\n")).0.contains("Another pack with serial 1 was signed already"));
    let next =
        text.replace("serial = 1", "serial = 2").replace("reviewer-1", "reviewer-9").replace("revoked = []", "revoked = [1]");
    fs::write(&file, &next).unwrap();
    let second = sign("second", "2\n");
    assert!(second.status.success(), "{second:?}");
    for change in [
        "Since pack 1, which was signed last",
        "    seals to reviewer-9, who is NEW",
        "    seals to reviewer-1 NO LONGER",
        "    revokes pack 1, which was not revoked",
    ] {
        assert!(shown(&second).contains(change), "{change} in {}", shown(&second));
    }
    fs::write(&file, &text).unwrap();
    assert!(refused(&sign("never", "1\n")).0.contains("The serial is 1, and pack 2 was signed already"));
    // A script names the serial that it means, and may compare with another pack.
    fs::write(&file, next.replace("serial = 2", "serial = 3")).unwrap();
    let out = dir.join("third");
    let third = ["pack", "sign", "--key", path(&key), "--out", path(&out), "--serial"];
    let wrong = [&third[..], &["2", path(&file)]].concat();
    assert_refused(&wrong, "not the serial of this pack, 3", "type the serial");
    let against = dir.join("first/pack.json");
    let output = said(&[&third[..], &["3", "--last", path(&against), path(&file)]].concat());
    assert!(output.contains("Since pack 1, which was signed last"), "{output}");
}

#[test]
fn a_name_with_control_characters_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    draft(dir);
    let file = dir.join("pack.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("name = \"reviewer-1\"", "name = \"\\u202Ereviewer-1\\u001B[2J\"")).unwrap();
    let output = amanat(&["pack", "check", path(&file)]).output().unwrap();
    let shown = String::from_utf8(output.stdout.clone()).unwrap();
    refused(&output);
    assert!(shown.contains("the name must be one plain line") && !shown.contains(['\u{202e}', '\u{1b}']), "{shown}");
}

#[test]
fn check_reports_every_problem_of_a_draft_and_sign_refuses_it() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    draft(dir);
    said(&["pack", "new-root", "--no-password", "--out", path(&dir.join("one"))]);
    let file = dir.join("pack.toml");
    let good = fs::read_to_string(&file).unwrap();
    let check = |text: &str| {
        fs::write(&file, text).unwrap();
        let output = amanat(&["pack", "check", path(&file)]).output().unwrap();
        (String::from_utf8(output.stdout.clone()).unwrap(), refused(&output))
    };
    let bad = good
        .replace("days = 7", "days = 31")
        .replace("phases = [1]", "phases = [2]")
        .replace("https://duckduckgo.com/", "duckduckgo");
    let (problems, (what, _)) = check(&bad);
    for key in ["days: ", "phases: ", "exit_url: "] {
        assert!(problems.lines().any(|line| line.starts_with(&format!("{}: {key}", path(&file)))), "{key} {problems}");
    }
    assert!(what.contains("3 problems"), "{what}");
    let (problems, _) = check(&good.replace("serial = 1", "serial = \"one\""));
    assert!(problems.starts_with(&format!("{}:5: ", path(&file))), "{problems}");
    fs::write(dir.join("form.toml"), "id = \"x\"\nversion = 1\n").unwrap();
    let (problems, _) = check(&good.replace("built-in", "form.toml"));
    assert!(problems.contains("form.toml:2: version"), "{problems}");

    fs::write(&file, bad).unwrap();
    let out = dir.join("signed");
    let key = dir.join("one.key");
    let sign = ["pack", "sign", "--serial", "1", "--key", path(&key), "--out", path(&out), path(&file)];
    let output = amanat(&sign).output().unwrap();
    refused(&output);
    assert!(!out.exists(), "nothing is half-written");
}
