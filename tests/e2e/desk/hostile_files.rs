//! The desk lists or refuses every kind of hostile file that the reviewers' own tests generate, opens it and shows its
//! pictures.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::{assert_no_network_request, open_desk};
use crate::drivers::{
    browser::{Browser, Edition, Screen},
    processes::{files_in, required_path},
};

/// This script counts what only a hostile file can have caused: markup that became an element, a script that ran.
const INTRUDERS: &str = r"
    document.querySelectorAll('main script, main img, main svg, main iframe, main object, main embed, main a, main style, main link, main video').length
    + ('owned' in window ? 1 : 0)";

/// This script records the longest time for which the page did not answer.
const WATCH: &str = r"(() => {
    window.longest = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => window.longest = Math.max(window.longest, entry.duration)))
        .observe({type: 'longtask', buffered: true});
})()";

/// This script finds control characters and unpaired direction marks; the desk's own isolates come in pairs.
const TRICKS: &str = r"(text => /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]/.test(text))";

#[test]
fn no_hostile_file_does_harm_at_the_desk() {
    let (cases, longest) = open_all_hostile_files();
    assert!(cases > 100, "only {cases} kinds could be opened");
    // The bound detects a hang, not a slow machine; `make bench` prints the time.
    assert!(longest < 20_000.0, "the page did not answer for {longest} ms");
}

/// Opens every hostile file; returns the number of cases and the longest stall in milliseconds.
pub(crate) fn open_all_hostile_files() -> (usize, f64) {
    let folder = required_path("AMANAT_HOSTILE");
    let expected: Value = serde_json::from_slice(&fs::read(folder.join("expected.json")).expect("the kinds")).expect("it is JSON");
    let expected = expected.as_object().expect("by their names");
    let opening: Vec<&String> = expected.iter().filter(|(_, what)| what.get("refused").is_none()).map(|(name, _)| name).collect();

    let mut browser = Browser::open(Edition::Current);
    browser.move_to(Screen::Desk);
    open_desk(&mut browser);
    browser.evaluate(WATCH);
    browser.attach("[data-role=identity]", &[&folder.join("identity.key")]);
    browser.wait_until("the files' turn", "!document.querySelector('[data-role=files]').disabled");
    let files: Vec<PathBuf> = files_in(&folder).into_iter().filter(|file| file.extension().is_some_and(|it| it == "age")).collect();
    browser.attach("[data-role=files]", &files.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    browser.wait_until("the list", "!!document.querySelector('[data-role=window]')");
    let count = browser.text_of("[data-role=count]");
    assert_eq!(count, format!("{} cases", opening.len()));
    browser.evaluate("document.querySelector('[data-role=failures]').open = true");
    let failures = browser.text_of("[data-role=failures]");
    for (name, what) in expected.iter().filter(|(_, what)| what.get("refused").is_some()) {
        assert!(failures.contains(&format!("{name}.age")), "{name} ({what}) is not among the failures");
    }
    browser.evaluate("document.querySelector('[data-role=names]').click()");

    // The cases open one after the other in the list's order. The first value is the longest stall while they were read.
    let mut longest =
        (browser.evaluate("[window.longest, window.longest = 0][0]").as_f64().unwrap_or_default(), "reading".to_owned());
    let mut put_away = 0;
    for place in 0..opening.len() {
        browser.evaluate(&format!("document.querySelector('[data-role=window]').scrollTop = {}", place * 40));
        let button = format!("[aria-rowindex='{}'] [data-action=open]", place + 2);
        browser.wait_until("the row", &format!("!!document.querySelector({})", json!(button)));
        browser.evaluate(&format!("document.querySelector({}).click()", json!(button)));
        browser.wait_until("the case", "!!document.querySelector('[data-role=case], [data-role=refused]')");
        // A reviewer can put a case aside that the form never makes, so that it leaves the top of the list.
        let refused = browser.evaluate("['refused', 'work'].every(role => !!document.querySelector(`[data-role=${role}]`))");
        put_away += usize::from(refused == true);
        browser.evaluate("document.querySelectorAll('[data-action=show-picture]').forEach(button => button.click())");
        browser.wait_until(
            "each picture, or why it is not shown",
            "[...document.querySelectorAll('figure')].every(figure => !figure.querySelector('[data-action=show-picture]'))",
        );
        let seen = browser.evaluate(&format!("[{INTRUDERS}, {TRICKS}(document.body.innerText), document.title]"));
        assert_eq!(seen, json!([0, false, "Amanat desk"]), "at row {place}");
        let stalled = browser.evaluate("[window.longest, window.longest = 0][0]").as_f64().unwrap_or_default();
        if stalled > longest.0 {
            longest =
                (stalled, browser.evaluate("(document.querySelector('h1') || document.body).innerText.slice(0, 80)").to_string());
        }
        browser.tap("[data-action=list]");
        browser.wait_until("the list again", "!!document.querySelector('[data-role=window]')");
    }
    assert_no_network_request(&mut browser);
    assert!(put_away > 0, "none that is refused can be put away");
    eprintln!("the longest stall: {longest:?}");
    (opening.len(), longest.0)
}
