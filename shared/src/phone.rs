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

/// How a number was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It begins (or, typed from right to left, ends) with `+`, or begins with `00`.
    International,
    /// A country code of the neighbourhood without `+`.
    CountryCode,
    /// A mobile number of the country that the person named.
    Country,
    /// A national form that belongs to one country only: `07…` Afghanistan, `03…` Pakistan, `09…` Iran.
    Pattern,
    /// None of these: kept as typed.
    Ambiguous,
    /// Not a number: it has letters, or no digit.
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

/// How many of [`MOBILE`] are told apart without naming the country.
const SELF_IDENTIFYING: usize = 3;

impl Phone {
    /// Reads a number; `country` (ISO 3166) is where the person is, if known. Never refuses: see [`How`].
    pub fn read(raw: &str, country: Option<&str>) -> (Self, How) {
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

/// The digits after `+`, from a text with ASCII digits.
fn e164(text: &str, country: Option<&str>) -> Result<(String, How), How> {
    let digits_of = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let digits = digits_of(text);
    if digits.is_empty() || text.chars().any(|c| is_latin_letter(c) || is_arabic_letter(c)) {
        return Err(How::Characters);
    }
    let plus = ['+', '\u{ff0b}'];
    let after_prefix = match digits.strip_prefix("00") {
        _ if text.trim_start_matches('(').starts_with(plus) || text.ends_with(plus) => Some(digits.as_str()),
        after => after,
    };
    if after_prefix.is_some() {
        // In "+93 (0)70 …" the zero is for callers at home.
        let digits = match text.as_bytes().windows(3).position(|bytes| bytes == b"(0)") {
            Some(at) => digits_of(&text[..at]) + &digits_of(&text[at + 3..]),
            None => digits,
        };
        let digits = digits.trim_start_matches('0');
        let at_home = MOBILE.iter().find_map(|row| Some((row, digits.strip_prefix(row.1)?.strip_prefix('0')?)));
        return match at_home {
            Some((row, national)) if is_mobile(row, national) => Ok((format!("{}{national}", row.1), How::International)),
            _ if (7..=15).contains(&digits.len()) => Ok((digits.to_owned(), How::International)),
            _ => Err(How::Ambiguous),
        };
    }
    let national = digits.strip_prefix('0').unwrap_or(&digits);
    let here = MOBILE.iter().find(|row| country == Some(row.0) && is_mobile(row, national));
    if let Some((_, code, _, _)) = here {
        return Ok((format!("{code}{national}"), How::Country));
    }
    let near = &MOBILE[..SELF_IDENTIFYING];
    let by_pattern = near.iter().find(|row| digits.starts_with('0') && is_mobile(row, national));
    if let Some((_, code, _, _)) = by_pattern {
        return Ok((format!("{code}{national}"), How::Pattern));
    }
    if near.iter().any(|row| digits.strip_prefix(row.1).is_some_and(|national| is_mobile(row, national))) {
        return Ok((digits, How::CountryCode));
    }
    Err(How::Ambiguous)
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
                How::International => "intl",
                How::CountryCode => "cc_no_plus",
                How::Country => "country",
                How::Pattern => "pattern",
                How::Ambiguous => "ambiguous",
                How::Characters => "chars",
            };
            assert_eq!(phone.e164.as_deref(), vector["e164"].as_str(), "{vector}");
            assert_eq!(phone.e164.is_some(), vector["ok"].as_bool().unwrap(), "{vector}");
            // Where the country is named, its own plan is asked first.
            assert_eq!(how, vector["how"].as_str().unwrap(), "{vector}");
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
        assert_eq!((phone.raw.as_str(), phone.e164, how), ("۰۲۰ ۲۱۰۱۲۳۴", None, How::Ambiguous));
        assert_eq!(Phone::read("--", None).1, How::Characters);
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
