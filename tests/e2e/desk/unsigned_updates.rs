//! An update and a request for deletion from somebody who knows a mailbox's id, as every reviewer does, but not the code.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{begin, open_desk};
use crate::{
    drivers::browser::{Browser, Edition},
    fixtures::reviewer_inbox::ReviewerInbox,
};

/// Returns the mailbox id that `ReviewerInbox` gives a registration with these answers.
fn mailbox(answers: &Value) -> String {
    crate::e2e::hex(&Sha256::digest(answers.to_string())[..16])
}

#[test]
fn the_desk_marks_an_unsigned_update_and_deletion_request_and_they_stop_no_referral() {
    let inbox = ReviewerInbox::new();
    let answers = json!({"submitter": "self", "is_update": "first", "danger_7days": "no", "justice_role": "judge", "country_now": "PK",
        "legal_status": "visa_valid", "removal_signs": ["none"], "name_native": "کریمه", "sex": "female", "share_partners": "yes",
        "phone": {"raw": "0799111111"}});
    let first = inbox.receive(&answers, &[]);
    let prior = mailbox(&answers);
    let update = inbox.receive(
        &json!({"submitter": "self", "is_update": "update", "prior_ref": prior, "phone": {"raw": "0799999999"}, "share_partners": "no"}),
        &[],
    );
    inbox.receive(&json!({"submitter": "self", "is_update": "delete", "prior_ref": prior}), &[]);
    let mut browser = Browser::open(Edition::Current);
    open_desk(&mut browser);
    begin(&mut browser, &inbox);
    browser.attach("[data-role=folder]", &[&inbox.folder()]);
    browser.wait_until("the list", "!!document.querySelector('[data-role=window]')");
    let row = browser.text_of(&format!("[data-case='{first}']"));
    assert!(row.contains("2 later forms not proven") && !row.contains("asks for deletion"), "{row}");
    let row = browser.text_of(&format!("[data-case='{update}']"));
    assert!(row.contains("somebody who knows the case sends an update"), "{row}");

    browser.tap(&format!("[data-case='{update}'] [data-action=open]"));
    browser.wait_until("the update", "!!document.querySelector('[data-role=contact]')");
    let warned = browser.text_of("[data-role=superseded]");
    assert!(warned.contains("SOMEBODY WHO KNOWS THE CASE SAYS THIS"), "{warned}");

    browser.tap("[data-action=list]");
    browser.tap(&format!("[data-case='{first}'] [data-action=open]"));
    browser.wait_until("the case", "!!document.querySelector('[data-role=related]')");
    let related = browser.text_of("[data-role=related]");
    assert!(related.contains("Somebody who knows the case says: asks for deletion (not proven)"), "{related}");
    assert!(!browser.text_of("main").contains("0799999999"));

    browser.tap("[data-action=pick]");
    browser.tap("[data-action=refer]");
    browser.choose("[data-role=kind]", "partner");
    browser.wait_until("what they allowed", "!!document.querySelector('[data-role=consent] .good')");
    let consent = browser.text_of("[data-role=consent]");
    assert!(consent.contains("The person said yes.") && consent.contains("nothing proves that it is the person"), "{consent}");
}
