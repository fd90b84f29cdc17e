//! The texts that tell of an answer's faults.

use amanat_shared::form::{Form, Question};
use amanat_shared::validate::{Fault, FaultCode};

use crate::i18n::{self, DeferredText, Language, filled};

const MEGABYTE: u64 = 1024 * 1024;

/// The text of a fault, with the name of its question.
pub fn message(form: &Form, fault: &Fault, tag: &str) -> String {
    let field = question_at(form, &fault.path).map_or("", |question| question.field.as_ref().unwrap_or(&question.label).get(tag));
    let text = text(fault.code, fault.path.contains('/'), Language::of(tag));
    if fault.code == FaultCode::Required { filled(&text, &[("field", field)]) } else { text }
}

/// The text of a fault, with `{field}` for the name of its question. `in_group`: the question is one of a group.
pub fn text(code: FaultCode, in_group: bool, language: Language) -> String {
    let bounds = |text: DeferredText, min: i64, max: i64| (text.to(language), min, max);
    let plain = |text| bounds(text, 0, 0);
    let most = |text, max| bounds(text, 0, max);
    let (text, min, max) = match code {
        FaultCode::Required => plain(i18n::ERR_REQUIRED),
        FaultCode::ChooseOne => plain(i18n::ERR_CHOOSE_ONE),
        FaultCode::ChooseAny => plain(i18n::ERR_CHOOSE_ANY),
        // In a group, it is another person's agreement.
        FaultCode::Acknowledge if in_group => plain(i18n::ERR_MUST_AGREE),
        FaultCode::Acknowledge => plain(i18n::ERR_CONSENT),
        FaultCode::Exclusive => plain(i18n::ERR_CONFLICT),
        FaultCode::TooShort(min) => bounds(i18n::ERR_TOO_SHORT, min.cast_signed() as i64, 0),
        FaultCode::TooLong(max) => most(i18n::ERR_TOO_LONG, max.cast_signed() as i64),
        FaultCode::Name => plain(i18n::WARN_NAME),
        FaultCode::NameLatin => plain(i18n::ERR_NAME_LATIN),
        FaultCode::Phone => plain(i18n::WARN_NO_PHONE),
        FaultCode::PhoneUnclear => plain(i18n::WARN_PHONE),
        FaultCode::Email => plain(i18n::ERR_EMAIL),
        FaultCode::EmailUnclear => plain(i18n::WARN_EMAIL),
        FaultCode::Number => plain(i18n::ERR_NUMBER),
        FaultCode::Range(min, max) => bounds(i18n::ERR_RANGE, min, max),
        FaultCode::DateInvalid => plain(i18n::ERR_DATE_INVALID),
        FaultCode::DateYear => plain(i18n::DATE_YEAR_NEEDED),
        FaultCode::WhichYear => plain(i18n::ERR_WHICH_YEAR),
        FaultCode::DateCalendar => plain(i18n::ERR_DATE_CALENDAR),
        FaultCode::DateFuture => plain(i18n::ERR_DATE_FUTURE),
        FaultCode::DateOrder => plain(i18n::ERR_DATE_ORDER),
        FaultCode::Age => plain(i18n::ERR_AGE),
        FaultCode::Minor => plain(i18n::WARN_MINOR),
        FaultCode::Receipt => plain(i18n::ERR_REF),
        FaultCode::Etazkira => plain(i18n::ERR_ETAZKIRA),
        FaultCode::Passport => plain(i18n::WARN_PASSPORT),
        FaultCode::Same => plain(i18n::ERR_SAME),
        FaultCode::Guessable => plain(i18n::WARN_GUESSABLE),
        FaultCode::GuessableWord => plain(i18n::WARN_WORD_IS_THIS),
        FaultCode::TooMany(max) => most(i18n::ERR_TOO_MANY, max),
        FaultCode::FileSize(max) => most(i18n::ERR_FILE_SIZE, (max / MEGABYTE).cast_signed()),
        FaultCode::TotalSize(max) => most(i18n::ERR_TOTAL_SIZE, (max / MEGABYTE).cast_signed()),
        FaultCode::FileType => plain(i18n::ERR_FILE_TYPE),
    };
    let number = |number: i64| language.in_digits(number.to_string());
    filled(text, &[("min", &number(min)), ("max", &number(max))])
}

/// The question at a path.
pub fn question_at<'a>(form: &'a Form, path: &str) -> Option<&'a Question> {
    let mut parts = path.split('/').filter(|part| part.parse::<usize>().is_err());
    let mut question = form.question(parts.next()?)?;
    for part in parts {
        question = question.questions.iter().find(|inner| inner.name == part)?;
    }
    Some(question)
}
