//! JSON in few bytes: serde's readers would be a large part of what a phone downloads.
//!
//! [`parse`] takes exactly RFC 8259, to a depth of [`DEPTH`]. A [`Reader`] turns a [`Value`] into something of ours: it
//! always gives one, and notes in the [`DecodeError`] what it had to refuse; [`read`], the only way in, then gives no value at
//! all. So no reader returns early, with half a struct to be dropped.
//!
//! As strict as the derived readers: unknown and missing members and other types are refused, but in what the phone leaves
//! unread. Stricter in that a struct is never written as an array. Of members with the same name the last counts.

#[cfg(test)]
pub(crate) mod arbitrary;
mod parse;
mod write;

pub(crate) use parse::parse;
pub(crate) use write::canonical;

use crate::codec::sorted_map::SortedMap;

/// Deepest nesting that is read.
pub(crate) const DEPTH: u8 = 128;

/// Any JSON.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Flag(bool),
    /// A whole number of 64 bits, without its sign.
    Whole {
        negative: bool,
        magnitude: u64,
    },
    /// Any other number. No model has one, so its value is not kept.
    Fraction,
    Text(String),
    List(Vec<Value>),
    Object(SortedMap<Value>),
}

/// Stands for a missing value: every reader refuses it.
static NOTHING: Value = Value::Null;

/// Reads one kind of value.
pub(crate) type Reader<T> = fn(&Value, &mut DecodeError) -> T;

/// The first thing that a reader refused.
#[derive(Default)]
pub(crate) struct DecodeError {
    /// The member that is being read.
    at: &'static str,
    found: Option<String>,
}

impl DecodeError {
    /// Refuses the member of this name.
    #[inline(never)]
    pub(crate) fn name(&mut self, name: &str) {
        self.found.get_or_insert_with(|| name.to_owned());
    }

    /// Refuses the member that is being read.
    pub(crate) fn here(&mut self) {
        self.name(self.at);
    }
}

/// Reads a whole text, or says which member is wrong.
pub(crate) fn read<T>(json: &str, reader: Reader<T>) -> Result<T, String> {
    let mut error = DecodeError::default();
    let it = reader(&parse(json)?, &mut error);
    match error.found {
        None => Ok(it),
        Some(name) => Err(["`", &name, "` is missing, unknown or of another type"].concat()),
    }
}

/// The members of an object that nobody has taken yet. When it is dropped, those left over are refused.
pub(crate) struct Members<'a> {
    left: Vec<(&'a String, &'a Value)>,
    error: &'a mut DecodeError,
}

impl Drop for Members<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        if let Some((name, _)) = self.left.first() {
            self.error.name(name);
        }
    }
}

impl<'a> Members<'a> {
    /// Those of an object; anything else is refused.
    #[inline(never)]
    pub(crate) fn of(value: &'a Value, error: &'a mut DecodeError) -> Self {
        let mut left = Vec::new();
        match value {
            Value::Object(members) => left.extend(members),
            _ => error.here(),
        }
        Self { left, error }
    }

