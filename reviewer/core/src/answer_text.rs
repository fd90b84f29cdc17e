//! An answer in words: the form's own labels where the form knows it, else exactly what was sealed.

use amanat_shared::answers::{Answer, Answers};
use amanat_shared::dates::{Calendar, Day, PartialDate, Precision};
use amanat_shared::form::{Choice, Form, Question};
use amanat_shared::phone::Phone;

use crate::safe_text;

/// Choices, items or members of one answer that are shown. No form asks for as many; `open` writes all of them.
pub(crate) const MOST_SHOWN: usize = 100;

/// A form and the language to show it in.
#[derive(Clone, Copy)]
pub struct Labels<'a> {
    /// The form.
    pub form: &'a Form,
    /// One of its languages.
    pub language: &'a str,
}

impl Labels<'_> {
    /// A question's label; its key with a mark where the form has no words for it.
    pub fn label(self, question: &Question) -> String {
        match question.label.get(self.language) {
            label if label.trim().is_empty() => safe_text::isolated(&format!("{} (no label)", question.name)),
            label => safe_text::isolated(label),
        }
    }

    /// The first line of an answer, with a mark where it is no choice of the form.
    pub fn answer_in_line(self, question: &Question, answer: &Answer, all: &Answers) -> Option<String> {
        let mut lines = self.answer(question, answer, all).into_iter();
        let line = lines.next()?;
        if line == remark(NO_CHOICE) { Some(format!("{} ({NO_CHOICE})", lines.next()?)) } else { Some(line) }
    }

    /// The answer to `question`, in lines. `all` are the answers beside it: the choices may hang on one of them.
    pub fn answer(self, question: &Question, answer: &Answer, all: &Answers) -> Vec<String> {
        let deciding = question.choices_by.as_ref().and_then(|by| all.text(&by.question));
        let choices = self.form.choices(question, deciding);
        match (answer, choices) {
            (Answer::Text(name), Some(choices)) => self.choice(name, &choices),
            (Answer::Many(names), Some(choices)) => some(names.iter(), |name| self.choice(name, &choices)),
            (Answer::Group(answers), _) => self.group(question, answers),
            (Answer::Repeat(items), _) => numbered(items, |item| self.group(question, item)),
            _ => raw(answer),
        }
    }

    fn group(self, group: &Question, answers: &Answers) -> Vec<String> {
        let mut lines = Vec::new();
        for question in &group.questions {
            if let Some(answer) = answers.get(&question.name) {
                lines.push(self.label(question));
                lines.extend(indented(self.answer(question, answer, answers)));
            }
        }
        let unasked = answers.0.iter().filter(|(name, _)| !group.questions.iter().any(|question| question.name == **name));
        lines.extend(some(unasked, |(name, answer)| unknown(name, answer)));
        lines
    }

    fn choice(self, name: &str, choices: &[&Choice]) -> Vec<String> {
        match choices.iter().find(|choice| choice.name == name) {
            Some(choice) if choice.label.get(self.language).trim().is_empty() => marked(name, "no label"),
            Some(choice) => safe_text::lines(choice.label.get(self.language)),
            None => marked(name, NO_CHOICE),
        }
    }
}

/// Stands before an answer that the form does not offer.
const NO_CHOICE: &str = "not a choice of the form";

fn remark(words: &str) -> String {
    format!("({words}:)")
}

fn marked(text: &str, words: &str) -> Vec<String> {
    let mut lines = vec![remark(words)];
    // An empty line would look as if there were no answer.
    lines.extend(if text.trim().is_empty() { vec!["(empty)".to_owned()] } else { safe_text::lines(text) });
    lines
}

/// An answer to a question that the form does not have.
pub fn unknown(name: &str, answer: &Answer) -> Vec<String> {
    let mut lines = marked(name, "not a question of the form");
    lines.extend(indented(raw(answer)));
    lines
}

/// A question's key in place of its label.
pub fn key(name: &str) -> String {
    if name.trim().is_empty() { "(a question without a name)".to_owned() } else { safe_text::isolated(name) }
}

/// An answer without a form.
pub fn raw(answer: &Answer) -> Vec<String> {
    match answer {
        Answer::Acknowledged(ticked) => vec![if *ticked { "Yes (ticked)" } else { "No (not ticked)" }.to_owned()],
        Answer::Integer(number) => vec![number.to_string()],
        Answer::Text(text) => safe_text::lines(text),
        Answer::Many(names) => some(names.iter(), |name| safe_text::lines(name)),
        Answer::Date(date) => self::date(date),
        Answer::Phone(phone) => self::phone(phone),
        Answer::Repeat(items) => numbered(items, raw_answers),
        Answer::Group(answers) => raw_answers(answers),
    }
}

/// Answers without a form.
pub fn raw_answers(answers: &Answers) -> Vec<String> {
    some(answers.0.iter(), |(name, answer)| safe_text::lines(name).into_iter().chain(indented(raw(answer))).collect())
}

