//! The real program: what it says and leaves behind when something is wrong, and that it says `ready` when nothing is.

#![expect(clippy::unwrap_used, reason = "a test that fails here says where")]

#[path = "cli/keep.rs"]
mod keep;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use amanat_shared::pack::{Pack, Roots, SignedPack};

fn amanat(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amanat"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AMANAT_") {
            command.env_remove(name);
        }
    }
    command
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The two lines of a failure.
fn refused(output: &Output) -> (String, String) {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(!output.status.success() && lines.len() == 2, "{:?}: {text}", output.status);
    assert!(lines[0].starts_with("amanat: ") && !lines[1].is_empty(), "{text}");
    (lines[0].to_owned(), lines[1].to_owned())
}

fn assert_refused(arguments: &[&str], what: &str, advice: &str) {
    let (said, advised) = refused(&amanat(arguments).output().unwrap());
    assert!(said.contains(what), "{said}\n  expected {what}");
    assert!(advised.contains(advice), "{advised}\n  expected {advice}");
}

fn said(arguments: &[&str]) -> String {
    let output = amanat(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Starts a demo in this folder, waits until it serves, stops it as a service manager would; what it said.
fn demo(dir: &Path) -> String {
    demo_that(dir, |_| {})
}

/// The same, and does something while it serves at this address.
fn demo_that(dir: &Path, serves: impl Fn(&str)) -> String {
    serving(&mut amanat(&["demo", "--listen", "127.0.0.1:0", "--dir", path(dir)]), serves)
}

fn serving(command: &mut Command, serves: impl Fn(&str)) -> String {
    let mut demo = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    for line in BufReader::new(demo.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        text.push_str(&line);
        text.push('\n');
        if let Some(address) = line.strip_prefix("ready ") {
            serves(address);
            assert!(Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap().success());
        }
    }
    assert!(demo.wait().unwrap().success(), "stopping is no failure: {text}");
    text
}

#[test]
fn a_demo_prints_ready_stops_when_told_and_its_secrets_have_mode_0600() {
    let dir = tempfile::tempdir().unwrap();
    let text = demo(&dir.path().join("demo"));
    assert!(text.lines().last().unwrap().starts_with("ready http://127.0.0.1:"), "{text}");
    for name in ["root.key", "reviewer-1.key", "reviewer-2.key", "access-1.key", "access-2.key"] {
        assert_eq!(fs::metadata(dir.path().join("demo").join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let status = said(&["status", "--dir", path(&dir.path().join("demo"))]);
    assert!(status.contains("registrations       0") && status.contains("30 days left"), "{status}");
    let root = dir.path().join("demo/root.pub");
    let shown = said(&["pack", "show", "--root", path(&root), path(&dir.path().join("demo/pack.json"))]);
    assert!(shown.contains("verified: ") && shown.contains("DEMO") && shown.contains("to compare by voice: "), "{shown}");
}

#[test]
fn health_reports_whether_the_server_is_healthy() {
    let dir = tempfile::tempdir().unwrap();
    let gone = std::cell::RefCell::new(String::new());
    demo_that(&dir.path().join("demo"), |address| {
        for path in ["healthz", "readyz"] {
            assert_eq!(said(&["health", &format!("{address}/{path}")]), "ok\n");
        }
        assert_refused(&["health", &format!("{address}/nothing")], "The answer is 404", "amanat status");
        address.clone_into(&mut gone.borrow_mut());
    });
    assert_refused(&["health", &format!("{}/readyz", gone.borrow())], "There is no answer: ", "whether the server runs");
    assert_refused(&["health", "https://x/"], "no address", "http://127.0.0.1:8080/readyz");
}

#[test]
fn a_demo_refuses_other_than_loopback_addresses() {
    assert_refused(&["demo", "--listen", "0.0.0.0:0"], "0.0.0.0:0 is no address of it", "--listen 127.0.0.1:8080");
}

#[test]
fn a_demo_reads_settings_from_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("demo");
    let mut command = amanat(&["demo", "--dir", path(&folder)]);
    command.env("AMANAT_LISTEN", "127.0.0.1:0").env("AMANAT_LIMITS__PROOF_OF_WORK_BITS", "9");
    let text = serving(command.env("AMANAT_MAIL__EVERY", "7s"), |address| {
        let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
        write!(stream, "OPTIONS /api/v1/uploads HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", &address[7..]).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.to_ascii_lowercase().contains("\r\nproof-of-work: 9 "), "{answer}");
    });
    assert!(text.contains("what reviewers are told, every 7 s"), "{text}");
    assert!(folder.join("amanat.sqlite").exists());
}

#[test]
fn a_demo_refuses_unknown_invalid_and_unsupported_settings() {
    let dir = tempfile::tempdir().unwrap();
    let demo = dir.path().join("demo");
    for (name, value, what, advice) in [
        (
            "AMANAT_LIMITS__OPEN_UPLAODS",
            "5",
            "environment: AMANAT_LIMITS__OPEN_UPLAODS: there is no such key; here can be requests_per_minute, ",
            "Correct the key's name",
        ),
        ("AMANAT_LIMITS__OPEN_UPLOADS", "many", "environment: AMANAT_LIMITS__OPEN_UPLOADS: must be ", "Correct that value"),
        ("AMANAT_LIMITS__OPEN_UPLOADS", "0", "demo: limits.open_uploads: is 0", "Correct that value"),
        ("AMANAT_LIMITS__PROOF_OF_WORK_BITS", "11", "demo: limits.proof_of_work_bits: is more than 10", "Correct that value"),
        ("AMANAT_RETENTION__ACKNOWLEDGEMENTS", "0", "demo: retention.acknowledgements: is 0", "Correct that value"),
        (
            "AMANAT_DATABASE",
            "other.sqlite",
            "environment: AMANAT_DATABASE: a demo sets `database` by itself",
            "Unset that variable",
        ),
        ("AMANAT_TLS__CERT", "x", "environment: AMANAT_TLS__CERT: a demo sets `tls` by itself", "Unset that variable"),
        ("AMANAT_LISTEN", "0.0.0.0:0", "0.0.0.0:0 is no address of it", "--listen 127.0.0.1:8080"),
        ("AMANAT_METRICS_LISTEN", "192.0.2.1:9100", "192.0.2.1:9100 is no address of it", "--listen 127.0.0.1:8080"),
    ] {
        let output = amanat(&["demo", "--dir", path(&demo)]).env(name, value).output().unwrap();
        let (said, advised) = refused(&output);
        assert!(said.contains(what) && advised.contains(advice), "{said}\n{advised}\n  expected {what} {advice}");
    }
    assert!(!demo.exists());
}

#[test]
fn a_port_in_use_is_reported_and_nothing_is_written() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let demo = dir.path().join("demo");
    assert_refused(&["demo", "--listen", &address, "--dir", path(&demo)], &format!("{address} is in use"), "choose another port");
    assert!(!demo.exists());
}

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

/// A draft with the keys of a demo in the same folder.
fn draft(dir: &Path) {
    demo(&dir.join("demo"));
    let demo: Pack = serde_json::from_str(&fs::read_to_string(dir.join("demo/pack.json")).unwrap()).unwrap();
    said(&["init", path(&dir.join("new"))]);
    let text = fs::read_to_string(dir.join("new/pack.toml")).unwrap();
    let text =
        text.replace("age1pq1…", &demo.recipients[0].key).replace("key = \"…\"", &format!("key = \"{}\"", demo.access_keys[0].key));
    fs::write(dir.join("pack.toml"), text).unwrap();
}

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
fn every_supported_setting_reaches_a_demo() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("demo");
    let mut command = amanat(&["demo", "--dir", path(&folder), "--listen", "127.0.0.1:0"]);
    for (name, value) in [
        ("AMANAT_LIMITS__REQUESTS_PER_MINUTE", "3"),
        ("AMANAT_LIMITS__PROOF_OF_WORK_BITS", "5"),
        ("AMANAT_LIMITS__UPLOADS_PER_HOUR", "1"),
        ("AMANAT_LIMITS__FREE_UPLOADS_PER_MINUTE", "1"),
        ("AMANAT_LIMITS__FREE_ONION_UPLOADS_PER_MINUTE", "1"),
        ("AMANAT_LIMITS__OPEN_UPLOADS", "8"),
        ("AMANAT_LIMITS__DATABASE", "1GiB"),
        ("AMANAT_LIMITS__RESERVE", "1MiB"),
        ("AMANAT_LIMITS__REGISTRATIONS_PER_HOUR", "1"),
        ("AMANAT_RETENTION__ACKNOWLEDGEMENTS", "2"),
        ("AMANAT_RETENTION__AFTER", "2d"),
        ("AMANAT_RETENTION__AT_MOST", "60d"),
        ("AMANAT_MAIL__SUBJECT", "Other"),
        ("AMANAT_MAIL__AT", "[\"06:00\"]"),
        ("AMANAT_MAIL__EVEN_IF_NONE", "true"),
        ("AMANAT_TRUSTED_PROXIES", "[\"127.0.0.1\"]"),
        ("AMANAT_MAX_CONNECTIONS", "50"),
        ("AMANAT_METRICS_LISTEN", "127.0.0.1:0"),
    ] {
        command.env(name, value);
    }
    let asked = std::cell::RefCell::new(Vec::new());
    let text = serving(&mut command, |address| {
        for _ in 0..5 {
            let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
            write!(stream, "GET /boot.js HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", &address[7..]).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            asked.borrow_mut().push(String::from_utf8_lossy(&answer[..12]).into_owned());
        }
    });
    let busy = asked.borrow().iter().filter(|answer| answer.ends_with("429")).count();
    assert!(busy >= 1, "three requests in a minute are allowed: {asked:?}");
    assert!(text.contains("what reviewers are told, at the set times"), "{text}");
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
        // It may have ended before it has read all.
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
    assert!(shown(&first).contains("no pack yet that is known here") && shown(&first).contains("7 days left"), "{}", shown(&first));

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
    // A script says which serial it means, and may compare with another pack.
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
