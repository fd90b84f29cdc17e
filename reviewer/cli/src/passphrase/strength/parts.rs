//! The cheapest way to put a text together from what is known.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// A letter that nothing is known of, as `zxcvbn` counts it.
pub(super) const BITS_OF_A_CHARACTER: f64 = 3.33;

/// The longest part that is looked up.
const LONGEST: usize = 80;
/// A run of keys: where it begins, in which direction, and how long it is.
const BITS_OF_A_RUN: f64 = 8.0;
const LEAST_OF_A_RUN: usize = 4;
const LEAST_OF_A_REPEAT: usize = 3;
/// Any year that somebody living has seen, of either calendar.
const BITS_OF_A_YEAR: f64 = 7.0;
/// A day in such a year: mostly one that a family remembers.
const BITS_OF_A_DAY: f64 = 12.0;
/// A telephone number: mostly one that is known to whoever searches a house.
const BITS_OF_A_TELEPHONE: f64 = 16.0;

/// The kind of a part of a passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuessKind {
    /// A phrase of the Quran, of a prayer, a slogan or a poem.
    Phrase,
    /// A person's name.
    Name,
    /// A common word.
    Word,
    /// Neighbouring keys, or letters in the order of an alphabet.
    Keys,
    /// A repetition.
    Repeat,
    /// A year or a day.
    Date,
    /// A telephone number.
    Telephone,
}

impl GuessKind {
    /// The reason in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Phrase => "a known verse, prayer, slogan or saying",
            Self::Name => "a name",
            Self::Word => "a common word",
            Self::Keys => "a run of neighbouring keys or letters",
            Self::Repeat => "the same twice",
            Self::Date => "a date",
            Self::Telephone => "a telephone number",
        }
    }
}

/// Known parts, and what each stands for in bits.
pub(super) struct Dictionary {
    pub(super) known: HashMap<Vec<char>, (f64, GuessKind)>,
    /// Runs are looked for in these, forwards.
    pub(super) rows: Vec<Vec<char>>,
    /// A character that is in no known part.
    pub(super) character: fn(char) -> f64,
}

/// The cost of guessing a text.
#[derive(Clone)]
pub(super) struct Cost {
    pub(super) bits: f64,
    pub(super) kinds: BTreeSet<GuessKind>,
}

impl fmt::Debug for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} bits, {:?}", self.bits, self.kinds)
    }
}

/// The cheapest way, over all ways to cut the text into parts.
pub(super) fn cheapest(text: &[char], dictionary: &Dictionary) -> Cost {
    // For each position: the bits up to it, and the beginning and the kind of the last part.
    let mut best: Vec<(f64, usize, Option<GuessKind>)> = vec![(0.0, 0, None)];
    for to in 1..=text.len() {
        let mut least = (best[to - 1].0 + (dictionary.character)(text[to - 1]), to - 1, None);
        for (from, (before, ..)) in best.iter().enumerate().skip(to.saturating_sub(LONGEST)) {
            if let Some((bits, kind)) = part(text, from, to, dictionary)
                && before + bits < least.0
            {
                least = (before + bits, from, Some(kind));
            }
        }
        best.push(least);
    }
    let (mut kinds, mut at) = (BTreeSet::new(), text.len());
    while at > 0 {
        let (_, from, kind) = best[at];
        kinds.extend(kind);
        at = from;
    }
    Cost { bits: best[text.len()].0, kinds }
}

/// The cost and kind of `text[from..to]`, if it is known.
fn part(text: &[char], from: usize, to: usize, dictionary: &Dictionary) -> Option<(f64, GuessKind)> {
    let part = &text[from..to];
    let occurs = |whole: &[char], part: &[char]| whole.windows(part.len()).any(|window| window == part);
    let run = || part.len() >= LEAST_OF_A_RUN && dictionary.rows.iter().any(|row| occurs(row, part));
    let again = || {
        let backwards = || part.iter().rev().copied().collect::<Vec<char>>();
        part.len() >= LEAST_OF_A_REPEAT && (occurs(&text[..from], part) || occurs(&text[..from], &backwards()))
    };
    let found = [
        dictionary.known.get(part).copied(),
        run().then_some((BITS_OF_A_RUN, GuessKind::Keys)),
        again().then(|| (log2(from + 1) + 1.0, GuessKind::Repeat)),
        number(part),
    ];
    found.into_iter().flatten().min_by(|one, other| one.0.total_cmp(&other.0))
}

/// Years, days and telephone numbers.
fn number(part: &[char]) -> Option<(f64, GuessKind)> {
    if part.len() < 4 || !part.iter().all(char::is_ascii_digit) {
        return None;
    }
    let digits: String = part.iter().collect();
    let value = |range: std::ops::Range<usize>| digits[range].parse::<u32>().unwrap_or(0);
    let is_year = |year: u32| (1300..=1450).contains(&year) || (1900..=2050).contains(&year);
    let is_day = |one: u32, other: u32| (1..=31).contains(&one) && (1..=31).contains(&other) && (one <= 12 || other <= 12);
    match part.len() {
        4 if is_year(value(0..4)) => Some((BITS_OF_A_YEAR, GuessKind::Date)),
        6 if is_day(value(0..2), value(2..4)) || is_day(value(2..4), value(4..6)) => Some((BITS_OF_A_DAY, GuessKind::Date)),
        8 if is_year(value(0..4)) && is_day(value(4..6), value(6..8)) => Some((BITS_OF_A_DAY, GuessKind::Date)),
        8 if is_year(value(4..8)) && is_day(value(0..2), value(2..4)) => Some((BITS_OF_A_DAY, GuessKind::Date)),
        9..=14 if ["07", "03", "09", "937", "923", "989", "00"].iter().any(|start| digits.starts_with(start)) => {
            Some((BITS_OF_A_TELEPHONE, GuessKind::Telephone))
        }
        _ => None,
    }
}

fn log2(number: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a passphrase is short")]
    let number = number as f64;
    number.log2()
}
