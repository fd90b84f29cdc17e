//! A reviewer's whole session at the desk, from unlocking to locking, in a browser without a network. The kernel's counters
//! show that the browser tried to reach none. The test also makes the screenshots of `docs/reviewer.md`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{PHOTO, assert_no_network_request, open_desk, receive_five_cases};
use crate::{
    drivers::{
        accessibility::AccessibilityAudit,
        browser::{Browser, Edition, Screen},
        processes::{program_with_test_roots, required_path, run, target, today, wait_for},
    },
    fixtures::{
        network_namespace::{Attempts, without_a_network},
        reviewer_inbox::ReviewerInbox,
    },
};

/// Another page requests this address, at which nobody answers.
const ASKED: &str = "http://127.0.0.1:9999/";
const PASSPHRASE: &str = "window glacier bread Tuesday copper rabbit ladder melon";

#[test]
fn a_reviewer_works_from_unlocking_to_locking_without_a_network_in_chromium() {
    without_a_network("e2e::desk::full_session::a_reviewer_works_from_unlocking_to_locking_without_a_network_in_chromium", || {
        works(Edition::Current);
    });
}

#[test]
fn a_reviewer_works_from_unlocking_to_locking_without_a_network_in_firefox() {
    without_a_network("e2e::desk::full_session::a_reviewer_works_from_unlocking_to_locking_without_a_network_in_firefox", || {
        works(Edition::Firefox);
    });
}

#[test]
fn a_reviewer_works_from_unlocking_to_locking_without_a_network_in_webkit() {
    without_a_network("e2e::desk::full_session::a_reviewer_works_from_unlocking_to_locking_without_a_network_in_webkit", || {
        works(Edition::WebKit);
    });
}

/// The reviewer, and the browser on the offline computer.
struct Sitting {
    inbox: ReviewerInbox,
    browser: Browser,
    edition: Edition,
    saved: PathBuf,
    /// The audit runs in Chromium only, which lets the test set the screen and run axe.
    audit: Option<AccessibilityAudit>,
}

fn works(edition: Edition) {
    let mut browser = Browser::open(edition);
    let photo = STANDARD.decode(browser.evaluate(PHOTO).as_str().expect("a picture is text")).expect("it is base64");
    let saved = browser.downloads();
    let audit = (edition == Edition::Current).then(|| AccessibilityAudit::new("desk"));
    if audit.is_some() {
        browser.move_to(Screen::Desk);
    }
    let mut sitting = Sitting { inbox: ReviewerInbox::new(), browser, edition, saved, audit };
    let urgent = receive_five_cases(&sitting.inbox, &photo);
    sitting.inbox.seal(b"not an archive");

    open_desk(&mut sitting.browser);
    let (before, driven) = (Attempts::counted(), sitting.browser.driver_connections());
    sitting.unlocks();
    sitting.finds(&urgent);
    sitting.reads();
    sitting.notes(&urgent);
    sitting.refers(&urgent);
    sitting.prints(&urgent);
    assert_no_network_request(&mut sitting.browser);
    sitting.locks();
    let mut attempts = Attempts::since(before);
    if edition == Edition::Current {
        attempts.nowhere = 0; // Chromium looks up its maker's servers by itself; its log tells those from the page's.
    }
    let by_us = sitting.browser.driver_connections() - driven;
    assert_eq!(attempts, Attempts { connections: by_us, ..Attempts::default() }, "{edition:?} sought a network");
    sitting.shows_that_the_kernel_counts();
    if let Some(asked) = sitting.browser.close() {
        assert!(asked.iter().any(|address| address == ASKED), "the log has what another page asked for: {asked:?}");
        let of_its_maker = |address: &&String| {
            let host = address.split("://").last().unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
            ["google.com", "googleapis.com"].iter().any(|maker| host.ends_with(maker))
        };
        let others: Vec<&String> =
            asked.iter().filter(|address| !of_its_maker(address) && !ASKED.contains(address.as_str())).collect();
        assert!(others.is_empty(), "{edition:?} asked for {others:?}");
    }
    if let Some(audit) = sitting.audit {
        audit.assert_no_faults();
    }
}

