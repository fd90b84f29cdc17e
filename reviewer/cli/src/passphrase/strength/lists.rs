//! The dictionaries: phrases, names, words and the rows of keyboards; and texts as they are looked up in them.

use std::collections::HashMap;

use amanat_reviewer_core::search::phonetic::{class, pair};
use amanat_shared::fingerprint;
use amanat_shared::text::match_key;

use super::parts::{BITS_OF_A_CHARACTER, Dictionary, GuessKind};

const GUESSABLE: &str = include_str!("guessable.txt");
/// A piece of a phrase is known from so many letters on.
const LEAST_OF_A_PHRASE: usize = 6;
/// A name or word whose consonants are fewer would be found in anything.
const LEAST_CONSONANTS: usize = 3;

/// The bits that one of a kind stands for: which of the list it is, and for a phrase also how it is spelled.
const BITS_OF_A_PHRASE: f64 = 12.0;
/// The choice of where a piece begins and ends.
const BITS_OF_A_PIECE: f64 = 16.0;
const BITS_OF_A_NAME: f64 = 8.5;
const BITS_OF_A_WORD: f64 = 8.5;
/// One of BIP-39's 2048.
const BITS_OF_A_LISTED_WORD: f64 = 11.0;
/// The choice of vowels between consonants.
const BITS_OF_VOWELS: f64 = 3.0;
/// A consonant, with the vowel that may follow.
const BITS_OF_A_CONSONANT: f64 = 5.0;

/// Keys that lie beside each other, and alphabets: Latin, Persian, Pashto, and the old order of Arabic letters.
const ROWS: &[&str] = &[
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "ضصثقفغعهخحجچ",
    "شسیبلاتنمکگ",
    "ظطزرذدپو",
    "ظطزرژذدړوږ",
    "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی",
    "ابتثجحخدذرزسشصضطظعغفقکلمنوهی",
    "ابجدهوزحطیکلمنسعفصقرشتثخذضظغ",
];

/// The same keys of two keyboards.
const LATIN_KEYS: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,";
const PERSIAN_KEYS: &str = "ضصثقفغعهخحجچشسیبلاتنمکگظطزرذدپو";

/// The dictionaries of letters and of consonants.
pub(super) struct Lists {
    pub(super) letters: Dictionary,
    pub(super) consonants: Dictionary,
}

impl Lists {
    pub(super) fn new() -> Self {
        let mut letters = Dictionary { known: HashMap::new(), rows: rows(), character: |_| BITS_OF_A_CHARACTER };
        let mut consonants = Dictionary { known: HashMap::new(), rows: Vec::new(), character: bits_of_a_consonant };
        for word in fingerprint::word_list() {
            letters.add(word.chars().collect(), BITS_OF_A_LISTED_WORD, GuessKind::Word);
        }
        let mut section = "";
        for line in GUESSABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line;
                continue;
            }
            let entry: Vec<char> = match_key(line).chars().collect();
            match section {
                "[phrases]" => {
                    letters.add_phrase(&entry, 0.0);
                    consonants.add_phrase(&self::consonants(&entry), BITS_OF_VOWELS);
                }
                section => {
                    let (bits, kind) =
                        if section == "[names]" { (BITS_OF_A_NAME, GuessKind::Name) } else { (BITS_OF_A_WORD, GuessKind::Word) };
                    let sounds = self::consonants(&entry);
                    if sounds.len() >= LEAST_CONSONANTS {
                        consonants.add(sounds, bits + BITS_OF_VOWELS, kind);
                    }
                    letters.add(entry, bits, kind);
                }
            }
        }
        Self { letters, consonants }
    }
}

impl Dictionary {
    /// Adds an entry, unless it is known under fewer bits.
    fn add(&mut self, entry: Vec<char>, bits: f64, kind: GuessKind) {
        let known = self.known.entry(entry).or_insert((bits, kind));
        if bits < known.0 {
            *known = (bits, kind);
        }
    }

    /// Adds a phrase and each piece of it.
    fn add_phrase(&mut self, phrase: &[char], more: f64) {
        for from in 0..phrase.len() {
            for to in (from + LEAST_OF_A_PHRASE)..=phrase.len() {
                self.add(phrase[from..to].to_vec(), BITS_OF_A_PIECE + more, GuessKind::Phrase);
            }
        }
        self.add(phrase.to_vec(), BITS_OF_A_PHRASE + more, GuessKind::Phrase);
    }
}

fn bits_of_a_consonant(letter: char) -> f64 {
    if letter.is_ascii_digit() { BITS_OF_A_CHARACTER } else { BITS_OF_A_CONSONANT }
}

fn rows() -> Vec<Vec<char>> {
    let rows = ROWS.iter().map(|row| match_key(row).chars().collect::<Vec<char>>());
    rows.flat_map(|row| [row.iter().rev().copied().collect(), row]).collect()
}

/// The consonants of folded letters, in the classes that both scripts can write; doubled ones once. Digits stay.
pub(super) fn consonants(letters: &[char]) -> Vec<char> {
    let mut sounds: Vec<char> = Vec::with_capacity(letters.len());
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        let both = letters.get(at + 1).and_then(|next| pair(letter, *next));
        at += if both.is_some() { 2 } else { 1 };
        let sound = match both.or_else(|| class(letter)) {
            None if is_vowel(letter) => continue,
            // Digits, and letters of other scripts.
            None => {
                sounds.push(letter);
                continue;
            }
            Some(sound) => sound,
        };
        if sounds.last() != Some(&sound) {
            sounds.push(sound);
        }
    }
    sounds
}

/// Letters that one spelling has and another leaves out.
fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'v' | 'w' | 'y' | 'ا' | 'آ' | 'و' | 'ی' | 'ع' | 'ئ' | 'ؤ' | 'أ' | 'إ')
}

/// The text as typed on the other keyboard: a Persian verse in Latin letters, a Latin word in Persian ones.
pub(super) fn on_the_other_keyboard(typed: &str) -> [String; 2] {
    let exchanged = |from: &str, to: &str| {
        let one = |c: char| from.chars().position(|key| key == c).and_then(|at| to.chars().nth(at)).unwrap_or(c);
        typed.chars().map(one).collect()
    };
    [exchanged(LATIN_KEYS, PERSIAN_KEYS), exchanged(PERSIAN_KEYS, LATIN_KEYS)]
}
