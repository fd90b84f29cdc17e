//! Three people, what they enter, and what reviewers must then read. All made up.

mod judge;
mod prosecutor;
mod relative;

use serde_json::Value;

/// What somebody enters for one question.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input {
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
pub(crate) struct Persona {
    /// The language they choose.
    pub(crate) language: &'static str,
    /// Its direction.
    pub(crate) direction: &'static str,
    /// Whether they go on to the further phases.
    pub(crate) then: AfterFirstPhase,
    /// By question, in the form's order.
    pub(crate) inputs: Vec<(&'static str, Input)>,
    /// `answers` in `registration.json`.
    pub(crate) answers: Value,
}

/// After first contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterFirstPhase {
    /// Sends.
    Send,
    /// Adds more, and then sends.
    AddMore,
}

/// A prosecutor in Islamabad, in Dari, with all three phases.
pub(crate) fn prosecutor() -> Persona {
    prosecutor::person()
}

/// A judge in hiding in Helmand, in Pashto, with a photo and little else beyond what is required.
pub(crate) fn judge() -> Persona {
    judge::person()
}

/// A defence lawyer in Dushanbe, for whom a relative writes, in English, with first contact only.
pub(crate) fn relative() -> Persona {
    relative::person()
}

impl Persona {
    /// What they entered for a question, if they answer it.
    pub(crate) fn answer_to(&self, question: &str) -> Option<Input> {
        self.inputs.iter().find(|(name, _)| *name == question).map(|(_, input)| *input)
    }

    /// Everything of theirs that would tell on them: what they typed, and what became of it, if it is long enough not to
    /// occur by chance.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        for (_, input) in &self.inputs {
            if let Input::Text(text) = input {
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
        let named = |input: &Input| match input {
            Input::One(name) => *name == text,
            Input::Many(names) => names.contains(&text),
            Input::Date(calendar, precision, ..) => *calendar == text || *precision == text,
            _ => false,
        };
        self.inputs.iter().any(|(_, input)| named(input))
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
