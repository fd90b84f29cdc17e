//! Answers to questions that skip logic has hidden again.

use serde_json::json;

use super::{assert_reviewers_read, only_registration};
use crate::{
    drivers::{browser::Edition, form_driver::FormDriver},
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::{
        Input,
        Input::{Date, Many, One, Text, Tick},
        Persona, prosecutor,
    },
};

/// An earlier receipt code with a correct check digit.
const CODE: &str = "123456789012345678901233";

/// Returns a persona whose answers make optional questions appear: a colleague writes, and every contact channel is chosen.
fn with_everything_that_can_come_up() -> Persona {
    let mut person = prosecutor();
    let mut put = |name: &'static str, input| {
        person.inputs.retain(|(other, _)| *other != name);
        person.inputs.push((name, input));
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
    put("justice_role", One("family"));
    put("worker_name", Text("عبدالله ولد کریم"));
    put("worker_status", One("missing"));
    put("family_members/0/has_passport", One("yes"));
    put("family_members/0/passport_expiry", Date("gregorian", "year", "2031", "", ""));
    person
}

#[test]
fn answers_to_questions_that_are_hidden_again_are_not_sealed() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (full, mut phone) = (with_everything_that_can_come_up(), FormDriver::new(Edition::Current));
    phone.take_photo(100);
    phone.begin(&deployment.proxy.origin, &full);
    phone.fill_in_until_check(&full);

    // Each of these answers hides a question that was answered.
    let mut changed = full;
    let mut answers = prosecutor().answers;
    let hides: [(&'static str, Input, &[&str]); 10] = [
        ("submitter", One("self"), &["submitter_contact", "person_agrees"]),
        ("is_update", One("first"), &["prior_ref"]),
        ("justice_role", One("prosecutor"), &["worker_name", "worker_status"]),
        ("contact_channels", Many(&["signal"]), &["email", "trusted_person"]),
        ("country_now", One("AF"), &["legal_status", "status_expiry", "removal_signs", "removal_date", "arrival_date"]),
        ("risk_events", Many(&["none"]), &["last_event", "threat_from"]),
        ("docs_held", Many(&["none"]), &["passport_expiry"]),
        ("adults_count", Text("1"), &["family_agrees"]),
        ("other_cases", Many(&["none"]), &["other_case_no"]),
        // The form asks for a trusted contact if no trusted person is named.
        (
            "contact_channels",
            Many(&["email", "trusted"]),
            &["trusted_contact", "phone", "phone_shared", "phone_watched", "safe_times", "leave_message", "say_who"],
        ),
    ];
    for (name, input, hidden) in hides {
        changed.inputs.retain(|(other, _)| *other != name);
        changed.inputs.push((name, input));
        if name == "country_now" {
            changed.inputs.retain(|(other, _)| *other != "area_now");
            changed.inputs.push(("area_now", One("AF-HEL")));
        }
        phone.change(&changed, name);
        if name == "other_cases" {
            phone.change(&changed, "trusted_contact");
        }
        for hidden in hidden {
            assert!(!phone.browser.sees(&format!("[data-action=change][value='{hidden}']")), "{hidden} is still to be seen");
            answers.as_object_mut().expect("answers are an object").remove(*hidden);
        }
    }
    // The same holds inside an item of a repeat.
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
        ("contact_channels", json!(["email", "trusted"])),
        // A question that is asked again shows its earlier answer.
        ("email", json!("hidden.again@example.org")),
        (
            "trusted_person",
            json!({
                "name": "پنهان شده",
                "relation": "دوست پنهان",
                "phone": {"raw": "0700999888", "e164": "+93700999888"},
                "agrees": true,
            }),
        ),
        ("country_now", json!("AF")),
        ("area_now", json!("AF-HEL")),
        ("risk_events", json!(["none"])),
        ("docs_held", json!(["none"])),
        ("adults_count", json!(1)),
        ("other_cases", json!(["none"])),
    ] {
        answers[name] = value;
    }
    let expected = Persona { answers, ..prosecutor() };
    assert_reviewers_read(&only_registration(&deployment), &expected);
    phone.browser.assert_no_complaints(&[]);
}

#[test]
fn a_request_for_deletion_sends_none_of_the_other_answers() {
    /// The questions that a person who asks for deletion is still asked.
    const STILL: [&str; 15] = [
        "consent_process",
        "submitter",
        "is_update",
        "prior_ref",
        "contact_channels",
        "phone",
        "phone_shared",
        "phone_watched",
        "safe_times",
        "leave_message",
        "say_who",
        "safe_word",
        "contact_language",
        "name_native",
        "father_name",
    ];
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (mut person, mut phone) = (prosecutor(), FormDriver::new(Edition::Current));
    phone.take_photo(100);
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in_until_check(&person);
    person.inputs.retain(|(name, _)| *name != "is_update");
    person.inputs.extend([("is_update", One("delete")), ("prior_ref", Text(CODE))]);
    phone.change(&person, "is_update");
    let code = phone.fill_in(&person);
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    let opened = only_registration(&deployment);
    let registration = opened.registration();
    let answered: Vec<&String> = registration["answers"].as_object().expect("answers are an object").keys().collect();
    assert_eq!(answered.len(), STILL.len(), "{answered:?}");
    assert!(answered.iter().all(|name| STILL.contains(&name.as_str())), "{answered:?}");
    assert!(opened.attachments.is_empty() && registration["attachments"] == json!([]), "its photo is sent all the same");
    let digits = |value: &serde_json::Value| value.as_str().map(str::len);
    assert_eq!(registration["prior"]["id"], registration["answers"]["prior_ref"]);
    let signed = ["signature", "prior_signature"].map(|name| digits(&registration[name]));
    assert_eq!((signed, digits(&registration["prior"]["key"])), ([Some(128); 2], Some(64)), "it is signed with both codes");
    assert!(!registration.to_string().contains(CODE), "the digits of an earlier code are never sealed");
}
