//! Faults as words.

use amanat_shared::answers::{Fault, FaultCode};
use amanat_shared::form::{Form, Question};

use crate::words::{self, Language};

const MEGABYTE: u64 = 1024 * 1024;

/// What to say about a fault.
pub fn message(form: &Form, fault: &Fault, tag: &str) -> String {
    let language = Language::of(tag);
    let plain = |words: words::Words| words.to(language).to_owned();
    let number = |words: words::Words, name: &str, number: String| words.with(language, &[(name, &number)]);
    match fault.code {
        FaultCode::Required => {
            let field =
                question_at(form, &fault.path).map_or("", |question| question.field.as_ref().unwrap_or(&question.label).get(tag));
            words::ERR_REQUIRED.with(language, &[("field", field)])
        }
        FaultCode::ChooseOne => plain(words::ERR_CHOOSE_ONE),
        FaultCode::ChooseAny => plain(words::ERR_CHOOSE_ANY),
        FaultCode::Exclusive => plain(words::ERR_CONFLICT),
        // Inside a group it is another person's agreement.
        FaultCode::Acknowledge if fault.path.contains('/') => plain(words::ERR_MUST_AGREE),
        FaultCode::Acknowledge => plain(words::ERR_CONSENT),
        FaultCode::TooShort(min) => number(words::ERR_TOO_SHORT, "min", min.to_string()),
        FaultCode::TooLong(max) => number(words::ERR_TOO_LONG, "max", max.to_string()),
        FaultCode::Name => plain(words::ERR_NAME),
        FaultCode::NameLatin => plain(words::ERR_NAME_LATIN),
        FaultCode::Phone => plain(words::ERR_PHONE),
        FaultCode::PhoneUnclear => plain(words::WARN_PHONE),
        FaultCode::Email => plain(words::ERR_EMAIL),
        FaultCode::Number => plain(words::ERR_NUMBER),
        FaultCode::Range(min, max) => words::ERR_RANGE.with(language, &[("min", &min.to_string()), ("max", &max.to_string())]),
        FaultCode::DateInvalid => plain(words::ERR_DATE_INVALID),
        FaultCode::DateYear => plain(words::DATE_YEAR_NEEDED),
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
        FaultCode::TooMany(max) => number(words::ERR_TOO_MANY, "max", max.to_string()),
        FaultCode::FileSize(max) => number(words::ERR_FILE_SIZE, "max", (max / MEGABYTE).to_string()),
        FaultCode::TotalSize(max) => words::ERR_TOTAL_SIZE.with(language, &[("max", &(max / MEGABYTE).to_string())]),
        FaultCode::FileType => words::ERR_FILE_TYPE.to(language).to_owned(),
    }
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
