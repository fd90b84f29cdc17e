//! One case, for reading: the rules of contact and sharing first; then what reviewers wrote, what belongs together and
//! what to ask; then every answer under the form's labels.

mod context;

use std::fmt::Write;

use amanat_shared::dates::Day;
use amanat_shared::form::{Page, QuestionType};

use crate::afghan_form::{AfghanForm, CONTACT_SECTION, PERMISSION_SECTION, RegistrationKind};
use crate::answer_text::{self, Labels, indented};
use crate::cases::Case;
use crate::contact_rules;
use crate::decrypt::{Binding, Opened};
use crate::forms::{self, Forms};
use crate::notebook::{Logged, Work};
use crate::safe_text;

pub use context::{boxes, deadlines, logged, news};

/// Columns of a box's frame.
const WIDTH: usize = safe_text::WIDTH + 8;

/// Facts about a case that are not in its own file.
#[derive(Clone, Copy, Default)]
pub struct CaseContext<'a> {
    /// Its row of the list, if all files beside it were read.
    pub row: Option<&'a Case>,
    /// The reviewers' entries about it.
    pub work: Option<&'a Work>,
    /// The log's entries about it.
    pub log: &'a [&'a Logged],
    /// Today in Kabul, for the questions that depend on it.
    pub today: Option<Day>,
}

/// The whole case as text that is safe to print.
pub fn text(case: &Opened, forms: &Forms, language: &str) -> String {
    text_in_context(case, forms, language, CaseContext::default())
}

/// The whole case, with what is known of it beside its own file, as text that is safe to print.
pub fn text_in_context(case: &Opened, forms: &Forms, language: &str, beside: CaseContext<'_>) -> String {
    let registration = &case.registration;
    let form = forms.get(&registration.form);
    let labels = form.map(|form| Labels { form, language: forms::language(form, language) });
    let mut out = format!("Case {}\n", case.sha256);
    let [id, version, filled_in] =
        [&registration.form.id, &registration.form.version, &registration.language].map(|said| short(said));
    line(
        &mut out,
        &format!("Form {id}, version {version}, filled in in {filled_in}, sealed to pack {}.", registration.pack.serial),
    );
    if let Some(received) = beside.row.and_then(|row| row.received.as_ref()) {
        line(&mut out, &format!("The server says that it came at {received}."));
    }
    if case.binding == Binding::Other {
        line(
            &mut out,
            "ITS DELETE PROOF IS NOT THE ONE THAT ITS HEADER BINDS: no acknowledgement deletes it. Our form does not make such files.",
        );
    }
    match form {
        None => line(
            &mut out,
            "This form is not known here: keys are shown in place of labels (no label). Give the pack that it came with (--pack).",
        ),
        Some(form) if forms.is_earlier(form) => {
            line(
                &mut out,
                &format!("An earlier form than the newest one here: its own words are shown, those of version {version}."),
            );
        }
        Some(_) => {}
    }
    out.push('\n');

    let mut contact = beside.row.map_or_else(|| alone(case).into_iter().collect(), Case::warnings);
    contact.extend(contact_rules::contact(&registration.answers));
    contact.extend(section(case, labels, CONTACT_SECTION));
    boxed(&mut out, "BEFORE YOU CONTACT THIS PERSON", &contact);
    let mut sharing = contact_rules::sharing(&registration.answers);
    sharing.extend(section(case, labels, PERMISSION_SECTION));
    boxed(&mut out, "CONSENT, AND WHAT MAY BE SHARED", &sharing);
    for (title, rows) in boxes(&registration.answers, beside) {
        boxed(&mut out, title, &rows);
    }

    if let Some(labels) = labels {
        pages(&mut out, case, labels);
    } else {
        lines(&mut out, answer_text::raw_answers(&registration.answers).into_iter());
        out.push('\n');
    }
    attachments(&mut out, case);
    out
}

