//! The form, filled in and sent in three languages, on phones of today and of 2021.

use super::{assert_reads_the_same, the_only_registration};
use crate::{
    browser::Edition,
    people::{Person, maryam, rahimullah, zarghuna},
    phone::{Phone, pictures_of, publish},
    world::{Keys, World},
};

/// Side of the photo in points. It weighs some hundred kilobytes.
const PHOTO: u32 = 300;

/// What Chromium before 97 says of a word in our headers that it does not know. It goes by the words beside it.
const UNKNOWN_WORD: &str = "wasm-unsafe-eval";

/// Chromium 92 draws the arrow of a field with suggestions by an inline style, and then forbids it to itself.
const OWN_ARROW: [&str; 2] = ["sha256-pILX+5FGCpLRHvNBgtABIdSMmytrYudGxJBUYXY1t0s=", "\"violatedDirective\":\"style-src-attr\""];

fn registers(edition: Edition, person: &Person, pictures: &str, chosen: &[&str]) {
    let world = World::start(Keys::PostQuantum);
    let mut phone = Phone::new(edition);
    phone.take_photo(PHOTO);
    let folder = pictures_of(pictures);
    phone.take_pictures(folder.clone());
    phone.register(&world.wire.origin, person);
    let expected = if edition == Edition::Of2021 { vec![UNKNOWN_WORD, OWN_ARROW[0], OWN_ARROW[1]] } else { Vec::new() };
    phone.browser.assert_no_complaints(&expected);
    assert_reads_the_same(&the_only_registration(&world), person);
    publish(&folder, chosen);
}

#[test]
fn a_prosecutor_registers_in_dari_with_everything_there_is_to_say() {
    registers(
        Edition::Current,
        &rahimullah(),
        "dari",
        &["language", "safety_1", "name_native", "dob", "country_now", "check", "receipt", "received"],
    );
}

#[test]
fn a_judge_registers_in_pashto_with_what_is_required_and_a_photo() {
    registers(Edition::Current, &zarghuna(), "pashto", &["safety_1", "consent_who", "dob", "files"]);
}

#[test]
fn a_relative_registers_a_lawyer_in_english_with_first_contact_only() {
    registers(Edition::Current, &maryam(), "english", &["safety_1", "name_native", "more", "check", "receipt"]);
}

#[test]
fn a_phone_of_2021_registers_in_dari() {
    registers(Edition::Of2021, &rahimullah(), "dari-2021", &[]);
}

#[test]
fn a_phone_of_2021_registers_in_english() {
    registers(Edition::Of2021, &maryam(), "english-2021", &[]);
}
