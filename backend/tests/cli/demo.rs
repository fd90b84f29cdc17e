//! `amanat demo`, `status` and `health`.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;

use crate::{amanat, assert_refused, demo, demo_that, path, refused, said, serving};

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
