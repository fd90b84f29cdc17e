//! Reading the model from JSON in few bytes: derived readers would be a large part of what a phone downloads.
//!
//! A [`Reader`] always gives a value, and notes in the [`Fault`] what it had to refuse; [`read`], the only way in, then
//! gives no value at all. So no reader returns early, with half a struct to be dropped.
//!
//! As strict as the derived readers: unknown and missing members and other types are refused. Stricter in that a struct
//! is never written as an array. Of members with the same name the last counts.

use crate::map::Map;
use serde_json::{Number, Value};

/// What takes the place of a missing value: every reader refuses it.
static NOTHING: Value = Value::Null;

/// Reads one kind of value.
pub(crate) type Reader<T> = fn(&Value, &mut Fault) -> T;

/// What was refused first.
#[derive(Default)]
pub(crate) struct Fault {
    /// The member that is being read.
    at: &'static str,
    found: Option<String>,
}

impl Fault {
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

/// Any JSON, or where it stops being any.
pub(crate) fn parse(json: &str) -> Result<Value, String> {
    serde_json::from_str(json)
        .map_err(|error| ["no JSON at line ", &error.line().to_string(), ", column ", &error.column().to_string()].concat())
}

/// Reads a whole text, or says which member is wrong.
pub(crate) fn read<T>(json: &str, reader: Reader<T>) -> Result<T, String> {
    let mut fault = Fault::default();
    let it = reader(&parse(json)?, &mut fault);
    match fault.found {
        None => Ok(it),
        Some(name) => Err(["`", &name, "` is missing, unknown or of another type"].concat()),
    }
}

/// The members of an object that nobody has taken yet. When it is dropped, those left over are refused.
pub(crate) struct Members<'a> {
    left: Vec<(&'a String, &'a Value)>,
    fault: &'a mut Fault,
}

impl Drop for Members<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        if let Some((name, _)) = self.left.first() {
            self.fault.name(name);
        }
    }
}

impl<'a> Members<'a> {
    /// Those of an object; anything else is refused.
    #[inline(never)]
    pub(crate) fn of(value: &'a Value, fault: &'a mut Fault) -> Self {
        let mut left = Vec::new();
        match value {
            Value::Object(members) => left.extend(members),
            _ => fault.here(),
        }
        Self { left, fault }
    }

    #[inline(never)]
    fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        self.fault.at = name;
        let index = self.left.iter().position(|(it, _)| *it == name)?;
        Some(self.left.swap_remove(index).1)
    }

    #[inline(never)]
    fn required(&mut self, name: &'static str) -> &'a Value {
        self.take(name).unwrap_or_else(|| {
            self.fault.here();
            &NOTHING
        })
    }

    /// A member that must be there.
    pub(crate) fn one<T>(&mut self, name: &'static str, reader: Reader<T>) -> T {
        let value = self.required(name);
        reader(value, self.fault)
    }

    /// A member that may be missing or `null`.
    #[inline(never)]
    pub(crate) fn optional<T>(&mut self, name: &'static str, reader: Reader<T>) -> Option<T> {
        let value = self.take(name).filter(|value| !value.is_null())?;
        Some(reader(value, self.fault))
    }

    /// A member that may be missing, and is `missing` then.
    pub(crate) fn or<T>(&mut self, name: &'static str, missing: T, reader: Reader<T>) -> T {
        match self.take(name) {
            Some(value) => reader(value, self.fault),
            None => missing,
        }
    }

    /// A list that must be there.
    #[inline(never)]
    pub(crate) fn list<T>(&mut self, name: &'static str, reader: Reader<T>) -> Vec<T> {
        let value = self.required(name);
        list(value, self.fault, reader)
    }

    /// A list that may be missing, and is empty then.
    #[inline(never)]
    pub(crate) fn list_or_none<T>(&mut self, name: &'static str, reader: Reader<T>) -> Vec<T> {
        match self.take(name) {
            Some(value) => list(value, self.fault, reader),
            None => Vec::new(),
        }
    }

    /// All that are left.
    pub(crate) fn rest<T>(&mut self, reader: Reader<T>) -> Map<T> {
        let mut map = Map::new();
        // One by one: to collect them would sort first, in more bytes.
        for (name, value) in std::mem::take(&mut self.left) {
            map.insert(name.clone(), reader(value, self.fault));
        }
        map
    }
}