impl Sitting {
    fn unlocks(&mut self) {
        let locked = self.inbox.lock_identity(0, PASSPHRASE);
        let browser = &mut self.browser;
        browser.attach("[data-role=identity]", &[&locked]);
        browser.wait_until("its passphrase's turn", "document.activeElement === document.querySelector('[data-role=passphrase]')");
        self.looks("unlock");
        let browser = &mut self.browser;
        browser.write("[data-role=passphrase]", "copper rabbit ladder");
        browser.tap("[data-action=unlock]");
        browser.wait_until("no", "!!document.querySelector('[role=alert]')?.innerText.includes('passphrase does not open it')");
        browser.write("[data-role=passphrase]", PASSPHRASE);
        browser.tap("[data-action=unlock]");
        browser.wait_until("unlocked", "!!document.querySelector('[data-role=unlocked]')");
        assert!(browser.sees("[data-action=lock]"), "from here on it can be locked");
        match self.edition {
            Edition::Current => self.browser.attach("[data-role=folder]", &[&self.inbox.folder()]),
            Edition::WebKit => {
                let bundle = self.inbox.sibling("week.tar");
                run(Command::new(program_with_test_roots("amanat-reviewer"))
                    .arg("bundle")
                    .arg("--out")
                    .arg(&bundle)
                    .arg(self.inbox.folder()));
                self.browser.attach("[data-role=files]", &[&bundle]);
            }
            _ => {
                let files = self.inbox.files();
                self.browser.attach("[data-role=files]", &files.iter().map(PathBuf::as_path).collect::<Vec<_>>());
            }
        }
        self.browser.wait_until("the list", "!!document.querySelector('[data-role=window]')");
    }

    fn finds(&mut self, urgent: &str) {
        let browser = &mut self.browser;
        assert_eq!(browser.evaluate("document.querySelectorAll('[data-case]')[0].dataset.case"), urgent);
        let row = browser.text_of(&format!("[data-case='{urgent}']"));
        assert!(row.contains("EMERGENCY") && row.contains("Judge") && row.contains('3') && !row.contains("کریمه"), "{row}");
        // All rows have one height, on which scrolling ten thousand cases depends.
        let heights = browser.evaluate("[...new Set([...document.querySelectorAll('[data-case]')].map(row => Math.round(row.getBoundingClientRect().height)))]");
        assert_eq!(heights, json!([40]), "the height of a row");
        let failures = browser.text_of("[data-role=failures]");
        assert!(failures.contains("1 file could not be opened"), "{failures}");
        self.looks("list");
        let browser = &mut self.browser;
        let today = browser.text_of("[data-role=today]");
        assert!(today.contains("Today in Kabul") && today.contains("opens for: first, second (pack"), "{today}");
        // The search also finds her by how her name sounds in Latin letters.
        browser.write("[data-role=find]", "Karimah");
        browser.wait_until("one", "document.querySelectorAll('[data-case]').length === 1");
        // The search treats Arabic yeh and kaf as the Persian letters that the person typed.
        browser.write("[data-role=find]", "كريمه");
        browser.wait_until("one", "document.querySelectorAll('[data-case]').length === 1");
        browser.tap("[data-action=open]");
        browser.wait_until("the case", "!!document.querySelector('[data-role=case]')");
        // The list still shows the search after a case was open.
        browser.tap("[data-action=list]");
        browser.wait_until("the same list", "document.querySelector('[data-role=find]')?.value === 'كريمه'");
        browser.wait_until("one again", "document.querySelectorAll('[data-case]').length === 1");
        browser.tap("[data-action=open]");
        browser.wait_until("the case once more", "!!document.querySelector('[data-role=case]')");
    }

