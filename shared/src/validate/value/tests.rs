use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn question(constraint: &Value) -> Question {
    serde_json::from_value(json!({ "name": "q", "type": "text", "label": {}, "constraint": constraint })).unwrap()
}

fn read(constraint: &Value, typed: &str) -> (Option<String>, Vec<FaultCode>) {
    let mut faults = Vec::new();
    let answer = text(&question(constraint), typed, &mut faults).map(|answer| match answer {
        Answer::Text(text) => text,
        other => panic!("{other:?}"),
    });
    (answer, faults)
}

fn says(format: &str, typed: &str) -> (Option<String>, Vec<FaultCode>) {
    read(&json!({ "format": format }), typed)
}

#[test]
fn etazkira_numbers_are_written_as_the_vectors_say() {
    let vectors: Value = serde_json::from_str(include_str!("../../../vectors.json")).unwrap();
    for vector in vectors["etazkira"].as_array().unwrap() {
        let (raw, out) = (vector["raw"].as_str().unwrap(), vector["out"].as_str());
        let (answer, faults) = says("etazkira", raw);
        assert_eq!(answer.as_deref(), Some(out.unwrap_or(raw)));
        assert_eq!(faults, if out.is_some() { vec![] } else { vec![FaultCode::Etazkira] });
    }
}

#[test]
fn a_name_is_letters_of_any_script_and_one_word_is_enough() {
    for name in [
        "علی",
        "رحیم\u{200c}الله",
        "علی\u{200c}\u{200c}رضا",
        "علی¬رضا",
        "Abdul-Rahim",
        "Abdul\u{2013}Rahim",
        "Abdul\u{2010}Rahim",
        "محمّد",
        "O\u{2019}Neil",
        "O\u{2bb}g\u{2bb}iloy",
        "Mar\u{2bc}at",
        "\u{2bf}Abd",
        "D\u{b4}Arc",
        "José",
        "ګل",
        "Али",
        "«احمد»",
        "Ahmad S/O Karim",
    ] {
        assert_eq!(says("name", name), (Some(name.to_owned()), vec![]), "{name}");
    }
}

#[test]
fn an_odd_name_is_kept_as_typed_and_only_warns() {
    for name in ["ع", "Ali 2", "علی ۲", "<b>Ali</b>", "...", "=Ali", "نام: احمد"] {
        assert_eq!(says("name", name), (Some(name.to_owned()), vec![FaultCode::Name]), "{name}");
    }
    for name in ["Али", "علی", "Ali 2"] {
        assert_eq!(says("name_latin", name), (Some(name.to_owned()), vec![FaultCode::NameLatin]), "{name}");
    }
    assert!(FaultCode::Name.is_warning() && FaultCode::NameLatin.is_warning());
}

#[test]
fn a_number_is_kept_as_typed_and_only_warns() {
    let phone = |typed: &str| {
        let mut faults = Vec::new();
        let question = serde_json::from_value(json!({ "name": "q", "type": "phone", "label": {} })).unwrap();
        let Answer::Phone(phone) = phone(&question, typed, Some("AF"), &mut faults) else { panic!("{typed}") };
        assert!(faults.iter().all(|fault| fault.is_warning()), "{typed}: {faults:?}");
        (phone.raw, faults)
    };
    for typed in ["0701234567 واتساپ", "@user", "tel:+93701234567"] {
        assert_eq!(phone(typed), (typed.to_owned(), vec![]));
    }
    assert_eq!(phone("+93701234567 یا +93787654321").1, [FaultCode::PhoneUnclear]);
    assert_eq!(phone("ندارم"), ("ندارم".to_owned(), vec![FaultCode::Phone]));
}

