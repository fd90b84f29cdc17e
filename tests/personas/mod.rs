//! Three people who are made up, with their input and the answers that reviewers must read.

mod judge;
mod prosecutor;
mod relative;

use serde_json::Value;

/// A person's input for one question.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input {
    Text(&'static str),
    /// One of the choices.
    One(&'static str),
    /// Several choices, in the order in which they are touched.
    Many(&'static [&'static str]),
    /// A statement that is ticked.
    Tick,
    /// A date: calendar, precision, year, month, day or age; an empty part is left as it is.
    Date(&'static str, &'static str, &'static str, &'static str, &'static str),
    /// This many items of a repeat; their questions follow as `question/0/inner`.
    Items(usize),
    /// The file that the test has prepared.
    Photo,
}

/// A person who registers.
#[derive(Clone, Debug)]
pub(crate) struct Persona {
    pub(crate) language: &'static str,
    /// The direction of the language's script.
    pub(crate) direction: &'static str,
    pub(crate) then: AfterFirstPhase,
    /// The input by question, in the form's order.
    pub(crate) inputs: Vec<(&'static str, Input)>,
    /// `answers` in `registration.json`.
    pub(crate) answers: Value,
}

/// The person's choice after the first phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterFirstPhase {
    /// Sends at once.
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
    /// Returns the input for a question, if the person answers it.
    pub(crate) fn answer_to(&self, question: &str) -> Option<Input> {
        self.inputs.iter().find(|(name, _)| *name == question).map(|(_, input)| *input)
    }

    /// Returns the texts that would identify the person: what they typed and the answers made from it. Short texts, which may
    /// occur by chance, are left out.
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

/// Collects the texts in a value, except dates and file names.
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