    fn reads(&mut self) {
        self.looks("case");
        let browser = &mut self.browser;
        let contact = browser.text_of("[data-role=contact]");
        assert!(contact.contains("NO CALL AND NO SMS") && contact.contains("انار"), "{contact}");
        assert!(browser.text_of("[data-role=urgency]").contains("Must leave within a week"));
        browser.choose("[data-role=language]", "fa-AF");
        browser.wait_until("Dari", "document.querySelector('[data-role=case]').innerText.includes('قاضی')");
        browser.tap("[data-action=show-picture]");
        browser.wait_until("the picture", "document.querySelector('canvas')?.width === 320");
        // JPEG is lossy, so the pixel may differ a little.
        let pixel = browser.evaluate("[...document.querySelector('canvas').getContext('2d').getImageData(164, 100, 1, 1).data]");
        let near = |channel: usize, wanted: i64| pixel[channel].as_i64().is_some_and(|value| (value - wanted).abs() < 12);
        assert!(near(0, 160) && near(1, 96) && near(2, 120), "{pixel}");
        self.looks("case-in-dari");
        self.browser.choose("[data-role=language]", "en");
    }

    fn notes(&mut self, urgent: &str) {
        let browser = &mut self.browser;
        browser.write("[data-role=author]", "Karima");
        browser.choose("[data-role=case-status]", "checking");
        browser.write("[data-role=note]", "Her card is good. میز ۳");
        browser.tap("[data-action=add-note]");
        browser.wait_until("the note", "document.querySelector('.notes').innerText.includes('Her card is good')");
        browser.evaluate("document.querySelector('[data-role=work]').scrollIntoView()");
        self.looks("note");
        // A note that was typed but not added is saved all the same, from the list too.
        self.browser.write("[data-role=note]", "Ask for her post.");
        self.browser.tap("[data-action=list]");
        self.browser.tap("[data-action=save]");
        self.browser.wait_until("another chance", "document.querySelector('[data-action=save]').innerText.includes('again')");
        let notebook = self.kept("Karima.notebook.age");
        let told =
            self.inbox.reviewer_tool(1, &["show", "--notebook", notebook.to_str().expect("a path"), &format!("{urgent}.age")]);
        assert!(told.contains("checking") && told.contains("Her card is good") && told.contains("Ask for her post."), "{told}");
        self.browser.tap("[data-action=open]");
        self.browser.wait_until("the case", "document.querySelector('.notes')?.innerText.includes('Ask for her post.')");
    }

