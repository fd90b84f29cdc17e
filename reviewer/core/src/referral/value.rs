//! An answer as the partner reads it, and a cell that no spreadsheet runs.

use amanat_shared::answers::{Answer, Answers};
use amanat_shared::dates::{Calendar, PartialDate, Precision};
use amanat_shared::form::{Form, Question};
use amanat_shared::phone::Phone;

use crate::safe_text;

/// Characters of one text that go. Once what is unsafe in it is spelled out, it still fits a cell of a workbook (32,767).
const MOST_CHARS: usize = 3_000;
/// Characters of one cell.
const MOST_IN_CELL: usize = 30_000;
/// Lines of one value: a group of twenty items with a dozen answers each.
const MOST_LINES: usize = 300;

/// The value of one column for one person. Every line is safe to show: nothing in it commands a terminal, turns the
/// direction of text or hides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Value {
    /// The lines of the value.
    pub lines: Vec<String>,
    /// A date as it was given, with its calendar.
    pub as_given: Option<String>,
}

impl Value {
    /// One of our own words.
    pub fn word(text: &str) -> Self {
        Self { lines: vec![text.to_owned()], as_given: None }
    }

    /// Whether the value is empty.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.as_given.is_none()
    }

    /// The value as one line, not yet guarded against spreadsheets.
    pub fn line(&self) -> String {
        self.joined(" | ")
    }

    /// The value in lines, for a cell that wraps.
    pub fn paragraphs(&self) -> String {
        self.joined("\n")
    }

    fn joined(&self, between: &str) -> String {
        self.lines.join(between).chars().take(MOST_IN_CELL).collect()
    }
}

/// A text that a spreadsheet takes as text: what it could take for a formula gets an apostrophe in front. Source: OWASP, "CSV
/// Injection"; the full-width twins are folded by some programs.
pub fn cell(text: &str) -> String {
    // A program that trims must not bring such a character to the front.
    let first = text.chars().find(|character| !character.is_whitespace() && !character.is_control());
    let starts = text.chars().next();
    let runs = |character: char| {
        matches!(
            character,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' | '−' | '﹢' | '﹣' | '﹦' | '﹫' | '|' | '%'
        )
    };
    if starts.is_some_and(runs) || first.is_some_and(runs) { format!("'{text}") } else { text.to_owned() }
}

/// The answer to `question` in `language`. `beside` are the answers beside it.
pub fn value(form: &Form, language: &str, question: &Question, answer: &Answer, beside: &Answers) -> Value {
    if let Answer::Date(date) = answer {
        return dated(date);
    }
    let mut lines = Vec::new();
    put(&Words { form, language }, question, answer, beside, &mut lines);
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push("(cut here)".to_owned());
    }
    Value { lines, as_given: None }
}

/// A label of the form, safe to show.
pub fn label(question: &Question, language: &str) -> String {
    safe_text::safe(question.label.get(language))
}

/// Days as ISO 8601, a doubtful date as the interval that it can mean.
fn dated(date: &PartialDate) -> Value {
    let line = match (date.precision, date.earliest(), date.latest()) {
        (Precision::Unknown, ..) => return Value::word("not known"),
        (Precision::Ongoing, ..) => return Value::word("has not ended"),
        (_, Some(first), Some(last)) if first == last => first.iso(),
        (_, Some(first), Some(last)) => format!("{}/{}", first.iso(), last.iso()),
        _ => "not clear".to_owned(),
    };
    let calendar = match date.calendar {
        Calendar::Solar => "Solar Hijri",
        Calendar::Gregorian => "Gregorian",
        Calendar::Lunar => "Lunar Hijri, give or take two days",
    };
    let raw = cut(&date.raw);
    let given = match (date.precision, date.age, date.year) {
        (Precision::AgeInYear, Some(age), Some(year)) => format!("{age} years old in {year} ({calendar})"),
        _ => format!("{raw} ({calendar})"),
    };
    Value { lines: vec![line], as_given: Some(given) }
}

