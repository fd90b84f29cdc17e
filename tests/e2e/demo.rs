//! The demo: form, server, mail and reviewers on one machine.

use std::{env, fs, path::Path, process::Command};

use super::assert_reviewers_read;
use crate::{
    drivers::{
        browser::Edition,
        documented_commands::{commands_in_markdown, commands_in_output},
        form_driver::FormDriver,
        processes::{BackgroundProcess, files_in, required_path, run, wait_for, workspace_program},
    },
    fixtures::{demo::Demo, deployment::OpenedRegistration},
    personas::relative,
};

/// Each command runs twice, as for somebody who looks again after a while.
#[test]
fn every_command_that_the_demo_prints_and_the_readmes_age_command_work_twice_as_printed() {
    let demo = Demo::start();
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.register(&demo.origin, &person);
    let printed = commands_in_output(&demo.output());
    let (goes_on, others): (Vec<_>, Vec<_>) = printed.into_iter().partition(|command| command.text.contains(" demo "));
    assert!(goes_on.len() == 1 && others.len() == 5, "{goes_on:?} {others:?}");
    let readme = include_str!("../../README.md");
    let stock =
        commands_in_markdown(readme).into_iter().find(|command| command.text.starts_with("age ")).expect("README names age");
    let shell = |folder: &Path, text: &str| {
        let age = required_path("AMANAT_AGE");
        let path = format!("{}:{}", age.parent().expect("it lies in a folder").display(), env::var("PATH").unwrap_or_default());
        let mut shell = Command::new("bash");
        shell.args(["-o", "pipefail", "-c", text]).current_dir(folder).env("PATH", path);
        shell
    };
    let elsewhere = tempfile::tempdir().expect("a folder to type in");
    for _ in 0..2 {
        for command in &others {
            run(&mut shell(elsewhere.path(), &command.text));
        }
        run(&mut shell(demo.folder(), &stock.text));
    }
    let opened = files_in(&demo.folder().join("opened"));
    assert_eq!(opened.len(), 1);
    assert_reviewers_read(&OpenedRegistration::read(&opened[0]), &person);
    assert_eq!(OpenedRegistration::read(demo.folder()).json, OpenedRegistration::read(&opened[0]).json);
    let folder = demo.stop();
    let mut again = BackgroundProcess::start(&mut shell(elsewhere.path(), &goes_on[0].text));
    again.wait_for_line("ready http://");
    drop(again);
    drop(folder);
}

#[test]
fn the_demo_receives_a_registration_sends_a_notice_and_its_reviewer_opens_it() {
    let demo = Demo::start();
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
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
    let reviewer = || Command::new(workspace_program("amanat-reviewer"));
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
    assert_reviewers_read(&OpenedRegistration::read(&opened.join(name)), &person);
    assert!(fs::read_to_string(demo.folder().join("root.pub")).is_ok_and(|key| key.contains("untrusted comment")));
}