    fn refers(&mut self, urgent: &str) {
        let (partner_key, partner) = self.inbox.partner();
        let browser = &mut self.browser;
        browser.tap("[data-action=pick]");
        browser.tap("[data-action=refer]");
        browser.write("[data-role=partner]", "Safe Passage");
        browser.write("[data-role=key]", &partner);
        assert!(browser.sees("[data-role=no-kind]"), "no kind of partner is chosen for anybody");
        browser.choose("[data-role=kind]", "partner");
        browser.tap("[data-role=column-choice] input[value=name_native]");
        browser.tap("[data-role=column-choice] input[value=dob]");
        browser.tap("[data-action=preview]");
        browser.wait_until("the preview", "document.querySelector('[data-role=preview]')?.innerText.includes('NOT GOING')");
        // The person wants to be asked before each referral, and must have been asked recently.
        for (typed, said) in
            [("23.11.2026", "no date that can be read"), ("2020-01-01", "ask again"), ("2999-01-01", "not been yet")]
        {
            browser.write("[data-role=asked]", typed);
            browser.wait_until(said, &format!("document.querySelector('[data-role=asked-fault]')?.innerText.includes('{said}')"));
        }
        browser.write("[data-role=asked]", &today(-1));
        browser.tap("[data-action=preview]");
        browser.wait_until("her name", "document.querySelector('[data-role=preview]')?.innerText.includes('کریمه')");
        // A consent for another partner is not one for this partner.
        browser.write("[data-role=partner]", "Safe Passages");
        browser.tap("[data-action=preview]");
        browser.wait_until("her to stay", "document.querySelector('[data-role=preview]')?.innerText.includes('NOT GOING')");
        browser.write("[data-role=asked]", &today(-1));
        browser.tap("[data-action=preview]");
        browser.wait_until("her name again", "document.querySelector('[data-role=preview]')?.innerText.includes('کریمه')");
        let preview = browser.text_of("[data-role=preview]");
        let reference =
            preview.split("to the partner ").nth(1).and_then(|rest| rest.get(..14)).expect("the partner's name of the case");
        browser.evaluate("document.querySelector('[data-role=preview]').scrollIntoView()");
        self.looks("refer");
        let browser = &mut self.browser;
        browser.write("[data-role=rows]", "2");
        browser.write("[data-role=columns]", "2");
        browser.tap("[data-action=make]");
        browser.wait_until("a refusal", "document.querySelector('[data-role=fault]')?.innerText.includes('nothing was made')");
        browser.write("[data-role=rows]", "1");
        browser.tap("[data-action=make]");
        browser.wait_until("the list again", "!!document.querySelector('[data-role=window]')");
        let done = browser.text_of("[data-role=done]");
        assert!(done.contains("Sealed for") && done.contains("save it now"), "{done}");
        browser.tap("[data-action=seen]");
        assert!(browser.text_of(&format!("[data-case='{urgent}']")).contains("referred"));
        let sealed = self.kept("referral-");
        let handed = run(Command::new(required_path("AMANAT_AGE")).arg("-d").arg("-i").arg(&partner_key).arg(&sealed));
        let text = String::from_utf8_lossy(&handed);
        assert!(text.contains("case.json") && text.contains("کریمه") && !text.contains("انار"), "what the partner reads");
        assert!(text.contains(reference), "the partner calls it {reference}, as was shown");
        assert!(!text.contains(&urgent[..12]), "our name of the case stays here");
    }

    fn prints(&mut self, urgent: &str) {
        let browser = &mut self.browser;
        browser.tap(&format!("[data-case='{urgent}'] [data-action=open]"));
        browser.wait_until("the case again", "!!document.querySelector('[data-role=case]')");
        let work = browser.text_of("[data-role=work]");
        assert!(work.contains("Referred (") && work.contains("Safe Passages") && work.contains("columns: "), "{work}");
        // A headless browser has no print dialog.
        browser.evaluate("void (window.print = () => window.printed = true)");
        browser.tap("[data-action=print]");
        browser.wait_until("the dialogue", "window.printed === true");
        if self.edition == Edition::Current {
            browser.call("Emulation.setEmulatedMedia", json!({"media": "print"}));
            browser.wait_until("a sheet", "getComputedStyle(document.querySelector('header')).display === 'none'");
            self.looks("print");
            self.browser.call("Emulation.setEmulatedMedia", json!({"media": ""}));
        }
        if let Some(paper) = self.browser.print() {
            assert!(paper.starts_with(b"%PDF-") && paper.len() > 10_000, "a sheet of {} bytes", paper.len());
            fs::write(target().join("screens/desk").join(format!("print-{:?}.pdf", self.edition).to_lowercase()), paper)
                .expect("the folder is there");
        }
        // The same rules apply on the screen, where the browser cannot print to PDF.
        self.browser.evaluate(
            "void [...document.styleSheets[0].cssRules].filter(rule => rule.media?.mediaText === 'print').forEach(rule => rule.media.mediaText = 'all')",
        );
        assert!(!self.browser.sees("header, button, textarea, select"), "a sheet has nothing to touch");
        assert!(self.browser.sees("[data-role=contact]") && self.browser.sees(".answers"), "and all there is to read");
        screenshot(&mut self.browser, self.edition, "print");
        self.browser.evaluate(
            "void [...document.styleSheets[0].cssRules].filter(rule => rule.media?.mediaText === 'all').forEach(rule => rule.media.mediaText = 'print')",
        );
    }

