//! Answers to questions that were hidden again.

use serde_json::json;

use super::{assert_reads_the_same, the_only_registration};
use crate::{
    browser::Edition,
    people::{
        Entered::{Date, Many, One, Text, Tick},
        Person, prosecutor,
    },
    phone::Phone,
    world::{Keys, World},
};

/// An earlier code, with the right check digit.
const CODE: &str = "123456789012345678901233";

/// Somebody who answers what only comes up for others, too: a colleague writes, everything can be used to reach them.
fn with_everything_that_can_come_up() -> Person {
    let mut person = prosecutor();
    let mut put = |name: &'static str, entered| {
        person.entered.retain(|(other, _)| *other != name);
        person.entered.push((name, entered));
    };
    put("submitter", One("colleague"));
    put("submitter_contact", Text("0799111222 همکار"));
    put("person_agrees", One("yes"));
    put("is_update", One("update"));
    put("prior_ref", Text(CODE));
    put("contact_channels", Many(&["whatsapp", "email", "trusted"]));
    put("email", Text("hidden.again@example.org"));
    put("trusted_person/name", Text("پنهان شده"));
    put("trusted_person/relation", Text("دوست پنهان"));
    put("trusted_person/phone", Text("0700999888"));
    put("trusted_person/agrees", Tick);
    put("family_members/0/has_passport", One("yes"));
    put("family_members/0/passport_expiry", Date("gregorian", "year", "2031", "", ""));
    person
}

#[test]
fn what_was_answered_and_then_hidden_is_not_in_the_registration() {
    let world = World::start(Keys::PostQuantum);
    let (full, mut phone) = (with_everything_that_can_come_up(), Phone::new(Edition::Current));
    phone.take_photo(100);
    phone.begin(&world.wire.origin, &full);
    phone.fill_in_until_check(&full);

    // Each of these hides something that was answered.
    let mut changed = full;
    let mut answers = prosecutor().answers;
    // It is asked only of who has named no trusted person before.
    answers.as_object_mut().expect("answers are an object").remove("trusted_contact");
    let hides: [(&'static str, crate::people::Entered, &[&str]); 8] = [
        ("submitter", One("self"), &["submitter_contact", "person_agrees"]),
        ("is_update", One("first"), &["prior_ref"]),
        ("contact_channels", Many(&["signal"]), &["email", "trusted_person"]),
        ("country_now", One("AF"), &["legal_status", "status_expiry", "removal_signs", "removal_date", "arrival_date"]),
        ("risk_events", Many(&["none"]), &["last_event", "threat_from"]),
        ("docs_held", Many(&["none"]), &["passport_expiry"]),
        ("adults_count", Text("1"), &["family_agrees"]),
        ("other_cases", Many(&["none"]), &["other_case_no"]),
    ];
    for (name, entered, hidden) in hides {
        changed.entered.retain(|(other, _)| *other != name);
        changed.entered.push((name, entered));
        if name == "country_now" {
            changed.entered.retain(|(other, _)| *other != "area_now");
            changed.entered.push(("area_now", One("AF-HEL")));
        }
        phone.change(&changed, name);
        for hidden in hidden {
            assert!(!phone.browser.sees(&format!("[data-action=change][value='{hidden}']")), "{hidden} is still to be seen");
            answers.as_object_mut().expect("answers are an object").remove(*hidden);
        }
    }
    // Inside an item that is repeated.
    phone.browser.tap("[data-action=change][value=family_members]");
    phone.browser.tap("[data-question='family_members/0/has_passport'] input[value=no]");
    phone
        .browser
        .wait_for("its date to go", |browser| (!browser.sees("[data-question='family_members/0/passport_expiry']")).then_some(()));
    phone.browser.tap("[data-action=next]");
    phone.wait_for_action("change");

    let code = phone.fill_in(&changed);
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    for (name, value) in [
        ("contact_channels", json!(["signal"])),
        ("country_now", json!("AF")),
        ("area_now", json!("AF-HEL")),
        ("risk_events", json!(["none"])),
        ("docs_held", json!(["none"])),
        ("adults_count", json!(1)),
        ("other_cases", json!(["none"])),
    ] {
        answers[name] = value;
    }
    let expected = Person { answers, ..prosecutor() };
    assert_reads_the_same(&the_only_registration(&world), &expected);
    phone.browser.assert_no_complaints(&[]);
}
