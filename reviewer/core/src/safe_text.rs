//! Text that is safe to show: a stranger's data can neither command the terminal nor pose as our own words.

use std::fmt::Write;
use std::path::Path;

/// Characters of one answer that are shown; `open` writes all of them.
const MOST_SHOWN: usize = 20_000;
/// Columns of a line of somebody's text.
pub const WIDTH: usize = 72;
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_ISOLATE: char = '\u{2069}';

/// One line, safe to print: whatever commands a terminal, turns the direction of text or cannot be seen is spelled out,
/// as in `<U+202E>`. The joiners that Dari and Pashto spell with stay.
pub fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(4 * MOST_SHOWN));
    for character in text.chars().take(MOST_SHOWN) {
        if is_unsafe(character) {
            write!(out, "<U+{:04X}>", u32::from(character)).expect("writing to a String does not fail");
        } else {
            out.push(character);
        }
    }
    out
}

/// Makes text [`safe`], and isolates it where it is written from right to left, so that it does not reorder what stands
/// beside it.
pub fn isolated(text: &str) -> String {
    let text = safe(text);
    if text.chars().any(is_right_to_left) { format!("{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}") } else { text }
}

/// A text of any length in lines of at most [`WIDTH`] columns, each as by [`isolated`]. Lines are broken here: where the
/// terminal breaks them, an answer could begin a line of its own and pose as our words.
pub fn lines(text: &str) -> Vec<String> {
    let end = text.char_indices().nth(MOST_SHOWN).map_or(text.len(), |(end, _)| end);
    let mut lines: Vec<String> =
        text[..end].split('\n').flat_map(|line| wrapped(&safe(line))).map(|line| isolated(&line)).collect();
    if end < text.len() {
        lines.push("(cut here: `open` writes all of it)".to_owned());
    }
    lines
}

fn wrapped(line: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    let mut filled = 0;
    // The last place where the row can be broken: behind its last space.
    let mut space = None;
    for character in line.chars() {
        if filled + columns(character) > WIDTH {
            let rest = match space.take() {
                Some(at) => row.split_off(at),
                None => String::new(),
            };
            rows.push(std::mem::replace(&mut row, rest).trim_end().to_owned());
            filled = row.chars().map(columns).sum();
        }
        row.push(character);
        filled += columns(character);
        if character == ' ' {
            space = Some(row.len());
        }
    }
    rows.push(row);
    rows
}

/// Columns that a character takes at most.
fn columns(character: char) -> usize {
    match character {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe10}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ffef}'
        | '\u{16fe0}'..='\u{18fff}'
        | '\u{1aff0}'..='\u{1b2ff}'
        | '\u{1f000}'..='\u{3ffff}' => 2,
        _ => 1,
    }
}

/// A path, safe to print.
pub fn path(path: &Path) -> String {
    safe(&path.to_string_lossy())
}

/// Rows in columns two spaces apart. Cells are printed as they are: they must be [`safe`] already.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    table_within(head, rows, usize::MAX)
}

/// Fewest columns that a cell is cut to.
const NARROWEST: usize = 4;

/// Makes a [`table`] of at most so many columns, if that can be: the widest cells are cut, and end in `…`.
pub fn table_within(head: &[&str], rows: &[Vec<String>], columns: usize) -> String {
    table_keeping(head, rows, columns, &[])
}

