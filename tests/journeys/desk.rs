//! The reviewers' desk, opened from the disk: what lawyers and prosecutors do there, in three browsers.

pub(super) mod hostile;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::{
    browser::{Browser, Edition, Screen},
    office::{Office, day},
    programs::{real_thing, run, target},
    world::today,
};

/// A photo, as a browser makes it.
const PHOTO: &str = r"(() => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [320, 200];
    const context = canvas.getContext('2d');
    for (let x = 0; x < 320; x += 8) for (let y = 0; y < 200; y += 8) {
        context.fillStyle = `rgb(${x % 256}, ${y}, 120)`;
        context.fillRect(x, y, 8, 8);
    }
    return canvas.toDataURL('image/jpeg').split(',')[1];
})()";

#[test]
fn a_reviewer_reads_the_most_urgent_case_in_chromium_without_a_network() {
    without_a_network("chromium", || reads_the_most_urgent(Edition::Current));
}

#[test]
fn a_reviewer_reads_the_most_urgent_case_in_firefox_without_a_network() {
    without_a_network("firefox", || reads_the_most_urgent(Edition::Firefox));
}

#[test]
fn a_reviewer_reads_the_most_urgent_case_in_webkit_without_a_network() {
    without_a_network("webkit", || reads_the_most_urgent(Edition::WebKit));
}

/// Runs this test's body in a process, with all that it starts, that has no interface but its own loopback, by which browsers
/// are driven.
fn without_a_network(browser: &str, body: impl FnOnce()) {
    const INSIDE: &str = "AMANAT_WITHOUT_A_NETWORK";
    if env::var_os(INSIDE).is_some() {
        let interfaces = fs::read_to_string("/proc/net/dev").expect("Linux tells");
        assert_eq!(interfaces.lines().filter(|line| line.contains(':')).count(), 1, "{interfaces}");
        return body();
    }
    let test = format!("journeys::desk::a_reviewer_reads_the_most_urgent_case_in_{browser}_without_a_network");
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "sh", "-c", r#"ip link set lo up && exec "$@""#, "sh"]);
    command.arg(env::current_exe().expect("a test knows its program")).args([&test, "--exact", "--nocapture"]);
    let output = command.env(INSIDE, "1").output().expect("unshare starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn reads_the_most_urgent(edition: Edition) {
    let office = Office::new();
    let mut browser = Browser::open(edition);
    let photo = STANDARD.decode(browser.evaluate(PHOTO).as_str().expect("a picture is text")).expect("it is base64");
    office.receive(
        &json!({"is_update": "first", "danger_7days": "no", "justice_role": "defence_lawyer", "country_now": "PK",
        "legal_status": "visa_valid", "status_expiry": day(&today(200)), "children_count": 1}),
        &[],
    );
    let urgent = office.receive(
        &json!({"is_update": "first", "danger_7days": "no", "justice_role": "judge", "country_now": "PK", "name_native": "کریمه",
            "legal_status": "visa_valid", "status_expiry": day(&today(60)), "removal_signs": ["written_notice"],
            "removal_date": day(&today(3)), "contact_channels": ["signal"], "phone_watched": "yes", "safe_word": "انار",
            "risk_note": "اول\nدوم", "share_verify": "ask_first", "children_count": 3}),
        &[("jpg", &photo), ("pdf", b"%PDF-1.4\n")],
    );
    office.seal(b"not an archive");

    if edition == Edition::Current {
        browser.move_to(Screen::Desk);
    }
    open_desk(&mut browser);
    unlock(&mut browser, &office);
    browser.wait_until("the list", "!!document.querySelector('[data-role=window]')");
    assert_eq!(browser.evaluate("[...document.querySelectorAll('[data-case]')].map(row => row.dataset.case)[0]"), urgent);
    let row = browser.text_of(&format!("[data-case='{urgent}']"));
    assert!(row.contains("EMERGENCY") && row.contains("Judge") && row.contains('3') && !row.contains("کریمه"), "{row}");
    let failures = browser.text_of("[data-role=failures]");
    assert!(failures.contains("1 file could not be opened"), "{failures}");
    picture(&mut browser, edition, "list");

    browser.tap(&format!("[data-case='{urgent}'] [data-action=open]"));
    browser.wait_until("the case", "!!document.querySelector('[data-role=case]')");
    let contact = browser.text_of("[data-role=contact]");
    assert!(contact.contains("NO CALL AND NO SMS") && contact.contains("انار"), "{contact}");
    browser.choose("[data-role=language]", "fa-AF");
    browser.wait_until("Dari", "document.querySelector('[data-role=case]').innerText.includes('قاضی')");
    browser.tap("[data-action=show-picture]");
    browser.wait_until("the picture", "document.querySelector('canvas')?.width === 320");
    // A pixel of the picture, as its lossy format keeps it.
    let pixel = browser.evaluate("[...document.querySelector('canvas').getContext('2d').getImageData(164, 100, 1, 1).data]");
    let near = |channel: usize, wanted: i64| pixel[channel].as_i64().is_some_and(|value| (value - wanted).abs() < 12);
    assert!(near(0, 160) && near(1, 96) && near(2, 120), "{pixel}");
    picture(&mut browser, edition, "case");

    assert_nothing_was_asked(&mut browser);
}

/// The page asked for nothing but itself, and what would ask is refused before it does.
fn assert_nothing_was_asked(browser: &mut Browser) {
    browser.assert_no_complaints(&[]);
    let page = desk_address();
    assert!(browser.traffic.exchanges.iter().all(|exchange| exchange.url == page), "{:?}", browser.traffic.exchanges);
    assert_eq!(browser.evaluate("performance.getEntriesByType('resource').length"), 0);
    let tried = browser.evaluate(
        r"(async () => {
            const refused = [];
            document.addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective));
            const address = 'http://127.0.0.1:9/';
            await fetch(address).catch(() => 0);
            const image = new Image();
            image.src = address;
            try { new WebSocket('ws://127.0.0.1:9/'); } catch {}
            navigator.sendBeacon?.(address);
            await new Promise(done => setTimeout(done, 500));
            return [...new Set(refused)].sort();
        })()",
    );
    assert_eq!(tried, json!(["connect-src", "img-src"]));
}

