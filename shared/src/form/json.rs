//! The form from the pack's JSON, by hand: see [`crate::json`].
//!
//! As the phone needs it, which never orders a queue: what only reviewers read (rules, policy, summary) stays unread, and
//! a condition that is for triage only is no condition.

use super::{Age, Choice, ChoicesBy, Condition, Constraint, Form, Format, Page, Question, QuestionType, Section, Summary, Text};
use crate::dates::{Calendar, Precision};
use crate::json::{Fault, Members, Value, flag, list, map, number, text, word};

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

/// Calendars by their words.
pub(crate) const CALENDARS: &[(&str, Calendar)] =
    &[("solar", Calendar::Solar), ("gregorian", Calendar::Gregorian), ("lunar", Calendar::Lunar)];

/// Precisions by their words.
pub(crate) const PRECISIONS: &[(&str, Precision)] = &[
    ("day", Precision::Day),
    ("month", Precision::Month),
    ("year", Precision::Year),
    ("age_in_year", Precision::AgeInYear),
    ("unknown", Precision::Unknown),
    ("ongoing", Precision::Ongoing),
];

/// Reads a [`Form`] for the phone.
pub(crate) fn form(value: &Value, fault: &mut Fault) -> Form {
    let mut its = Members::of(value, fault);
    for reviewers in ["triage", "policy", "summary"] {
        its.leave_unread(reviewers);
    }
    Form {
        id: its.one("id", text),
        version: its.one("version", text),
        languages: its.list("languages", text),
        title: its.one("title", translations),
        sections: its.list("sections", section),
        lists: its.one("lists", |value, fault| map(value, fault, choices)),
        pages: its.list("pages", page),
        triage: Vec::new(),
        policy: Vec::new(),
        summary: Summary::default(),
    }
}

fn translations(value: &Value, fault: &mut Fault) -> Text {
    Text(map(value, fault, text))
}

fn section(value: &Value, fault: &mut Fault) -> Section {
    let mut its = Members::of(value, fault);
    Section { name: its.one("name", text), label: its.one("label", translations) }
}

fn choices(value: &Value, fault: &mut Fault) -> Vec<Choice> {
    list(value, fault, |value, fault| {
        let mut its = Members::of(value, fault);
        Choice { name: its.one("name", text), label: its.one("label", translations) }
    })
}

fn page(value: &Value, fault: &mut Fault) -> Page {
    let mut its = Members::of(value, fault);
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

fn question(value: &Value, fault: &mut Fault) -> Question {
    let mut its = Members::of(value, fault);
    Question {
        name: its.one("name", text),
        r#type: its.one("type", |value, fault| word(value, fault, TYPES)),
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
        calendar: its.optional("calendar", |value, fault| word(value, fault, CALENDARS)),
        precisions: its.list_or_none("precisions", |value, fault| word(value, fault, PRECISIONS)),
        country: its.optional("country", text),
        constraint: its.or("constraint", Constraint::default(), constraint),
        questions: its.list_or_none("questions", question),
    }
}

fn choices_by(value: &Value, fault: &mut Fault) -> ChoicesBy {
    let mut its = Members::of(value, fault);
    ChoicesBy { question: its.one("question", text), otherwise: its.one("else", text), lists: its.rest(text) }
}

fn pair(value: &Value, fault: &mut Fault) -> [String; 2] {
    list(value, fault, text).try_into().unwrap_or_else(|_| {
        fault.here();
        Default::default()
    })
}

fn constraint(value: &Value, fault: &mut Fault) -> Constraint {
    let mut its = Members::of(value, fault);
    Constraint {
        format: its.optional("format", |value, fault| word(value, fault, FORMATS)),
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

fn age(value: &Value, fault: &mut Fault) -> Age {
    let mut its = Members::of(value, fault);
    Age { min: its.one("min", number), max: its.one("max", number), warn_under: its.one("warn_under", number) }
}

fn condition(value: &Value, fault: &mut Fault) -> Condition {
    let members = if let Value::Object(members) = value { members.iter().collect() } else { Vec::new() };
    let [(kind, value)] = members[..] else {
        fault.here();
        return Condition::All(Vec::new());
    };
    match kind.as_str() {
        "all" => Condition::All(list(value, fault, condition)),
        "any" => Condition::Any(list(value, fault, condition)),
        "not" => Condition::Not(Box::new(condition(value, fault))),
        "answered" => Condition::Answered(text(value, fault)),
        "is" | "is_any" | "includes_any" | "more_than" => {
            let mut its = Members::of(value, fault);
            let question = its.one("question", text);
            match kind.as_str() {
                "is" => Condition::Is { question, choice: its.one("choice", text) },
                "is_any" => Condition::IsAny { question, choices: its.list("choices", text) },
                "includes_any" => Condition::IncludesAny { question, choices: its.list("choices", text) },
                _ => Condition::MoreThan { question, number: its.one("number", number) },
            }
        }
        _ => {
            fault.name(kind);
            Condition::All(Vec::new())
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