struct Words<'a> {
    form: &'a Form,
    language: &'a str,
}

fn put(words: &Words<'_>, question: &Question, answer: &Answer, beside: &Answers, lines: &mut Vec<String>) {
    // A hostile file may nest and repeat without end; what is beyond the bound is not even looked at.
    if lines.len() > MOST_LINES {
        return;
    }
    match answer {
        Answer::Acknowledged(ticked) => lines.push(if *ticked { "yes" } else { "no" }.to_owned()),
        Answer::Integer(number) => lines.push(number.to_string()),
        Answer::Text(text) => match choice(words, question, text, beside) {
            Some(label) => lines.push(label),
            None => lines.extend(text.lines().take(MOST_LINES).map(cut).filter(|line| !line.is_empty())),
        },
        Answer::Many(names) => {
            let labels = names.iter().take(MOST_LINES);
            lines.extend(labels.map(|name| choice(words, question, name, beside).unwrap_or_else(|| cut(name))));
        }
        Answer::Date(date) => {
            let value = dated(date);
            lines.extend(value.lines);
            lines.extend(value.as_given);
        }
        Answer::Phone(phone) => lines.push(number(phone)),
        Answer::Group(answers) => group(words, question, answers, lines),
        Answer::Repeat(items) => {
            for (index, item) in (1..).zip(items.iter().take(MOST_LINES)) {
                lines.push(format!("{index}."));
                group(words, question, item, lines);
            }
        }
    }
}

/// Keeps the form's own questions: keys that a sender put beside them do not go.
fn group(words: &Words<'_>, question: &Question, answers: &Answers, lines: &mut Vec<String>) {
    for inner in &question.questions {
        let Some(answer) = answers.get(&inner.name) else { continue };
        let mut inner_lines = Vec::new();
        put(words, inner, answer, answers, &mut inner_lines);
        lines.push(format!("{}: {}", label(inner, words.language), inner_lines.join("; ")));
    }
}

fn choice(words: &Words<'_>, question: &Question, name: &str, beside: &Answers) -> Option<String> {
    let deciding = question.choices_by.as_ref().and_then(|by| beside.text(&by.question));
    let choices = words.form.choices(question, deciding)?;
    Some(match choices.iter().find(|choice| choice.name == name) {
        Some(choice) => safe_text::safe(choice.label.get(words.language)),
        None => format!("(not a choice of the form: {})", cut(name)),
    })
}

fn number(phone: &Phone) -> String {
    match &phone.e164 {
        Some(number) => cut(number),
        None => format!("{} (as typed; its country is not clear)", cut(&phone.raw)),
    }
}

fn cut(text: &str) -> String {
    let mut chars = text.trim().chars();
    let mut kept: String = chars.by_ref().take(MOST_CHARS).collect();
    if chars.next().is_some() {
        kept.push_str(" (cut here)");
    }
    safe_text::safe(&kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_spreadsheet_could_run_gets_an_apostrophe() {
        for text in ["=1+1", "+93700", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =1", "\u{a0}=1", "|x", "%x"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        for text in ["", "a=1", "کریمه", "'=1", "2021-08-15"] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn a_text_without_end_is_cut_and_fits_a_cell() {
        let evil = "\u{10ffff}".repeat(100_000);
        let value = Value { lines: vec![cut(&evil); 40], as_given: None };
        assert!(cut(&evil).ends_with("(cut here)"));
        assert!(cell(&value.line()).chars().count() < 32_767);
    }

    proptest! {
        #[test]
        fn no_cell_begins_as_a_formula_does(start in "[\\s=+@\\-\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}]{0,4}", rest in any::<String>()) {
            let cell = cell(&format!("{start}{rest}"));
            let first = cell.trim_start().chars().next();
            prop_assert!(!first.is_some_and(|first| "=+-@＝＋－＠".contains(first)), "{cell:?}");
        }
    }
}
