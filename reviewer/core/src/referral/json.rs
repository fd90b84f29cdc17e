//! `case.json`: the same for programs.

use serde::Serialize;

use super::columns::CaseRows;
use super::csv::person;
use super::layout::{Column, Layout};

#[derive(Serialize)]
struct Case<'a> {
    format: u32,
    layout: &'a str,
    reference: &'a str,
    people: Vec<Person<'a>>,
    left_out: &'a [&'static str],
}

#[derive(Serialize)]
struct Person<'a> {
    person: String,
    answers: Vec<Field<'a>>,
}

#[derive(Serialize)]
struct Field<'a> {
    section: &'a str,
    key: &'a str,
    label: &'a str,
    lines: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    as_given: Option<&'a str>,
}

/// The whole file. A column that says nothing of a person is not there.
pub(super) fn write(sheet: &CaseRows, layout: &Layout, columns: &[&Column]) -> Vec<u8> {
    let section = |column: &Column| layout.sections.iter().find(|section| section.columns.contains(column));
    let people = sheet.rows.iter().enumerate().map(|(number, values)| Person {
        person: person(number),
        answers: columns
            .iter()
            .zip(values)
            .filter(|(_, value)| !value.is_empty())
            .map(|(column, value)| Field {
                section: section(column).map_or("", |section| &section.key),
                key: &column.key,
                label: &column.label,
                lines: &value.lines,
                as_given: value.as_given.as_deref(),
            })
            .collect(),
    });
    let case =
        Case { format: 1, layout: &layout.id, reference: &sheet.reference, people: people.collect(), left_out: &sheet.left_out };
    let mut json = serde_json::to_vec_pretty(&case).expect("it has string keys only");
    json.push(b'\n');
    json
}
