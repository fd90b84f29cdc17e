//! Somebody has put an older pack back on the stick.

use std::fs;

use serde_json::json;

use super::{begin, open_desk};
use crate::{
    drivers::{
        browser::{Browser, Edition, Screen},
        processes::{program_with_test_roots, run, wait_for},
    },
    fixtures::{
        pack::{SERIAL, sign_pack_of},
        reviewer_inbox::ReviewerInbox,
    },
};

#[test]
fn the_desk_names_an_older_pack_and_then_seals_the_notebook_to_its_owner_only() {
    let inbox = ReviewerInbox::new();
    let case = inbox.receive(
        &json!({"submitter": "self", "is_update": "first", "danger_7days": "no", "justice_role": "judge", "country_now": "PK",
            "name_native": "کریمه", "share_partners": "yes"}),
        &[],
    );
    // This notebook remembers the newer pack; the folder has the older one.
    let newer = inbox.sibling("newer");
    fs::create_dir(&newer).expect("a fresh folder");
    sign_pack_of(&newer, SERIAL + 1, &inbox.reviewers);
    let notebook = inbox.folder().join("karima.notebook.age");
    let mut note = std::process::Command::new(program_with_test_roots("amanat-reviewer"));
    note.arg("note").arg("--identity").arg(&inbox.reviewers[0].identity).arg("--notebook").arg(&notebook);
    note.arg("--pack").arg(newer.join("pack.json")).args(["--status", "checking"]);
    run(note.arg(inbox.folder().join(format!("{case}.age"))));
    assert_eq!(opened_by(&inbox, 1, &notebook), Some(SERIAL + 1));

    let mut browser = Browser::open(Edition::Current);
    browser.move_to(Screen::Desk);
    let saved = browser.downloads();
    open_desk(&mut browser);
    begin(&mut browser, &inbox);
    browser.attach("[data-role=folder]", &[&inbox.folder()]);
    browser.wait_until("the list", "!!document.querySelector('[data-role=window]')");
    let said = browser.text_of("[data-role=older-pack]");
    let expected = format!("pack {SERIAL} is an older list of reviewers: pack {} stands in the notebook", SERIAL + 1);
    assert!(said.contains(&expected) && said.contains("opens for you alone"), "{said}");
    assert!(!browser.text_of("[data-role=today]").contains("opens for"));

    browser.tap("[data-action=take-in]");
    browser.wait_until("it is taken in", "!document.querySelector('[data-action=take-in]')");
    assert!(browser.text_of("[data-role=older-pack]").contains("stands in this notebook"));
    browser.tap(&format!("[data-case='{case}'] [data-action=open]"));
    browser.write("[data-role=author]", "Zia");
    browser.tap("[data-action=save]");
    let file = wait_for("the notebook", || Some(saved.join("Zia.notebook.age")).filter(|file| file.exists()));
    assert_eq!(opened_by(&inbox, 0, &file), Some(SERIAL + 1), "it remembers the newer pack");
    assert_eq!(opened_by(&inbox, 1, &file), None, "nothing is sealed to the older list");
    browser.assert_no_complaints(&[]);
}

/// Returns the newest serial in a notebook if this reviewer's identity opens it with the stock tool.
fn opened_by(inbox: &ReviewerInbox, reviewer: usize, notebook: &std::path::Path) -> Option<u64> {
    let age = crate::drivers::processes::required_path("AMANAT_AGE");
    let mut age = std::process::Command::new(age);
    let output = age.arg("-d").arg("-i").arg(&inbox.reviewers[reviewer].identity).arg(notebook).output().expect("age starts");
    let inside: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    inside["newest_pack"].as_u64()
}
