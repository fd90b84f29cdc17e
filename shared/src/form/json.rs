//! The form from the pack's JSON, by hand: see [`crate::codec::json`].
//!
//! As the phone needs it, which never orders a queue: what only reviewers read (rules, policy, summary) stays unread, and
//! a condition that is for triage only is no condition.

use super::{Age, Choice, ChoicesBy, Condition, Constraint, Form, Format, Page, Question, QuestionType, Section, Summary, Text};
use crate::codec::json::{DecodeError, Members, Value, flag, list, map, number, text, word};
use crate::dates::{CALENDARS, PRECISIONS};

const TYPES: &[(&str, QuestionType)] = &[
    ("text", QuestionType::Text),
    ("integer", QuestionType::Integer),
    ("select_one", QuestionType::SelectOne),
    ("select_multiple", QuestionType::SelectMultiple),
    ("acknowledge", QuestionType::Acknowledge),
    ("date", QuestionType::Date),
    ("phone", QuestionType::Phone),
    ("image", QuestionType::Image),
    ("file", QuestionType::File),
    ("note", QuestionType::Note),
    ("group", QuestionType::Group),
    ("repeat", QuestionType::Repeat),
];

const FORMATS: &[(&str, Format)] = &[
    ("name", Format::Name),
    ("name_latin", Format::NameLatin),
    ("email", Format::Email),
    ("receipt", Format::Receipt),
    ("etazkira", Format::Etazkira),
    ("passport", Format::Passport),
    ("digits", Format::Digits),
];

/// Reads a [`Form`] for the phone.
pub(crate) fn form(value: &Value, error: &mut DecodeError) -> Form {
    let mut its = Members::of(value, error);
    for reviewers in ["triage", "policy", "summary"] {
        its.leave_unread(reviewers);
    }
    Form {
        id: its.one("id", text),
        version: its.one("version", text),
        languages: its.list("languages", text),
        title: its.one("title", translations),
        sections: its.list("sections", section),
        lists: its.one("lists", |value, error| map(value, error, choices)),
        pages: its.list("pages", page),
        triage: Vec::new(),
        policy: Vec::new(),
        summary: Summary::default(),
    }
}

fn translations(value: &Value, error: &mut DecodeError) -> Text {
    Text(map(value, error, text))
}

fn section(value: &Value, error: &mut DecodeError) -> Section {
    let mut its = Members::of(value, error);
    Section { name: its.one("name", text), label: its.one("label", translations) }
}

fn choices(value: &Value, error: &mut DecodeError) -> Vec<Choice> {
    list(value, error, |value, error| {
        let mut its = Members::of(value, error);
        Choice { name: its.one("name", text), label: its.one("label", translations) }
    })
}

fn page(value: &Value, error: &mut DecodeError) -> Page {
    let mut its = Members::of(value, error);
    Page {
        name: its.one("name", text),
        phase: its.one("phase", number),
        section: its.one("section", text),
        title: its.optional("title", translations),
        relevant: its.optional("relevant", condition),
        optional_if: its.optional("optional_if", condition),
        stop: its.or("stop", false, flag),
        questions: its.list("questions", question),
    }
}

fn question(value: &Value, error: &mut DecodeError) -> Question {
    let mut its = Members::of(value, error);
    Question {
        name: its.one("name", text),
        r#type: its.one("type", |value, error| word(value, error, TYPES)),
        label: its.one("label", translations),
        field: its.optional("field", translations),
        hint: its.optional("hint", translations),
        required: its.or("required", false, flag),
        relevant: its.optional("relevant", condition),
        list: its.optional("list", text),
        choices_by: its.optional("choices_by", choices_by),
        except: its.list_or_none("except", text),
        exclusive: its.list_or_none("exclusive", text),
        conflicts: its.list_or_none("conflicts", pair),
        multiline: its.or("multiline", false, flag),
        suggestions: its.optional("suggestions", text),
        calendar: its.optional("calendar", |value, error| word(value, error, CALENDARS)),
        precisions: its.list_or_none("precisions", |value, error| word(value, error, PRECISIONS)),
        country: its.optional("country", text),
        constraint: its.or("constraint", Constraint::default(), constraint),
        questions: its.list_or_none("questions", question),
    }
}

fn choices_by(value: &Value, error: &mut DecodeError) -> ChoicesBy {
    let mut its = Members::of(value, error);
    ChoicesBy { question: its.one("question", text), otherwise: its.one("else", text), lists: its.rest(text) }
}

fn pair(value: &Value, error: &mut DecodeError) -> [String; 2] {
    list(value, error, text).try_into().unwrap_or_else(|_| {
        error.here();
        Default::default()
    })
}

fn constraint(value: &Value, error: &mut DecodeError) -> Constraint {
    let mut its = Members::of(value, error);
    Constraint {
        format: its.optional("format", |value, error| word(value, error, FORMATS)),
        min_chars: its.optional("min_chars", number),
        max_chars: its.optional("max_chars", number),
        min: its.optional("min", number),
        max: its.optional("max", number),
        past: its.or("past", false, flag),
        not_before: its.optional("not_before", text),
        age: its.optional("age", age),
        differs_from: its.optional("differs_from", text),
        warn_if_same_as: its.list_or_none("warn_if_same_as", text),
        must_be: its.optional("must_be", text),
    }
}

fn age(value: &Value, error: &mut DecodeError) -> Age {
    let mut its = Members::of(value, error);
    Age { min: its.one("min", number), max: its.one("max", number), warn_under: its.one("warn_under", number) }
}

fn condition(value: &Value, error: &mut DecodeError) -> Condition {
    let members = if let Value::Object(members) = value { members.iter().collect() } else { Vec::new() };
    let [(kind, value)] = members[..] else {
        error.here();
        return Condition::All(Vec::new());
    };
    match kind.as_str() {
        "all" => Condition::All(list(value, error, condition)),
        "any" => Condition::Any(list(value, error, condition)),
        "not" => Condition::Not(Box::new(condition(value, error))),
        "answered" => Condition::Answered(text(value, error)),
        "is" | "is_any" | "includes_any" | "more_than" => {
            let mut its = Members::of(value, error);
            let question = its.one("question", text);
            match kind.as_str() {
                "is" => Condition::Is { question, choice: its.one("choice", text) },
                "is_any" => Condition::IsAny { question, choices: its.list("choices", text) },
                "includes_any" => Condition::IncludesAny { question, choices: its.list("choices", text) },
                _ => Condition::MoreThan { question, number: its.one("number", number) },
            }
        }
        _ => {
            error.name(kind);
            Condition::All(Vec::new())
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
