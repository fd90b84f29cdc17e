//! One entry, cleaned and checked by itself; and two answers compared.

use super::{Answer, FaultCode, FileEntry};
use crate::dates::{Calendar, DateEntry, Day, PartialDate, Precision};
use crate::form::{Choice, Format, Question, QuestionType};
use crate::pack::Limits;
use crate::phone::{Phone, PhoneFormat};
use crate::receipt::Receipt;
use crate::text::{clean, clean_lines, fold_digits, is_apostrophe, is_latin_letter, is_mark, match_key, numbers_in};

/// Most characters of a text whose question does not say.
const MAX_CHARS: usize = 2_000;

/// Most characters of a telephone number, for two of them and what stands between.
const MAX_PHONE_CHARS: usize = 60;

/// RFC 5321, section 4.5.3.1.3, without the angle brackets.
const MAX_EMAIL_BYTES: usize = 254;

/// Files attached so far, of all questions.
#[derive(Default)]
pub(super) struct Limited {
    files: u32,
    bytes: u64,
}

pub(super) fn text(question: &Question, typed: &str, faults: &mut Vec<FaultCode>) -> Option<Answer> {
    let cleaned = if question.multiline { clean_lines(typed) } else { clean(typed) };
    let text = match question.constraint.format {
        None => cleaned,
        Some(Format::Receipt) => {
            let digits = without_separators(&fold_digits(&cleaned));
            if Receipt::parse(&digits).is_err() {
                // Part of a code is not for keeping.
                faults.push(FaultCode::Receipt);
                return None;
            }
            digits
        }
        Some(format) => formatted(format, cleaned, faults),
    };
    let chars = text.chars().count();
    let max = question.constraint.max_chars.unwrap_or(MAX_CHARS);
    match question.constraint.min_chars {
        _ if chars > max => faults.push(FaultCode::TooLong(max)),
        Some(min) if chars < min => faults.push(FaultCode::TooShort(min)),
        _ => {}
    }
    (!text.is_empty()).then_some(Answer::Text(text))
}

fn formatted(format: Format, cleaned: String, faults: &mut Vec<FaultCode>) -> String {
    let (text, is_good, fault) = match format {
        Format::Name => {
            let is_good = is_name(&cleaned);
            (cleaned, is_good, FaultCode::Name)
        }
        Format::NameLatin => {
            let straight = |c| if is_apostrophe(c) { '\'' } else { c };
            let text: String = cleaned.chars().map(straight).collect();
            let is_good = text.chars().all(|c| is_latin_letter(c) || is_mark(c) || matches!(c, ' ' | '.' | '\'' | '-'))
                && text.chars().any(is_latin_letter);
            (text, is_good, FaultCode::NameLatin)
        }
        Format::Email => {
            // Joiners cannot be seen, so nobody could correct them.
            let text: String = fold_digits(&cleaned).chars().filter(|c| !matches!(c, '\u{200c}' | '\u{200d}')).collect();
            let is_good = is_email(&text);
            let reaches_somebody = text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
            (text, is_good, if reaches_somebody { FaultCode::EmailUnclear } else { FaultCode::Email })
        }
        Format::Etazkira => {
            let digits = without_separators(&fold_digits(&cleaned));
            if digits.len() == 13 && is_digits(&digits) {
                (format!("{}-{}-{}", &digits[..4], &digits[4..8], &digits[8..]), true, FaultCode::Etazkira)
            } else {
                (cleaned, false, FaultCode::Etazkira)
            }
        }
        Format::Passport => {
            let number = without_separators(&fold_digits(&cleaned)).to_ascii_uppercase();
            let is_good = (6..=12).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
            (if is_good { number } else { cleaned.to_ascii_uppercase() }, is_good, FaultCode::Passport)
        }
        Format::Digits | Format::Receipt => {
            let digits = without_separators(&fold_digits(&cleaned));
            let is_good = is_digits(&digits);
            (if is_good { digits } else { cleaned }, is_good, FaultCode::Number)
        }
    };
    if !is_good {
        faults.push(fault);
    }
    text
}

