//! The audit checks each page with axe and with checks of its own: on a narrow screen, in dark mode, in forced colours. It
//! saves a screenshot of each.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::drivers::{
    browser::{Browser, Screen},
    processes::{required_path, target},
};

/// This script finds what axe does not check: horizontal scrolling, small touch targets, wrong direction of text.
const FAULTS: &str = include_str!("accessibility/faults.js");
/// This script finds what is missing in forced colours or with reduced motion.
const FORCED: &str = include_str!("accessibility/forced_colors.js");

/// axe takes a script whose letters join for an icon font and skips its contrast; this rule makes it check all text.
const CONTRAST_OF_ALL_TEXT: &str = r"axe.configure({rules: [{id: 'color-contrast', matches: node =>
    node.matches('input:not([type=radio], [type=checkbox], [type=file]), select, textarea')
        || !node.matches('option') && [...node.childNodes].some(child => child.nodeType === Node.TEXT_NODE && child.data.trim() !== '')
}]})";

/// These pages get screenshots on a desktop screen and in forced colours, too.
const MORE_PICTURES: [&str; 2] = ["language", "dob"];

/// An audit of the pages of one run; it collects their faults.
pub(crate) struct AccessibilityAudit {
    axe: String,
    folder: PathBuf,
    seen: Vec<String>,
    wrong: Vec<String>,
}

impl AccessibilityAudit {
    /// Replaces the screenshots that an earlier run saved under this name.
    pub(crate) fn new(name: &str) -> Self {
        let folder = screens().join(name);
        let _ = fs::remove_dir_all(&folder);
        let axe = fs::read_to_string(required_path("AMANAT_AXE")).expect("axe is a text");
        Self { axe, folder, seen: Vec::new(), wrong: Vec::new() }
    }

    /// Checks the page as it stands, once under each name. The screenshot shows the top of the page, except where the page
    /// shows a fault.
    pub(crate) fn check(&mut self, browser: &mut Browser, page: &str) {
        if self.seen.iter().any(|seen| seen == page) {
            return;
        }
        self.seen.push(page.to_owned());
        let at = browser.evaluate("[scrollX, scrollY]");
        if !page.ends_with("-fault") {
            browser.evaluate("scrollTo(0, 0)");
        }
        let folder = self.folder.clone();
        let number = self.seen.len();
        let screenshot = |kind: &str| folder.join(format!("{number:02}-{page}{kind}.png"));

        take(browser, &screenshot(""));
        self.ask_axe(browser, page, None);
        browser.prefer(&[("prefers-color-scheme", "dark")]);
        take(browser, &screenshot("-dark"));
        self.ask_axe(browser, &format!("{page} in the dark"), Some("color-contrast"));
        browser.prefer(&[("forced-colors", "active"), ("prefers-reduced-motion", "reduce")]);
        self.note(&format!("{page} in forced colours"), &browser.evaluate(FORCED));
        if MORE_PICTURES.contains(&page) {
            take(browser, &screenshot("-forced"));
        }
        browser.prefer(&[]);
        browser.move_to(Screen::Narrow);
        self.note(page, &browser.evaluate(FAULTS));
        if MORE_PICTURES.contains(&page) {
            browser.move_to(Screen::Desk);
            take(browser, &screenshot("-desk"));
        }
        browser.move_to(Screen::Phone);
        browser.evaluate(&format!("scrollTo(...{at})"));
    }

    /// Checks a page of the desk as it stands, on the desk's screen.
    pub(crate) fn check_desk(&mut self, browser: &mut Browser, page: &str) {
        self.seen.push(page.to_owned());
        take(browser, &self.folder.join(format!("{page}.png")));
        self.ask_axe(browser, page, None);
        browser.prefer(&[("prefers-color-scheme", "dark")]);
        take(browser, &self.folder.join(format!("{page}-dark.png")));
        self.ask_axe(browser, &format!("{page} in the dark"), Some("color-contrast"));
        browser.prefer(&[]);
    }

    /// Fails if any page had a fault. Returns the pages' names.
    pub(crate) fn assert_no_faults(self) -> Vec<String> {
        assert!(self.wrong.is_empty(), "of {} pages:\n{}", self.seen.len(), self.wrong.join("\n"));
        self.seen
    }

    /// Runs all of axe's rules, or one of them.
    fn ask_axe(&mut self, browser: &mut Browser, page: &str, only: Option<&str>) {
        // The protocol evaluates the script, since the page's own policy lets no other script in.
        if browser.evaluate("typeof axe === 'undefined'") == true {
            browser.evaluate(&format!("{}\n;{CONTRAST_OF_ALL_TEXT}", self.axe));
        }
        let options = match only {
            Some(rule) => json!({"runOnly": {"type": "rule", "values": [rule]}}),
            None => json!({
                "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
                "rules": {
                    "target-size": {"enabled": true},
                    // The first page shows only the languages' names, so a heading would have to be in one of them.
                    "page-has-heading-one": {"enabled": page != "language"},
                },
            }),
        };
        let found = browser.evaluate(&format!(
            "axe.run(document, {options}).then(({{passes, violations}}) =>
                passes.length + violations.length === 0 ? ['axe looked at nothing'] : violations.flatMap(({{id, nodes}}) =>
                    nodes.map(node => `${{id}}: ${{node.html.slice(0, 160)}} ${{node.failureSummary.replace(/\\s+/g, ' ')}}`)))"
        ));
        self.note(page, &found);
    }

    fn note(&mut self, page: &str, found: &Value) {
        let found = found.as_array().expect("a list of faults").iter().filter_map(Value::as_str);
        self.wrong.extend(found.map(|fault| format!("{page}: {fault}")));
    }
}

/// Takes the screenshot at once, since nothing moves on these pages.
fn take(browser: &mut Browser, file: &Path) {
    let screenshot = browser.call("Page.captureScreenshot", json!({"format": "png"}));
    let bytes = STANDARD.decode(screenshot["data"].as_str().expect("a picture is base64")).expect("a picture is base64");
    fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("the folder for pictures");
    fs::write(file, bytes).expect("the picture is written");
}

fn screens() -> PathBuf {
    target().join("screens")
}

/// Writes one page that shows every screenshot: one row per page, in light and in dark mode.
pub(crate) fn write_contact_sheet() {
    let mut sheet = "<!DOCTYPE html><meta charset=\"utf-8\"><title>Amanat</title>\n<style>body{font:14px sans-serif}\
        figure{display:inline-block;margin:4px}img{width:180px;border:1px solid #999}.desk{width:480px}</style>\n"
        .to_owned();
    for folder in sorted(&screens()).iter().filter(|folder| folder.is_dir()) {
        let name = |path: &Path| path.file_name().expect("it has a name").to_string_lossy().into_owned();
        let _ = writeln!(sheet, "<h1>{}</h1>", name(folder));
        for screenshot in sorted(folder) {
            let class = if name(&screenshot).ends_with("-desk.png") { "desk" } else { "phone" };
            let (folder, screenshot) = (name(folder), name(&screenshot));
            let _ = writeln!(
                sheet,
                "<figure><img class=\"{class}\" loading=\"lazy\" alt=\"\" src=\"{folder}/{screenshot}\"><figcaption>{}</figcaption></figure>",
                screenshot.trim_end_matches(".png")
            );
        }
    }
    fs::write(screens().join("index.html"), sheet).expect("the contact sheet is written");
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default();
    files.sort();
    files
}
