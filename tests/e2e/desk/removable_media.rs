//! Other files on a stick beside registrations: the desk does not take them for people who wait.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use super::{begin, open_desk, receive_five_cases};
use crate::{
    drivers::{
        browser::{Browser, Edition, Screen},
        processes::{files_in, program_with_test_roots, run, wait_for},
    },
    fixtures::{
        pack::{RecipientType, SERIAL, make_reviewer, sign_pack_of},
        reviewer_inbox::ReviewerInbox,
    },
};

fn opens(browser: &mut Browser, inbox: &ReviewerInbox, folder: &Path) {
    open_desk(browser);
    begin(browser, inbox);
    browser.attach("[data-role=folder]", &[folder]);
    browser.wait_until("the list", "!!document.querySelector('[data-role=window]')");
}

/// Writes the files that macOS, Windows and a browser leave on a stick.
fn litter(folder: &Path, hash: &str) {
    for name in ["pack.json", ".DS_Store", "ali.notebook.age", &format!("{hash}.age")] {
        fs::write(folder.join(format!("._{name}")), b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X").expect("the folder is ours");
    }
    for name in [".DS_Store", "Thumbs.db", "desktop.ini", &format!("{hash}.age.part"), &format!("{hash}.age.crdownload")] {
        fs::write(folder.join(name), "left").expect("the folder is ours");
    }
    for name in ["System Volume Information", ".Trashes", "$RECYCLE.BIN", ".fseventsd"] {
        fs::create_dir(folder.join(name)).expect("a fresh folder");
        fs::write(folder.join(name).join("x.age"), "no registration").expect("the folder is ours");
    }
}

#[test]
fn files_that_systems_leave_on_a_stick_are_ignored_and_a_truncated_registration_is_named() {
    let inbox = ReviewerInbox::new();
    let urgent = receive_five_cases(&inbox, b"not looked at here");
    let copy = inbox.sibling("copy");
    run(Command::new("cp").arg("-r").arg(inbox.folder()).arg(&copy));
    litter(&inbox.folder(), &urgent);
    let mut browser = Browser::open(Edition::Current);
    browser.move_to(Screen::Desk);
    opens(&mut browser, &inbox, &inbox.folder());
    assert_eq!(browser.text_of("[data-role=count]"), "5 cases");
    assert!(!browser.sees("[data-role=failures]"), "{}", browser.text_of("[data-role=failures]"));

    let mut compared = |expected: &str| {
        browser.evaluate("document.querySelector('[data-role=copies]').open = true");
        browser.attach("[data-role=copy]", &[&copy]);
        browser.wait_until(expected, &format!("document.querySelector('[data-role=copies]').innerText.includes('{expected}')"));
        let said = browser.text_of("[data-role=copies-found]");
        opens(&mut browser, &inbox, &inbox.folder());
        said
    };
    assert!(compared("All is there").contains("5 files in that folder, whole"));
    let lost = copy.join(format!("{urgent}.age"));
    let whole = fs::read(&lost).expect("it was copied");
    fs::write(&lost, &whole[..whole.len() - 1]).expect("the folder is ours");
    assert!(compared("Do not acknowledge yet").contains(&urgent[..12]));
    fs::remove_file(&lost).expect("it was there");
    assert!(compared("Do not acknowledge yet").contains("1 of 5 files are not in that folder"));

    // A copy of a registration and a foreign file are not persons; the beginning of a truncated file may be one.
    fs::copy(inbox.folder().join(format!("{urgent}.age")), inbox.folder().join(format!("{urgent} (1).age"))).expect("a copy");
    fs::write(inbox.folder().join("readme.age"), "hello").expect("the folder is ours");
    fs::write(inbox.folder().join("pack.json"), "{").expect("the folder is ours");
    opens(&mut browser, &inbox, &inbox.folder());
    let failures = browser.text_of("[data-role=failures] summary");
    assert!(failures.starts_with("3 files not used") && !failures.contains("person"), "{failures}");
    assert_eq!(browser.text_of("[data-role=count]"), "5 cases", "the list opens beside a broken pack");
    fs::write(inbox.folder().join(format!("{}.age", "ab".repeat(32))), vec![0; 40_000]).expect("the folder is ours");
    opens(&mut browser, &inbox, &inbox.folder());
    let failures = browser.text_of("[data-role=failures] summary");
    assert!(failures.contains("a person may wait in 1 of them"), "{failures}");
}

#[test]
fn a_reviewer_who_joined_later_reads_at_the_desk_who_can_open_earlier_files() {
    let inbox = ReviewerInbox::new();
    let case = inbox.receive(&json!({"submitter": "self", "is_update": "first", "danger_7days": "no"}), &[]);
    let third = make_reviewer(&inbox.sibling("third"), "third", RecipientType::PostQuantum);
    let identity = third.identity.clone();
    let mut all: Vec<_> =
        ["fourth", "fifth"].map(|name| make_reviewer(&inbox.sibling(name), name, RecipientType::PostQuantum)).into();
    all.push(third);
    let next = inbox.sibling("next");
    fs::create_dir(&next).expect("a fresh folder");
    sign_pack_of(&next, SERIAL + 1, &all);
    for file in files_in(&next) {
        fs::copy(&file, inbox.folder().join(file.file_name().expect("a file has a name"))).expect("the folder is ours");
    }
    let received: Value = json!({ case: "2020-01-01T05:00Z" });
    fs::write(inbox.folder().join("received.json"), received.to_string()).expect("the folder is ours");
    let mut browser = Browser::open(Edition::Current);
    browser.move_to(Screen::Desk);
    open_desk(&mut browser);
    browser.attach("[data-role=identity]", &[&identity]);
    browser.wait_until("the files' turn", "!document.querySelector('[data-role=files]').disabled");
    browser.attach("[data-role=folder]", &[&inbox.folder()]);
    browser.wait_until("the list", "!!document.querySelector('[data-role=window]')");
    let said = browser.text_of("[data-role=before-you]");
    assert!(said.contains("Sealed before you joined") && said.contains("amanat-reviewer rekey"), "{said}");
    assert!(!browser.sees("[data-role=failures]"), "{}", browser.text_of("[data-role=failures]"));
}

#[test]
fn two_reviewers_changes_conflict_at_the_desk_and_a_notebook_is_known_by_its_contents() {
    let inbox = ReviewerInbox::new();
    let case = inbox.receive(&json!({"submitter": "self", "is_update": "first", "danger_7days": "no"}), &[]);
    let note = |notebook: &str, status: &str, whose: &str| {
        let mut note = Command::new(program_with_test_roots("amanat-reviewer"));
        note.arg("note").arg("--identity").arg(&inbox.reviewers[0].identity).arg("--notebook").arg(inbox.sibling(notebook));
        note.arg("--dir").arg(inbox.folder()).args(["--status", status, "--assign", whose, &case[..12]]);
        run(&mut note);
    };
    note("Ali.notebook.age", "checking", "Ali");
    note("karima.notebook.age", "verified", "Karima");
    fs::copy(inbox.sibling("Ali.notebook.age"), inbox.folder().join("Ali.notebook.age")).expect("a copy");
    fs::copy(inbox.sibling("karima.notebook.age"), inbox.folder().join("karima-2026.age")).expect("a copy");
    let mut browser = Browser::open(Edition::Current);
    browser.move_to(Screen::Desk);
    let saved = browser.downloads();
    opens(&mut browser, &inbox, &inbox.folder());
    assert!(!browser.sees("[data-role=failures]"), "{}", browser.text_of("[data-role=failures]"));
    assert!(browser.text_of("[data-role=notebooks]").contains("karima-2026.age"));
    for left in [1, 0] {
        browser.tap("[data-action=take-in]");
        browser.wait_until("it is taken in", &format!("document.querySelectorAll('[data-action=take-in]').length === {left}"));
    }
    let both = |said: &str| ["CONFLICT", "checking", "verified", "Ali", "Karima"].iter().all(|word| said.contains(word));
    let row = browser.text_of(&format!("[data-case='{case}']"));
    assert!(both(&row), "{row}");
    browser.tap(&format!("[data-case='{case}'] [data-action=open]"));
    browser.wait_until("the conflict", "!!document.querySelector('[data-role=conflict]')");
    let said = browser.text_of("[data-role=conflict]");
    assert!(both(&said), "{said}");

    // The author's name in lower case is the same reviewer and the same file.
    browser.write("[data-role=author]", "ali");
    browser.choose("[data-role=case-status]", "verified");
    browser.wait_until("one conflict less", "document.querySelectorAll('[data-role=conflict] li').length === 1");
    browser.tap("[data-action=save]");
    wait_for("the notebook", || saved.join("Ali.notebook.age").exists().then_some(()));
}