fn numbered(items: &[Answers], lines: impl Fn(&Answers) -> Vec<String>) -> Vec<String> {
    some((1..).zip(items), |(number, item)| std::iter::once(format!("{number}.")).chain(indented(lines(item))).collect())
}

/// The lines of as many as anybody reads, and how many there are more.
pub fn some<T>(mut all: impl Iterator<Item = T>, lines: impl Fn(T) -> Vec<String>) -> Vec<String> {
    let mut some: Vec<String> = all.by_ref().take(MOST_SHOWN).flat_map(lines).collect();
    let more = all.count();
    if more > 0 {
        some.push(format!("({more} more: `open` writes all of them)"));
    }
    some
}

fn phone(phone: &Phone) -> Vec<String> {
    let mut lines = match &phone.e164 {
        Some(number) => labelled("number", number),
        None => vec!["number: not clear; the country cannot be told from it".to_owned()],
    };
    lines.extend(labelled("as typed", &phone.raw));
    lines
}

/// A short text behind our own word; a long one below it.
fn labelled(label: &str, text: &str) -> Vec<String> {
    let mut lines = safe_text::lines(text);
    match &mut lines[..] {
        [line] => *line = format!("{label}: {line}"),
        _ => lines.insert(0, format!("{label}:")),
    }
    lines
}

fn date(date: &PartialDate) -> Vec<String> {
    let calendar = match date.calendar {
        Calendar::Solar => "Solar Hijri",
        Calendar::Gregorian => "Gregorian",
        Calendar::Lunar => "Lunar Hijri, give or take two days",
    };
    let written = match (date.year, date.month, date.day) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month:02}-{day:02}"),
        (Some(year), Some(month), None) => format!("{year}-{month:02}"),
        (Some(year), None, _) => format!("the year {year}"),
        (None, ..) => "no year".to_owned(),
    };
    let mut lines = vec![match (date.precision, date.age) {
        (Precision::Unknown, _) => "The person does not know".to_owned(),
        (Precision::Ongoing, _) => "It has not ended".to_owned(),
        (Precision::AgeInYear, Some(age)) => format!("{age} years old in {written} ({calendar})"),
        _ => format!("{written} ({calendar})"),
    }];
    match (&date.earliest, &date.latest) {
        (Some(first), Some(last)) if first == last => {
            if *first != written || date.calendar != Calendar::Gregorian {
                lines.extend(labelled("Gregorian", first));
            }
            lines.extend(other_calendar(date.calendar, first).map(|solar| format!("Solar Hijri: {solar}")));
        }
        (None, None) => {}
        (Some(first), Some(last)) if other_calendar(date.calendar, first).is_some() => {
            let solar = |iso: &str| other_calendar(date.calendar, iso).unwrap_or_else(|| "?".to_owned());
            lines.push(format!("Solar Hijri, from: {}", solar(first)));
            lines.push(format!("to: {}", solar(last)));
        }
        (first, last) => {
            lines.extend(labelled("Gregorian, from", first.as_deref().unwrap_or("?")));
            lines.extend(labelled("to", last.as_deref().unwrap_or("?")));
        }
    }
    if !date.raw.is_empty() && date.raw != written {
        lines.extend(labelled("as typed", &date.raw));
    }
    lines
}

/// A Gregorian date by the Solar Hijri calendar; of the others the Gregorian day is what a reviewer lacks.
fn other_calendar(calendar: Calendar, iso: &str) -> Option<String> {
    let day = Day::from_iso(iso).filter(|_| calendar == Calendar::Gregorian)?;
    let (year, month, day) = day.in_calendar(Calendar::Solar);
    Some(format!("{year}-{month:02}-{day:02}"))
}

/// Two spaces before each line.
pub fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(json: &str) -> Vec<String> {
        date(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_date_stands_there_in_both_calendars_once() {
        assert_eq!(
            lines(
                r#"{"calendar":"gregorian","precision":"day","year":2021,"month":8,"day":15,"raw":"2021-08-15","earliest":"2021-08-15","latest":"2021-08-15"}"#
            ),
            ["2021-08-15 (Gregorian)", "Solar Hijri: 1400-05-24"]
        );
        assert_eq!(
            lines(
                r#"{"calendar":"solar","precision":"day","year":1400,"month":5,"day":24,"raw":"۲۴ اسد ۱۴۰۰","earliest":"2021-08-15","latest":"2021-08-15"}"#
            ),
            ["1400-05-24 (Solar Hijri)", "Gregorian: 2021-08-15", "as typed: \u{2068}۲۴ اسد ۱۴۰۰\u{2069}"]
        );
        assert_eq!(
            lines(
                r#"{"calendar":"gregorian","precision":"year","year":1980,"raw":"","earliest":"1980-01-01","latest":"1980-12-31"}"#
            ),
            ["the year 1980 (Gregorian)", "Solar Hijri, from: 1358-10-11", "to: 1359-10-10"]
        );
    }
}
