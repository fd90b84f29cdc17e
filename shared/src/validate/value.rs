//! One entry, cleaned and checked by itself; and two answers compared.

use super::FaultCode;
use crate::answers::{Answer, FileEntry};
use crate::dates::{Calendar, DateEntry, DateFault, Day, PartialDate, Precision};
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
            faults.push(match fault {
                DateFault::NoYear => FaultCode::DateYear,
                DateFault::Invalid => FaultCode::DateInvalid,
            });
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
mod tests;
