//! Telephone numbers in any habit of writing.

use serde::{Deserialize, Serialize};

use crate::text::{clean, fold_digits, is_arabic_letter, is_latin_letter};

/// A telephone number as given, and as E.164 where it can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// As typed, cleaned.
    pub raw: String,
    /// `+` and 7 to 15 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e164: Option<String>,
}

/// The format in which a number was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneFormat {
    /// It begins (or, typed from right to left, ends) with `+`, or begins with `00`, or stands in a link that wants it so.
    International,
    /// A country code of the neighbourhood without `+`.
    CountryCode,
    /// A mobile number of the country that the person named.
    Country,
    /// A national form that belongs to one country only: `07…` Afghanistan, `03…` Pakistan, `09…` Iran.
    Pattern,
    /// None of these, or more than one number: kept as typed.
    Ambiguous,
    /// No number, but what can be a user name: one word of Latin letters, digits and signs. Kept as typed.
    Username,
    /// No number: kept as typed.
    Characters,
}

/// Mobile numbers by country: code, first digits, digits in all. Only where such a number is nothing else nearby.
const MOBILE: [(&str, &str, &[u8], usize); 8] = [
    ("AF", "93", b"7", 9),
    ("PK", "92", b"3", 10),
    ("IR", "98", b"9", 10),
    ("TR", "90", b"5", 10),
    ("AE", "971", b"5", 9),
    ("IN", "91", b"6789", 10),
    ("TJ", "992", b"9", 9),
    ("UZ", "998", b"9", 9),
];

/// The number of rows of [`MOBILE`] that are told apart without naming the country.
const SELF_IDENTIFYING: usize = 3;

impl Phone {
    /// Reads a number; `country` (ISO 3166) is where the person is, if known. Never refuses: see [`PhoneFormat`].
    pub fn read(raw: &str, country: Option<&str>) -> (Self, PhoneFormat) {
        let raw = clean(raw);
        let (e164, how) = match e164(&fold_digits(&raw), country) {
            Ok((digits, how)) => (Some(format!("+{digits}")), how),
            Err(how) => (None, how),
        };
        (Self { raw, e164 }, how)
    }

    /// Its digits in ASCII, with the country's code where it can be told.
    pub fn digits(&self) -> String {
        fold_digits(self.e164.as_ref().unwrap_or(&self.raw)).chars().filter(char::is_ascii_digit).collect()
    }
}

/// Fewest digits of a telephone number.
const FEWEST_DIGITS: usize = 7;

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether a character stands inside a number; everything else ends it.
fn may_be_inside(c: char) -> bool {
    c.is_ascii_digit()
        || matches!(
            c,
            ' ' | '+' | '\u{ff0b}' | '-' | '(' | ')' | '.' | '/' | '_' | '\u{640}' | '\u{2010}'..='\u{2015}' | '\u{2212}'
        )
}

/// The digits after `+`, from a text with ASCII digits. Words may stand beside the number.
fn e164(text: &str, country: Option<&str>) -> Result<(String, PhoneFormat), PhoneFormat> {
    let mut found = None;
    let (mut from, mut digits) = (0, 0);
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        if may_be_inside(c) {
            digits += usize::from(c.is_ascii_digit());
            continue;
        }
        if digits >= FEWEST_DIGITS && found.replace((from, at)).is_some() {
            return Err(PhoneFormat::Ambiguous);
        }
        (from, digits) = (at + c.len_utf8(), 0);
    }
    match found {
        Some((from, to)) => {
            // Both ends stand between characters.
            let before = &text[..from];
            let linked = before.ends_with("wa.me") || before.ends_with("phone=");
            read_number(text[from..to].trim_matches(' '), linked, country)
        }
        _ if text.chars().any(|c| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_graphic()) => {
            Err(PhoneFormat::Username)
        }
        _ if text.chars().any(|c| is_latin_letter(c) || is_arabic_letter(c)) => Err(PhoneFormat::Characters),
        _ if digits_of(text).is_empty() => Err(PhoneFormat::Characters),
        _ => Err(PhoneFormat::Ambiguous),
    }
}

