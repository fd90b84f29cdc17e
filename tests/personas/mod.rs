//! Three people, what they enter, and what reviewers must then read. All made up.

mod judge;
mod prosecutor;
mod relative;

use serde_json::Value;

/// What somebody enters for one question.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entered {
    /// Typed, with whatever keyboard.
    Text(&'static str),
    /// One of the choices.
    One(&'static str),
    /// Several of them, in the order in which they are touched.
    Many(&'static [&'static str]),
    /// A statement that is ticked.
    Tick,
    /// A date: calendar, precision, year, month, day or age; what is empty is left as it is.
    Date(&'static str, &'static str, &'static str, &'static str, &'static str),
    /// So many items of a repeat; their questions follow as `question/0/inner`.
    Items(usize),
    /// The journey's photo.
    Photo,
}

/// Somebody.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The language they choose.
    pub(crate) language: &'static str,
    /// Its direction.
    pub(crate) direction: &'static str,
    /// Whether they go on to the further phases.
    pub(crate) then: Then,
    /// By question, in the form's order.
    pub(crate) entered: Vec<(&'static str, Entered)>,
    /// `answers` in `registration.json`.
    pub(crate) answers: Value,
}

/// After first contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Sends.
    Sends,
    /// Adds more, and then sends.
    AddsMore,
}

/// A prosecutor in Islamabad, in Dari, with all three phases.
pub(crate) fn prosecutor() -> Person {
    prosecutor::person()
}

/// A judge in hiding in Helmand, in Pashto, with a photo and little else beyond what is required.
pub(crate) fn judge() -> Person {
    judge::person()
}

/// A defence lawyer in Dushanbe, for whom a relative writes, in English, with first contact only.
pub(crate) fn relative() -> Person {
    relative::person()
}

impl Person {
    /// What they entered for a question, if they answer it.
    pub(crate) fn answer_to(&self, question: &str) -> Option<Entered> {
        self.entered.iter().find(|(name, _)| *name == question).map(|(_, entered)| *entered)
    }

    /// Everything of theirs that would tell on them: what they typed, and what became of it, if it is long enough not to
    /// occur by chance.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        for (_, entered) in &self.entered {
            if let Entered::Text(text) = entered {
                secrets.extend(text.split('\n').map(|line| line.trim().to_owned()));
            }
        }
        texts(&self.answers, &mut secrets);
        secrets.retain(|text| text.len() >= 8 && !self.is_a_choice(text));
        secrets.sort();
        secrets.dedup();
        secrets
    }

    fn is_a_choice(&self, text: &str) -> bool {
        let named = |entered: &Entered| match entered {
            Entered::One(name) => *name == text,
            Entered::Many(names) => names.contains(&text),
            Entered::Date(calendar, precision, ..) => *calendar == text || *precision == text,
            _ => false,
        };
        self.entered.iter().any(|(_, entered)| named(entered))
    }
}

/// Texts anywhere in a value, but for days and names of files.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(fields) => {
            for (name, field) in fields {
                if !matches!(name.as_str(), "earliest" | "latest" | "calendar" | "precision" | "files") {
                    texts(field, into);
                }
            }
        }
        _ => {}
    }
}
