//! All cases, in the order in which a human should look, without names.

use std::cmp::Reverse;

use amanat_shared::answers::{Answer, Answers};
use amanat_shared::dates::Day;
use amanat_shared::form::{Form, Tier, Verdict};
use amanat_shared::seal::Registration;

use crate::forms::{self, Forms};
use crate::terminal;
use crate::wording::Labels;

/// Cases on one page.
pub const PAGE: usize = 20;

/// Whether names are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// They are not.
    Hidden,
    /// The reviewer asked for them.
    Shown,
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The file's name without `.age`.
    pub file: String,
    /// What triage found; `None` when the form is not known here.
    pub verdict: Option<Verdict>,
    /// What the person did.
    pub role: String,
    /// Where the person is.
    pub country: String,
    /// Children who are with the person.
    pub children: Option<i64>,
    /// Only if asked for.
    pub name: Option<String>,
}

/// What making a row needs to know.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// Known forms.
    pub forms: &'a Forms,
    /// The language of the labels.
    pub language: &'a str,
    /// Whether to take names out of the files at all.
    pub names: Names,
    /// Today in Kabul.
    pub today: Day,
}

/// The row of a registration. `file` is its name without `.age`.
pub fn case(file: String, registration: &Registration, desk: Desk<'_>) -> Case {
    let answers = &registration.answers;
    let children = match answers.get("children_count") {
        Some(Answer::Integer(children)) => Some(*children),
        _ => None,
    };
    let Some(form) = desk.forms.get(&registration.form) else {
        return Case { file, verdict: None, role: "form not known".to_owned(), country: "-".to_owned(), children, name: None };
    };
    let labels = Labels { form, language: forms::language(form, desk.language) };
    let label = |question: Option<&String>| question.and_then(|question| shown(labels, form, answers, question));
    let role = match label(form.summary.role.as_ref()) {
        Some(role) => role,
        None if answers.text("is_update") == Some("delete") => "asks for deletion".to_owned(),
        None => "-".to_owned(),
    };
    Case {
        file,
        verdict: Some(form.triage(answers, desk.today)),
        role,
        country: label(form.summary.country.as_ref()).unwrap_or_else(|| "-".to_owned()),
        children,
        name: match desk.names {
            Names::Hidden => None,
            Names::Shown => label(form.summary.name.as_ref()),
        },
    }
}

fn shown(labels: Labels<'_>, form: &Form, answers: &Answers, question: &str) -> Option<String> {
    let answer = answers.get(question)?;
    let line = labels.answer(form.question(question)?, answer, answers).into_iter().next()?;
    // A column is no place for a novel.
    Some(if line.chars().count() > 40 { "(long: see `show`)".to_owned() } else { line })
}

/// Tier, raised, nearest deadline, children; then by name, so that a list stays as it is. A form that is not known is
/// urgent until a human has looked.
pub fn order(case: &Case) -> impl Ord + use<> {
    let children = Reverse(case.children.unwrap_or(0));
    let (tier, raised, deadline) = match &case.verdict {
        Some(verdict) => (verdict.tier, verdict.raised, verdict.deadline_days.map(|days| (days < 0, days.unsigned_abs()))),
        None => (Tier::Urgent, true, None),
    };
    (tier, !raised, deadline.is_none(), deadline, children, case.file.clone())
}

/// One page, from 1, as text that is safe to print.
pub fn page(all: &[Case], number: usize, names: Names) -> String {
    let pages = all.len().div_ceil(PAGE).max(1);
    let number = number.clamp(1, pages);
    let mut head = vec!["tier", "rules", "days", "role", "country", "children", "file"];
    if names == Names::Shown {
        head.push("name");
    }
    let rows: Vec<Vec<String>> = all.iter().skip((number - 1) * PAGE).take(PAGE).map(|case| row(case, names)).collect();
    format!("{}\nPage {number} of {pages}; {} cases.\n", terminal::table(&head, &rows), all.len())
}

fn row(case: &Case, names: Names) -> Vec<String> {
    let (tier, rules, days) = match &case.verdict {
        Some(verdict) => {
            let tier = match verdict.tier {
                Tier::Emergency => "EMERGENCY",
                Tier::Urgent => "urgent",
                Tier::Normal => "normal",
            };
            (
                tier,
                verdict.rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>().join(" "),
                verdict.deadline_days.map_or_else(|| "-".to_owned(), |days| days.to_string()),
            )
        }
        None => ("urgent?", "-".to_owned(), "-".to_owned()),
    };
    let mut row = vec![
        tier.to_owned(),
        terminal::safe(&rules),
        days,
        case.role.clone(),
        case.country.clone(),
        case.children.map_or_else(|| "-".to_owned(), |children| children.to_string()),
        terminal::safe(&case.file.chars().take(12).collect::<String>()),
    ];
    if names == Names::Shown {
        row.push(case.name.clone().unwrap_or_else(|| "-".to_owned()));
    }
    row
}
