//! One case in the chosen columns: the applicant's row, then a row for each member of the family.

use amanat_shared::answers::Answers;
use amanat_shared::dates::{Day, PartialDate};
use amanat_shared::form::Form;
use zeroize::Zeroizing;

use super::consent::ADULT_YEARS;
use super::layout::{self, Column};
use super::value::{self, Value};
use crate::afghan_form::{AfghanForm, FamilyAgrees, MemberQuestion, WORKER_NAME};
use crate::contact_rules;

/// Most members of a family that are looked at; the form takes twenty.
const MOST_MEMBERS: usize = 100;

/// One case, ready to be written.
#[derive(Clone, Debug)]
pub struct CaseRows {
    /// SHA-256 of the sealed file, hex. It stays here.
    pub sha256: String,
    /// The partner's reference for the case: random, and known from nowhere else.
    pub reference: String,
    /// The applicant, then the family's members; in each a value for every chosen column.
    pub rows: Vec<Vec<Value>>,
    /// Attached pictures, as JPEG files that were made here.
    pub pictures: Vec<Zeroizing<Vec<u8>>>,
    /// The parts that were left out and why, for the partner.
    pub left_out: Vec<&'static str>,
    /// The names that the person never wants to be told, for the operator only.
    pub never: Option<String>,
    /// Updates of the same person that are not in it, for the operator only.
    pub updates: usize,
    /// The number of unproven forms about the person, for the operator only.
    pub unproven: usize,
}

/// The settings for reading a case.
#[derive(Clone, Copy)]
pub(super) struct ColumnValues<'a> {
    /// Its form.
    pub form: &'a Form,
    /// One of the form's languages.
    pub language: &'a str,
    /// The chosen columns.
    pub columns: &'a [&'a Column],
    /// Today in Kabul.
    pub today: Day,
}

impl ColumnValues<'_> {
    /// All rows of a case, and what was left out of them.
    pub(super) fn rows(self, answers: &Answers) -> (Vec<Vec<Value>>, Vec<&'static str>) {
        let mut left_out = Vec::new();
        let form = AfghanForm::new(answers);
        let family_agrees = form.family_agrees() == Some(FamilyAgrees::Yes);
        let may_name_worker = family_agrees || form.is_worker_killed();
        let applicant = self
            .columns
            .iter()
            .map(|column| {
                if column.is_family() {
                    Value::default()
                } else if !may_name_worker && asks(column, WORKER_NAME) {
                    note(&mut left_out, "The name of the family's worker: the family has not agreed.");
                    Value::default()
                } else {
                    self.value(column, answers)
                }
            })
            .collect();
        let mut rows: Vec<Vec<Value>> = vec![applicant];
        if self.columns.iter().any(|column| column.is_family()) {
            let members = form.family_members().iter().take(MOST_MEMBERS);
            rows.extend(members.map(|member| self.member(member, family_agrees, &mut left_out)));
        }
        (rows, left_out)
    }

    fn member(self, member: &Answers, family_agrees: bool, left_out: &mut Vec<&'static str>) -> Vec<Value> {
        // A member who may be a child is taken for one.
        let is_adult = AfghanForm::new(member)
            .birth_date()
            .and_then(PartialDate::latest)
            .is_some_and(|born| self.today.years_since(born) >= ADULT_YEARS);
        if !is_adult {
            note(left_out, "Of children, and of whoever may be one: all but relation, sex and age.");
        } else if !family_agrees {
            note(left_out, "Of other adults: all but relation, sex and age. The family has not agreed.");
        }
        let whole = is_adult && family_agrees;
        let value = |column: &&Column| {
            let key = column.questions.first().and_then(|path| path.split_once('/')).map_or("", |(_, key)| key);
            match MemberQuestion::of(key) {
                _ if key.is_empty() => Value::default(),
                MemberQuestion::Basic => self.value(column, member),
                MemberQuestion::BirthDate if !whole => {
                    AfghanForm::new(member).birth_date().map_or_else(Value::default, |born| age(born, self.today))
                }
                _ if whole => self.value(column, member),
                MemberQuestion::BirthDate | MemberQuestion::Other => Value::default(),
            }
        };
        self.columns.iter().map(value).collect()
    }

    /// A column's value among `answers`: the applicant's, or one member's.
    fn value(self, column: &Column, answers: &Answers) -> Value {
        let mut all = Value::default();
        if column.is_safety() {
            // Only the column's own answers are read, or the safe word would be among the rules.
            let own = answers.0.iter().filter(|(name, _)| column.questions.contains(name));
            let own = Answers(own.map(|(name, answer)| (name.clone(), answer.clone())).collect());
            all.lines = contact_rules::contact(&own);
        }
        for path in &column.questions {
            let Some(question) = layout::question(self.form, path) else { continue };
            let Some(answer) = answers.get(&question.name) else { continue };
            let one = value::value(self.form, self.language, question, answer, answers);
            if column.questions.len() > 1 {
                all.lines.push(format!("{}: {}", value::label(question, self.language), one.lines.join("; ")));
            } else {
                all = one;
            }
        }
        all
    }
}

/// Whole years, from and to where the birth date is not exact.
fn age(born: &PartialDate, today: Day) -> Value {
    let years = |day: Option<Day>| day.map(|day| today.years_since(day)).filter(|years| (0..=120).contains(years));
    match (years(born.latest()), years(born.earliest())) {
        (Some(least), Some(most)) if least == most => Value::word(&format!("age {least}")),
        (Some(least), Some(most)) => Value::word(&format!("age {least} to {most}")),
        _ => Value::word("age not known"),
    }
}

fn asks(column: &Column, wanted: &str) -> bool {
    column.questions.iter().any(|question| question == wanted)
}

/// Notes once that something does not go.
pub(super) fn note(left_out: &mut Vec<&'static str>, text: &'static str) {
    if !left_out.contains(&text) {
        left_out.push(text);
    }
}
