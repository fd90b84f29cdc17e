//! The columns that a partner can get, as data; see `layouts/unhcr-rrf.toml`.

mod validate;

use std::collections::BTreeSet;

use amanat_shared::form::{Form, Question, QuestionType};
use serde::Deserialize;

use super::partner::{PartnerKind, Permission};
use crate::afghan_form::FAMILY_MEMBERS;
use crate::safe_text;

/// The layout that comes with the program.
pub const UNHCR_RRF: &str = include_str!("../../layouts/unhcr-rrf.toml");

/// A fault of a layout, or of the columns that were chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum LayoutError {
    /// The text is not TOML, or not of this shape.
    #[error("the layout cannot be read: {}", safe_text::safe(.0))]
    #[diagnostic(help("Compare it with the one that comes with the program."))]
    Malformed(String),
    /// A rule of layouts is broken.
    #[error("the layout's column {} is not allowed: {why}", safe_text::safe(.column))]
    #[diagnostic(help("Take it out, or correct it."))]
    Forbidden {
        /// Its key.
        column: String,
        /// The reason.
        why: &'static str,
    },
    /// The form has no such question.
    #[error("the layout's column {} does not fit the form: {why}", safe_text::safe(.column))]
    #[diagnostic(help("Give the layout that belongs to the form."))]
    OtherForm {
        /// Its key.
        column: String,
        /// The reason.
        why: &'static str,
    },
    /// No column was chosen.
    #[error("no column was chosen")]
    #[diagnostic(help("Name only what this partner needs, as in --columns name_native,dob; `columns` lists them all."))]
    Nothing,
    /// There is no such column.
    #[error("there is no column or section {}", safe_text::safe(.0))]
    #[diagnostic(help("`columns` lists them all."))]
    Unknown(String),
    /// The column is not for this kind of partner.
    #[error("the column {column} is not for this kind of partner ({kind})")]
    #[diagnostic(help("Leave it out: they do not need it."))]
    NotFor {
        /// Its key.
        column: String,
        /// The partner's kind.
        kind: PartnerKind,
    },
    /// Another column has to go along.
    #[error("the column {column} goes only together with {with}")]
    #[diagnostic(help("Choose both: whoever can reach the person must know how to do it safely."))]
    Alone {
        /// Its key.
        column: String,
        /// The other's.
        with: String,
    },
}

/// The kind of answer that a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// Text or a telephone number.
    Text,
    /// A date: its days by the Gregorian calendar, and as it was given.
    Date,
    /// One or several choices.
    Choice,
    /// A number.
    Count,
    /// A whole group of questions, or several times the same, in lines.
    Group,
}

impl AnswerKind {
    const fn fits(self, question: QuestionType) -> bool {
        match question {
            QuestionType::Text | QuestionType::Phone => matches!(self, Self::Text),
            QuestionType::Date => matches!(self, Self::Date),
            QuestionType::SelectOne | QuestionType::SelectMultiple | QuestionType::Acknowledge => matches!(self, Self::Choice),
            QuestionType::Integer => matches!(self, Self::Count),
            QuestionType::Group | QuestionType::Repeat => matches!(self, Self::Group),
            QuestionType::Image | QuestionType::File | QuestionType::Note => false,
        }
    }
}

/// Sections of columns, in the partner's order.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Stable name.
    pub id: String,
    /// Heading of what is made by it.
    pub title: String,
    /// The sections, in order.
    pub sections: Vec<Section>,
}

/// Columns that belong together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Unique among sections and columns.
    pub key: String,
    /// Heading.
    pub label: String,
    /// The columns, in order.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Unique among sections and columns.
    pub key: String,
    /// The label that the partner reads.
    pub label: String,
    /// The kind of answer that it holds.
    pub kind: AnswerKind,
    /// Keys of the form's questions, or `family_members/KEY`.
    pub questions: Vec<String>,
    /// The permissions of which any one is enough.
    pub share: Vec<Permission>,
    /// Columns that must go along.
    #[serde(default)]
    pub with: Vec<String>,
}

impl Column {
    /// Whether it tells of the family's members, each in a row of its own.
    pub fn is_family(&self) -> bool {
        self.questions.iter().any(|question| question.split('/').next() == Some(FAMILY_MEMBERS))
    }
}

impl Layout {
    /// The one that comes with the program.
    pub fn built_in() -> Self {
        Self::parse(UNHCR_RRF).expect("a test reads the layout that comes with the program")
    }

    /// All columns, in order.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.sections.iter().flat_map(|section| &section.columns)
    }

    /// The columns of these keys, in the layout's order; a section's key stands for all its columns that may go to this
    /// kind of partner.
    pub fn choose(&self, keys: &[String], kind: PartnerKind) -> Result<Vec<&Column>, LayoutError> {
        let permission = kind.permission();
        let mut chosen = BTreeSet::new();
        for key in keys {
            if let Some(section) = self.sections.iter().find(|section| section.key == *key) {
                let allowed = section.columns.iter().filter(|column| column.share.contains(&permission));
                chosen.extend(allowed.map(|column| column.key.as_str()));
            } else {
                let column = self.columns().find(|column| column.key == *key).ok_or_else(|| LayoutError::Unknown(key.clone()))?;
                if !column.share.contains(&permission) {
                    return Err(LayoutError::NotFor { column: column.key.clone(), kind });
                }
                chosen.insert(&column.key);
            }
        }
        let columns: Vec<&Column> = self.columns().filter(|column| chosen.contains(column.key.as_str())).collect();
        if columns.is_empty() {
            return Err(LayoutError::Nothing);
        }
        for column in &columns {
            if let Some(with) = column.with.iter().find(|with| !chosen.contains(with.as_str())) {
                return Err(LayoutError::Alone { column: column.key.clone(), with: with.clone() });
            }
        }
        Ok(columns)
    }
}

/// The question at a path of one or two parts.
pub(super) fn question<'a>(form: &'a Form, path: &str) -> Option<&'a Question> {
    match path.split_once('/') {
        None => form.question(path),
        Some((outer, inner)) => form.question(outer)?.questions.iter().find(|question| question.name == inner),
    }
}
