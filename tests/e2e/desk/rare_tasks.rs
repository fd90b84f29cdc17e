//! Rare tasks: counts for publication, erasing notes, and a referral of many persons.

use std::fs;

use serde_json::{Value, json};

use super::{begin, open_desk};
use crate::{
    drivers::{
        accessibility::AccessibilityAudit,
        browser::{Browser, Edition, Screen},
        processes::wait_for,
    },
    fixtures::reviewer_inbox::ReviewerInbox,
};

const MEMBERS: usize = 27;

#[test]
fn counts_contain_no_names_notes_can_be_erased_and_a_large_referral_needs_a_reason() {
    let inbox = ReviewerInbox::new();
    for number in 0..12 {
        let country = if number == 0 { "TJ" } else { "PK" };
        inbox.receive(
            &json!({"submitter": "self", "is_update": "first", "danger_7days": "no", "justice_role": "judge", "country_now": country,
                "legal_status": "visa_valid", "removal_signs": ["none"], "name_native": format!("نمونه {number}")}),
            &[],
        );
    }
    let member = |number: usize| json!({"relation": "son", "name_native": format!("فرزند {number}"), "sex": "male"});
    let family = inbox.receive(
        &json!({"submitter": "self", "is_update": "first", "danger_7days": "yes", "justice_role": "judge", "country_now": "PK",
            "legal_status": "visa_valid", "removal_signs": ["none"], "name_native": "کریمه", "sex": "female",
            "share_partners": "yes", "family_members": (1..MEMBERS).map(member).collect::<Vec<Value>>()}),
        &[],
    );
    let mut browser = Browser::open(Edition::Current);
    browser.move_to(Screen::Desk);
    let saved = browser.downloads();
    let mut audit = AccessibilityAudit::new("desk-seldom");
    open_desk(&mut browser);
    begin(&mut browser, &inbox);
    browser.attach("[data-role=folder]", &[&inbox.folder()]);
    browser.wait_until("the list", "!!document.querySelector('[data-role=window]')");

    browser.tap("[data-action=count]");
    let counts = browser.text_of("[data-role=counts]");
    assert!(counts.contains("10 to 19 registrations") && !counts.contains("13"), "{counts}");
    assert!(counts.contains("Tajikistan\thidden") && counts.contains("Judge\t10 to 19"), "{counts}");
    browser.evaluate("document.querySelector('[data-role=counts]').scrollIntoView()");
    audit.check_desk(&mut browser, "counts");
    browser.tap("[data-action=save-counts]");
    let text = wait_for("the counts", || fs::read_to_string(saved.join("counts.txt")).ok().filter(|text| !text.is_empty()));
    assert!(text.contains("10-19") && !text.contains("کریمه"), "{text}");

    browser.tap(&format!("[data-case='{family}'] [data-action=open]"));
    browser.write("[data-role=author]", "Karima");
    browser.write("[data-role=note]", "Lives with her aunt.");
    browser.tap("[data-action=add-note]");
    browser.wait_until("the note", "document.querySelector('.notes').innerText.includes('aunt')");
    assert!(!browser.sees("[data-action=erase]"));
    browser.choose("[data-role=case-status]", "deleted on request");
    browser.evaluate("document.querySelector('[data-role=work]').scrollIntoView()");
    audit.check_desk(&mut browser, "erase");
    browser.tap("[data-action=erase]");
    browser.tap("[data-action=erase-notes]");
    browser.wait_until("no note", "!document.querySelector('.notes').innerText.includes('aunt')");
    browser.choose("[data-role=case-status]", "checking");

    browser.tap("[data-action=pick]");
    browser.tap("[data-action=refer]");
    browser.write("[data-role=partner]", "Safe  Passage");
    browser.write("[data-role=key]", &inbox.partner().1);
    browser.choose("[data-role=kind]", "partner");
    browser.tap("[data-role=column-choice] input[value=family_sex]");
    browser.tap("[data-action=preview]");
    browser.wait_until("the preview", "!!document.querySelector('[data-role=reason]')");
    browser.write("[data-role=rows]", &MEMBERS.to_string());
    browser.write("[data-role=columns]", "1");
    browser.tap("[data-action=make]");
    browser.wait_until("a refusal", "document.querySelector('[data-role=fault]')?.innerText.includes('need a reason')");
    audit.check_desk(&mut browser, "reason");
    browser.write("[data-role=reason]", "One household, to travel together");
    browser.tap("[data-action=make]");
    browser.wait_until("the list again", "!!document.querySelector('[data-role=window]')");
    browser.tap("[data-action=save]");
    let notebook = wait_for("the notebook", || Some(saved.join("Karima.notebook.age")).filter(|path| path.exists()));
    let told = inbox.reviewer_tool(1, &["show", "--notebook", notebook.to_str().expect("a path"), &format!("{family}.age")]);
    assert!(told.contains("Safe Passage") && !told.contains("aunt"), "{told}");

    // In the next week, a reviewer who has not loaded their notebook cannot replace it by a new one; locking then waits for
    // an answer and keeps the case hidden.
    fs::copy(&notebook, inbox.folder().join("Karima.notebook.age")).expect("the folder is ours");
    open_desk(&mut browser);
    begin(&mut browser, &inbox);
    browser.attach("[data-role=folder]", &[&inbox.folder()]);
    browser.wait_until("the list", "!!document.querySelector('[data-role=notebooks]')");
    assert!(browser.text_of("[data-role=notebooks]").contains("entry of what was done"));
    browser.tap(&format!("[data-case='{family}'] [data-action=open]"));
    browser.write("[data-role=author]", "Karima");
    browser.write("[data-role=note]", "Called back.");
    browser.tap("[data-action=lock]");
    browser.tap("[data-action=save-and-lock]");
    browser.wait_until("a refusal", "document.querySelector('[data-role=not-saved]')?.innerText.includes('was not taken in')");
    assert!(browser.sees("[data-role=locking]") && !browser.sees("[data-role=case]"), "it stays hidden");
    browser.tap("[data-action=stay]");
    browser.tap("[data-action=list]");
    assert!(!browser.sees("[data-role=failures]"), "no person is missing");
    browser.tap("[data-action=take-in]");
    browser.tap("[data-action=save]");
    browser.wait_until("it to be saved", "document.querySelector('[data-action=save]').innerText.includes('again')");
    assert!(!browser.sees("[data-role=not-saved]"));
    browser.assert_no_complaints(&[]);
    audit.assert_no_faults();
}
