//! The reviewers' desk, opened from the disk in three browsers.

mod file_input;
mod full_session;
pub(crate) mod hostile_files;
mod older_pack;
mod rare_tasks;
mod removable_media;
mod unsigned_updates;

use serde_json::json;

use crate::{
    drivers::{
        browser::Browser,
        processes::{required_path, today},
    },
    fixtures::reviewer_inbox::{ReviewerInbox, day},
};

/// This script returns a photo that the browser has encoded.
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

fn desk_address() -> String {
    format!("file://{}", required_path("AMANAT_DESK").display())
}

pub(crate) fn open_desk(browser: &mut Browser) {
    browser.go(&desk_address());
    browser.wait_until("the desk", "!!document.querySelector('[data-role=identity]') && !document.getElementById('starting')");
}

/// Chooses an identity that has no passphrase.
fn begin(browser: &mut Browser, inbox: &ReviewerInbox) {
    browser.attach("[data-role=identity]", &[&inbox.reviewers[0].identity]);
    browser.wait_until("the files' turn", "!document.querySelector('[data-role=files]').disabled");
}

/// Asserts that the page requested nothing but itself, and that its policy refuses what a request would need.
fn assert_no_network_request(browser: &mut Browser) {
    browser.assert_no_complaints(&[]);
    let page = desk_address();
    assert!(browser.traffic.exchanges.iter().all(|exchange| exchange.url == page), "{:?}", browser.traffic.exchanges);
    assert_eq!(browser.evaluate("performance.getEntriesByType('resource').length"), 0);
    let tried = browser.evaluate(
        r"(async () => {
            const refused = [];
            document.addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective));
            const address = 'http://127.0.0.1:9999/';
            await fetch(address).catch(() => 0);
            const image = new Image();
            image.src = address;
            try { new WebSocket('ws://127.0.0.1:9999/'); } catch {}
            navigator.sendBeacon?.(address);
            await new Promise(done => setTimeout(done, 500));
            return [...new Set(refused)].sort();
        })()",
    );
    assert_eq!(tried, json!(["connect-src", "img-src"]));
}

/// Seals five registrations; returns the id of the most urgent one.
fn receive_five_cases(inbox: &ReviewerInbox, photo: &[u8]) -> String {
    for (role, country, days) in
        [("prosecutor", "IR", 20), ("defence_lawyer", "PK", 120), ("court_staff", "TJ", 300), ("judge", "TR", 45)]
    {
        inbox.receive(
            &json!({"submitter": "self", "is_update": "first", "danger_7days": "no", "justice_role": role, "country_now": country,
                "legal_status": "visa_valid", "status_expiry": day(&today(days)), "removal_signs": ["none"], "name_native": "نمونه",
                "contact_channels": ["signal"], "children_count": days % 4}),
            &[],
        );
    }
    inbox.receive(
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