fn desk_address() -> String {
    format!("file://{}", real_thing("AMANAT_DESK").display())
}

pub(super) fn open_desk(browser: &mut Browser) {
    browser.go(&desk_address());
    browser.wait_until("the desk", "!!document.querySelector('[data-role=identity]') && !document.getElementById('starting')");
}

fn unlock(browser: &mut Browser, office: &Office) {
    browser.attach("[data-role=identity]", &[&office.reviewers[0].identity]);
    browser.wait_until("the files' turn", "!document.querySelector('[data-role=files]').disabled");
    let files = office.files();
    let files: Vec<_> = files.iter().map(PathBuf::as_path).collect();
    browser.attach("[data-role=files]", &files);
}

fn picture(browser: &mut Browser, edition: Edition, name: &str) {
    browser.picture(&target().join("screens/desk").join(format!("{name}-{edition:?}.png").to_lowercase()));
}

/// Catches what the page hands to the person for saving, before the browser takes it.
const CATCH: &str = r"(() => {
    window.caught = [];
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = blob => { window.caught.push(blob); return make(blob); };
})()";

/// The last file that was caught, as base64.
const CAUGHT: &str = r"(async () => {
    const bytes = new Uint8Array(await window.caught.at(-1).arrayBuffer());
    let text = '';
    for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
    return btoa(text);
})()";