/// One number and its separators. `linked`: the text before it says that it begins with its country's code.
fn read_number(text: &str, linked: bool, country: Option<&str>) -> Result<(String, PhoneFormat), PhoneFormat> {
    let digits = digits_of(text);
    let plus = ['+', '\u{ff0b}'];
    let has_plus = linked || text.trim_start_matches(['(', '/', '-', '.', ' ']).starts_with(plus) || text.ends_with(plus);
    // "+070…" and "00070…" are numbers as one dials them at home: no country's code begins with a zero.
    let abroad = digits.strip_prefix("00").or(Some(&*digits).filter(|_| has_plus)).filter(|digits| !digits.starts_with('0'));
    if let Some(abroad) = abroad {
        // In "+93 (0)70 …" the zero is for callers at home.
        let without_zero = text.find("(0)").map(|at| digits_of(&text[..at]) + &digits_of(&text[at + 3..]));
        let digits = without_zero.as_ref().map_or(abroad, |digits| digits.trim_start_matches('0'));
        let at_home = MOBILE.iter().find_map(|row| Some((row, digits.strip_prefix(row.1)?.strip_prefix('0')?)));
        return match at_home {
            Some((row, national)) if is_mobile(row, national) => Ok((format!("{}{national}", row.1), PhoneFormat::International)),
            _ if is_international(digits) => Ok((digits.to_owned(), PhoneFormat::International)),
            _ => Err(PhoneFormat::Ambiguous),
        };
    }
    let digits = if has_plus || digits.starts_with("00") { "0".to_owned() + digits.trim_start_matches('0') } else { digits };
    let national = digits.strip_prefix('0').unwrap_or(&digits);
    let here = MOBILE.iter().find(|row| country == Some(row.0) && is_mobile(row, national));
    if let Some((_, code, _, _)) = here {
        return Ok((format!("{code}{national}"), PhoneFormat::Country));
    }
    let near = &MOBILE[..SELF_IDENTIFYING];
    let by_pattern = near.iter().find(|row| digits.starts_with('0') && is_mobile(row, national));
    if let Some((_, code, _, _)) = by_pattern {
        return Ok((format!("{code}{national}"), PhoneFormat::Pattern));
    }
    if near.iter().any(|row| digits.strip_prefix(row.1).is_some_and(|national| is_mobile(row, national))) {
        return Ok((digits, PhoneFormat::CountryCode));
    }
    Err(PhoneFormat::Ambiguous)
}

/// Whether a number behind `+` can be one: of North America's and Russia's codes, of one digit, all have eleven digits.
fn is_international(digits: &str) -> bool {
    match digits.as_bytes()[0] {
        b'1' | b'7' => digits.len() == 11,
        _ => (FEWEST_DIGITS..=15).contains(&digits.len()),
    }
}

