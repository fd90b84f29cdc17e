//! Whether a partner is one of those whom the person named as never to be told.
//!
//! The person's words are free text in any of three languages, and so is the partner's name. So the two are
//! compared word by word across spellings, scripts and abbreviations. The comparison errs on the side of asking: a likeness
//! that is none costs one question to the person, a likeness that is missed may cost a life.

mod words;

use amanat_shared::text::{is_mark, match_key};

use self::words::{EMPTY, LETTERS, SAME};
use crate::search::phonetic::phonetic_key;

/// The likeness of a partner's name to the names that the person gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The names have nothing in common.
    Other,
    /// A word in common, or another word for the same.
    Similar,
    /// One name is wholly in the other.
    Named,
}

/// Characters of either text that are looked at; the form takes 2,000.
const MOST_CHARS: usize = 2_000;
/// Shortest name that is looked for without its spaces: shorter ones are in too many words.
const FEWEST_CHARS: usize = 4;
/// Shortest word of which one letter may be another, or missing.
const FEWEST_FOR_A_SLIP: usize = 5;
/// Most and fewest letters of an abbreviation.
const ABBREVIATION: std::ops::RangeInclusive<usize> = 3..=8;

/// Compares a partner's name with what a person named as never to be told.
pub fn likeness(never: &str, partner: &str) -> Likeness {
    let (partner, never) = (Name::new(partner), never.chars().take(MOST_CHARS).collect::<String>());
    let whole = Name::new(&never);
    if partner.is_in(&whole) {
        return Likeness::Named;
    }
    // Each of several that are named may be this one.
    let names = never.split(['\n', ',', ';', '،', '؛', '/', '|', '(', ')', '.']).map(Name::new);
    let of_each = names.map(|name| if name.is_in(&partner) { Likeness::Named } else { name.shares_with(&partner) });
    of_each.max().unwrap_or(Likeness::Other)
}

/// A name in the forms in which it is compared.
struct Name {
    /// Its letters without spaces.
    letters: String,
    /// Its words that say who is meant, each as a match key.
    words: Vec<String>,
    /// Neighbours among them as one word: اسلام آباد is Islamabad.
    pairs: Vec<String>,
}

impl Name {
    fn new(text: &str) -> Self {
        let text: String = text.chars().take(MOST_CHARS).collect();
        // "U.N.H.C.R." is one word, and so is what a joiner joins.
        let apart =
            |c: char| !c.is_alphanumeric() && !matches!(c, '.' | '\'' | '\u{2019}' | '\u{200c}' | '\u{200d}') && !is_mark(c);
        let typed: Vec<String> = text.split(apart).map(match_key).filter(|word| !word.is_empty()).collect();
        let mut words: Vec<String> = Vec::new();
        let all = spoken_letters(&typed);
        let joined = all.concat();
        for group in SAME {
            let is_there = |name: &&str| {
                let key = match_key(name);
                if key.chars().count() < FEWEST_CHARS + 1 { all.contains(&key) } else { joined.contains(&key) }
            };
            if group.iter().any(is_there) {
                words.push(group[0].to_owned());
            }
        }
        words.extend(initials(&all));
        let telling: Vec<String> = all.into_iter().filter(|word| !EMPTY.iter().any(|empty| match_key(empty) == *word)).collect();
        let pairs = telling.windows(2).map(<[String]>::concat).collect();
        words.extend(telling);
        words.dedup();
        Self { letters: joined, words, pairs }
    }

    /// Whether all that this name says is in the other.
    fn is_in(&self, other: &Self) -> bool {
        let letters = self.letters.chars().count() >= FEWEST_CHARS && other.letters.contains(&self.letters);
        // An abbreviation made of the words counts for them, but need not be there.
        let own = self.words.iter().filter(|word| !word.starts_with(INITIALS)).collect::<Vec<_>>();
        let known = SAME.iter().map(|group| group[0]).filter(|first| own.iter().any(|word| word == first)).collect::<Vec<_>>();
        let all = |words: &[&String]| !words.is_empty() && other.has_all(words);
        let by_group = !known.is_empty()
            && known.iter().any(|first| other.words.iter().any(|word| word == first))
            && own.iter().filter(|word| !known.contains(&word.as_str())).all(|word| other.has(word) || in_group(word, &known));
        letters || all(&own) || by_group || self.abbreviates(other) || other.abbreviates(self)
    }

