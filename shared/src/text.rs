//! Text as people type it: cleaned for keeping, and folded for comparing.
//!
//! The kept text is never rewritten: in Pashto ي, ی, ې, ۍ and ئ are different letters. Only keys for comparing fold them.

mod normalization;

/// The first step for one character: it becomes a line break, a space, itself, or nothing.
fn plain(c: char) -> Option<char> {
    match c {
        '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\t' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        // Controls, direction marks and whatever else cannot be seen; not U+200C, which Dari and Pashto spell with.
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => None,
        _ => Some(c),
    }
}

/// One line, cleaned: composed (normal form C), without controls, direction marks and invisible
/// characters, spaces collapsed, trimmed. Keeps the zero-width non-joiner inside words.
pub fn clean(raw: &str) -> String {
    let mut line = String::with_capacity(raw.len());
    for c in raw.chars().filter_map(plain) {
        let c = if c == '\n' { ' ' } else { c };
        if c != ' ' || !line.ends_with(' ') {
            line.push(c);
        }
    }
    normalization::composed(line.trim_matches([' ', '\u{200c}', '\u{200d}']))
}

/// Several lines, each cleaned as by [`clean`], with at most one empty line between two.
pub fn clean_lines(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut breaks = 0;
    for line in raw.split(|c| plain(c) == Some('\n')).map(clean) {
        if !line.is_empty() {
            text.push_str(&"\n\n"[..if text.is_empty() { 0 } else { breaks }]);
            text.push_str(&line);
            breaks = 0;
        }
        breaks = 2.min(breaks + 1);
    }
    text
}

/// Digits of the Arabic, Persian and full-width kind as ASCII; everything else as it is.
pub fn fold_digits(text: &str) -> String {
    text.chars().map(fold_digit).collect()
}

/// The numbers in a text, in ASCII digits: whatever is no digit stands between two.
pub fn numbers_in(text: &str) -> Vec<String> {
    let mut numbers: Vec<String> = Vec::new();
    let mut inside = false;
    for c in text.chars().map(fold_digit) {
        let is_digit = c.is_ascii_digit();
        if is_digit && !inside {
            numbers.push(String::new());
        }
        inside = is_digit;
        if let Some(number) = numbers.last_mut().filter(|_| is_digit) {
            number.push(c);
        }
    }
    numbers
}

fn fold_digit(c: char) -> char {
    let zero = match c {
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{ff10}'..='\u{ff19}' => 0xff10,
        _ => return c,
    };
    char::from_digit(u32::from(c) - zero, 10).unwrap_or(c)
}

/// A letter of the Arabic script, presentation forms among them.
pub fn is_arabic_letter(c: char) -> bool {
    matches!(c,
        '\u{620}'..='\u{63f}' | '\u{641}'..='\u{64a}' | '\u{66e}'..='\u{66f}' | '\u{671}'..='\u{6d3}' | '\u{6d5}'
        | '\u{6e5}'..='\u{6e6}' | '\u{6ee}'..='\u{6ef}' | '\u{6fa}'..='\u{6fc}' | '\u{6ff}' | '\u{750}'..='\u{77f}'
        | '\u{8a0}'..='\u{8c9}' | '\u{fb50}'..='\u{fbb1}' | '\u{fbd3}'..='\u{fd3d}' | '\u{fd50}'..='\u{fdfb}'
        | '\u{fe70}'..='\u{fefc}')
}

/// A letter of the Latin script, with or without accents.
pub fn is_latin_letter(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// A sign that people type for an apostrophe.
pub fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '\u{b4}' | '\u{2b9}'..='\u{2bf}' | '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2035}')
}

/// A mark that stands on a Latin or Arabic letter: an accent, a vowel sign.
pub fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{34e}' | '\u{350}'..='\u{36f}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}')
}

/// The key under which two spellings of one name are equal: compatibility forms, vowel signs, spaces and punctuation are
/// gone, and letters that keyboards confuse are one. For comparing only, never shown.
pub fn match_key(text: &str) -> String {
    normalization::taken_apart(text).chars().filter_map(key_letter).collect()
}

/// One character of a match key, from one that is already taken apart.
fn key_letter(c: char) -> Option<char> {
    let c = fold_digit(c);
    match c {
        '\u{621}' | '\u{674}' | '\u{640}' => None,
        'ي' | 'ى' | 'ې' | 'ۍ' | 'ے' | '\u{678}' => Some('ی'),
        'ك' | 'ڪ' => Some('ک'),
        'ګ' => Some('گ'),
        'ة' | 'ہ' | 'ھ' | 'ە' | 'ۃ' => Some('ه'),
        'ٱ' | '\u{675}' => Some('ا'),
        '\u{676}' => Some('و'),
        '\u{677}' => Some('ۇ'),
        _ if c.is_ascii() => c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase()),
        '\u{80}'..='\u{bf}'
        | '\u{2b0}'..='\u{2ff}'
        | '\u{d7}'
        | '\u{f7}'
        | '\u{60c}'
        | '\u{61b}'..='\u{61f}'
        | '\u{66a}'..='\u{66d}'
        | '\u{6d4}'
        | '\u{2000}'..='\u{206f}'
        | '\u{2e00}'..='\u{2e7f}'
        | '\u{3000}'..='\u{303f}'
        // Signs among the presentation forms, and a fragment of a letter.
        | '\u{fbb2}'..='\u{fbd2}'
        | '\u{fd3e}'..='\u{fd4f}'
        | '\u{fe73}' => None,
        _ if is_mark(c) || c.is_whitespace() => None,
        _ => Some(c),
    }
}

