//! The demo: everything at once, on one machine, for whoever wants to see it.

use std::{fs, process::Command};

use super::assert_reads_the_same;
use crate::{
    browser::Edition,
    people::relative,
    phone::Phone,
    programs::{files_in, ours, run, wait_for},
    world::{Demo, Opened},
};

#[test]
fn the_demo_takes_a_registration_writes_a_notice_and_gives_it_to_its_reviewer() {
    let demo = Demo::start();
    let (person, mut phone) = (relative(), Phone::new(Edition::Current));
    phone.begin(&demo.origin, &person);
    let page = phone.browser.text_of("body");
    for warning in ["Test page: do not enter real data", "صفحهٔ آزمایشی", "ازمایښتي پاڼه"] {
        assert!(page.contains(warning), "the page does not say that it is a test: {page}");
    }
    let code = phone.fill_in(&person);
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    phone.browser.assert_no_complaints(&[]);

    let mail = demo.folder().join("mail");
    wait_for("a notice", || (mail.exists() && !files_in(&mail).is_empty()).then_some(()));
    let (sealed, opened) = (demo.folder().join("sealed"), demo.folder().join("opened"));
    let reviewer = || Command::new(ours("amanat-reviewer"));
    run(reviewer()
        .args(["pull", "--server", &demo.origin])
        .arg("--access")
        .arg(demo.folder().join("access-1.key"))
        .arg("--out")
        .arg(&sealed));
    let files: Vec<_> =
        files_in(&sealed).into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "age")).collect();
    assert_eq!(files.len(), 1);
    run(reviewer().args(["open", "--identity"]).arg(demo.folder().join("reviewer-1.key")).arg("--out").arg(&opened).arg(&files[0]));
    let name = files[0].file_stem().expect("a sealed file is named after its hash");
    assert_reads_the_same(&Opened::read(&opened.join(name)), &person);
    assert!(fs::read_to_string(demo.folder().join("root.pub")).is_ok_and(|key| key.contains("untrusted comment")));
}
