//! Tests of the real program: its messages and what it leaves behind when something is wrong, and that it prints `ready` when
//! nothing is.

#![expect(clippy::unwrap_used, reason = "a test that fails here says where")]

mod backup;
mod configuration;
mod demo;
mod pack;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use amanat_shared::pack::Pack;

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

/// Returns the two lines of a failure.
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

/// Runs a demo in this folder until it is ready, stops it as a service manager would, and returns its output.
fn demo(dir: &Path) -> String {
    demo_that(dir, |_| {})
}

/// Runs a demo, and calls `serves` with its address while it serves.
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

/// Writes a draft with the keys of a demo in the same folder.
fn draft(dir: &Path) {
    demo(&dir.join("demo"));
    let demo: Pack = serde_json::from_str(&fs::read_to_string(dir.join("demo/pack.json")).unwrap()).unwrap();
    said(&["init", path(&dir.join("new"))]);
    let text = fs::read_to_string(dir.join("new/pack.toml")).unwrap();
    let text =
        text.replace("age1pq1…", &demo.recipients[0].key).replace("key = \"…\"", &format!("key = \"{}\"", demo.access_keys[0].key));
    fs::write(dir.join("pack.toml"), text).unwrap();
}