fn is_mobile(&(_, _, first, length): &(&str, &str, &[u8], usize), national: &str) -> bool {
    national.len() == length && first.contains(&national.as_bytes()[0])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn e164_of(raw: &str, country: &str) -> Option<String> {
        Phone::read(raw, Some(country)).0.e164
    }

    #[test]
    fn numbers_are_read_as_the_vectors_say() {
        let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).unwrap();
        for vector in vectors["phone"].as_array().unwrap() {
            let country = vector["country"].as_str().filter(|country| !country.is_empty());
            let (phone, how) = Phone::read(vector["raw"].as_str().unwrap(), country);
            let how = match how {
                PhoneFormat::International => "intl",
                PhoneFormat::CountryCode => "cc_no_plus",
                PhoneFormat::Country => "country",
                PhoneFormat::Pattern => "pattern",
                PhoneFormat::Ambiguous => "ambiguous",
                PhoneFormat::Characters | PhoneFormat::Username => "chars",
            };
            assert_eq!(phone.e164.as_deref(), vector["e164"].as_str(), "{vector}");
            assert_eq!(phone.e164.is_some(), vector["ok"].as_bool().unwrap(), "{vector}");
            // If the country is named, its own plan comes first.
            assert_eq!(how, vector["how"].as_str().unwrap(), "{vector}");
        }
    }

    #[test]
    fn a_plus_before_a_zero_is_a_number_as_dialled_at_home() {
        for raw in ["+0701234567", "+۰۷۰۱۲۳۴۵۶۷", "00 0701234567", "+(0)701234567", "+00 93 701234567", "+0093 0701234567"]
        {
            assert_eq!(e164_of(raw, "AF"), Some("+93701234567".to_owned()), "{raw}");
            assert_eq!(e164_of(raw, ""), Some("+93701234567".to_owned()), "{raw}");
        }
        assert_eq!(e164_of("+03001234567", "PK"), Some("+923001234567".to_owned()));
        for raw in ["00701234567", "+701234567", "+0000000", "+0123456789"] {
            assert_eq!(Phone::read(raw, None).1, PhoneFormat::Ambiguous, "{raw}");
        }
        assert_eq!(e164_of("+7 912 345 67 89", ""), Some("+79123456789".to_owned()));
    }

    #[test]
    fn a_number_is_read_beside_words_and_in_a_link() {
        for raw in [
            "0701234567 واتساپ",
            "واتساپ: ۰۷۰۱۲۳۴۵۶۷",
            "wa.me/93701234567",
            "https://wa.me/93701234567",
            "tel:+93701234567",
            "my number 0701 234 567 (call)",
            "\u{202a}+93\u{a0}70\u{2011}123\u{2013}4567\u{202c}",
            "+93 (0)70 123 4567",
            "0093 0701234567",
            "070/123/45/67",
        ] {
            assert_eq!(e164_of(raw, "AF"), Some("+93701234567".to_owned()), "{raw}");
        }
        assert_eq!(e164_of("https://wa.me/4915112345678", ""), Some("+4915112345678".to_owned()));
        assert_eq!(e164_of("https://api.whatsapp.com/send?phone=4915112345678", ""), Some("+4915112345678".to_owned()));
    }

    #[test]
    fn two_numbers_are_kept_as_typed() {
        for raw in ["+93701234567 یا +93787654321", "0701234567, 0787654321", "0701234567/0787654321", "0701234567 0787654321"] {
            let (phone, how) = Phone::read(raw, Some("AF"));
            assert_eq!((phone.raw.as_str(), phone.e164, how), (raw, None, PhoneFormat::Ambiguous), "{raw}");
        }
    }

    #[test]
    fn a_user_name_is_kept_as_typed() {
        for raw in ["@user", "user.22", "t.me/user_name", "https://signal.me/#eu/abc"] {
            let (phone, how) = Phone::read(raw, Some("AF"));
            assert_eq!((phone.raw.as_str(), phone.e164, how), (raw, None, PhoneFormat::Username), "{raw}");
        }
        for raw in ["ندارم", "none at all", "--"] {
            assert_eq!(Phone::read(raw, None).1, PhoneFormat::Characters, "{raw}");
        }
    }

    #[test]
    fn a_plus_may_come_last_as_it_does_from_right_to_left() {
        assert_eq!(e164_of("۹۳۷۰۱۲۳۴۵۶۷+", ""), Some("+93701234567".to_owned()));
    }

    #[test]
    fn the_zero_for_callers_at_home_goes_after_a_country_code() {
        assert_eq!(e164_of("+93 0701234567", ""), Some("+93701234567".to_owned()));
        assert_eq!(e164_of("0098 0912 123 4567", ""), Some("+989121234567".to_owned()));
        assert_eq!(e164_of("+39 06 1234567", ""), Some("+39061234567".to_owned()));
    }

    #[test]
    fn a_number_at_home_is_read_with_the_plan_of_its_country() {
        assert_eq!(e164_of("09876543210", "IN"), Some("+919876543210".to_owned()));
        assert_eq!(e164_of("09876543210", "IR"), Some("+989876543210".to_owned()));
        assert_eq!(e164_of("0555 123 45 67", "TR"), Some("+905551234567".to_owned()));
        assert_eq!(e164_of("0701234567", "PK"), Some("+93701234567".to_owned()));
    }

    #[test]
    fn what_cannot_be_told_is_kept_as_typed() {
        let (phone, how) = Phone::read("  ۰۲۰ ۲۱۰۱۲۳۴ ", Some("AF"));
        assert_eq!((phone.raw.as_str(), phone.e164, how), ("۰۲۰ ۲۱۰۱۲۳۴", None, PhoneFormat::Ambiguous));
        assert_eq!(Phone::read("--", None).1, PhoneFormat::Characters);
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_makes_only_e164(raw in any::<String>(), digits in "[+0-9۰-۹() -]{0,24}", country in "(AF|PK|IR|IN|XX)") {
            for raw in [raw, digits] {
                if let Some(e164) = Phone::read(&raw, Some(&country)).0.e164 {
                    let digits = e164.strip_prefix('+').unwrap();
                    prop_assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", e164);
                    prop_assert!(!digits.starts_with('0'));
                }
            }
        }
    }
}
