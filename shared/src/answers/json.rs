//! An answer from its JSON, in one pass.
//!
//! Serde's own reader of untagged kinds keeps a copy of what it reads at every level of nesting: four megabytes, nested a
//! hundred deep, would take a reviewer's computer gigabytes.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Answer, Answers};

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyAnswer)
    }
}

struct AnyAnswer;

impl<'de> Visitor<'de> for AnyAnswer {
    type Value = Answer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }

    fn visit_bool<E: Error>(self, ticked: bool) -> Result<Answer, E> {
        Ok(Answer::Acknowledged(ticked))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Answer, E> {
        Ok(Answer::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Answer, E> {
        i64::try_from(number).map(Answer::Integer).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Answer, E> {
        Ok(Answer::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Answer, E> {
        Ok(Answer::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Answer, A::Error> {
        Ok(match elements.next_element()? {
            None => Answer::Many(Vec::new()),
            Some(Element::Name(first)) => Answer::Many(rest(first, elements)?),
            Some(Element::Item(first)) => Answer::Repeat(rest(first, elements)?),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Answer, A::Error> {
        let group = Answers::deserialize(MapAccessDeserializer::new(members))?;
        Ok(if let Some(date) = as_known(&group, DATE) {
            Answer::Date(date)
        } else if let Some(phone) = as_known(&group, PHONE) {
            Answer::Phone(phone)
        } else {
            Answer::Group(group)
        })
    }
}

/// The first of several tells what all of them are.
enum Element {
    Name(String),
    Item(Answers),
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyElement)
    }
}

struct AnyElement;

impl<'de> Visitor<'de> for AnyElement {
    type Value = Element;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name or an item")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Element, E> {
        Ok(Element::Name(name.to_owned()))
    }

    fn visit_string<E: Error>(self, name: String) -> Result<Element, E> {
        Ok(Element::Name(name))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Element, A::Error> {
        Answers::deserialize(MapAccessDeserializer::new(members)).map(Element::Item)
    }
}

fn rest<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(first: T, mut elements: A) -> Result<Vec<T>, A::Error> {
    let mut all = vec![first];
    while let Some(element) = elements.next_element()? {
        all.push(element);
    }
    Ok(all)
}

/// The members of a [`PartialDate`].
const DATE: &[&str] = &["calendar", "precision", "year", "month", "day", "age", "raw", "earliest", "latest"];
/// The members of a [`Phone`].
const PHONE: &[&str] = &["raw", "e164"];

/// The group as something with these members, all of them texts or numbers, if it is that.
fn as_known<T: DeserializeOwned>(group: &Answers, members: &[&str]) -> Option<T> {
    let fits = |(name, answer): (&String, &Answer)| {
        members.contains(&name.as_str()) && matches!(answer, Answer::Text(_) | Answer::Integer(_))
    };
    if group.0.iter().all(fits) { serde_json::from_value(serde_json::to_value(group).ok()?).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::codec::json::arbitrary::{nested, whole};
    use crate::dates::PartialDate;
    use crate::phone::Phone;

    /// Reads as serde's derived code does.
    #[derive(serde::Deserialize, serde::Serialize)]
    #[serde(untagged)]
    enum Derived {
        Acknowledged(bool),
        Integer(i64),
        Text(String),
        Many(Vec<String>),
        Date(PartialDate),
        Phone(Phone),
        Repeat(Vec<crate::codec::sorted_map::SortedMap<Derived>>),
        Group(crate::codec::sorted_map::SortedMap<Derived>),
    }

    impl Derived {
        fn kind(&self) -> &'static str {
            match self {
                Self::Acknowledged(_) => "acknowledged",
                Self::Integer(_) => "integer",
                Self::Text(_) => "text",
                Self::Many(_) => "many",
                Self::Date(_) => "date",
                Self::Phone(_) => "phone",
                Self::Repeat(_) => "repeat",
                Self::Group(_) => "group",
            }
        }
    }

    fn kind(answer: &Answer) -> &'static str {
        match answer {
            Answer::Acknowledged(_) => "acknowledged",
            Answer::Integer(_) => "integer",
            Answer::Text(_) => "text",
            Answer::Many(_) => "many",
            Answer::Date(_) => "date",
            Answer::Phone(_) => "phone",
            Answer::Repeat(_) => "repeat",
            Answer::Group(_) => "group",
        }
    }

    /// Read as derived, as the same kind. Only a member that is `null` is refused by us alone: we never write one.
    fn agrees(json: &Value) -> bool {
        match (serde_json::from_value::<Answer>(json.clone()), serde_json::from_value::<Derived>(json.clone())) {
            (Ok(ours), Ok(theirs)) => {
                kind(&ours) == theirs.kind() && serde_json::to_value(ours).unwrap() == serde_json::to_value(theirs).unwrap()
            }
            (Err(_), Err(_)) => true,
            (Err(_), Ok(_)) => json.to_string().contains("null"),
            (Ok(_), Err(_)) => false,
        }
    }

    fn date() -> Value {
        json!({ "calendar": "solar", "precision": "age_in_year", "year": 1398, "month": 1, "day": 2, "age": 25, "raw": "x", "earliest": "a", "latest": "b" })
    }

    #[test]
    fn dates_and_phones_are_told_from_groups_as_derived() {
        let phone = json!({ "raw": "1", "e164": "+1" });
        for whole in [date(), phone] {
            assert!(agrees(&whole));
            for name in whole.as_object().unwrap().keys() {
                for other in [json!(true), json!(-1), json!(300), json!("lunar"), json!(["x"]), json!({ "raw": "x" }), json!([{}])]
                {
                    let mut changed = whole.clone();
                    changed[name] = other;
                    assert!(agrees(&changed), "{changed}");
                }
                let mut changed = whole.clone();
                changed.as_object_mut().unwrap().remove(name);
                assert!(agrees(&changed), "{changed}");
            }
            let mut changed = whole;
            changed["unknown"] = json!("x");
            assert!(agrees(&changed));
        }
        assert!(matches!(serde_json::from_value(date()), Ok(Answer::Date(_))));
    }

    #[test]
    fn mixed_lists_and_what_no_answer_is_are_refused() {
        for json in [json!(["x", 1]), json!([{}, "x"]), json!(["x", {}]), json!([[]]), json!(null), json!(1.5), json!(u64::MAX)] {
            assert!(serde_json::from_value::<Answer>(json.clone()).is_err() && agrees(&json), "{json}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read_as_derived(json in nested(prop_oneof![whole(), ".{0,4}".prop_map(Value::from)].boxed(), "raw|e164|year|[a-c]".boxed())) {
            prop_assert!(agrees(&json), "{json}");
        }
    }
}
