//! Makes the row of a registration.

use amanat_shared::answers::Answers;
use amanat_shared::dates::Day;
use amanat_shared::form::Form;

use super::{Case, Duplicates, Hidden, Links, Names, Person, Proof, Standing, Threat};
use crate::afghan_form::{AfghanForm, RegistrationKind};
use crate::answer_text::{self, Labels};
use crate::arrival_times::Received;
use crate::decrypt::OpenedAnswers;
use crate::forms::{self, Forms};
use crate::search::SearchKeys;

/// The source of a registration: everything that is known without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's name without `.age`.
    pub file: String,
    /// The registration's identity; see [`identity`](crate::decrypt::identity).
    pub sha256: String,
    /// The server's time of receipt.
    pub received: Option<Received>,
}

/// The context in which rows are made.
#[derive(Clone, Copy)]
pub struct RowContext<'a> {
    /// Known forms.
    pub forms: &'a Forms,
    /// The language of the labels.
    pub language: &'a str,
    /// Whether to take names out of the files at all.
    pub names: Names,
    /// Today in Kabul.
    pub today: Day,
}

impl Case {
    /// The row of a registration.
    pub fn new(source: Source, read: &OpenedAnswers, context: RowContext<'_>) -> Self {
        let registration = &read.registration;
        let answers = &registration.answers;
        let form_answers = AfghanForm::new(answers);
        let mut case = Self {
            file: source.file,
            sha256: source.sha256,
            kind: form_answers.kind(),
            verdict: None,
            form_known: false,
            threat: Threat::of(answers),
            role: "form not known".to_owned(),
            role_key: None,
            country: "-".to_owned(),
            country_key: None,
            children: form_answers.children(),
            received: source.received,
            name: None,
            standing: Standing::default(),
            earlier: Vec::new(),
            later: Vec::new(),
            proof: Proof::Given,
            claims: Vec::new(),
            claimed_by: Vec::new(),
            repeats: None,
            duplicates: Duplicates::default(),
            hidden: Hidden {
                keys: SearchKeys::new(answers),
                person: Person::new(answers),
                links: Links::new(registration, read.proven),
            },
        };
        let known = context.forms.get(&registration.form);
        let Some(form) = known.or_else(|| context.forms.another_version(&registration.form)) else { return case };
        case.form_known = known.is_some();
        let labels = Labels { form, language: forms::language(form, context.language) };
        let label = |question: Option<&String>| {
            let question = question?;
            let line = if known.is_some() { shown(labels, form, answers, question) } else { unlabelled(answers, question) };
            // A column is no place for a novel.
            line.map(|line| if line.chars().count() > MOST_IN_COLUMN { "(long: see `show`)".to_owned() } else { line })
        };
        let key = |question: Option<&String>| question.and_then(|question| choice(form, answers, question));
        let mut verdict = form.triage(answers, context.today);
        if known.is_none() {
            verdict.look(OTHER_VERSION);
        }
        case.verdict = Some(verdict);
        case.role = match label(form.summary.role.as_ref()) {
            Some(role) => role,
            None if case.kind == RegistrationKind::Deletion => "asks for deletion".to_owned(),
            None => "-".to_owned(),
        };
        case.role_key = key(form.summary.role.as_ref());
        case.country = label(form.summary.country.as_ref()).unwrap_or_else(|| "-".to_owned());
        case.country_key = key(form.summary.country.as_ref());
        case.name = match context.names {
            Names::Hidden => None,
            Names::Shown => label(form.summary.name.as_ref()),
        };
        case
    }
}

/// Raises every case whose version of the form is not known here.
const OTHER_VERSION: &str = "Its version of the form is not known here: judged by another version's rules";
/// Characters that a column of the list shows.
const MOST_IN_COLUMN: usize = 40;

fn shown(labels: Labels<'_>, form: &Form, answers: &Answers, question: &str) -> Option<String> {
    let answer = answers.get(question)?;
    labels.answer_in_line(form.question(question)?, answer, answers)
}

/// An answer without its form's label, with the mark that says so.
fn unlabelled(answers: &Answers, question: &str) -> Option<String> {
    let line = answer_text::raw(answers.get(question)?).into_iter().next()?;
    Some(format!("{line} (no label)"))
}

/// The answer, if it is one of the form's choices: nothing that a sender made up.
fn choice(form: &Form, answers: &Answers, question: &str) -> Option<String> {
    let question = form.question(question)?;
    let given = answers.text(&question.name)?;
    let deciding = question.choices_by.as_ref().and_then(|by| answers.text(&by.question));
    let choices = form.choices(question, deciding)?;
    choices.iter().any(|choice| choice.name == given).then(|| given.to_owned())
}
