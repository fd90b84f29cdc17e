//! JSON from a [`Value`].

use super::Value;

/// Appends the canonical JSON: members sorted by their names' bytes, no space, strings and numbers as `serde_json` writes
/// them. `None` if there is a fraction in it, of which no model has any.
pub(crate) fn canonical(value: &Value, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Flag(true) => out.extend(b"true"),
        Value::Flag(false) => out.extend(b"false"),
        Value::Whole { negative, magnitude } => {
            out.extend(&b"-"[..usize::from(*negative)]);
            out.extend(magnitude.to_string().as_bytes());
        }
        Value::Fraction => return None,
        Value::Text(text) => string(text, out),
        Value::List(elements) => {
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
                string(name, out);
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

/// Appends a string in quotes.
#[inline(never)]
fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text.as_bytes() {
        let short = match byte {
            b'"' | b'\\' => byte,
            8 => b'b',
            9 => b't',
            10 => b'n',
            12 => b'f',
            13 => b'r',
            0..=0x1f => b'u',
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend([b'\\', short]);
        if short == b'u' {
            let hex = |digit: u8| b"0123456789abcdef"[usize::from(digit)];
            out.extend([b'0', b'0', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::super::arbitrary::{nested, whole};
    use super::super::parse;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_canonical_json_is_what_serde_json_writes_of_sorted_members(value in nested(whole(), any::<String>().boxed())) {
            let json = serde_json::to_string(&value).unwrap();
            let mut out = Vec::new();
            canonical(&parse(&json).unwrap(), &mut out).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), json);
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
}
