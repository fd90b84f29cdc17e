//! The strength of a chosen passphrase: the fewest guesses that several ways of guessing need.
//!
//! A thief of an identity's file tries what people choose first. So the passphrase is taken apart in the way that is
//! cheapest for a guesser: into known verses and sayings, names, common words, runs of keys, dates and repetitions
//! ([`parts`]), as it is written and by its consonants only, so that Latin spellings make no difference; as typed on the
//! other keyboard; and as the `zxcvbn` crate does for English. It is an estimate: what it does not know, such as a line of a
//! poem, it overrates.

mod lists;
mod parts;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use amanat_shared::text::match_key;
use zxcvbn::matching::patterns::MatchPattern;

pub use parts::GuessKind;

use self::lists::Lists;
use self::parts::{BITS_OF_A_CHARACTER, Cost, cheapest};

/// The least strength of a chosen passphrase, in bits: behind 2^17 rounds of scrypt, more than anybody pays for.
pub const LEAST_BITS: f64 = 60.0;
/// `zxcvbn` looks at so many characters and no more; what follows counts for nothing here.
const MOST_CHARS: usize = 100;
/// The other keyboard is one more thing to try.
const BITS_OF_A_KEYBOARD: f64 = 1.0;

static LISTS: LazyLock<Lists> = LazyLock::new(Lists::new);

/// The strength of a passphrase.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The binary logarithm of the guesses.
    pub bits: f64,
    /// The kinds of parts that it is made of, as far as they are known.
    pub kinds: BTreeSet<GuessKind>,
}

impl Estimate {
    /// Whether it may lock an identity.
    pub fn is_enough(&self) -> bool {
        self.bits >= LEAST_BITS
    }

    /// The reasons why it is easy to guess, in words.
    pub fn why(&self) -> String {
        if self.kinds.is_empty() {
            return "it is too short".to_owned();
        }
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.words()).collect();
        format!("there is {} in it", kinds.join(", "))
    }
}

impl From<Cost> for Estimate {
    fn from(cost: Cost) -> Self {
        Self { bits: cost.bits, kinds: cost.kinds }
    }
}

/// Estimates a passphrase.
pub fn estimate(passphrase: &str) -> Estimate {
    let lists = &*LISTS;
    let typed: String = passphrase.to_lowercase().chars().filter(|c| !c.is_whitespace()).take(MOST_CHARS).collect();
    let (other_keyboard, symbols) = (lists::on_the_other_keyboard(&typed), bits_of_symbols(&typed));
    let mut least = as_typed(&typed, lists, symbols);
    for text in other_keyboard {
        let mut other = as_typed(&text, lists, 0.0);
        other.bits += BITS_OF_A_KEYBOARD;
        least = smaller(least, other);
    }
    least
}

/// The least for a text as it stands.
fn as_typed(typed: &str, lists: &Lists, bits_of_symbols: f64) -> Estimate {
    let key = match_key(typed);
    let letters: Vec<char> = key.chars().collect();
    let consonants = lists::consonants(&letters);
    let ours = [cheapest(&letters, &lists.letters), cheapest(&consonants, &lists.consonants)];
    let ours = ours.into_iter().map(|cost| {
        let estimate = Estimate::from(cost);
        Estimate { bits: estimate.bits + bits_of_symbols, ..estimate }
    });
    let theirs = [typed, key.as_str()].map(zxcvbn_estimate);
    ours.chain(theirs).reduce(smaller).expect("there are four estimates")
}

/// Signs between and in words: each counts once, since a separator is the same everywhere.
fn bits_of_symbols(typed: &str) -> f64 {
    let symbols: BTreeSet<char> = typed.chars().filter(char::is_ascii_punctuation).collect();
    #[expect(clippy::cast_precision_loss, reason = "at most 32 signs")]
    let count = symbols.len() as f64;
    count * BITS_OF_A_CHARACTER
}

/// The smaller one, with the reasons of both if either alone is too small.
fn smaller(one: Estimate, other: Estimate) -> Estimate {
    let (mut smaller, larger) = if other.bits < one.bits { (other, one) } else { (one, other) };
    if !larger.is_enough() {
        smaller.kinds.extend(larger.kinds);
    }
    smaller
}

/// The guesses for each part that `zxcvbn` finds. What it adds for their order is left out: it makes five common words
/// sixty bits.
fn zxcvbn_estimate(text: &str) -> Estimate {
    let found = zxcvbn::zxcvbn(text, &[]);
    #[expect(clippy::cast_precision_loss, reason = "a logarithm of it is taken")]
    let bits = found.sequence().iter().map(|part| (part.guesses.unwrap_or(1).max(1) as f64).log2()).sum();
    let kinds = found.sequence().iter().filter_map(|part| match part.pattern {
        MatchPattern::Dictionary(_) => Some(GuessKind::Word),
        MatchPattern::Spatial(_) | MatchPattern::Sequence(_) => Some(GuessKind::Keys),
        MatchPattern::Repeat(_) => Some(GuessKind::Repeat),
        MatchPattern::Regex(_) | MatchPattern::Date(_) => Some(GuessKind::Date),
        MatchPattern::BruteForce => None,
    });
    Estimate { bits, kinds: kinds.collect() }
}

#[cfg(test)]
mod tests;
