//! A phonetic key of a name, in either script: its consonants, by classes that both scripts can write. The vowels of Persian and
//! Pashto names are mostly not written, and Latin spellings of them differ; so مریم, Maryam and Mariam are all `mrm`. A hint
//! and no more: many names share their consonants.

use amanat_shared::text::match_key;

/// The consonants of one word, doubled ones once; empty for a word that has none.
pub fn phonetic_key(word: &str) -> String {
    let mut letters = key_letters(word).peekable();
    let mut out = String::new();
    while let Some(letter) = letters.next() {
        let pair = letters.peek().and_then(|next| pair(letter, *next));
        if pair.is_some() {
            letters.next();
        }
        let Some(class) = pair.or_else(|| class(letter)) else { continue };
        // A breath at the end is written in one script and not in the other.
        let is_last = letters.peek().is_none();
        if class == 'h' && is_last || out.ends_with(class) {
            continue;
        }
        out.push(class);
    }
    out
}

/// A script that names are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// Latin letters.
    Latin,
    /// Arabic letters: Persian and Pashto.
    Arabic,
}

impl Script {
    /// The script of a word.
    pub(super) fn of(word: &str) -> Self {
        if word.chars().any(|letter| letter.is_ascii_alphabetic()) { Self::Latin } else { Self::Arabic }
    }

    /// The sign before a sound that was written in it.
    pub(super) const fn sign(self) -> char {
        match self {
            Self::Latin => '<',
            Self::Arabic => '>',
        }
    }

    /// The other one.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Latin => Self::Arabic,
            Self::Arabic => Self::Latin,
        }
    }
}

fn key_letters(word: &str) -> impl Iterator<Item = char> {
    match_key(word).chars().collect::<Vec<_>>().into_iter()
}

/// Two Latin letters for one sound.
pub fn pair(first: char, second: char) -> Option<char> {
    Some(match (first, second) {
        ('k', 'h') => 'x',
        ('g', 'h') => 'k',
        ('s', 'h') => 'S',
        ('c', 'h') => 'c',
        ('z', 'h') => 'z',
        ('p', 'h') => 'f',
        _ => return None,
    })
}

/// The class of a consonant; none for vowels and what is no letter.
pub fn class(letter: char) -> Option<char> {
    Some(match letter {
        'b' | 'ب' => 'b',
        'p' | 'پ' => 'p',
        't' | 'ت' | 'ط' | 'ټ' => 't',
        's' | 'ث' | 'س' | 'ص' | 'څ' => 's',
        'j' | 'ج' | 'ځ' => 'j',
        'چ' => 'c',
        'ش' | 'ښ' => 'S',
        'خ' => 'x',
        'd' | 'د' | 'ډ' => 'd',
        'z' | 'ذ' | 'ز' | 'ض' | 'ظ' | 'ژ' | 'ږ' => 'z',
        'r' | 'ر' | 'ړ' => 'r',
        'f' | 'ف' => 'f',
        'k' | 'q' | 'c' | 'غ' | 'ق' | 'ک' => 'k',
        'g' | 'گ' => 'g',
        'l' | 'ل' => 'l',
        'm' | 'م' => 'm',
        'n' | 'ن' | 'ڼ' | 'ں' => 'n',
        'h' | 'ح' | 'ه' => 'h',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_scripts_write_the_same_sounds() {
        for (native, latin) in [
            ("مریم", &["Maryam", "Mariam", "Meryem"][..]),
            ("کریمه", &["Karima", "Karimah"]),
            ("زرغونه", &["Zarghuna", "Zarghoona"]),
            ("ملالۍ", &["Malalai", "Malalay"]),
            ("محمد", &["Mohammad", "Muhammed", "Mohamed"]),
            ("رحیم\u{200c}الله", &["Rahimullah", "Raheemullah"]),
            ("غلام", &["Ghulam", "Gholam"]),
            ("شاه", &["Shah"]),
            ("خدیجه", &["Khadija", "Khadijah"]),
            ("یوسف", &["Yusuf", "Yousef"]),
            ("ښایسته", &["Shaista"]),
        ] {
            for latin in latin {
                assert_eq!(phonetic_key(native), phonetic_key(latin), "{native} {latin}");
            }
        }
        assert_ne!(phonetic_key("محمد"), phonetic_key("حمید"));
        assert_eq!(phonetic_key("ایا"), "");
    }
}