#[test]
fn a_count_may_have_a_word_beside_it() {
    let count = |typed: &str| {
        let mut faults = Vec::new();
        let question = serde_json::from_value(json!({ "name": "q", "type": "integer", "label": {} })).unwrap();
        (integer(&question, typed, &mut faults), faults)
    };
    for typed in ["5", " ۵ ", "۵ نفر", "5 persons", "(5)"] {
        assert_eq!(count(typed), (Some(Answer::Integer(5)), vec![]), "{typed}");
    }
    for typed in ["پنج", "5 or 6", "5-6", "--", "99999999999999999999"] {
        assert_eq!(count(typed), (None, vec![FaultCode::Number]), "{typed}");
    }
}

#[test]
fn a_latin_name_has_straight_apostrophes() {
    for apostrophe in ['\u{2bb}', '\u{2bc}', '\u{2bd}', '\u{2be}', '\u{2bf}', '\u{b4}', '`', '\u{2018}', '\u{2019}', '\u{2032}'] {
        assert_eq!(says("name_latin", &format!("O{apostrophe}Neil")), (Some("O'Neil".to_owned()), vec![]));
    }
}

#[test]
fn an_email_address_has_one_at_sign_and_ascii_digits() {
    assert_eq!(says("email", " ali۱۴@example.com "), (Some("ali14@example.com".to_owned()), vec![]));
    let long = format!("{}@example.com", "a".repeat(250));
    for address in ["a", "a@", "@b.c"] {
        assert_eq!(says("email", address).1, [FaultCode::Email], "{address}");
    }
    for address in ["a@b", "a@b@c.d", "a b@c.d", "a@b..c", "a@b.c, d@e.f", "name: a@b.c", &long] {
        assert_eq!(says("email", address), (Some(address.to_owned()), vec![FaultCode::EmailUnclear]), "{address}");
    }
}

#[test]
fn a_passport_number_is_upper_case_and_an_odd_one_only_warns() {
    assert_eq!(says("passport", "p-۰123 4567"), (Some("P01234567".to_owned()), vec![]));
    assert_eq!(says("passport", "p1"), (Some("P1".to_owned()), vec![FaultCode::Passport]));
}

#[test]
fn digits_are_kept_as_ascii() {
    assert_eq!(says("digits", "۱۲/٣"), (Some("123".to_owned()), vec![]));
    assert_eq!(says("digits", "۱۲ب"), (Some("۱۲ب".to_owned()), vec![FaultCode::Number]));
}

#[test]
fn a_wrong_code_is_not_kept() {
    assert_eq!(says("receipt", "1234 5678"), (None, vec![FaultCode::Receipt]));
}

#[test]
fn characters_are_counted_once_cleaned() {
    let bounds = json!({ "min_chars": 3, "max_chars": 5 });
    assert_eq!(read(&bounds, "  رمز  "), (Some("رمز".to_owned()), vec![]));
    assert_eq!(read(&bounds, "e\u{301}e\u{301}").1, [FaultCode::TooShort(3)]);
    assert_eq!(read(&bounds, "شش حرف").1, [FaultCode::TooLong(5)]);
}

#[test]
fn a_word_is_easy_to_guess_if_it_is_the_name_or_the_end_of_the_number() {
    let word = |text: &str| Answer::Text(text.to_owned());
    let phone = Answer::Phone(Phone::read("0701234567", None).0);
    assert!(is_same(&word("علي"), &word("علی")));
    assert!(!is_same(&word("!"), &word("?")));
    for guess in ["۰۷۰۱۲۳۴۵۶۷", "701234567", "4567", "+93 70 123 4567"] {
        assert!(is_same(&word(guess), &phone), "{guess}");
    }
    for word_ in ["0000", "567", "سیب ۴۵۶۷"] {
        assert!(!is_same(&word(word_), &phone), "{word_}");
    }
}

proptest! {
    #[test]
    fn a_text_is_the_same_once_read_again(
        raw in any::<String>(),
        format in prop::sample::select(vec!["name", "name_latin", "email", "etazkira", "passport", "digits"]),
    ) {
        if let (Some(once), faults) = says(format, &raw) {
            prop_assert_eq!(says(format, &once), (Some(once.clone()), faults));
        }
    }
}
