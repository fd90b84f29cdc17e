//! `case.csv`: RFC 4180 in UTF-8 with a byte order mark, so that spreadsheets read its letters right.

use super::columns::CaseRows;
use super::layout::{AnswerKind, Column};
use super::value::{Value, cell};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The head and the rows of a case, each text as `guard` makes it. A date has two cells, its days and as it was given.
pub(super) fn grid(sheet: &CaseRows, columns: &[&Column], guard: impl Fn(&str) -> String) -> Vec<Vec<String>> {
    grid_of(sheet, columns, Value::line, guard)
}

/// Makes the grid with each value as `written` makes it.
pub(super) fn grid_of(
    sheet: &CaseRows,
    columns: &[&Column],
    written: impl Fn(&Value) -> String,
    guard: impl Fn(&str) -> String,
) -> Vec<Vec<String>> {
    let mut head = vec!["Reference".to_owned(), "Person".to_owned()];
    for column in columns {
        head.push(guard(&column.label));
        if column.kind == AnswerKind::Date {
            head.push(guard(&format!("{}, as given", column.label)));
        }
    }
    let rows = sheet.rows.iter().enumerate().map(|(number, values)| {
        let mut row = vec![guard(&sheet.reference), person(number)];
        for (column, value) in columns.iter().zip(values) {
            row.push(guard(&written(value)));
            if column.kind == AnswerKind::Date {
                row.push(guard(value.as_given.as_deref().unwrap_or_default()));
            }
        }
        row
    });
    std::iter::once(head).chain(rows).collect()
}

/// The heading of a row: row 0 is the applicant's.
pub(super) fn person(number: usize) -> String {
    if number == 0 { "applicant".to_owned() } else { format!("family member {number}") }
}

/// The whole file. Every cell is guarded: see [`cell`].
pub(super) fn write(sheet: &CaseRows, columns: &[&Column]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    for row in grid(sheet, columns, cell) {
        writer.write_record(&row).expect("all rows of a grid are of one length, and a Vec takes all that is written to it");
    }
    writer.into_inner().expect("a Vec takes all that is written to it")
}