    fn locks(&mut self) {
        // The referral is noted in a notebook that is not saved yet: the desk asks, and hides all cases meanwhile.
        self.browser.tap("[data-action=lock]");
        self.browser.wait_until("the question", "!!document.querySelector('[data-role=locking]')");
        assert!(!self.browser.sees("[data-case], [data-role=case], [data-action=lock]"));
        self.browser.tap("[data-action=stay]");
        self.browser.wait_until("the case", "!!document.querySelector('[data-role=case]')");
        self.browser.tap("[data-action=lock]");
        self.browser.tap("[data-action=save-and-lock]");
        self.browser.wait_for_the_next_page(
            "nothing left",
            "document.querySelectorAll('[data-case], [data-role=case]').length === 0 && !!document.querySelector('[data-role=locked]')",
        );
        let saved = fs::read_dir(&self.saved).expect("the folder is there").map_while(Result::ok);
        let notebooks = saved.filter(|entry| entry.file_name().to_string_lossy().starts_with("Karima.notebook")).count();
        assert!(notebooks >= 1, "the notebook was saved again");
    }

    /// Requests an address from another page that no policy restricts, and shows that the kernel counts it and the log has it.
    fn shows_that_the_kernel_counts(&mut self) {
        let page = self.inbox.sibling("free.html");
        fs::write(&page, "<!doctype html><title>free</title>").expect("the folder is ours");
        self.browser.go(&format!("file://{}", page.display()));
        let (before, driven) = (Attempts::counted(), self.browser.driver_connections());
        self.browser.evaluate(&format!("void (new Image().src = '{ASKED}')"));
        let browser = &mut self.browser;
        browser.wait_for("an attempt", |browser| {
            browser.evaluate("0");
            (Attempts::since(before).connections > browser.driver_connections() - driven).then_some(())
        });
    }

    /// Waits for a file that the browser has saved, by the beginning of its name.
    fn kept(&mut self, start: &str) -> PathBuf {
        wait_for(&format!("{start} to be saved"), || {
            let found = fs::read_dir(&self.saved).expect("the folder is there").map_while(Result::ok).map(|entry| entry.path());
            // A browser gives an unfinished file another extension.
            let mut found = found.filter(|path| path.extension().is_some_and(|extension| extension == "age"));
            let path = found.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start)))?;
            fs::metadata(&path).is_ok_and(|meta| meta.len() > 0).then_some(path)
        })
    }

    /// Takes a screenshot; in Chromium it also audits the page and saves the screenshot for the manual.
    fn looks(&mut self, name: &str) {
        screenshot(&mut self.browser, self.edition, name);
        if let Some(audit) = &mut self.audit {
            if name != "case-in-dari" {
                document(&mut self.browser, name);
            }
            if name != "print" {
                audit.check_desk(&mut self.browser, name);
            }
        }
    }
}

fn screenshot(browser: &mut Browser, edition: Edition, name: &str) {
    browser.screenshot(&target().join("screens/desk").join(format!("{name}-{edition:?}.png").to_lowercase()));
}

/// Saves a screenshot for `docs/reviewer.md`, which has one of each step.
fn document(browser: &mut Browser, name: &str) {
    let metrics = |scale: u8| json!({"width": 1280, "height": 800, "deviceScaleFactor": scale, "mobile": false});
    browser.call("Emulation.setDeviceMetricsOverride", metrics(1));
    browser.screenshot(&target().join("screens/reviewer").join(format!("{name}.png")));
    browser.call("Emulation.setDeviceMetricsOverride", metrics(2));
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let text = fs::read_to_string(docs.join("reviewer.md")).expect("the document is there");
    assert!(text.contains(&format!("(reviewer/{name}.png)")), "docs/reviewer.md does not show {name}");
    assert!(
        docs.join("reviewer").join(format!("{name}.png")).exists(),
        "bring target/screens/reviewer/{name}.png to docs/reviewer"
    );
}
