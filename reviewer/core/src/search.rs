//! Finding a person across spellings: letters that keyboards confuse are one, and so are the usual Latin spellings of a
//! name.
//!
//! The keys of a case are made once, when it is opened, and hold no more than a few hundred bytes: ten thousand are looked
//! through at every letter that a reviewer types.

pub mod phonetic;

use std::fmt;

use amanat_shared::answers::Answers;
use amanat_shared::text::{fold_digits, loose_key, match_key};

use crate::afghan_form::AfghanForm;

use phonetic::{Script, phonetic_key};

/// Characters of one name that are looked at; the form takes 120.
const MOST_CHARS: usize = 200;
/// Digits of a telephone number that are looked at; E.164 has 15.
const MOST_DIGITS: usize = 20;
/// Fewest digits that are looked for in telephone numbers, and fewest characters in hashes: shorter ones are in all.
const FEWEST: usize = 4;

/// Names and number of one case, folded for comparing: never shown, never written. Each key stands between line feeds,
/// which no key contains.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SearchKeys {
    names: Box<str>,
    loose: Box<str>,
    /// Each word, behind the sign of its script and before a line feed.
    sounds: Box<str>,
    phone: Box<str>,
}

impl fmt::Debug for SearchKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SearchKeys(…)")
    }
}

/// The quality of a match, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A whole name, the number or the hash.
    Whole,
    /// Each word is part of a name.
    Part,
    /// Usual Latin spellings of one name.
    Loose,
    /// The consonants are the same in the other script.
    Sound,
}

impl SearchKeys {
    /// The keys of a person's answers.
    pub fn new(answers: &Answers) -> Self {
        let (mut names, mut loose, mut sounds) = ("\n".to_owned(), "\n".to_owned(), String::new());
        let form = AfghanForm::new(answers);
        for name in form.names() {
            let name = first_chars(name);
            for (keys, key) in [(&mut names, match_key(name)), (&mut loose, squeezed(&loose_key(name)))] {
                if !key.is_empty() {
                    keys.push_str(&key);
                    keys.push('\n');
                }
            }
            for word in name.split_whitespace() {
                let sound = phonetic_key(word);
                if !sound.is_empty() {
                    sounds.extend([Script::of(word).sign()]);
                    sounds.extend([&sound, "\n"]);
                }
            }
        }
        Self { names: names.into(), loose: loose.into(), sounds: sounds.into(), phone: phone(form).into() }
    }

    /// The telephone number's digits, empty when there is none.
    pub(crate) fn phone(&self) -> &str {
        &self.phone
    }
}

/// The match key of the person's and the father's name, if both are there: what two registrations of one person share.
pub(crate) fn person(answers: &Answers) -> Option<String> {
    let key = |name| Some(match_key(first_chars(name))).filter(|key| !key.is_empty());
    let [own, father] = AfghanForm::new(answers).own_and_father_name()?;
    Some([key(own)?, key(father)?].join("\n"))
}

fn phone(form: AfghanForm<'_>) -> String {
    match form.phone() {
        // A sender may write more than a number into the file.
        Some(phone) if phone.raw.len() <= 1024 => phone.digits().chars().take(MOST_DIGITS).collect(),
        _ => String::new(),
    }
}

fn first_chars(text: &str) -> &str {
    text.char_indices().nth(MOST_CHARS).map_or(text, |(end, _)| &text[..end])
}

