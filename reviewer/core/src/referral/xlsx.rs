//! `case.xlsx`: one sheet, in which every cell is a text that can be read whole, on a screen and on paper.

mod fit;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

use self::fit::{Column as Fitted, LINE_POINTS, is_right_to_left};
use super::columns::CaseRows;
use super::csv::grid_of;
use super::layout::Column;
use super::value::Value;

/// A4, by the number that workbooks give it.
const A4: u8 = 9;
/// Reading from left to right, and from right to left, by the numbers that workbooks give them.
const LEFT_TO_RIGHT: u8 = 1;
const RIGHT_TO_LEFT: u8 = 2;

/// The same answers as in the table of comma-separated values: no formula, link, comment, second sheet, author or time. A cell
/// that is longer than a row can be high goes on in the next row.
pub(super) fn write(sheet: &CaseRows, columns: &[&Column]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    // It stays a text when somebody edits it: `@` is the format of texts, and the prefix is what a typed apostrophe makes.
    let text = Format::new().set_num_format("@").set_quote_prefix().set_text_wrap().set_align(FormatAlign::Top);
    let from_left = text.clone().set_reading_direction(LEFT_TO_RIGHT).set_align(FormatAlign::Left);
    let from_right = text.set_reading_direction(RIGHT_TO_LEFT).set_align(FormatAlign::Right);
    let page = book.add_worksheet();
    page.set_name("Case")?;
    page.set_freeze_panes(1, 0)?;
    page.set_landscape().set_paper_size(A4).set_print_gridlines(true).set_footer("&C&P / &N");

    let grid = grid_of(sheet, columns, Value::paragraphs, str::to_owned);
    let fitted: Vec<Fitted> =
        (0..grid[0].len()).map(|at| Fitted::new(&grid.iter().map(|row| row[at].as_str()).collect::<Vec<_>>())).collect();
    for (column, fitted) in (0..).zip(&fitted) {
        page.set_column_width(column, f64::from(fitted.width()))?;
    }
    let mut at = 0;
    for cells in &grid {
        let parts: Vec<Vec<String>> = cells.iter().zip(&fitted).map(|(cell, fitted)| fitted.parts(cell)).collect();
        for number in 0..parts.iter().map(Vec::len).max().unwrap_or(1) {
            let mut lines = 1;
            for (column, (parts, fitted)) in (0..).zip(parts.iter().zip(&fitted)) {
                let part = match (parts.get(number), column) {
                    // Each row says whose it is.
                    (None, 0) => parts[0].clone(),
                    (None, 1) => format!("{}, continued", parts[0]),
                    (part, _) => part.cloned().unwrap_or_default(),
                };
                lines = lines.max(fitted.lines(&part));
                let format = if is_right_to_left(&part) { &from_right } else { &from_left };
                // `write` would interpret the text.
                page.write_string_with_format(at, column, part, format)?;
            }
            page.set_row_height(at, f64::from(lines) * LINE_POINTS)?;
            at += 1;
        }
    }
    book.save_to_buffer()
}
