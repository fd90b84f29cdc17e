//! Checks of a layout that hold whoever wrote it.

use std::collections::BTreeSet;

use amanat_shared::form::Form;

use super::{AnswerKind, Column, Layout, LayoutError, question};
use crate::afghan_form::{CONTACT_RULES, FAMILY_MEMBERS, NEVER_REFERRED, WAYS_OF_CONTACT};

const MOST_COLUMNS: usize = 200;

impl Column {
    /// Whether it tells how the person may be contacted safely.
    pub fn is_safety(&self) -> bool {
        CONTACT_RULES.iter().all(|wanted| self.questions.iter().any(|question| question == wanted))
    }
}

impl Layout {
    /// Reads a layout. A column that asks for one of [`NEVER_REFERRED`] is refused, whoever wrote the layout.
    pub fn parse(text: &str) -> Result<Self, LayoutError> {
        let layout: Self = toml::from_str(text).map_err(|error| LayoutError::Malformed(error.message().to_owned()))?;
        let mut keys = BTreeSet::new();
        for key in layout
            .sections
            .iter()
            .flat_map(|section| std::iter::once(&section.key).chain(section.columns.iter().map(|column| &column.key)))
        {
            let is_plain = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            if key.is_empty() || !is_plain || !keys.insert(key.as_str()) {
                return Err(forbidden(key, "keys are of a-z, 0-9 and _, and each is there once"));
            }
        }
        if layout.columns().count() > MOST_COLUMNS {
            return Err(LayoutError::Malformed(format!("it has more than {MOST_COLUMNS} columns")));
        }
        for column in layout.columns() {
            layout.check(column).map_err(|why| forbidden(&column.key, why))?;
        }
        Ok(layout)
    }

    fn check(&self, column: &Column) -> Result<(), &'static str> {
        let outer = |question: &String| question.split('/').next().unwrap_or_default().to_owned();
        let asks =
            |column: &Column, wanted: &[&str]| column.questions.iter().any(|question| wanted.contains(&outer(question).as_str()));
        if column.questions.is_empty() || column.share.is_empty() || column.label.trim().is_empty() {
            return Err("it needs a label, a question and a permission");
        }
        if asks(column, &NEVER_REFERRED) {
            return Err("what it asks for is never shared");
        }
        let in_family = column.questions.iter().filter(|question| outer(question) == FAMILY_MEMBERS).count();
        if in_family > 0 && (column.questions.len() > 1 || column.kind == AnswerKind::Group) {
            return Err("the family's answers stand in columns of their own, one question each");
        }
        if column.questions.iter().any(|question| question.contains('/') && outer(question) != FAMILY_MEMBERS) {
            return Err("only the family's members are asked by parts");
        }
        let with = |key: &String| self.columns().find(|other| other.key == *key);
        if column.with.iter().any(|key| with(key).is_none()) {
            return Err("a column that has to go along is not there");
        }
        if asks(column, &WAYS_OF_CONTACT) && !column.with.iter().filter_map(with).any(Column::is_safety) {
            return Err("a way of contact goes only with the rules of safe contact");
        }
        Ok(())
    }

    /// Checks that the form has every question of a column, and that it is of the column's kind.
    pub fn check_column(column: &Column, form: &Form) -> Result<(), LayoutError> {
        let wrong = |why| LayoutError::OtherForm { column: column.key.clone(), why };
        for path in &column.questions {
            let question = question(form, path).ok_or_else(|| wrong("it has no such question"))?;
            if !column.kind.fits(question.r#type) {
                return Err(wrong("its question is of another kind"));
            }
        }
        Ok(())
    }
}

fn forbidden(column: &str, why: &'static str) -> LayoutError {
    LayoutError::Forbidden { column: column.to_owned(), why }
}
