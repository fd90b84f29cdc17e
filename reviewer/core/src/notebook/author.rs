//! The author of a notebook's entries.

use std::cmp::Ordering;
use std::fmt;

use amanat_shared::text::clean;
use serde::{Deserialize, Serialize};

/// Most characters of a reviewer's name.
const MOST_CHARS: usize = 40;

/// A reviewer's own short name, one line of at most 40 characters. Capitals make no other reviewer. It proves nothing: a
/// notebook tells who, not that.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Author(String);

impl Author {
    /// Reads a name; `None` if it is empty or too long.
    pub fn new(name: &str) -> Option<Self> {
        let name = clean(name);
        (!name.is_empty() && name.chars().count() <= MOST_CHARS).then_some(Self(name))
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Author {
    fn without_case(&self) -> impl Iterator<Item = char> {
        self.0.chars().flat_map(char::to_lowercase)
    }
}

impl PartialEq for Author {
    fn eq(&self, other: &Self) -> bool {
        self.without_case().eq(other.without_case())
    }
}

impl Eq for Author {}

impl PartialOrd for Author {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Author {
    fn cmp(&self, other: &Self) -> Ordering {
        self.without_case().cmp(other.without_case())
    }
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Author> for String {
    fn from(author: Author) -> Self {
        author.0
    }
}

impl TryFrom<String> for Author {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(&name).ok_or("no name of a reviewer")
    }
}

/// The author and time of a new entry.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// The author.
    pub author: Author,
    /// Seconds since 1970.
    pub now: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_neither_empty_nor_endless() {
        assert_eq!(Author::new("  ").or(Author::new(&"x".repeat(41))), None);
        assert_eq!(Author::new(" Ali\n Zia ").unwrap().as_str(), "Ali Zia");
        assert!(Author::new(&"x".repeat(40)).is_some());
        assert_eq!(Author::new("Ali"), Author::new("aLI"));
        assert_ne!(Author::new("Ali"), Author::new("Alia"));
    }
}
