//! Whoever cannot see well, cannot touch, or has set their machine to their needs, gets as far as anybody.

use super::{assert_reads_the_same, the_only_registration};
use crate::{
    browser::{Browser, Edition},
    eyes::{Eyes, write_contact_sheet},
    people::{
        Entered::{Many, One, Text, Tick},
        Person, prosecutor, relative,
    },
    phone::Phone,
    typist::registers,
    world::{Keys, World},
};

/// Somebody whom the form asks all that it can ask of one person.
fn asked_everything(language: &'static str, direction: &'static str) -> Person {
    let everything = [
        ("submitter", One("relative")),
        ("submitter_contact", Text("Nephew, +44 20 7946 0958")),
        ("person_agrees", One("yes")),
        ("contact_channels", Many(&["signal", "email", "trusted"])),
        ("email", Text("zarghuna12@example.org")),
        ("trusted_person/name", Text("ګل\u{200c}مکۍ")),
        ("trusted_person/relation", Text("زما خور")),
        ("trusted_person/phone", Text("٠٧٠٠ ١٢٣ ٤٥٦")),
        ("trusted_person/agrees", Tick),
        ("justice_role", One("family")),
        ("worker_name", Text("عبدالله ولد کریم")),
        ("worker_status", One("missing")),
    ];
    let mut person = prosecutor();
    person.entered.retain(|(name, _)| !everything.iter().any(|(other, _)| name == other));
    person.entered.extend(everything);
    Person { language, direction, ..person }
}

/// Sees every page of a registration, and what it says to somebody who goes on too early.
fn looks_at_every_page(language: &'static str, direction: &'static str) {
    let world = World::start(Keys::PostQuantum);
    let mut phone = Phone::new(Edition::Current);
    phone.take_photo(200);
    phone.eyes = Some(Eyes::new(language));
    phone.register(&world.wire.origin, &asked_everything(language, direction));
    let seen = phone.eyes.take().expect("they were there").find_nothing_wrong();
    write_contact_sheet();
    for page in ["language", "consent_who-fault", "phone", "more", "files", "check", "receipt", "receipt-send", "received"] {
        assert!(seen.iter().any(|seen| seen == page), "{page} was not seen: {seen:?}");
    }
}

#[test]
fn nothing_on_any_page_in_dari_shuts_anybody_out() {
    looks_at_every_page("fa-AF", "rtl");
}

#[test]
fn nothing_on_any_page_in_pashto_shuts_anybody_out() {
    looks_at_every_page("ps", "rtl");
}

#[test]
fn nothing_on_any_page_in_english_shuts_anybody_out() {
    looks_at_every_page("en", "ltr");
}

#[test]
fn who_has_only_a_keyboard_registers_and_always_sees_where_they_are() {
    let world = World::start(Keys::PostQuantum);
    let person = Person { language: "fa-AF", direction: "rtl", ..relative() };
    let mut browser = Browser::open(Edition::Current);
    let stops = registers(&mut browser, &world.wire.origin, &person);
    assert!(stops > 100, "only {stops} stops");
    assert_reads_the_same(&the_only_registration(&world), &person);
    browser.assert_no_complaints(&[]);
}
