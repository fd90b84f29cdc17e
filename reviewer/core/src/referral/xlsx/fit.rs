//! The width of a column, and the number of lines that a text takes in it. A workbook states both itself: not every program that
//! opens it measures the texts. The measures are generous, since each computer has other fonts.

/// Points of one line. Letters with marks above and below are taller than Latin ones.
pub(super) const LINE_POINTS: f64 = 20.0;
/// Lines of one row: workbooks have no row higher than 409 points.
const MOST_LINES: u32 = 20;
/// Widths of a column, in digits: the narrowest, those that are tried, and the widest that fits a page.
const NARROWEST: u32 = 12;
const WIDTHS: [u32; 4] = [30, 45, 60, 90];
/// Lines above which a wider column is tried.
const MANY_LINES: u32 = 8;
/// Cells are padded by about one digit.
const PADDING: u32 = 2;

/// A column of texts.
pub(super) struct Column {
    width: u32,
}

impl Column {
    /// A column that fits these texts.
    pub(super) fn new(texts: &[&str]) -> Self {
        let widest = WIDTHS[WIDTHS.len() - 1];
        let longest = |parts: fn(&str) -> Vec<&str>| texts.iter().copied().flat_map(parts).map(measure).max().unwrap_or(0);
        let line = longest(|text| text.split('\n').collect()).div_ceil(TENTHS) + PADDING;
        // A word is broken only where it is wider than the page: half a telephone number is another number.
        let word = longest(|text| text.split([' ', '\n']).collect()).div_ceil(TENTHS) + PADDING;
        let least = word.clamp(NARROWEST, widest);
        if line <= WIDTHS[0] {
            return Self { width: line.max(least) };
        }
        let most_lines = |width: u32| texts.iter().map(|text| Self { width }.lines(text)).max().unwrap_or(1);
        let wide = WIDTHS.into_iter().find(|width| most_lines(*width) <= MANY_LINES).unwrap_or(widest);
        Self { width: wide.min(line).max(least) }
    }

    /// The width in digits of the workbook's font.
    pub(super) fn width(&self) -> u32 {
        self.width
    }

    /// Lines that a text takes.
    pub(super) fn lines(&self, text: &str) -> u32 {
        u32::try_from(self.starts(text).len()).unwrap_or(u32::MAX)
    }

    /// A text in parts of as many lines as a row can have.
    pub(super) fn parts(&self, text: &str) -> Vec<String> {
        let starts = self.starts(text);
        let cuts = starts.iter().copied().step_by(MOST_LINES as usize);
        let ends = cuts.clone().skip(1).chain([text.len()]);
        let part = |(from, to): (usize, usize)| text[from..to].trim_end_matches('\n').to_owned();
        cuts.zip(ends).map(part).collect()
    }

    /// The offsets at which a text's lines begin, if it is broken at spaces, and within words that are wider than the column.
    fn starts(&self, text: &str) -> Vec<usize> {
        let most = (self.width - PADDING) * TENTHS;
        let (mut starts, mut filled, mut space) = (vec![0], 0, None);
        for (at, character) in text.char_indices() {
            if character == '\n' {
                starts.push(at + 1);
                (filled, space) = (0, None);
                continue;
            }
            let tenths = tenths(character);
            if filled + tenths > most && filled > 0 {
                let start = space.take().unwrap_or(at);
                starts.push(start);
                filled = measure(&text[start..at]);
            }
            filled += tenths;
            if character == ' ' {
                space = Some(at + 1);
            }
        }
        starts
    }
}

const TENTHS: u32 = 10;

/// Tenths of a digit's width that a text takes at most.
fn measure(text: &str) -> u32 {
    text.chars().map(tenths).fold(0, u32::saturating_add)
}

fn tenths(character: char) -> u32 {
    match character {
        'm' | 'w' | '@' | '%' | '&' | 'A'..='Z' => 16,
        '\u{600}'..='\u{8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' => 13,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{1ffff}' => 22,
        _ => 11,
    }
}

/// Whether a text's first letter is of a script that runs from right to left.
pub(super) fn is_right_to_left(text: &str) -> bool {
    let first = text.chars().find(|character| character.is_alphabetic());
    first.is_some_and(|letter| matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_telephone_number_stands_in_one_line() {
        let column = Column::new(&["Telephone", "+93799123456"]);
        assert_eq!(column.lines("+93799123456"), 1);
        assert!((14..=20).contains(&column.width()), "{}", column.width());
    }

    #[test]
    fn a_long_text_gets_a_wider_column_and_then_more_rows() {
        let sentence = "they came to the house at night and asked for me by name ".repeat(40);
        let column = Column::new(&["What happened", sentence.as_str()]);
        assert_eq!(column.width(), 90);
        let parts = column.parts(&sentence);
        assert!(parts.len() > 1 && parts.iter().all(|part| column.lines(part) <= MOST_LINES));
        assert_eq!(parts.concat(), sentence);
    }

    #[test]
    fn persian_and_pashto_run_from_right_to_left_and_numbers_do_not() {
        for text in ["کریمه", "۱۲ - کابل", "\u{2068}ښایسته\u{2069}"] {
            assert!(is_right_to_left(text), "{text}");
        }
        for text in ["", "+93799123456", "2021-08-15", "Karima کریمه"] {
            assert!(!is_right_to_left(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_part_is_higher_than_a_row_and_no_letter_is_lost(text in "(\\PC|\n| ){0,400}", others in prop::collection::vec("\\PC{0,60}", 0..4)) {
            let texts: Vec<&str> = others.iter().map(String::as_str).chain([text.as_str()]).collect();
            let column = Column::new(&texts);
            let parts = column.parts(&text);
            prop_assert!(parts.iter().all(|part| column.lines(part) <= MOST_LINES));
            prop_assert!(column.width() <= 90);
            let letters = |text: &str| text.replace('\n', "");
            prop_assert_eq!(letters(&parts.concat()), letters(&text));
        }
    }
}