/// Warns of an update or a request for deletion whose earlier registration was not read.
fn alone(case: &Opened) -> Option<String> {
    let words = match (AfghanForm::new(&case.registration.answers).kind(), case.proven.and_then(|proven| proven.prior)) {
        (RegistrationKind::First, _) => return None,
        (_, Some(_)) => "WHETHER THE PERSON SENT THIS is only known beside the registration that it belongs to.",
        (_, None) => {
            "SOMEBODY WHO KNOWS THE CASE SAYS THIS: no signature proves that it is the person. Ask the person by what you knew before."
        }
    };
    Some(words.to_owned())
}

fn pages(out: &mut String, case: &Opened, labels: Labels<'_>) {
    let answers = &case.registration.answers;
    // A section's pages are in several phases; here they stand together.
    for section in &labels.form.sections {
        if [CONTACT_SECTION, PERMISSION_SECTION].contains(&section.name.as_str()) {
            continue;
        }
        let pages = labels.form.pages.iter().filter(|page| page.section == section.name);
        let pages: Vec<Vec<String>> = pages.map(|page| page_rows(page, case, labels)).filter(|rows| !rows.is_empty()).collect();
        if !pages.is_empty() {
            line(out, &format!("== {}\n", safe_text::isolated(section.label.get(labels.language))));
        }
        for rows in pages {
            lines(out, rows.into_iter());
            out.push('\n');
        }
    }
    let unknown = answers.0.iter().filter(|(name, _)| labels.form.question(name).is_none());
    let unknown = answer_text::some(unknown, |(name, answer)| answer_text::unknown(name, answer));
    if !unknown.is_empty() {
        line(out, "== Answers that the form does not know");
        lines(out, unknown.into_iter());
        out.push('\n');
    }
}

/// The answers of one section, for a box.
fn section(case: &Opened, labels: Option<Labels<'_>>, name: &str) -> Vec<String> {
    let Some(labels) = labels else { return Vec::new() };
    let pages = labels.form.pages.iter().filter(|page| page.section == name);
    let rows: Vec<String> = pages.flat_map(|page| page_rows(page, case, labels)).collect();
    if rows.is_empty() { rows } else { std::iter::once(String::new()).chain(rows).collect() }
}

fn page_rows(page: &Page, case: &Opened, labels: Labels<'_>) -> Vec<String> {
    let answers = &case.registration.answers;
    let mut rows = Vec::new();
    for question in page.questions.iter().filter(|question| question.r#type != QuestionType::Note) {
        if let Some(answer) = answers.get(&question.name) {
            rows.push(labels.label(question));
            rows.extend(indented(labels.answer(question, answer, answers)));
        }
    }
    rows
}

fn attachments(out: &mut String, case: &Opened) {
    if case.files.is_empty() {
        line(out, "No attachments.");
        return;
    }
    line(out, "== Attachments (checked; `open` writes them)");
    let rows: Vec<Vec<String>> = case
        .registration
        .attachments
        .iter()
        .map(|attachment| {
            let sha256 = attachment.sha256.get(..12).unwrap_or_default();
            [&attachment.name, &attachment.media_type, &attachment.bytes.to_string(), sha256, &attachment.question]
                .map(short)
                .to_vec()
        })
        .collect();
    out.push_str(&safe_text::table(&["name", "type", "bytes", "SHA-256", "question"], &rows));
}

/// Fits a column.
fn short(text: &str) -> String {
    if text.chars().count() > 40 { "(too long)".to_owned() } else { safe_text::isolated(text) }
}

fn boxed(out: &mut String, title: &str, rows: &[String]) {
    let rule = "-".repeat(WIDTH.saturating_sub(title.len()));
    line(out, &format!("+-- {title} {rule}"));
    for row in rows {
        line(out, format!("| {row}").trim_end());
    }
    line(out, &format!("+{}\n", "-".repeat(WIDTH + 4)));
}

fn lines(out: &mut String, rows: impl Iterator<Item = String>) {
    for row in rows {
        line(out, &row);
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a String does not fail");
}
