use proptest::prelude::*;
use serde_json::Value as Theirs;

use super::super::arbitrary::{nested, whole};
use super::*;

fn same(ours: &Value, theirs: &Theirs) -> bool {
    match (ours, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Flag(ours), Theirs::Bool(theirs)) => ours == theirs,
        (Value::Whole { negative: false, magnitude }, Theirs::Number(theirs)) => theirs.as_u64() == Some(*magnitude),
        (Value::Whole { negative: true, magnitude }, Theirs::Number(theirs)) => {
            theirs.as_i64().is_some_and(|theirs| theirs < 0 && theirs.unsigned_abs() == *magnitude)
        }
        (Value::Fraction, Theirs::Number(theirs)) => theirs.is_f64(),
        (Value::Text(ours), Theirs::String(theirs)) => ours == theirs,
        (Value::List(ours), Theirs::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (Value::Object(ours), Theirs::Object(theirs)) => {
            ours.len() == theirs.len() && ours.iter().all(|(name, ours)| theirs.get(name).is_some_and(|theirs| same(ours, theirs)))
        }
        _ => false,
    }
}

/// Whether both take it as the same value, or both refuse it.
fn agrees(json: &str) -> bool {
    match (parse(json), serde_json::from_str::<Theirs>(json)) {
        (Ok(ours), Ok(theirs)) => same(&ours, &theirs),
        // Numbers so large that serde_json cannot hold them are JSON all the same.
        (Ok(_), Err(error)) => error.to_string().starts_with("number out of range"),
        (Err(_), Err(_)) => true,
        (Err(_), Ok(_)) => false,
    }
}

fn any_json() -> impl Strategy<Value = Theirs> {
    let leaf = prop_oneof![5 => whole(), 1 => any::<f64>().prop_map(Theirs::from)];
    nested(leaf.boxed(), any::<String>().boxed())
}

proptest! {
    #[test]
    fn what_serde_json_writes_is_read_as_it_was(value in any_json()) {
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert!(same(&parse(&json).unwrap(), &value), "{json}");
        }
    }

    #[test]
    fn a_changed_character_is_judged_as_serde_json_does(value in any_json(), at in any::<prop::sample::Index>(), with in "[ -~\\x00-\\x20]{0,3}") {
        let json = value.to_string();
        let places: Vec<usize> = json.char_indices().map(|(place, _)| place).collect();
        let place = places[at.index(places.len())];
        let mut changed = json.clone();
        changed.replace_range(place..place + json[place..].chars().next().unwrap().len_utf8(), &with);
        prop_assert!(agrees(&changed), "{changed:?}");
    }

    #[test]
    fn whatever_looks_like_json_is_judged_as_serde_json_does(json in r#"[\[\]{}:,"\\ue0-9dD8c.+\- \ntrulfasn]{0,24}"#) {
        prop_assert!(agrees(&json), "{json:?}");
    }
}

#[test]
fn corners_are_judged_as_serde_json_does() {
    for json in [
        "",
        " ",
        "0",
        "-0",
        "00",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "1E-5",
        "1.5e3",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999",
        "1e999",
        "nul",
        "nulll",
        "true false",
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{\"a\":1,\"a\":2}",
        "[",
        "]",
        "{",
        "\"",
        r#""\u0041""#,
        r#""\ud83d\ude00""#,
        r#""\ud83d""#,
        r#""\ud83d\u0041""#,
        r#""\ude00""#,
        r#""\ud83dx""#,
        r#""\u12""#,
        r#""\x""#,
        r#""\uD83D\uDE0G""#,
        "\"\t\"",
        "\"\u{0}\"",
        "\"\u{7f}\"",
        "\u{feff}1",
        "1\u{a0}",
        "\u{0}",
    ] {
        assert!(agrees(json), "{json:?}");
    }
}

#[test]
fn nothing_is_nested_deeper_than_can_be_read() {
    let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    assert!(parse(&nested(DEPTH.into())).is_ok());
    assert!(parse(&nested(usize::from(DEPTH) + 1)).is_err());
    assert!(parse(&"[".repeat(1_000_000)).is_err());
}
