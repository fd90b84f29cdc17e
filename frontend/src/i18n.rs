//! The interface's texts. Those of the form come with the pack.

use std::cell::OnceCell;

use amanat_shared::dates::Calendar;

/// A text in three languages, which is part of this program.
#[derive(Clone, Copy)]
pub struct StaticText([&'static str; 3]);

/// A language of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Dari.
    Dari,
    /// Pashto.
    Pashto,
}

impl Language {
    /// The language of a tag; English for one that the interface does not speak.
    pub fn of(tag: &str) -> Self {
        match tag.split('-').next() {
            Some("fa") => Self::Dari,
            Some("ps") => Self::Pashto,
            _ => Self::English,
        }
    }

    /// The language's name in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Dari => "دری",
            Self::Pashto => "پښتو",
        }
    }

    /// `rtl` or `ltr`.
    pub const fn direction(self) -> &'static str {
        match self {
            Self::English => "ltr",
            Self::Dari | Self::Pashto => "rtl",
        }
    }

    /// A number in the digits of this language. It is for page numbers and dates: codes stay in ASCII digits.
    pub fn digits(self, number: usize) -> String {
        self.in_digits(number.to_string())
    }

    /// A text whose digits are those of this language.
    pub fn in_digits(self, text: String) -> String {
        match self {
            Self::English => text,
            Self::Dari | Self::Pashto => text
                .chars()
                .map(|character| character.to_digit(10).and_then(|digit| char::from_u32(0x06f0 + digit)).unwrap_or(character))
                .collect(),
        }
    }
}

impl StaticText {
    /// The text in a language.
    pub const fn to(self, language: Language) -> &'static str {
        self.0[language as usize]
    }

    /// The text with `{name}` replaced by a value.
    pub fn with(self, language: Language, values: &[(&str, &str)]) -> String {
        filled(self.to(language), values)
    }
}

/// A text that comes with the worker. No page before that needs it, and the first visit is lighter without it.
#[derive(Clone, Copy)]
pub struct DeferredText(usize);

thread_local! {
    static TABLE: OnceCell<&'static [String]> = const { OnceCell::new() };
}

/// Stores the worker's table of deferred texts, which has three languages a row.
pub fn load_deferred(table: Vec<String>) {
    // A worker that was started again brings the same table.
    let _ = TABLE.with(|known| known.set(Vec::leak(table)));
}

impl DeferredText {
    /// The text in a language; empty before the worker is ready.
    pub fn to(self, language: Language) -> &'static str {
        TABLE.with(|known| known.get().and_then(|table| table.get(3 * self.0 + language as usize)).map_or("", String::as_str))
    }

    /// The text with `{name}` replaced by a value.
    pub fn with(self, language: Language, values: &[(&str, &str)]) -> String {
        filled(self.to(language), values)
    }
}

/// A text with `{name}` replaced by a value.
pub fn filled(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// The name of a month, whose number begins at 1.
pub fn month(calendar: Calendar, month: usize) -> DeferredText {
    let months = match calendar {
        Calendar::Solar => &MONTHS_SOLAR,
        Calendar::Gregorian => &MONTHS_GREGORIAN,
        Calendar::Lunar => &MONTHS_LUNAR,
    };
    months[(month + 11) % 12]
}

const MONTHS_SOLAR: [DeferredText; 12] = [
    MONTH_SOLAR_1,
    MONTH_SOLAR_2,
    MONTH_SOLAR_3,
    MONTH_SOLAR_4,
    MONTH_SOLAR_5,
    MONTH_SOLAR_6,
    MONTH_SOLAR_7,
    MONTH_SOLAR_8,
    MONTH_SOLAR_9,
    MONTH_SOLAR_10,
    MONTH_SOLAR_11,
    MONTH_SOLAR_12,
];
const MONTHS_GREGORIAN: [DeferredText; 12] = [
    MONTH_GREGORIAN_1,
    MONTH_GREGORIAN_2,
    MONTH_GREGORIAN_3,
    MONTH_GREGORIAN_4,
    MONTH_GREGORIAN_5,
    MONTH_GREGORIAN_6,
    MONTH_GREGORIAN_7,
    MONTH_GREGORIAN_8,
    MONTH_GREGORIAN_9,
    MONTH_GREGORIAN_10,
    MONTH_GREGORIAN_11,
    MONTH_GREGORIAN_12,
];
const MONTHS_LUNAR: [DeferredText; 12] = [
    MONTH_LUNAR_1,
    MONTH_LUNAR_2,
    MONTH_LUNAR_3,
    MONTH_LUNAR_4,
    MONTH_LUNAR_5,
    MONTH_LUNAR_6,
    MONTH_LUNAR_7,
    MONTH_LUNAR_8,
    MONTH_LUNAR_9,
    MONTH_LUNAR_10,
    MONTH_LUNAR_11,
    MONTH_LUNAR_12,
];

mod table {
    use super::DeferredText;
    use super::StaticText;
    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
    include!(concat!(env!("OUT_DIR"), "/deferred_texts.rs"));
}
pub use table::*;
