//! Measures the desk with ten thousand cases.

use std::{env, fs, path::PathBuf, time::Instant};

use serde_json::json;

use super::print;
use crate::{
    drivers::{
        browser::{Browser, Edition, Screen},
        processes::today,
    },
    e2e::desk::{hostile_files::open_all_hostile_files, open_desk},
    fixtures::reviewer_inbox::{ReviewerInbox, day},
};

/// The number of cases unless `AMANAT_BENCH_CASES` says otherwise.
const CASES: usize = 10_000;
const NAMES: [&str; 8] = ["کریمه", "احمد", "محمد", "زرغونه", "Mohammad", "علی رضا", "فاطمه", "Najibullah"];

/// This script types a search and returns the milliseconds until the page has drawn the result.
const SEARCH: &str = r"(async text => {
    const field = document.querySelector('[data-role=find]');
    const start = performance.now();
    field.value = text;
    field.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise(done => setTimeout(done));
    const ready = performance.now() - start;
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    return ready;
})";

#[test]
#[ignore = "make bench runs it"]
fn ten_thousand_cases_on_the_desk() {
    let cases = env::var("AMANAT_BENCH_CASES").ok().and_then(|number| number.parse().ok()).unwrap_or(CASES);
    let inbox = ReviewerInbox::new();
    for number in 0..cases {
        let (name, father) = (NAMES[number % NAMES.len()], NAMES[number / 7 % NAMES.len()]);
        inbox.receive(
            &json!({"submitter": "self", "is_update": "first", "danger_7days": "no", "justice_role": "judge", "country_now": "PK",
                "name_native": name, "father_name": format!("{father} {number}"), "legal_status": "visa_valid",
                "status_expiry": day(&today(i32::try_from(number % 400).unwrap_or(0))), "removal_signs": ["none"],
                "contact_channels": ["signal"], "phone": {"raw": format!("0300{number:07}"), "e164": format!("+92300{number:07}")}}),
            &[],
        );
    }
    let mut browser = Browser::open(Edition::Current);
    browser.move_to(Screen::Desk);
    open_desk(&mut browser);
    browser.attach("[data-role=identity]", &[&inbox.reviewers[0].identity]);
    browser.wait_until("the files' turn", "!document.querySelector('[data-role=files]').disabled");
    let files = inbox.files();
    let start = Instant::now();
    browser.attach("[data-role=files]", &files.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    while browser.evaluate("!!document.querySelector('[data-role=window]')") != true {
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert!(start.elapsed().as_secs() < 600, "the list does not come");
    }
    let listed = start.elapsed();
    let memory = largest_process(&browser.profile().display().to_string());
    let mut slowest = 0.0_f64;
    for text in ["كريمه", "mohamad", "0300", "Najib", "zzz", ""] {
        slowest = slowest.max(browser.evaluate(&format!("{SEARCH}({})", json!(text))).as_f64().unwrap_or(f64::MAX));
    }
    #[expect(clippy::cast_precision_loss, reason = "nobody reads that many digits")]
    let (each, memory) = (listed.as_secs_f64() * 1000.0 / cases as f64, memory as f64 / 1e6);
    print(&format!(
        "the desk: {cases} registrations listed in {:.1} s ({each:.1} ms each), its page's memory {memory:.0} MB; the slowest of six \
         searches {slowest:.0} ms (of 50 allowed)",
        listed.as_secs_f64()
    ));
}

#[test]
#[ignore = "make bench runs it"]
fn every_hostile_kind_on_the_desk() {
    let (cases, longest) = open_all_hostile_files();
    print(&format!(
        "the desk: of {cases} hostile cases opened, pictures and all, the longest stall {longest:.0} ms (of 2,000 allowed)"
    ));
}

/// Returns the resident memory of the largest process whose command line names this folder, which is the browser's page.
fn largest_process(profile: &str) -> u64 {
    let of = |entry: fs::DirEntry| {
        let path = entry.path();
        let command = fs::read(path.join("cmdline")).ok()?;
        String::from_utf8_lossy(&command).contains(profile).then_some(())?;
        let status = fs::read_to_string(path.join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?.parse::<u64>().ok()?;
        Some(line * 1024)
    };
    fs::read_dir("/proc").expect("Linux tells").flatten().filter_map(of).max().unwrap_or(0)
}
