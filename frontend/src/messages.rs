//! Faults as words.

use amanat_shared::form::{Form, Question};
use amanat_shared::validate::{Fault, FaultCode};

use crate::words::{self, Language, Later, filled};

const MEGABYTE: u64 = 1024 * 1024;

/// What to say about a fault.
pub fn message(form: &Form, fault: &Fault, tag: &str) -> String {
    let field = question_at(form, &fault.path).map_or("", |question| question.field.as_ref().unwrap_or(&question.label).get(tag));
    let text = text(fault.code, fault.path.contains('/'), Language::of(tag));
    if fault.code == FaultCode::Required { filled(&text, &[("field", field)]) } else { text }
}

/// The words of a fault; of a field's name only `{field}`. `inside`: of a question inside a group.
pub fn text(code: FaultCode, inside: bool, language: Language) -> String {
    let bounds = |words: Later, min: i64, max: i64| (words.to(language), min, max);
    let plain = |words| bounds(words, 0, 0);
    let most = |words, max| bounds(words, 0, max);
    let (text, min, max) = match code {
        FaultCode::Required => plain(words::ERR_REQUIRED),
        FaultCode::ChooseOne => plain(words::ERR_CHOOSE_ONE),
        FaultCode::ChooseAny => plain(words::ERR_CHOOSE_ANY),
        // There it is another person's agreement.
        FaultCode::Acknowledge if inside => plain(words::ERR_MUST_AGREE),
        FaultCode::Acknowledge => plain(words::ERR_CONSENT),
        FaultCode::Exclusive => plain(words::ERR_CONFLICT),
        FaultCode::TooShort(min) => bounds(words::ERR_TOO_SHORT, min.cast_signed() as i64, 0),
        FaultCode::TooLong(max) => most(words::ERR_TOO_LONG, max.cast_signed() as i64),
        FaultCode::Name => plain(words::WARN_NAME),
        FaultCode::NameLatin => plain(words::ERR_NAME_LATIN),
        FaultCode::Phone => plain(words::WARN_NO_PHONE),
        FaultCode::PhoneUnclear => plain(words::WARN_PHONE),
        FaultCode::Email => plain(words::ERR_EMAIL),
        FaultCode::EmailUnclear => plain(words::WARN_EMAIL),
        FaultCode::Number => plain(words::ERR_NUMBER),
        FaultCode::Range(min, max) => bounds(words::ERR_RANGE, min, max),
        FaultCode::DateInvalid => plain(words::ERR_DATE_INVALID),
        FaultCode::DateYear => plain(words::DATE_YEAR_NEEDED),
        FaultCode::WhichYear => plain(words::ERR_WHICH_YEAR),
        FaultCode::DateCalendar => plain(words::ERR_DATE_CALENDAR),
        FaultCode::DateFuture => plain(words::ERR_DATE_FUTURE),
        FaultCode::DateOrder => plain(words::ERR_DATE_ORDER),
        FaultCode::Age => plain(words::ERR_AGE),
        FaultCode::Minor => plain(words::WARN_MINOR),
        FaultCode::Receipt => plain(words::ERR_REF),
        FaultCode::Etazkira => plain(words::ERR_ETAZKIRA),
        FaultCode::Passport => plain(words::WARN_PASSPORT),
        FaultCode::Same => plain(words::ERR_SAME),
        FaultCode::Guessable => plain(words::WARN_GUESSABLE),
        FaultCode::GuessableWord => plain(words::WARN_WORD_IS_THIS),
        FaultCode::TooMany(max) => most(words::ERR_TOO_MANY, max),
        FaultCode::FileSize(max) => most(words::ERR_FILE_SIZE, (max / MEGABYTE).cast_signed()),
        FaultCode::TotalSize(max) => most(words::ERR_TOTAL_SIZE, (max / MEGABYTE).cast_signed()),
        FaultCode::FileType => plain(words::ERR_FILE_TYPE),
    };
    let number = |number: i64| language.in_digits(number.to_string());
    filled(text, &[("min", &number(min)), ("max", &number(max))])
}

/// The question that a path leads to.
pub fn question_at<'a>(form: &'a Form, path: &str) -> Option<&'a Question> {
    let mut parts = path.split('/').filter(|part| part.parse::<usize>().is_err());
    let mut question = form.question(parts.next()?)?;
    for part in parts {
        question = question.questions.iter().find(|inner| inner.name == part)?;
    }
    Some(question)
}
