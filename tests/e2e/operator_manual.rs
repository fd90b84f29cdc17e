//! Runs every command of the README, of the operators' manual and of what `amanat init` prints, as printed, in order, twice.
//! `demo.rs` covers what the demo prints, and `reviewer_manual.rs` the reviewers' manual.

use std::{
    fs,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    drivers::{
        documented_commands::{DocumentedCommand, commands_in_markdown, commands_in_output},
        processes::{BackgroundProcess, program_with_test_roots, target},
    },
    fixtures::{isolated_machine::IsolatedMachine, pack::root_key},
};

/// Commands that do not run here, each with the reason. The test achieves their effect in another way.
const CANNOT: [(&str, &str); 12] = [
    ("make test", "this test is a part of it"),
    ("make check", "it builds everything again, beside the tests; `.ci/run` runs it by itself"),
    ("make bench", "it measures, and other tests run beside this one; `.ci/run` and the tests in `bench` run what it runs"),
    ("make release ROOT=roots.toml", "it builds for half an hour; programs with the tests' root keys stand in"),
    ("age -d -i reviewer-1.key sealed/*.age | tar -x -i", "it needs a registration: `demo.rs` runs it"),
    ("systemctl enable --now amanat", "no systemd runs here; what the unit starts is started"),
    ("systemctl start amanat", "no systemd runs here; what the unit starts is started"),
    ("systemctl restart amanat", "no systemd runs here; what the unit starts is stopped and started"),
    ("systemctl stop amanat", "no systemd runs here; what the unit starts is stopped"),
    ("systemctl reload amanat", "no systemd runs here; a test of the listeners sends what the unit sends"),
    ("systemctl edit amanat", "no systemd runs here, and it opens an editor"),
    ("journalctl -u amanat", "no systemd runs here, so it has kept nothing"),
];

/// Commands that run until they are stopped.
const SERVES: [&str; 3] = [
    "make run",
    "AMANAT_LIMITS__OPEN_UPLOADS=8 make run ARGS=\"--listen 127.0.0.1:0\"",
    "amanat serve --config /etc/amanat/amanat.toml",
];

/// Commands that do not overwrite what they make: a second run fails with this text and changes nothing.
const ONCE: [(&str, &str); 5] = [
    ("target/debug/amanat init /etc/amanat", "/etc/amanat/amanat.toml is there already."),
    ("pack new-root --out root-1", "root-1.key is there already."),
    ("pack new-root --out root-2", "root-2.key is there already."),
    ("pack roots --threshold 2 --out roots.toml root-1.pub root-2.pub", "roots.toml is there already."),
    ("amanat-reviewer keygen reviewer-1", "there already"),
];

/// The prompts of commands at the terminal, and the answers.
const ASKS: [(&str, &[(&str, &str)]); 2] = [
    ("pack new-root --out root-", &[("Password: ", "a long word"), ("one more time", "a long word")]),
    ("amanat-reviewer keygen", &[]),
];

/// The command that the packaged unit starts as its user.
const SERVICE: &str = "amanat serve --config /etc/amanat/amanat.toml";

#[test]
fn every_command_of_the_operators_manual_and_of_init_works_twice_as_printed() {
    let unit = read("packaging/amanat.service");
    assert!(unit.contains(&format!("ExecStart=/usr/local/bin/{SERVICE}\n")) && unit.contains("User=amanat\n"));
    let mut replay = Replay::new();
    let mut of_init = Vec::new();
    for round in 1..=2 {
        replay.round = round;
        for command in commands_in_markdown(&read("docs/operations.md")) {
            let printed = replay.follow(&command, "docs/operations.md");
            if command.text.contains("amanat init") {
                if round == 1 {
                    of_init = commands_in_output(&printed);
                    assert!(of_init.len() >= 12, "{printed}");
                }
                for command in &of_init {
                    replay.follow(command, "init");
                }
            }
        }
    }
}

#[test]
fn every_command_of_the_readme_works_twice_as_printed() {
    let mut replay = Replay::new();
    for round in 1..=2 {
        replay.round = round;
        for command in commands_in_markdown(&read("README.md")) {
            replay.follow(&command, "README.md");
        }
    }
}

#[test]
fn every_exception_names_a_command_that_is_in_a_manual() {
    let init = include_str!("../../backend/src/cli/init.rs");
    let all = [read("README.md"), read("docs/operations.md"), init.to_owned()].concat();
    let exceptions =
        CANNOT.iter().map(|(text, _)| text).chain(ONCE.iter().map(|(text, _)| text)).chain(ASKS.iter().map(|(text, _)| text));
    for text in exceptions {
        assert!(all.contains(text), "{text}");
    }
}

fn read(name: &str) -> String {
    fs::read_to_string(IsolatedMachine::source().join(name)).expect("a document of ours")
}

/// `make run` may replace the programs in the target folder, which all machines share, so one reader follows at a time.
static ONE_READER: Mutex<()> = Mutex::new(());

/// A reader who follows the manuals on a machine of their own.
struct Replay {
    machine: IsolatedMachine,
    round: usize,
    /// The service that a service manager would run.
    service: Option<BackgroundProcess>,
    serial: u64,
    _alone: MutexGuard<'static, ()>,
}

impl Replay {
    fn new() -> Self {
        let alone = ONE_READER.lock().unwrap_or_else(PoisonError::into_inner);
        let replay = Self { machine: IsolatedMachine::start(), round: 1, service: None, serial: 1, _alone: alone };
        // The manuals say `target` wherever cargo builds. The source may have a folder of that name, into which nobody builds.
        let target = target().display().to_string();
        let own = IsolatedMachine::source().join("target").display().to_string();
        replay.by_hand(&format!("[ '{own}' -ef '{target}' ] || {{ mkdir -p '{own}' && mount --rbind '{target}' '{own}'; }}"));
        replay.by_hand(&format!("test '{own}/debug/amanat' -ef '{target}/debug/amanat'"));
        // Nothing has been released yet.
        replay.by_hand(&format!("mkdir -p '{own}/release-build' && mount -t tmpfs none '{own}/release-build'"));
        replay
    }