/// Makes a table as [`table_within`] does, but the columns under these heads are never cut.
pub fn table_keeping(head: &[&str], rows: &[Vec<String>], columns: usize, whole: &[&str]) -> String {
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).chain([width(head[column])]).max();
    let mut widths: Vec<usize> = (0..head.len()).map(|column| width(column).unwrap_or(0)).collect();
    while widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1) > columns {
        // Among equals the last one is cut: what matters most stands first.
        let cuttable = widths.iter_mut().zip(head).filter(|(_, head)| !whole.contains(head));
        match cuttable.max_by_key(|(width, _)| **width) {
            Some((widest, _)) if *widest > NARROWEST => *widest -= 1,
            _ => break,
        }
    }
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let mut out = String::new();
    for row in std::iter::once(&head).chain(rows) {
        let line: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| filled(cell, width)).collect();
        out.push_str(line.join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// Columns of the widest line of a table.
pub fn widest_line(table: &str) -> usize {
    table.lines().map(width).max().unwrap_or(0)
}

/// A cell cut or filled to a width.
fn filled(cell: &str, most: usize) -> String {
    let present = width(cell);
    if present <= most {
        return format!("{cell}{}", " ".repeat(most - present));
    }
    let inside = without_isolation(cell);
    let (mut cut, mut used) = (String::new(), 1);
    for character in inside.chars() {
        used += columns(character);
        if used > most {
            break;
        }
        cut.push(character);
    }
    cut.push('…');
    let cut = if inside.len() < cell.len() { format!("{FIRST_STRONG_ISOLATE}{cut}{POP_ISOLATE}") } else { cut };
    let present = width(&cut);
    format!("{cut}{}", " ".repeat(most.saturating_sub(present)))
}

/// Columns that a cell takes.
fn width(cell: &str) -> usize {
    cell.chars().filter(|character| !matches!(*character, FIRST_STRONG_ISOLATE | POP_ISOLATE)).map(columns).sum()
}

/// A text of [`isolated`]'s, without its isolation.
pub fn without_isolation(text: &str) -> &str {
    text.strip_prefix(FIRST_STRONG_ISOLATE).and_then(|text| text.strip_suffix(POP_ISOLATE)).unwrap_or(text)
}

fn is_unsafe(character: char) -> bool {
    // C0, DEL, C1, then what reorders, joins lines, is invisible, or is drawn as each font likes.
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'
            | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{10ffff}')
}

fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_bidi_control(character: char) -> bool {
        matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    }

    #[test]
    fn commands_and_direction_tricks_are_spelled_out_and_joiners_stay() {
        assert_eq!(safe("a\u{1b}[31m\u{9b}b\u{202e}c\nd\u{7f}"), "a<U+001B>[31m<U+009B>b<U+202E>c<U+000A>d<U+007F>");
        assert_eq!(safe("می\u{200c}خواهم Ünïcode"), "می\u{200c}خواهم Ünïcode");
        assert_eq!(safe("\u{e0041}\u{2028}\u{feff}"), "<U+E0041><U+2028><U+FEFF>");
    }

    #[test]
    fn right_to_left_text_is_isolated_and_cannot_close_its_isolation() {
        assert_eq!(isolated("abc"), "abc");
        assert_eq!(isolated("ا\u{2069}ب"), "\u{2068}ا<U+2069>ب\u{2069}");
    }

    #[test]
    fn endless_text_is_cut() {
        assert_eq!(safe(&"x".repeat(1_000_000)).len(), 20_000);
        assert_eq!(lines(&"\n".repeat(1_000_000)).len(), 20_002);
    }

    #[test]
    fn lines_break_at_spaces_and_else_anywhere() {
        let text = format!("{} {}", "a".repeat(70), "b".repeat(80));
        assert_eq!(lines(&text), ["a".repeat(70), "b".repeat(72), "b".repeat(8)]);
        assert_eq!(lines(&"漢".repeat(37)), ["漢".repeat(36), "漢".to_owned()]);
    }

    #[test]
    fn tables_stand_in_columns() {
        assert_eq!(table(&["a", "b"], &[vec!["long".to_owned(), "x".to_owned()]]), "a     b\nlong  x\n");
    }

    #[test]
    fn a_table_that_is_too_wide_is_cut_at_its_widest_and_isolation_stays_whole() {
        let row = |cells: [&str; 2]| cells.map(isolated).to_vec();
        let rows = [row(["کریمه نوری از کابل", "x"]), row(["short", "yyyyyy"])];
        let text = table_within(&["name", "b"], &rows, 16);
        assert_eq!(text, "name      b\n\u{2068}کریمه ن…\u{2069}  x\nshort     yyyyyy\n");
        assert!(table_within(&["name", "b"], &rows, 1).lines().all(|line| width(line) <= 10));
    }

    proptest! {
        #[test]
        fn nothing_that_is_printed_commands_the_terminal(text in any::<String>(), evil in "[\u{0}-\u{9f}\u{200b}-\u{2069}\u{61c}\u{feff}]{0,20}") {
            let text = format!("{text}{evil}{text}");
            prop_assert!(!safe(&text).chars().any(|character| character.is_control() || is_bidi_control(character)));
            for line in lines(&text) {
                let inside = line.strip_prefix(FIRST_STRONG_ISOLATE).and_then(|line| line.strip_suffix(POP_ISOLATE)).unwrap_or(&line);
                prop_assert!(!inside.chars().any(|character| character.is_control() || is_bidi_control(character)));
            }
        }

        #[test]
        fn a_cut_table_fits_and_no_cell_reaches_over_its_line(cells in prop::collection::vec("\\PC{0,30}", 4), columns in 20_usize..90) {
            let rows: Vec<Vec<String>> = cells.chunks(2).map(|cells| cells.iter().map(|cell| isolated(cell)).collect()).collect();
            let text = table_within(&["one", "two"], &rows, columns);
            prop_assert_eq!(text.lines().count(), 3);
            for line in text.lines() {
                prop_assert!(width(line) <= columns);
                prop_assert_eq!(line.matches(FIRST_STRONG_ISOLATE).count(), line.matches(POP_ISOLATE).count());
            }
        }

        #[test]
        fn breaking_lines_loses_no_letter(text in "[a-z ]{0,300}|[a-z]{0,300}") {
            let without_spaces = |text: &str| text.replace(' ', "");
            let rows = lines(&text);
            prop_assert!(rows.iter().all(|row| row.len() <= WIDTH));
            prop_assert_eq!(without_spaces(&rows.concat()), without_spaces(&text));
        }
    }
}
