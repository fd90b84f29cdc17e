//! `case.xlsx`: one sheet, in which every cell is a text.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::columns::Sheet;
use super::csv::grid;
use super::layout::Column;

/// The same as in the table of comma-separated values, as it stands: no formula, link, comment, second sheet, author or
/// time.
pub(super) fn write(sheet: &Sheet, columns: &[&Column]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    // It stays a text when somebody edits it: `@` is the format of texts, and the prefix is what a typed apostrophe makes.
    let text = Format::new().set_num_format("@").set_quote_prefix().set_text_wrap();
    let page = book.add_worksheet();
    page.set_name("Case")?;
    page.set_freeze_panes(1, 0)?;
    for (row, cells) in (0..).zip(grid(sheet, columns, str::to_owned)) {
        for (column, cell) in (0..).zip(cells) {
            // Not `write`, which looks at what a text means.
            page.write_string_with_format(row, column, cell, &text)?;
        }
    }
    book.save_to_buffer()
}