#[test]
fn a_reviewer_unlocks_finds_reads_notes_refers_and_prints_as_the_document_says() {
    let office = Office::new();
    let mut browser = Browser::open(Edition::Current);
    browser.move_to(Screen::Desk);
    let photo = STANDARD.decode(browser.evaluate(PHOTO).as_str().expect("a picture is text")).expect("it is base64");
    let urgent = receive_some(&office, &photo);
    let locked = office.lock_identity(0, "copper rabbit ladder melon");

    open_desk(&mut browser);
    browser.attach("[data-role=identity]", &[&locked]);
    browser.write("[data-role=passphrase]", "copper rabbit ladder");
    browser.tap("[data-action=unlock]");
    browser.wait_until("no", "!!document.querySelector('[role=alert]')?.innerText.includes('passphrase does not open it')");
    browser.write("[data-role=passphrase]", "copper rabbit ladder melon");
    browser.tap("[data-action=unlock]");
    browser.wait_until("unlocked", "!!document.querySelector('[data-role=unlocked]')");
    document(&mut browser, "unlock");

    let files = office.files();
    browser.attach("[data-role=files]", &files.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    browser.wait_until("the list", "!!document.querySelector('[data-role=window]')");
    assert_eq!(browser.evaluate("document.querySelectorAll('[data-case]')[0].dataset.case"), urgent);
    document(&mut browser, "list");
    // Arabic yeh and kaf in place of the Persian ones that the person typed.
    browser.write("[data-role=find]", "كريمه");
    browser.wait_until("one", "document.querySelectorAll('[data-case]').length === 1");
    browser.tap("[data-action=open]");
    browser.wait_until("the case", "!!document.querySelector('[data-role=case]')");
    document(&mut browser, "case");

    assert!(browser.text_of("[data-role=urgency]").contains("Must leave within a week"));
    // Back in the list, what was looked for is still there.
    browser.tap("[data-action=list]");
    browser.wait_until("the same list", "document.querySelector('[data-role=find]')?.value === 'كريمه'");
    browser.wait_until("one again", "document.querySelectorAll('[data-case]').length === 1");
    browser.tap("[data-action=open]");
    browser.wait_until("the case once more", "!!document.querySelector('[data-role=case]')");

    browser.evaluate(CATCH);
    browser.write("[data-role=author]", "Karima");
    browser.choose("[data-role=case-status]", "checking");
    browser.write("[data-role=note]", "Her card is good. میز ۳");
    browser.tap("[data-action=add-note]");
    browser.wait_until("the note", "document.querySelector('.notes').innerText.includes('Her card is good')");
    browser.evaluate("document.querySelector('[data-role=work]').scrollIntoView()");
    document(&mut browser, "note");
    browser.tap("[data-action=save]");
    browser.wait_until("another chance", "document.querySelector('[data-action=save]').innerText.includes('again')");
    let notebook = office.keep("karima.notebook.age", &caught(&mut browser));
    let told = office.reviewer_tool(1, &["show", "--notebook", notebook.to_str().expect("a path"), &format!("{urgent}.age")]);
    assert!(told.contains("checking") && told.contains("Her card is good"), "{told}");

    let (partner_key, partner) = office.partner();
    browser.tap("[data-action=pick]");
    browser.tap("[data-action=refer]");
    browser.write("[data-role=partner]", "Safe Passage");
    browser.write("[data-role=key]", &partner);
    browser.tap("[data-role=column-choice] input[value=name_native]");
    browser.tap("[data-role=column-choice] input[value=dob]");
    browser.tap("[data-action=preview]");
    browser.wait_until("the preview", "document.querySelector('[data-role=preview]')?.innerText.includes('NOT GOING')");
    // She wants to be asked first.
    browser.write("[data-role=asked]", &today(-1));
    browser.tap("[data-action=preview]");
    browser.wait_until("her name", "document.querySelector('[data-role=preview]')?.innerText.includes('کریمه')");
    // A yes to another partner is none to this one.
    browser.write("[data-role=partner]", "Safe Passages");
    browser.tap("[data-action=preview]");
    browser.wait_until("her to stay", "document.querySelector('[data-role=preview]')?.innerText.includes('NOT GOING')");
    browser.write("[data-role=asked]", &today(-1));
    browser.tap("[data-action=preview]");
    browser.wait_until("her name again", "document.querySelector('[data-role=preview]')?.innerText.includes('کریمه')");
    let preview = browser.text_of("[data-role=preview]");
    let reference =
        preview.split("to the partner ").nth(1).and_then(|rest| rest.get(..14)).expect("the partner's name of the case").to_owned();
    browser.evaluate("document.querySelector('[data-role=preview]').scrollIntoView()");
    document(&mut browser, "refer");
    browser.write("[data-role=rows]", "2");
    browser.write("[data-role=columns]", "2");
    browser.tap("[data-action=make]");
    browser.wait_until("a refusal", "document.querySelector('[data-role=fault]')?.innerText.includes('nothing was made')");
    browser.write("[data-role=rows]", "1");
    browser.tap("[data-action=make]");
    browser.wait_until("the list again", "!!document.querySelector('[data-role=window]')");
    let sealed = office.keep("referral.age", &caught(&mut browser));
    let handed = run(Command::new(real_thing("AMANAT_AGE")).arg("-d").arg("-i").arg(&partner_key).arg(&sealed));
    let text = String::from_utf8_lossy(&handed);
    assert!(text.contains("case.json") && text.contains("کریمه") && !text.contains("انار"), "what the partner reads");
    assert!(text.contains(&reference), "the partner calls it {reference}, as was shown");

    browser.tap("[data-action=open]");
    browser.wait_until("the case again", "!!document.querySelector('[data-role=case]')");
    browser.call("Emulation.setEmulatedMedia", json!({"media": "print"}));
    browser.wait_until("a sheet", "getComputedStyle(document.querySelector('header')).display === 'none'");
    document(&mut browser, "print");
    browser.call("Emulation.setEmulatedMedia", json!({"media": ""}));
    browser.assert_no_complaints(&[]);
    browser.tap("[data-action=lock]");
    browser.wait_until("nothing left", "document.querySelectorAll('[data-case], [data-role=case]').length === 0 && !!document.querySelector('[data-role=identity]')");
}

/// Some registrations; the most urgent one's name.
fn receive_some(office: &Office, photo: &[u8]) -> String {
    for (role, country, days) in
        [("prosecutor", "IR", 20), ("defence_lawyer", "PK", 120), ("court_staff", "TJ", 300), ("judge", "TR", 45)]
    {
        office.receive(
            &json!({"submitter": "self", "is_update": "first", "danger_7days": "no", "justice_role": role, "country_now": country,
                "legal_status": "visa_valid", "status_expiry": day(&today(days)), "removal_signs": ["none"], "name_native": "نمونه",
                "contact_channels": ["signal"], "children_count": days % 4}),
            &[],
        );
    }
    office.receive(
        &json!({"submitter": "self", "is_update": "first", "danger_7days": "no", "justice_role": "judge", "country_now": "PK",
            "name_native": "کریمه", "father_name": "ظاهر", "sex": "female", "dob": day("1980-05-01"), "legal_status": "visa_valid",
            "status_expiry": day(&today(60)), "removal_signs": ["written_notice"], "removal_date": day(&today(3)),
            "contact_channels": ["signal"], "phone": {"raw": "0300 1234567", "e164": "+923001234567"}, "phone_shared": "trusted_family",
            "phone_watched": "yes", "safe_times": ["message_first"], "leave_message": "no", "say_who": "after_word",
            "safe_word": "انار", "risk_note": "د څارنوالۍ کارت لرم", "share_verify": "yes", "share_partners": "ask_first",
            "share_govts": "no", "children_count": 3, "consent_process": true}),
        &[("jpg", photo), ("pdf", b"%PDF-1.4\n")],
    )
}

fn caught(browser: &mut Browser) -> Vec<u8> {
    browser.wait_until("a file to be saved", "window.caught.length > 0");
    let text = browser.evaluate(CAUGHT);
    STANDARD.decode(text.as_str().expect("it is text")).expect("it is base64")
}

/// A picture for docs/reviewer.md, which has one of each step.
fn document(browser: &mut Browser, name: &str) {
    let metrics = |scale: u8| json!({"width": 1280, "height": 800, "deviceScaleFactor": scale, "mobile": false});
    browser.call("Emulation.setDeviceMetricsOverride", metrics(1));
    browser.picture(&target().join("screens/reviewer").join(format!("{name}.png")));
    browser.call("Emulation.setDeviceMetricsOverride", metrics(2));
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let text = fs::read_to_string(docs.join("reviewer.md")).expect("the document is there");
    assert!(text.contains(&format!("(reviewer/{name}.png)")), "docs/reviewer.md does not show {name}");
    assert!(
        docs.join("reviewer").join(format!("{name}.png")).exists(),
        "bring target/screens/reviewer/{name}.png to docs/reviewer"
    );
}