/// Without what people put between the groups of a long number; a Persian keyboard's hyphen is often the tatweel.
fn without_separators(text: &str) -> String {
    text.chars()
        .filter(|c| {
            !matches!(c, ' ' | '-' | '_' | '.' | '/' | '\u{200c}' | '\u{200d}' | '\u{640}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
        })
        .collect()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text reads like a name in some script: two letters at least, and neither digits nor signs that no name has.
fn is_name(text: &str) -> bool {
    let stands_between = |c| matches!(c, ' ' | '.' | '\'' | '`' | '-' | '/' | '(' | ')' | ',');
    let is_letter = |c: char| if c.is_ascii() { c.is_ascii_alphabetic() } else { c > '\u{bf}' && !is_mark(c) };
    let has_digits = fold_digits(text).bytes().any(|byte| byte.is_ascii_digit());
    !has_digits
        && text.chars().all(|c| !c.is_ascii() || is_letter(c) || stands_between(c))
        && text.chars().filter(|c| is_letter(*c)).count() >= 2
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= MAX_EMAIL_BYTES
        && !local.is_empty()
        && !domain.contains('@')
        && domain.split('.').all(|label| !label.is_empty())
        && domain.contains('.')
        && !text.contains([' ', '<', '>', '(', ')', '[', ']', ',', ';', ':', '"', '\\', '،', '؛'])
}

pub(super) fn integer(question: &Question, typed: &str, faults: &mut Vec<FaultCode>) -> Option<Answer> {
    // Beside one number a word may stand: "5 persons".
    let number = match &numbers_in(typed)[..] {
        [number] if !clean(typed).starts_with(['-', '\u{2212}']) => number.parse::<i64>().ok(),
        _ => None,
    };
    let Some(number) = number else {
        faults.push(FaultCode::Number);
        return None;
    };
    let (min, max) = (question.constraint.min.unwrap_or(i64::MIN), question.constraint.max.unwrap_or(i64::MAX));
    if !(min..=max).contains(&number) {
        faults.push(FaultCode::Range(min, max));
    }
    Some(Answer::Integer(number))
}

pub(super) fn select_one(offered: &[&Choice], chosen: &str, faults: &mut Vec<FaultCode>) -> Option<Answer> {
    if offered.iter().any(|choice| choice.name == chosen) {
        return Some(Answer::Text(chosen.to_owned()));
    }
    faults.push(FaultCode::ChooseOne);
    None
}

pub(super) fn select_multiple(
    question: &Question,
    offered: &[&Choice],
    chosen: &[String],
    faults: &mut Vec<FaultCode>,
) -> Option<Answer> {
    if !chosen.iter().all(|name| offered.iter().any(|choice| choice.name == *name)) {
        faults.push(FaultCode::ChooseAny);
    }
    let names: Vec<String> = offered.iter().map(|choice| &choice.name).filter(|name| chosen.contains(name)).cloned().collect();
    let stands_alone = names.len() < 2 || !names.iter().any(|name| question.exclusive.contains(name));
    if !stands_alone || question.conflicts.iter().any(|pair| pair.iter().all(|name| names.contains(name))) {
        faults.push(FaultCode::Exclusive);
    }
    (!names.is_empty()).then_some(Answer::Many(names))
}

/// A date has a fault only where no day that it can mean would do.
pub(super) fn date(question: &Question, entry: &DateEntry, today: Day, faults: &mut Vec<FaultCode>) -> Option<Answer> {
    let always_offered = matches!(entry.precision, Precision::Day | Precision::Month | Precision::Year);
    if !always_offered && !question.precisions.contains(&entry.precision) {
        faults.push(FaultCode::DateInvalid);
        return None;
    }
    // A reviewer would read another day than the person means.
    if !entry.years_meant(today).is_empty() {
        faults.push(FaultCode::WhichYear);
        return None;
    }
    let date = match PartialDate::read(entry) {
        Ok(date) => date,
        Err(fault) => {
            faults.push(fault);
            return None;
        }
    };
    if !date.is_possible(today) {
        faults.push(FaultCode::DateInvalid);
        return None;
    }
    if let (Some(earliest), Some(latest)) = (date.earliest(), date.latest()) {
        let constraint = &question.constraint;
        let is_future = earliest > today && (constraint.past || constraint.age.is_some());
        let youngest = today.years_since(latest);
        match constraint.age {
            _ if is_future => faults.push(FaultCode::DateFuture),
            Some(age) if today.years_since(earliest) < age.min || youngest > age.max => faults.push(FaultCode::Age),
            Some(age) if youngest < age.warn_under => faults.push(FaultCode::Minor),
            _ => {}
        }
        // A solar year that cannot lie ahead, but does, is a lunar one.
        if is_future && date.calendar == Calendar::Solar || date.looks_like_another_calendar(today) {
            faults.push(FaultCode::DateCalendar);
        }
    }
    Some(Answer::Date(date))
}

pub(super) fn phone(question: &Question, typed: &str, country: Option<&str>, faults: &mut Vec<FaultCode>) -> Answer {
    let (phone, how) = Phone::read(typed, country);
    let max = question.constraint.max_chars.unwrap_or(MAX_PHONE_CHARS);
    match how {
        _ if phone.raw.chars().count() > max => faults.push(FaultCode::TooLong(max)),
        PhoneFormat::Characters => faults.push(FaultCode::Phone),
        PhoneFormat::Ambiguous => faults.push(FaultCode::PhoneUnclear),
        PhoneFormat::Username
        | PhoneFormat::International
        | PhoneFormat::CountryCode
        | PhoneFormat::Country
        | PhoneFormat::Pattern => {}
    }
    Answer::Phone(phone)
}

pub(super) fn files(
    question: &Question,
    files: &[FileEntry],
    limits: &Limits,
    attached: &mut Limited,
    faults: &mut Vec<FaultCode>,
) -> Answer {
    let is_taken = |file: &FileEntry| match file.media_type.as_str() {
        "image/jpeg" | "image/png" => true,
        "application/pdf" => question.r#type == QuestionType::File,
        _ => false,
    };
    let count = u32::try_from(files.len()).unwrap_or(u32::MAX);
    attached.files = attached.files.saturating_add(count);
    attached.bytes = files.iter().fold(attached.bytes, |bytes, file| bytes.saturating_add(file.bytes));
    if !files.iter().all(is_taken) {
        faults.push(FaultCode::FileType);
    }
    if files.iter().any(|file| file.bytes > limits.file_bytes) {
        faults.push(FaultCode::FileSize(limits.file_bytes));
    }
    match question.constraint.max {
        Some(max) if i64::from(count) > max => faults.push(FaultCode::TooMany(max)),
        _ if attached.files > limits.files => faults.push(FaultCode::TooMany(limits.files.into())),
        _ => {}
    }
    if attached.bytes > limits.total_bytes {
        faults.push(FaultCode::TotalSize(limits.total_bytes));
    }
    Answer::Many(files.iter().map(|file| file.name.clone()).collect())
}

/// Whether two answers say the same: texts by their match keys, a text and a number by their digits.
pub(super) fn is_same(answer: &Answer, other: &Answer) -> bool {
    match (answer, other) {
        (Answer::Text(text), Answer::Text(other)) => {
            let key = match_key(text);
            key == match_key(other) && (!key.is_empty() || text == other)
        }
        (Answer::Phone(phone), Answer::Phone(other)) => phone.digits() == other.digits(),
        (Answer::Text(text), Answer::Phone(phone)) | (Answer::Phone(phone), Answer::Text(text)) => {
            let (typed, how) = Phone::read(text, None);
            // "0701234567" and "1234567" are what "+93701234567" ends with, but for the zero.
            let digits = typed.digits();
            let ending = digits.trim_start_matches('0');
            !matches!(how, PhoneFormat::Characters | PhoneFormat::Username) && ending.len() >= 4 && phone.digits().ends_with(ending)
        }
        _ => false,
    }
}

/// Whether a date ends before another starts.
pub(super) fn is_before(answer: &Answer, other: &Answer) -> bool {
    match (answer, other) {
        (Answer::Date(date), Answer::Date(other)) => {
            date.latest().zip(other.earliest()).is_some_and(|(latest, earliest)| latest < earliest)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
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
        let vectors: Value = serde_json::from_str(include_str!("../../vectors.json")).unwrap();
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
        for apostrophe in ['\u{2bb}', '\u{2bc}', '\u{2bd}', '\u{2be}', '\u{2bf}', '\u{b4}', '`', '\u{2018}', '\u{2019}', '\u{2032}']
        {
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
}