    /// Runs a documented command; returns what it printed.
    fn follow(&mut self, command: &DocumentedCommand, from: &str) -> String {
        let text = without_comment(&command.text);
        let place = format!("{from}:{}, round {}: {text}", command.line, self.round);
        eprintln!("{place}");
        if let Some((_, reason)) = CANNOT.iter().find(|(known, _)| *known == text) {
            eprintln!("    does not run here: {reason}");
            self.stand_in(text);
            return String::new();
        }
        if SERVES.contains(&text) {
            return self.serve_and_stop(text);
        }
        if from == "docs/operations.md" && text.contains("pack check") {
            self.raise_the_serial();
        }
        let source = IsolatedMachine::source();
        let refusal = ONCE.iter().find(|(part, _)| self.round > 1 && text.contains(part)).map(|(_, refusal)| *refusal);
        let asked = ASKS.iter().find(|(part, _)| refusal.is_none() && text.contains(part)).map(|(_, answers)| *answers);
        let (worked, printed) = if let Some(answers) = asked {
            (true, self.machine.run_at_terminal(&source, text, answers))
        } else {
            let typed = if text.contains("pack sign") { format!("{}\n", self.serial) } else { "a password".to_owned() };
            let output = self.machine.run(&source, text, &typed);
            (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
        };
        // A root does not sign a pack twice, so the second round of `init` is refused.
        let signed = (from == "init" && self.round > 1 && text.contains("pack sign")).then_some("has signed this pack already");
        match refusal.or(signed) {
            Some(refusal) => assert!(!worked && printed.contains(refusal), "{place}\n{printed}\n  expected {refusal}"),
            None => assert!(worked, "{place}\n{printed}"),
        }
        assert!(!printed.contains("WARNING") && !printed.contains("panicked"), "{place} raises an alarm:\n{printed}");
        if self.round == 1 && text.contains("keygen") {
            self.fill_in_the_draft();
        }
        printed
    }

    /// Does what the manual leaves to its reader.
    fn by_hand(&self, command: &str) {
        let output = self.machine.run(&IsolatedMachine::source(), command, "");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn stand_in(&mut self, text: &str) {
        match text {
            "make release ROOT=roots.toml" => {
                let out = IsolatedMachine::source().join("target/release-build/release");
                self.by_hand(&format!("mkdir -p '{}'", out.display()));
                for name in ["amanat", "amanat-reviewer"] {
                    self.by_hand(&format!("cp '{}' '{}'", program_with_test_roots(name).display(), out.display()));
                }
                for number in [1, 2] {
                    self.by_hand(&format!("cp '{}' root-{number}.key", root_key(number).display()));
                }
            }
            "systemctl stop amanat" => drop(self.service.take().map(BackgroundProcess::stop)),
            "systemctl enable --now amanat" | "systemctl start amanat" | "systemctl restart amanat" => {
                drop(self.service.take().map(BackgroundProcess::stop));
                let as_its_user = format!("exec runuser -u amanat -- {SERVICE}");
                let mut service = BackgroundProcess::start(&mut self.machine.shell(Path::new("/"), &as_its_user));
                service.wait_for_line("ready ");
                self.service = Some(service);
            }
            _ => {}
        }
    }

    /// Runs a server until it is ready; returns what it printed.
    fn serve_and_stop(&mut self, text: &str) -> String {
        if !text.contains("--listen") {
            // Two servers cannot share an address, and a reader who begins has no service yet.
            drop(self.service.take().map(BackgroundProcess::stop));
        }
        let mut service = BackgroundProcess::start(&mut self.machine.shell(&IsolatedMachine::source(), text));
        service.wait_for_line_of_a_build("ready http://");
        let printed = String::from_utf8_lossy(&service.stop()).into_owned();
        for command in commands_in_output(&printed) {
            let program = command.text.split_whitespace().next().unwrap_or_default();
            let there = format!("command -v {program}");
            assert!(self.machine.run(Path::new("/"), &there, "").status.success(), "{text} prints {}", command.text);
        }
        if text.contains("make run") {
            let desk = target().join("debug/amanat-desk.html");
            assert!(printed.contains(&desk.display().to_string()) && desk.is_file(), "no desk is offered:\n{printed}");
        }
        printed
    }

    /// Fills in the draft as step 2 of `init` says.
    fn fill_in_the_draft(&self) {
        self.by_hand(
            "recipient=$(sed -n 's/^recipient = //p' reviewer-1/send-to-coalition.txt)\n\
             access=$(sed -n 's/^access_key = //p' reviewer-1/send-to-coalition.txt)\n\
             sed -i \"s|^key = \\\"age1pq1….*|key = $recipient|; s|^key = \\\"…\\\"|key = $access|\" /etc/amanat/pack.toml",
        );
    }

    /// Raises the serial as the manual's section *A new pack* says.
    fn raise_the_serial(&mut self) {
        self.serial += 1;
        let serial = self.serial;
        self.by_hand(&format!(
            "sed -i \"s/^serial = .*/serial = {serial}/; s/^issued = .*/issued = \\\"$(date -u +%F)\\\"/\" /etc/amanat/pack.toml"
        ));
    }
}

/// Cuts off the comment at a command's end.
fn without_comment(text: &str) -> &str {
    text.split_once(" # ").map_or(text, |(command, _)| command).trim()
}
