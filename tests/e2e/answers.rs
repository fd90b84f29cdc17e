//! People see on the check page what they typed, and reviewers read the same. The form asks about a date that cannot be meant.

use serde_json::json;

use super::only_registration;
use crate::{
    drivers::{browser::Edition, form_driver::FormDriver},
    fixtures::{
        deployment::{Deployment, OpenedRegistration},
        pack::RecipientType,
    },
    personas::{Input, Persona, relative},
};

/// Returns a persona who answers these questions otherwise.
fn persona_with(others: &[(&'static str, Input)]) -> Persona {
    let mut person = relative();
    person.inputs.retain(|(name, _)| !others.iter().any(|(other, _)| name == other));
    person.inputs.extend_from_slice(others);
    person
}

/// Fills in the form and sends it; returns the check page's text and the registration.
fn fill_in_and_send(others: &[(&'static str, Input)]) -> (String, OpenedRegistration) {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (persona_with(others), FormDriver::new(Edition::Current));
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in_until_check(&person);
    let checked = phone.browser.text_of("main");
    let code = phone.fill_in_rest(&person);
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    (checked, only_registration(&deployment))
}

#[test]
fn names_and_numbers_are_accepted_as_they_are_typed() {
    let (checked, opened) = fill_in_and_send(&[
        ("name_native", Input::Text("Ahmad S/O Karim")),
        ("father_name", Input::Text("Abdul\u{2013}Rahim «احمد» Али ۲")),
        ("phone", Input::Text("0701234567 واتساپ")),
        ("children_count", Input::Text("۲ نفر")),
    ]);
    let answers = &opened.registration()["answers"];
    assert_eq!(answers["name_native"], "Ahmad S/O Karim");
    assert_eq!(answers["father_name"], "Abdul\u{2013}Rahim «احمد» Али ۲");
    assert_eq!(answers["phone"], json!({"raw": "0701234567 واتساپ", "e164": "+93701234567"}));
    assert_eq!(answers["children_count"], 2);
    for typed in ["Ahmad S/O Karim", "Abdul\u{2013}Rahim «احمد» Али ۲", "0701234567 واتساپ"] {
        assert!(checked.contains(typed), "{typed} is not on the page that is checked: {checked}");
    }
}

#[test]
fn a_user_name_is_accepted_in_place_of_a_phone_number() {
    let (checked, opened) = fill_in_and_send(&[("phone", Input::Text("@friend.42"))]);
    assert_eq!(opened.registration()["answers"]["phone"], json!({"raw": "@friend.42"}));
    assert!(checked.contains("@friend.42"));
}

#[test]
fn a_chosen_contact_channel_asks_for_its_own_field() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let person = persona_with(&[("contact_channels", Input::Many(&["email"]))]);
    let mut phone = FormDriver::new(Edition::Current);
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in_until(&person, "email");
    phone.browser.tap("[data-action=next]");
    phone.browser.wait_for("a complaint", |browser| browser.sees(".summary").then_some(()));
    phone.browser.write("[data-question=email] input", "clerk@example.org");
    let before = phone.see();
    phone.browser.tap("[data-action=next]");
    phone.wait_for_next_page(&before);
}

#[test]
fn a_year_of_another_calendar_is_questioned_and_sealed_in_the_calendar_that_was_meant() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let person = persona_with(&[
        ("legal_status", Input::One("visa_valid")),
        ("status_expiry", Input::Date("gregorian", "month", "1406", "2", "")),
        ("dob", Input::Date("solar", "year", "62", "", "")),
    ]);
    let mut phone = FormDriver::new(Edition::Current);
    phone.begin(&deployment.proxy.origin, &person);
    for (question, choose) in [("dob", "1362"), ("status_expiry", "1406")] {
        phone.fill_in_until(&person, if question == "dob" { question } else { "legal_status" });
        phone.answer_page(&person);
        phone.browser.wait_for("the question which year", |browser| browser.sees("[data-action=year]").then_some(()));
        phone.browser.tap("[data-action=next]");
        phone.browser.wait_for("a complaint", |browser| browser.sees(".summary").then_some(()));
        let button = format!(
            "[...document.querySelectorAll('[data-action=year]')].findIndex(button => /{choose}.*Solar/.test(button.innerText))"
        );
        let index = phone.browser.evaluate(&button).as_u64().expect("there is such a button") + 1;
        phone.browser.tap(&format!("[data-action=year]:nth-of-type({index})"));
        phone.browser.wait_until("it to be chosen", "document.querySelector('[data-action=year]') === null");
        let before = phone.see();
        phone.browser.tap("[data-action=next]");
        phone.wait_for_next_page(&before);
    }
    // The person does not type the answers to these questions again.
    let code = phone.fill_in(&persona_with(&[]));
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    let answers = &only_registration(&deployment).registration()["answers"];
    assert_eq!(answers["status_expiry"]["calendar"], "solar");
    assert_eq!(answers["status_expiry"]["earliest"], "2027-04-21");
    assert_eq!((&answers["dob"]["calendar"], &answers["dob"]["year"]), (&json!("solar"), &json!(1362)));
}

#[test]
fn a_whole_date_in_one_field_and_a_lone_minor_are_accepted_and_a_safe_word_that_is_the_name_is_warned_of() {
    let (_, opened) = fill_in_and_send(&[
        ("dob", Input::Date("gregorian", "day", "29/2/2012", "", "")),
        ("adults_count", Input::Text("0")),
        ("children_count", Input::Text("1")),
    ]);
    let answers = &opened.registration()["answers"];
    assert_eq!((&answers["dob"]["precision"], &answers["dob"]["earliest"]), (&json!("day"), &json!("2012-02-29")));
    assert_eq!((&answers["adults_count"], &answers["children_count"]), (&json!(0), &json!(1)));

    let deployment = Deployment::start(RecipientType::PostQuantum);
    let person = persona_with(&[("safe_word", Input::Text("Karim"))]);
    let mut phone = FormDriver::new(Edition::Current);
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in_until(&person, "father_name");
    phone.answer_page(&person);
    phone.browser.wait_until("the warning", "document.querySelector('main').innerText.includes('Your safe word is the same')");
}