    #[inline(never)]
    fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        self.error.at = name;
        let index = self.left.iter().position(|(it, _)| *it == name)?;
        Some(self.left.swap_remove(index).1)
    }

    #[inline(never)]
    fn required(&mut self, name: &'static str) -> &'a Value {
        self.take(name).unwrap_or_else(|| {
            self.error.here();
            &NOTHING
        })
    }

    /// A member that must be there.
    pub(crate) fn one<T>(&mut self, name: &'static str, reader: Reader<T>) -> T {
        let value = self.required(name);
        reader(value, self.error)
    }

    /// A member that may be missing or `null`.
    #[inline(never)]
    pub(crate) fn optional<T>(&mut self, name: &'static str, reader: Reader<T>) -> Option<T> {
        let value = self.take(name).filter(|value| !matches!(value, Value::Null))?;
        Some(reader(value, self.error))
    }

    /// A member that may be missing, and is `missing` then.
    pub(crate) fn or<T>(&mut self, name: &'static str, missing: T, reader: Reader<T>) -> T {
        match self.take(name) {
            Some(value) => reader(value, self.error),
            None => missing,
        }
    }

    /// A list that must be there.
    #[inline(never)]
    pub(crate) fn list<T>(&mut self, name: &'static str, reader: Reader<T>) -> Vec<T> {
        let value = self.required(name);
        list(value, self.error, reader)
    }

    /// A list that may be missing, and is empty then.
    #[inline(never)]
    pub(crate) fn list_or_none<T>(&mut self, name: &'static str, reader: Reader<T>) -> Vec<T> {
        match self.take(name) {
            Some(value) => list(value, self.error, reader),
            None => Vec::new(),
        }
    }

    /// A member that may be missing, and may hold anything.
    pub(crate) fn leave_unread(&mut self, name: &'static str) {
        self.take(name);
    }

    /// All that are left.
    pub(crate) fn rest<T>(&mut self, reader: Reader<T>) -> SortedMap<T> {
        let mut map = SortedMap::new();
        // One by one: to collect them would sort first, in more bytes.
        for (name, value) in std::mem::take(&mut self.left) {
            map.insert(name.clone(), reader(value, self.error));
        }
        map
    }
}

/// A string.
#[inline(never)]
pub(crate) fn text(value: &Value, error: &mut DecodeError) -> String {
    if let Value::Text(text) = value {
        return text.clone();
    }
    error.here();
    String::new()
}

/// `true` or `false`.
pub(crate) fn flag(value: &Value, error: &mut DecodeError) -> bool {
    if let Value::Flag(flag) = value {
        return *flag;
    }
    error.here();
    false
}

/// A whole number that `N` can hold.
#[inline(never)]
pub(crate) fn number<N: TryFrom<i64> + TryFrom<u64> + Default>(value: &Value, error: &mut DecodeError) -> N {
    let number = match *value {
        Value::Whole { negative: false, magnitude } => N::try_from(magnitude).ok(),
        Value::Whole { negative: true, magnitude } => {
            0_i64.checked_sub_unsigned(magnitude).and_then(|number| N::try_from(number).ok())
        }
        _ => None,
    };
    number.unwrap_or_else(|| {
        error.here();
        N::default()
    })
}

/// One of these words.
pub(crate) fn word<T: Copy>(value: &Value, error: &mut DecodeError, words: &[(&str, T)]) -> T {
    words
        .iter()
        .find(|(word, _)| matches!(value, Value::Text(text) if text == word))
        .unwrap_or_else(|| {
            error.here();
            &words[0]
        })
        .1
}

/// An array of alike.
pub(crate) fn list<T>(value: &Value, error: &mut DecodeError, reader: Reader<T>) -> Vec<T> {
    let at = error.at;
    let Value::List(elements) = value else {
        error.here();
        return Vec::new();
    };
    let mut list = Vec::with_capacity(elements.len());
    for element in elements {
        error.at = at;
        list.push(reader(element, error));
    }
    list
}

/// An object with members of any name, all alike.
pub(crate) fn map<T>(value: &Value, error: &mut DecodeError, reader: Reader<T>) -> SortedMap<T> {
    Members::of(value, error).rest(reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        assert_eq!(read("{\n\"a\": }", flag), Err("no JSON at line 2, column 6".to_owned()));
    }

    #[test]
    fn numbers_are_whole_and_fit() {
        assert_eq!(read("255", number::<u8>), Ok(255));
        assert_eq!(read("18446744073709551615", number::<u64>), Ok(u64::MAX));
        assert_eq!(read("-9223372036854775808", number::<i64>), Ok(i64::MIN));
        for text in ["256", "-1", "1.0", "\"1\"", "null"] {
            assert!(read(text, number::<u8>).is_err(), "{text}");
        }
    }
}