/// Doubled letters once, where two words meet too.
fn squeezed(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for c in key.chars() {
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

/// A search: one or several words of names, part of a telephone number, or the beginning of a hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    typed: bool,
    whole: String,
    words: Vec<String>,
    loose: Vec<String>,
    sounds: Vec<String>,
    digits: String,
    hash: String,
}

/// The beginning of a word of this sound in the other script. A single consonant begins too many: it has to be the whole word.
fn wanted_sound(word: &str) -> Option<String> {
    let (sound, sign) = (phonetic_key(word), Script::of(word).other().sign());
    match sound.len() {
        0 => None,
        1 => Some(format!("{sign}{sound}\n")),
        _ => Some(format!("{sign}{sound}")),
    }
}

impl Query {
    /// Reads what was typed. Nothing typed finds every case; what has neither letter nor digit finds none.
    pub fn new(text: &str) -> Self {
        let text = first_chars(text.trim());
        let words: Vec<String> = text.split_whitespace().map(match_key).filter(|word| !word.is_empty()).collect();
        let loose = text.split([' ', '-']).map(|word| squeezed(&loose_key(word))).filter(|word| !word.is_empty()).collect();
        let sounds = text.split_whitespace().filter_map(wanted_sound).collect();
        let folded = fold_digits(text);
        let is_number = folded.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')' | '.' | '\u{ff0b}'));
        let digits: String = folded.chars().filter(|c| is_number && c.is_ascii_digit()).collect();
        let enough = digits.len() >= FEWEST;
        // "0799…" and "0093799…" are found in "93799…". Of more zeros none is a way to begin a number.
        let digits = digits.strip_prefix("00").or(digits.strip_prefix('0')).unwrap_or(&digits);
        let hash = folded.to_ascii_lowercase();
        let is_hash = hash.len() >= FEWEST && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        Self {
            typed: !text.is_empty(),
            whole: if words.is_empty() { String::new() } else { format!("\n{}\n", words.concat()) },
            words,
            loose,
            sounds,
            digits: if enough { digits.to_owned() } else { String::new() },
            hash: if is_hash { hash } else { String::new() },
        }
    }

    /// Whether nothing was typed, so that every case fits.
    pub fn is_empty(&self) -> bool {
        !self.typed
    }

    /// The rank of a case with these keys and this hash; `None` if it does not match.
    pub fn rank(&self, keys: &SearchKeys, sha256: &str) -> Option<Rank> {
        if !self.typed {
            return Some(Rank::Whole);
        }
        let is = |wanted: &str, found: bool| !wanted.is_empty() && found;
        if is(&self.whole, keys.names.contains(&self.whole))
            || is(&self.hash, sha256.starts_with(&self.hash))
            || is(&self.digits, keys.phone.contains(&self.digits))
        {
            return Some(Rank::Whole);
        }
        let all = |words: &[String], keys: &str| !words.is_empty() && words.iter().all(|word| keys.contains(word.as_str()));
        if all(&self.words, &keys.names) {
            return Some(Rank::Part);
        }
        // One letter alone sounds like all names.
        let loose = self.loose.iter().any(|word| word.chars().count() > 1) && all(&self.loose, &keys.loose);
        if loose {
            return Some(Rank::Loose);
        }
        all(&self.sounds, &keys.sounds).then_some(Rank::Sound)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn keys(answers: Value) -> SearchKeys {
        SearchKeys::new(&serde_json::from_value(answers).unwrap())
    }

    fn rank(query: &str, answers: Value) -> Option<Rank> {
        Query::new(query).rank(&keys(answers), &"9f86d0".repeat(11)[..64])
    }

    #[test]
    fn an_arabic_keyboard_finds_persian_letters_and_the_other_way() {
        for (arabic, persian) in [("كريمي", "کریمی"), ("علي", "علی"), ("يوسف", "یوسف"), ("فاطمة", "فاطمه")]
        {
            assert_eq!(rank(arabic, json!({ "name_native": persian })), Some(Rank::Whole), "{arabic}");
            assert_eq!(rank(persian, json!({ "name_native": arabic })), Some(Rank::Whole), "{persian}");
        }
        assert_eq!(rank("کریمی", json!({ "name_native": "رحیمی" })), None);
    }

    #[test]
    fn spellings_that_the_vectors_call_one_name_find_each_other() {
        let vectors: Value = serde_json::from_str(include_str!("../../../shared/vectors.json")).unwrap();
        for vector in vectors["match_same"].as_array().unwrap() {
            let (a, b) = (vector["a"].as_str().unwrap(), vector["b"].as_str().unwrap());
            assert_eq!(rank(a, json!({ "name_native": b })), Some(Rank::Whole), "{vector}");
            assert_eq!(rank(b, json!({ "father_name": a })), Some(Rank::Whole), "{vector}");
        }
        for vector in vectors["match_diff"].as_array().unwrap() {
            assert_ne!(rank(vector["a"].as_str().unwrap(), json!({ "name_native": vector["b"] })), Some(Rank::Whole), "{vector}");
        }
    }

    #[test]
    fn words_may_stand_in_several_names_and_joined_or_apart() {
        let person = json!({ "name_native": "رحیم\u{200c}الله", "father_name": "محمد کریم", "family_name": "نوری" });
        for query in ["رحیم الله", "رحیمالله", "رحیم", "نوری رحیم", "کریم الله"] {
            assert!(rank(query, person.clone()).is_some_and(|rank| rank <= Rank::Part), "{query}");
        }
        assert_eq!(rank("رحیم احمد", person), None);
    }

    #[test]
    fn latin_spellings_that_sound_alike_come_behind_exact_ones() {
        let person = json!({ "name_latin": "Mohammad Daud Qadiri" });
        assert_eq!(rank("mohammad daud qadiri", person.clone()), Some(Rank::Whole));
        assert_eq!(rank("QADIRI", person.clone()), Some(Rank::Part));
        for query in ["mohd", "Kadiri", "kadiree daud", "Muhammad-Daoud", "muhamadaud"] {
            assert_eq!(rank(query, person.clone()), Some(Rank::Loose), "{query}");
        }
        assert_eq!(rank("Karim", person), None);
    }

    #[test]
    fn a_latin_keyboard_finds_names_in_their_own_script_behind_all_others() {
        let person = json!({ "name_native": "مریم", "father_name": "علی رضا" });
        for query in ["Maryam", "mariam", "MARIAM ALI", "Reza", "ali"] {
            assert_eq!(rank(query, person.clone()), Some(Rank::Sound), "{query}");
        }
        for query in ["Karim", "Marjan", "Latif Reza"] {
            assert_eq!(rank(query, person.clone()), None, "{query}");
        }
        assert_eq!(rank("مریم", json!({ "name_latin": "Maryam" })), Some(Rank::Sound));
    }

    #[test]
    fn a_number_is_found_in_any_habit_of_writing() {
        let person = json!({ "phone": { "raw": "0799 123 456", "e164": "+93799123456" } });
        for query in ["0799123456", "+93 799 123 456", "0093799123456", "۰۷۹۹ ۱۲۳", "٧٩٩١٢٣٤٥٦", "3456", "0799"] {
            assert_eq!(rank(query, person.clone()), Some(Rank::Whole), "{query}");
        }
        for query in ["456", "0700123456", "000", "0000"] {
            assert_eq!(rank(query, person.clone()), None, "{query}");
        }
    }

    #[test]
    fn a_hash_is_found_by_its_beginning_and_no_name_by_a_single_letter_that_sounds_alike() {
        assert_eq!(rank("9F86d0", json!({})), Some(Rank::Whole));
        assert_eq!(rank("9f8", json!({})), None);
        assert_eq!(rank("86d0", json!({})), None);
        assert_eq!(rank("q", json!({ "name_latin": "Karim" })), None);
    }

    #[test]
    fn nothing_typed_finds_all_and_signs_alone_find_none() {
        assert_eq!(rank("  ", json!({})), Some(Rank::Whole));
        for query in ["!", "()", "—", "\u{200c}"] {
            assert_eq!(rank(query, json!({ "name_native": "Ali", "phone": { "raw": "0799123456" } })), None, "{query}");
        }
    }

    #[test]
    fn keys_of_a_hostile_registration_stay_small_and_are_never_printed() {
        let endless = "ن".repeat(1_000_000);
        let keys = keys(json!({ "name_native": endless, "father_name": endless, "phone": { "raw": "1".repeat(1_000_000) } }));
        assert!(keys.names.len() + keys.loose.len() + keys.phone.len() < 4_000);
        assert_eq!(format!("{keys:?}"), "SearchKeys(…)");
    }

    proptest! {
        #[test]
        fn a_name_is_always_found_by_itself_and_by_each_of_its_words(name in "[A-Za-zا-یئؤأكيةپچژگ]{2,9}( [A-Za-zا-یكي]{2,9}){0,2}") {
            prop_assume!(!match_key(&name).is_empty());
            prop_assert_eq!(rank(&name, json!({ "name_native": name })), Some(Rank::Whole));
            for word in name.split(' ').filter(|word| !match_key(word).is_empty()) {
                let found = rank(word, json!({ "name_native": name }));
                prop_assert!(found.is_some_and(|rank| rank <= Rank::Part), "{}", word);
            }
        }

        #[test]
        fn no_query_and_no_answer_panics(query in any::<String>(), name in any::<String>(), raw in any::<String>()) {
            let _ = rank(&query, json!({ "name_native": name, "phone": { "raw": raw } }));
        }
    }
}
