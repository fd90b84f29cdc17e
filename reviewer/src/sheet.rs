//! One case as a page shows it: the rules of contact and sharing, then every answer under the form's own labels, section by
//! section. All of it is text that is safe to show.

use amanat_shared::form::{Form, Page, QuestionType};
use amanat_shared::seal::Registration;

use crate::forms::{self, Forms};
use crate::rules;
use crate::terminal;
use crate::wording::{self, Labels};

/// A case, for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// How this person may be contacted, the strictest first.
    pub contact: Vec<String>,
    /// What may be shared with whom.
    pub sharing: Vec<String>,
    /// The answers. Those about contact and permission come first, to stand beside the rules.
    pub sections: Vec<Section>,
    /// Whether the form is known here; if not, keys are shown in place of labels.
    pub form_known: bool,
    /// Id and version of the form, and the language in which it was filled in.
    pub form: String,
}

/// Answers under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The form's name of it; empty for answers that the form does not know.
    pub name: String,
    /// In the reviewer's language.
    pub heading: String,
    /// Its answers.
    pub rows: Vec<Row>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The question.
    pub label: String,
    /// The answer, in lines.
    pub lines: Vec<String>,
}

/// Puts a case into words, in `language` where its form has it.
pub fn sheet(registration: &Registration, forms: &Forms, language: &str) -> Sheet {
    let form = forms.get(&registration.form);
    let short = |text: &str| terminal::isolated(&text.chars().take(40).collect::<String>());
    Sheet {
        contact: rules::contact(&registration.answers),
        sharing: rules::sharing(&registration.answers),
        sections: form.map_or_else(|| raw(registration), |form| sections(registration, form, language)),
        form_known: form.is_some(),
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
                heading: terminal::isolated(section.label.get(labels.language)),
                rows: pages.flat_map(|page| rows(page, registration, labels)).collect(),
            }
        })
        .filter(|section| !section.rows.is_empty())
        .collect();
    sections.sort_by_key(|section| ![rules::CONTACT_SECTION, rules::PERMISSION_SECTION].contains(&section.name.as_str()));
    let unknown: Vec<Row> = registration
        .answers
        .0
        .iter()
        .filter(|(name, _)| form.question(name).is_none())
        .map(|(name, answer)| Row { label: terminal::isolated(name), lines: wording::raw(answer) })
        .collect();
    if !unknown.is_empty() {
        sections.push(Section { name: String::new(), heading: "Not questions of this form".to_owned(), rows: unknown });
    }
    sections
}

fn rows(page: &Page, registration: &Registration, labels: Labels<'_>) -> Vec<Row> {
    let answers = &registration.answers;
    let questions = page.questions.iter().filter(|question| question.r#type != QuestionType::Note);
    questions
        .filter_map(|question| {
            let answer = answers.get(&question.name)?;
            Some(Row { label: labels.label(question), lines: labels.answer(question, answer, answers) })
        })
        .collect()
}

fn raw(registration: &Registration) -> Vec<Section> {
    let rows = registration.answers.0.iter();
    let rows = rows.map(|(name, answer)| Row { label: terminal::isolated(name), lines: wording::raw(answer) }).collect();
    vec![Section { name: String::new(), heading: "Answers".to_owned(), rows }]
}
