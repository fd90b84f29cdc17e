//! One case as a page shows it: the rules of contact and sharing, then every answer under the form's own labels, section by
//! section. All of it is text that is safe to show.

use amanat_shared::answers::Answer;
use amanat_shared::form::{Form, Page, QuestionType};
use amanat_shared::seal::Registration;

use crate::afghan_form::{CONTACT_SECTION, PERMISSION_SECTION};
use crate::answer_text::{self, Labels};
use crate::contact_rules;
use crate::forms::{self, Forms};
use crate::safe_text;

/// Lines of answers on one sheet: no honest person writes as many, and a page of millions stands still.
const MOST_LINES: usize = 3_000;
/// Lines of rules in one box.
const MOST_RULES: usize = 300;
const CUT: &str = "(cut here: `open` writes all of it)";

/// A case, for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseView {
    /// Rules of contact with this person, the strictest first.
    pub contact: Vec<String>,
    /// Rules of sharing, by kind of partner.
    pub sharing: Vec<String>,
    /// The answers. Those about contact and permission come first, to stand beside the rules.
    pub sections: Vec<Section>,
    /// Whether the form is known here; if not, keys are shown in place of labels.
    pub form_known: bool,
    /// Whether a newer form of the same id is known: the labels are then those of the earlier one.
    pub form_earlier: bool,
    /// Id and version of the form, and the language in which it was filled in.
    pub form: String,
}

/// Answers under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The form's name of it; empty for answers that the form does not know.
    pub name: String,
    /// The heading in the reviewer's language.
    pub heading: String,
    /// Its answers.
    pub rows: Vec<AnswerRow>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// The question.
    pub label: String,
    /// The answer, in lines.
    pub lines: Vec<String>,
}

/// Puts a case into words, in `language` where its form has it.
pub fn view(registration: &Registration, forms: &Forms, language: &str) -> CaseView {
    let form = forms.get(&registration.form);
    let short = |text: &str| safe_text::isolated(&text.chars().take(40).collect::<String>());
    CaseView {
        contact: cut(contact_rules::contact(&registration.answers), MOST_RULES),
        sharing: cut(contact_rules::sharing(&registration.answers), MOST_RULES),
        sections: bounded(form.map_or_else(|| raw(registration), |form| sections(registration, form, language))),
        form_known: form.is_some(),
        form_earlier: form.is_some_and(|form| forms.is_earlier(form)),
        form: format!(
            "{}, version {}, filled in in {}",
            short(&registration.form.id),
            short(&registration.form.version),
            short(&registration.language)
        ),
    }
}

fn sections(registration: &Registration, form: &Form, language: &str) -> Vec<Section> {
    let labels = Labels { form, language: forms::language(form, language) };
    let mut sections: Vec<Section> = form
        .sections
        .iter()
        .map(|section| {
            // A section's pages are in several phases; here they stand together.
            let pages = form.pages.iter().filter(|page| page.section == section.name);
            Section {
                name: section.name.clone(),
                heading: safe_text::isolated(section.label.get(labels.language)),
                rows: pages.flat_map(|page| rows(page, registration, labels)).collect(),
            }
        })
        .filter(|section| !section.rows.is_empty())
        .collect();
    sections.sort_by_key(|section| ![CONTACT_SECTION, PERMISSION_SECTION].contains(&section.name.as_str()));
    let unknown = some(registration.answers.0.iter().filter(|(name, _)| form.question(name).is_none()));
    if !unknown.is_empty() {
        sections.push(Section { name: String::new(), heading: "Not questions of this form".to_owned(), rows: unknown });
    }
    sections
}

fn rows(page: &Page, registration: &Registration, labels: Labels<'_>) -> Vec<AnswerRow> {
    let answers = &registration.answers;
    let questions = page.questions.iter().filter(|question| question.r#type != QuestionType::Note);
    questions
        .filter_map(|question| {
            let answer = answers.get(&question.name)?;
            Some(AnswerRow { label: labels.label(question), lines: labels.answer(question, answer, answers) })
        })
        .collect()
}

fn raw(registration: &Registration) -> Vec<Section> {
    vec![Section {
        name: String::new(),
        heading: "Answers (no labels: the form is not known here)".to_owned(),
        rows: some(registration.answers.0.iter()),
    }]
}

/// Answers under their keys: the first of them, and how many more there are.
fn some<'a>(mut answers: impl Iterator<Item = (&'a String, &'a Answer)>) -> Vec<AnswerRow> {
    let row = |(name, answer): (&String, &Answer)| AnswerRow { label: answer_text::key(name), lines: answer_text::raw(answer) };
    let mut rows: Vec<AnswerRow> = answers.by_ref().take(answer_text::MOST_SHOWN).map(row).collect();
    let more = answers.count();
    if more > 0 {
        rows.push(AnswerRow { label: format!("{more} more"), lines: vec!["(`open` writes all of them)".to_owned()] });
    }
    rows
}

fn cut(mut lines: Vec<String>, most: usize) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        lines.push(CUT.to_owned());
    }
    lines
}

/// At most so many lines in all.
fn bounded(mut sections: Vec<Section>) -> Vec<Section> {
    let mut left = MOST_LINES;
    for section in &mut sections {
        section.rows.retain_mut(|row| {
            let room = left > 0;
            row.lines = cut(std::mem::take(&mut row.lines), left);
            left = left.saturating_sub(row.lines.len().max(1));
            room
        });
    }
    sections.retain(|section| !section.rows.is_empty());
    sections
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sheet_of(answers: &Value) -> CaseView {
        let registration = serde_json::from_value(json!({
            "format": 1, "form": { "id": "x", "version": "1", "sha256": "" }, "pack": { "serial": 1, "sha256": "" },
            "language": "en", "mailbox": { "recipient": "", "id": "" }, "delete_proof": "", "answers": answers, "attachments": [],
        }))
        .unwrap();
        view(&registration, &Forms::default(), "en")
    }

    #[test]
    fn a_sheet_of_an_unknown_form_has_keys_and_the_rules_of_contact() {
        let sheet = sheet_of(&json!({ "contact_channels": ["call"], "note": "one\ntwo" }));
        assert!(!sheet.form_known && sheet.contact.iter().any(|rule| rule.contains("NO CALL")));
        assert_eq!(
            sheet.sections[0].rows[1],
            AnswerRow { label: "note".to_owned(), lines: vec!["one".to_owned(), "two".to_owned()] }
        );
    }

    #[test]
    fn a_sheet_never_has_more_lines_than_a_page_can_bear() {
        let many: serde_json::Map<String, Value> = (0..50_000).map(|number| (format!("key{number}"), json!("x"))).collect();
        let rows = sheet_of(&Value::Object(many)).sections.remove(0).rows;
        assert_eq!((rows.len(), rows[100].label.as_str()), (101, "49900 more"));
        let long = "\n".repeat(1_000_000);
        let sheet = sheet_of(&json!({ "a": long, "b": long, "share_never": long }));
        let lines: usize = sheet.sections.iter().flat_map(|section| &section.rows).map(|row| row.lines.len()).sum();
        assert!(lines <= MOST_LINES + 1 && sheet.sharing.len() <= MOST_RULES + 1, "{lines}");
        assert!(sheet.sections[0].rows[0].lines.last().is_some_and(|line| line == CUT));
    }
}
