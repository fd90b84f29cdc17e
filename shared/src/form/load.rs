//! Reading a form from TOML, so that whoever writes one is told file, line and key of everything that is wrong.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::{Form, Problem, Step, check};

/// A form that cannot be used, and why: never empty, in the file's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError(pub Vec<Located>);

/// Something wrong at a place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The file's name as given to [`load`].
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// The key, e.g. `pages[phone].questions[phone].label.ps`: elements by name where they have one, else by number
    /// from 0. Empty when the whole file is meant.
    pub key: String,
    /// The problem.
    pub message: String,
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, located) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            located.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}

/// Reads and [`check`]s a form. `file` is what errors call it.
pub fn load(file: &str, toml: &str) -> Result<Form, LoadError> {
    let source = Source { file, toml };
    let (document, errors) = DeTable::parse_recoverable(toml);
    if !errors.is_empty() {
        return Err(source.errors(document.get_ref(), &errors));
    }
    let form = match Form::deserialize(Deserializer::from(document.clone())) {
        Ok(form) => form,
        Err(error) => return Err(source.errors(document.get_ref(), &[error])),
    };
    let problems = check(&form);
    if problems.is_empty() {
        return Ok(form);
    }
    let mut located: Vec<Located> = problems.iter().map(|problem| source.problem(document.get_ref(), problem)).collect();
    located.sort_by_key(|it| it.line);
    Err(LoadError(located))
}

struct Source<'a> {
    file: &'a str,
    toml: &'a str,
}

impl Source<'_> {
    fn locate(&self, offset: usize, key: String, message: &str) -> Located {
        let line = self.toml.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        Located { file: self.file.to_owned(), line, key, message: message.split('\n').collect::<Vec<_>>().join("; ") }
    }

    fn errors(&self, document: &DeTable<'_>, errors: &[toml::de::Error]) -> LoadError {
        let located = errors.iter().map(|error| {
            let span = error.span().unwrap_or(0..0);
            let mut steps = Vec::new();
            // An error about the document's root has no place, or the very first.
            if span != (0..0) {
                steps_to(document, &span, &mut steps);
            }
            if let Some(field) = error.message().strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
                steps.push(Step::Key(field.to_owned()));
            }
            let mut key = readable(document, &steps);
            if let ("", Some(text)) = (key.as_str(), self.toml.get(span.clone()).filter(|text| !text.contains('\n'))) {
                text.clone_into(&mut key);
            }
            self.locate(span.start, key, error.message())
        });
        LoadError(located.collect())
    }

    fn problem(&self, document: &DeTable<'_>, problem: &Problem) -> Located {
        let offset = offset_of(document, &problem.path);
        self.locate(offset, readable(document, &problem.path), &problem.message)
    }
}

/// The position at which the last step that the file has begins: its key, or the element.
fn offset_of(document: &DeTable<'_>, path: &[Step]) -> usize {
    let mut offset = 0;
    let mut walk = Walk::Table(document);
    for step in path {
        let Some((span, next)) = walk.step(step) else { break };
        offset = span.start;
        walk = next;
    }
    offset
}

/// The path with elements named after their `name`.
fn readable(document: &DeTable<'_>, path: &[Step]) -> String {
    let mut key = String::new();
    let mut walk = Walk::Table(document);
    for step in path {
        walk = walk.step(step).map_or(Walk::Nothing, |(_, next)| next);
        match step {
            Step::Key(name) => {
                if !key.is_empty() {
                    key.push('.');
                }
                key.push_str(name);
            }
            Step::Index(index) => {
                let name = match walk {
                    Walk::Table(table) => {
                        table.get("name").and_then(|name| name.get_ref().as_str()).filter(|name| !name.is_empty())
                    }
                    _ => None,
                };
                let name = name.map_or_else(|| index.to_string(), str::to_owned);
                key.push('[');
                key.push_str(&name);
                key.push(']');
            }
        }
    }
    key
}

/// Adds the deepest path whose key or value covers the span; whether there is one.
fn steps_to(table: &DeTable<'_>, span: &Range<usize>, steps: &mut Vec<Step>) -> bool {
    table.iter().any(|(key, value)| {
        steps.push(Step::Key(key.get_ref().to_string()));
        let found = steps_into(value, span, steps) || covers(&key.span(), span);
        if !found {
            steps.pop();
        }
        found
    })
}

fn steps_into(value: &Spanned<DeValue<'_>>, span: &Range<usize>, steps: &mut Vec<Step>) -> bool {
    let deeper = match value.get_ref() {
        DeValue::Table(table) => steps_to(table, span, steps),
        DeValue::Array(array) => array.iter().enumerate().any(|(index, element)| {
            steps.push(Step::Index(index));
            let found = steps_into(element, span, steps);
            if !found {
                steps.pop();
            }
            found
        }),
        _ => false,
    };
    deeper || covers(&value.span(), span)
}

fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

#[derive(Clone, Copy)]
enum Walk<'d, 'i> {
    Table(&'d DeTable<'i>),
    Array(&'d [Spanned<DeValue<'i>>]),
    Nothing,
}

impl Walk<'_, '_> {
    fn step(self, step: &Step) -> Option<(Range<usize>, Self)> {
        let (span, value) = match (self, step) {
            (Walk::Table(table), Step::Key(key)) => {
                let (key, value) = table.get_key_value(key.as_str())?;
                (key.span(), value)
            }
            (Walk::Array(array), Step::Index(index)) => {
                let value = array.get(*index)?;
                (value.span(), value)
            }
            _ => return None,
        };
        Some(match value.get_ref() {
            DeValue::Table(table) => (span, Walk::Table(table)),
            DeValue::Array(array) => (span, Walk::Array(array)),
            _ => (span, Walk::Nothing),
        })
    }
}

#[cfg(test)]
mod tests;
