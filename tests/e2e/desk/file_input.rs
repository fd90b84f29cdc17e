//! Files reach the desk in a folder, in a bundle, or by drag and drop.

use std::{fs, path::Path, process::Command};

use super::{begin, open_desk, receive_five_cases};
use crate::{
    drivers::{
        browser::{Browser, Edition, Screen},
        processes::{program_with_test_roots, run},
    },
    fixtures::{network_namespace::without_a_network, reviewer_inbox::ReviewerInbox},
};

/// The name of an input method, and a function that performs it.
type Way<'a> = (&'static str, &'a dyn Fn(&mut Browser));

#[test]
fn folders_bundles_and_dropped_files_show_the_same_cases() {
    without_a_network("e2e::desk::file_input::folders_bundles_and_dropped_files_show_the_same_cases", || {
        let inbox = ReviewerInbox::new();
        receive_five_cases(&inbox, b"not looked at here");
        let bundle = inbox.sibling("week.tar");
        run(Command::new(program_with_test_roots("amanat-reviewer")).arg("bundle").arg("--out").arg(&bundle).arg(inbox.folder()));
        // A reviewer's own `tar` puts a folder above the files.
        let by_tar = inbox.sibling("by-tar.tar");
        run(Command::new("tar").arg("-C").arg(inbox.sibling("")).arg("-cf").arg(&by_tar).arg("inbox"));
        let cut = inbox.sibling("cut.tar");
        let whole = fs::read(&bundle).expect("it was made");
        fs::write(&cut, &whole[..whole.len() - 20 * 1024]).expect("the folder is ours");
        let zip = inbox.sibling("week.zip");
        fs::write(&zip, b"PK\x03\x04").expect("the folder is ours");

        let mut browser = Browser::open(Edition::Current);
        browser.move_to(Screen::Desk);
        let files = inbox.files();
        let files: Vec<&Path> = files.iter().map(std::path::PathBuf::as_path).collect();
        let ways: [Way<'_>; 5] = [
            ("a folder", &|browser| browser.attach("[data-role=folder]", &[&inbox.folder()])),
            ("files", &|browser| browser.attach("[data-role=files]", &files)),
            ("a bundle", &|browser| browser.attach("[data-role=files]", &[&bundle])),
            ("a dropped bundle", &|browser| browser.drop_files("[data-role=drop]", &[&by_tar])),
            ("a bundle and its files", &|browser| {
                browser.drop_files("[data-role=drop]", &[&[bundle.as_path()], &files[..]].concat());
            }),
        ];
        for (way, bring) in ways {
            open_desk(&mut browser);
            begin(&mut browser, &inbox);
            bring(&mut browser);
            browser.wait_until(way, "!!document.querySelector('[data-role=window]')");
            assert_eq!(browser.text_of("[data-role=count]"), "5 cases", "{way}");
            assert!(!browser.sees("[data-role=failures]") && !browser.sees("[data-role=no-pack]"), "{way}");
            // A case from a bundle opens whole, too.
            browser.tap("[data-action=open]");
            browser.wait_until(way, "!!document.querySelector('[data-role=case]')");
        }
        open_desk(&mut browser);
        begin(&mut browser, &inbox);
        browser.drop_files("[data-role=drop]", &[&cut, &zip]);
        browser.wait_until("the list", "!!document.querySelector('[data-role=window]')");
        browser.evaluate("document.querySelector('[data-role=failures]').open = true");
        let failures = browser.text_of("[data-role=failures]");
        assert!(failures.contains("cut.tar") && failures.contains("ends before its last file"), "{failures}");
        assert!(failures.contains("week.zip") && failures.contains("Unpack it first"), "{failures}");
        assert!(browser.sees("[data-case]"), "what stands before the cut is listed");

        // A reviewer who chose the wrong files chooses again without unlocking again.
        for (wrong, then) in [("pack.json", "0 cases"), ("", "5 cases")] {
            browser.tap("[data-action=files]");
            browser.wait_until("the files' turn", "!document.querySelector('[data-role=folder]')?.disabled");
            let folder = inbox.folder();
            let (selector, path) =
                if wrong.is_empty() { ("[data-role=folder]", folder) } else { ("[data-role=files]", folder.join(wrong)) };
            browser.attach(selector, &[&path]);
            browser.wait_until("the list", "!!document.querySelector('[data-role=window]')");
            assert_eq!(browser.text_of("[data-role=count]"), then);
            assert_eq!(browser.sees("[data-role=empty]"), !wrong.is_empty());
        }
        browser.assert_no_complaints(&[]);
    });
}