    /// Whether a word of this name is the first letters of the other's words.
    fn abbreviates(&self, other: &Self) -> bool {
        let short = |made: &String| made.strip_prefix(INITIALS).is_some_and(|made| self.words.iter().any(|word| word == made));
        other.words.iter().any(short)
    }

    fn shares_with(&self, other: &Self) -> Likeness {
        let shared =
            self.words.iter().filter(|word| !word.starts_with(INITIALS)).any(|word| other.has(word) || other.has_part(word));
        if shared { Likeness::Similar } else { Likeness::Other }
    }

    fn has(&self, wanted: &str) -> bool {
        self.words.iter().chain(&self.pairs).any(|word| is_same_word(word, wanted))
    }

    /// Whether it has each of these words, or the word that two neighbours make.
    fn has_all(&self, words: &[&String]) -> bool {
        match words {
            [] => true,
            [first, rest @ ..] if self.has(first) => self.has_all(rest),
            [first, second, rest @ ..] => self.has(&[first.as_str(), second.as_str()].concat()) && self.has_all(rest),
            [_] => false,
        }
    }

    /// Whether a word begins as this one does: Germany and German, Pakistan and Pakistani.
    fn has_part(&self, wanted: &str) -> bool {
        let long = |word: &str| word.chars().count() >= FEWEST_FOR_A_SLIP;
        self.words.iter().any(|word| long(word) && long(wanted) && (word.starts_with(wanted) || wanted.starts_with(word.as_str())))
    }
}

/// Stands before an abbreviation that was made here and not typed.
const INITIALS: char = '<';

/// The first letters of consecutive words, with and without those that say nothing.
fn initials(words: &[String]) -> Vec<String> {
    let small = ["of", "for", "the", "and", "in", "on", "to"];
    let of = |words: &[&String]| words.iter().filter_map(|word| word.chars().next()).collect::<String>();
    let (all, great): (Vec<&String>, Vec<&String>) =
        (words.iter().collect(), words.iter().filter(|word| !small.contains(&word.as_str())).collect());
    let mut made = Vec::new();
    for words in [all, great] {
        let words = &words[..words.len().min(40)];
        for length in ABBREVIATION {
            made.extend(words.windows(length).map(|window| format!("{INITIALS}{}", of(window))));
        }
    }
    made
}

/// Whether a word belongs to one of these groups' own names.
fn in_group(word: &str, known: &[&str]) -> bool {
    let names = SAME.iter().filter(|group| known.contains(&group[0])).flat_map(|group| group.iter());
    names.flat_map(|name| name.split_whitespace()).any(|part| match_key(part) == word)
}

/// Words with consecutive names of Latin letters put together: یو ان is `un`.
fn spoken_letters(words: &[String]) -> Vec<String> {
    let letter = |word: &String| LETTERS.iter().find(|(name, _)| match_key(name) == *word).map(|(_, letter)| *letter);
    let (mut out, mut run): (Vec<String>, Vec<(String, char)>) = (Vec::new(), Vec::new());
    let end = |run: &mut Vec<(String, char)>, out: &mut Vec<String>| {
        if run.len() >= 2 {
            out.push(run.iter().map(|(_, letter)| *letter).collect());
        } else {
            out.extend(run.iter().map(|(word, _)| word.clone()));
        }
        run.clear();
    };
    for word in words {
        if let Some(letter) = letter(word) {
            run.push((word.clone(), letter));
        } else {
            end(&mut run, &mut out);
            out.push(word.clone());
        }
    }
    end(&mut run, &mut out);
    out
}

/// Whether two words are one: in either script, with at most one slip.
fn is_same_word(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let long = |word: &str| word.chars().count() >= FEWEST_FOR_A_SLIP;
    if is_latin(one) == is_latin(other) {
        return long(one) && long(other) && is_one_slip(one, other);
    }
    // Across scripts only the consonants can be compared, and few of them are in too many words.
    let (one, other) = (phonetic_key(one), phonetic_key(other));
    one.len() >= 3 && one == other
}

fn is_latin(word: &str) -> bool {
    word.chars().any(|letter| letter.is_ascii_alphabetic())
}

/// Whether one letter is missing, another, or in its neighbour's place.
fn is_one_slip(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[..one.len() - end], &other[..other.len() - end]);
    match (one, other) {
        ([] | [_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