/// A hint that two Latin spellings may be one name: Mohammad, Muhammed and Mohd are; so are Qadir and Kadir. Too loose
/// to decide anything.
pub fn loose_key(text: &str) -> String {
    text.split([' ', '-']).map(loose_word).collect()
}

fn loose_word(word: &str) -> String {
    let spelled = match_key(word).replace("oo", "u").replace("ou", "u").replace("ee", "i");
    let mut key = String::with_capacity(spelled.len());
    for c in spelled.chars() {
        let c = match c {
            'q' => 'k',
            'w' => 'v',
            'o' => 'u',
            'y' => 'i',
            other => other,
        };
        if !key.ends_with(c) {
            key.push(c);
        }
    }
    match key.as_str() {
        "md" | "muhd" | "muhamed" | "muhamd" | "mhamad" => "muhamad".to_owned(),
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    const VECTORS: &str = include_str!("../vectors.json");

    fn vectors(group: &str) -> Vec<Value> {
        let all: Value = serde_json::from_str(VECTORS).unwrap();
        all[group].as_array().unwrap().clone()
    }

    #[test]
    fn texts_are_cleaned_as_the_vectors_say() {
        for vector in vectors("clean") {
            assert_eq!(clean(vector["raw"].as_str().unwrap()), vector["out"].as_str().unwrap());
        }
    }

    #[test]
    fn names_match_as_the_vectors_say() {
        for vector in vectors("match_same") {
            let key = vector["key"].as_str().unwrap();
            assert_eq!(match_key(vector["a"].as_str().unwrap()), key);
            assert_eq!(match_key(vector["b"].as_str().unwrap()), key);
        }
        for vector in vectors("match_diff") {
            assert_ne!(match_key(vector["a"].as_str().unwrap()), match_key(vector["b"].as_str().unwrap()));
        }
    }

    #[test]
    fn the_non_joiner_stays_inside_a_word_and_alone_is_nothing() {
        assert_eq!(clean(" رحیم\u{200c}الله\u{200c} "), "رحیم\u{200c}الله");
        assert_eq!(clean(" \u{200c}\u{200d}\u{200b} "), "");
    }

    #[test]
    fn what_hides_or_reorders_text_is_taken_out() {
        assert_eq!(clean("a\u{202e}b\u{2066}c\u{0}d\u{ad}e\u{9f}f\u{feff}g\u{e0041}h"), "abcdefgh");
        assert_eq!(clean("a\tb\u{a0}\u{2003} c\nd\r\ne"), "a b c d e");
    }

    #[test]
    fn lines_stay_lines_with_one_empty_line_at_most() {
        assert_eq!(clean_lines("\r\n a  b \r\n\n \n\n c\r\nd\u{2028}e \n"), "a b\n\nc\nd\ne");
    }

    #[test]
    fn digits_of_three_scripts_are_one() {
        assert_eq!(fold_digits("۰۹ ٠٩ ０９ 09 ۱۴۰۰م"), "09 09 09 09 1400م");
    }

    #[test]
    fn hidden_and_broken_spellings_share_a_key() {
        assert_eq!(match_key("ﻣﺤﻤﺪ ﷲ"), match_key("محمد الله"));
        assert_eq!(match_key("Ａｈｍａｄ ۱۴"), "ahmad14");
        assert_eq!(match_key("José"), match_key("Jose\u{301}"));
        assert_eq!(match_key("بي\u{654}"), match_key("بئ"));
    }

    #[test]
    fn latin_spellings_of_one_name_share_a_loose_key() {
        for other in ["Muhammad", "Mohd", "Mohammed", "mohamad"] {
            assert_eq!(loose_key(other), loose_key("Mohammad"), "{other}");
        }
        assert_eq!(loose_key("Abdul Qadeer"), loose_key("Abdool-Kadir"));
        assert_ne!(loose_key("Karim"), loose_key("Rahim"));
    }

    #[test]
    fn presentation_forms_have_the_keys_of_their_letters() {
        for code in (0xfb50..=0xfdfb).chain(0xfe70..=0xfefc) {
            let form = char::from_u32(code).unwrap();
            let letters = if is_arabic_letter(form) && code != 0xfe73 { form.to_string().nfkc().collect() } else { String::new() };
            assert_eq!(match_key(&form.to_string()), match_key(&letters), "{code:x}");
        }
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(raw in any::<String>()) {
            let once = clean(&raw);
            prop_assert_eq!(clean(&once), once.clone());
            let lines = clean_lines(&raw);
            prop_assert_eq!(clean_lines(&lines), lines.clone());
        }

        #[test]
        fn cleaning_composes_as_unicode_does(raw in "[A-Za-z\u{c0}-\u{24f}\u{300}-\u{36f}\u{620}-\u{6ff}\u{1e00}-\u{1eff}]{0,12}") {
            let composed: String = raw.nfc().collect();
            prop_assert_eq!(clean(&raw), composed);
        }
    }
}