/// A string.
#[inline(never)]
pub(crate) fn text(value: &Value, fault: &mut Fault) -> String {
    if let Value::String(text) = value {
        return text.clone();
    }
    fault.here();
    String::new()
}

/// `true` or `false`.
pub(crate) fn flag(value: &Value, fault: &mut Fault) -> bool {
    value.as_bool().unwrap_or_else(|| {
        fault.here();
        false
    })
}

/// A whole number that `N` can hold.
#[inline(never)]
pub(crate) fn number<N: TryFrom<i128> + Default>(value: &Value, fault: &mut Fault) -> N {
    value.as_number().and_then(Number::as_i128).and_then(|number| N::try_from(number).ok()).unwrap_or_else(|| {
        fault.here();
        N::default()
    })
}

/// One of these words.
pub(crate) fn word<T: Copy>(value: &Value, fault: &mut Fault, words: &[(&str, T)]) -> T {
    words
        .iter()
        .find(|(word, _)| value.as_str() == Some(word))
        .unwrap_or_else(|| {
            fault.here();
            &words[0]
        })
        .1
}

/// An array of alike.
pub(crate) fn list<T>(value: &Value, fault: &mut Fault, reader: Reader<T>) -> Vec<T> {
    let at = fault.at;
    let Value::Array(elements) = value else {
        fault.here();
        return Vec::new();
    };
    let mut list = Vec::with_capacity(elements.len());
    for element in elements {
        fault.at = at;
        list.push(reader(element, fault));
    }
    list
}

/// An object with members of any name, all alike.
pub(crate) fn map<T>(value: &Value, fault: &mut Fault, reader: Reader<T>) -> Map<T> {
    Members::of(value, fault).rest(reader)
}

/// Appends the canonical JSON: members sorted by their names' bytes, no space, strings and numbers as [`serde_json`] writes
/// them. `None` if there is a fraction in it, of which no model has any (and writing one takes many bytes of program).
pub(crate) fn canonical(value: &Value, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) => out.extend(integer(number)?.as_bytes()),
        Value::String(text) => string(text, out)?,
        Value::Array(elements) => {
            let mut before = b'[';
            for element in elements {
                out.push(before);
                canonical(element, out)?;
                before = b',';
            }
            if elements.is_empty() {
                out.push(before);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut before = b'{';
            for (name, value) in members {
                out.push(before);
                string(name, out)?;
                out.push(b':');
                canonical(value, out)?;
                before = b',';
            }
            if members.is_empty() {
                out.push(before);
            }
            out.push(b'}');
        }
    }
    Some(())
}

fn integer(number: &Number) -> Option<String> {
    number.as_u64().map(|number| number.to_string()).or_else(|| number.as_i64().map(|number| number.to_string()))
}

#[inline(never)]
fn string(text: &str, out: &mut Vec<u8>) -> Option<()> {
    serde_json::to_writer(out, text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any JSON without fractions.
    fn whole() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_canonical_json_is_what_serde_json_writes_of_sorted_members(value in whole()) {
            let mut out = Vec::new();
            canonical(&value, &mut out).unwrap();
            prop_assert_eq!(&out, &serde_json::to_vec(&value).unwrap());
        }
    }

    #[test]
    fn members_are_sorted_whatever_the_text_said() {
        let mut out = Vec::new();
        canonical(&parse(r#" { "b" : [ ], "a" : { }, "B" : "\u0041" } "#).unwrap(), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"B":"A","a":{},"b":[]}"#);
    }

    #[test]
    fn a_fraction_has_no_canonical_json() {
        for text in ["1.5", "[1e3]", "{\"a\":-0}", "18446744073709551616"] {
            assert_eq!(canonical(&parse(text).unwrap(), &mut Vec::new()), None, "{text}");
        }
    }

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
