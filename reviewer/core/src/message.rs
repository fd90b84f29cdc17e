//! A message for a person, at the terminal and at the desk: what happened, and what to do about it.

use std::fmt;

use miette::Diagnostic;

/// A sentence that says what happened, and the advice beside it. An error becomes one with `?`: its text is what happened, and
/// its [`Diagnostic::help`] is the advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The sentence that says what happened.
    pub what: String,
    /// The advice. It is empty where nobody knows what to do.
    pub advice: String,
}

impl Message {
    /// Creates a message from what happened and what to do.
    pub fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), advice: advice.into() }
    }

    /// Creates the message of an error for which nobody has advice.
    pub fn without_advice(error: impl fmt::Display) -> Self {
        Self::new(error.to_string(), "")
    }

    /// Returns the message of an error.
    pub fn of(error: &(impl Diagnostic + ?Sized)) -> Self {
        Self::new(error.to_string(), error.help().map(|advice| advice.to_string()).unwrap_or_default())
    }
}

impl<E: Diagnostic> From<E> for Message {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

/// Writes the two lines that a terminal shows; one, where there is no advice.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if self.advice.is_empty() { Ok(()) } else { write!(f, "\n{}", self.advice) }
    }
}

#[cfg(test)]
mod tests {
    use amanat_shared::seal::FORMAT;

    use super::*;
    use crate::decrypt::Fault;
    use crate::newest_pack::{OlderPack, SeenIn};
    use crate::notebook::file::NotebookFault;

    #[test]
    fn an_error_becomes_its_text_and_its_advice() {
        let message = Message::from(Fault::Format(9));
        assert_eq!(message.what, format!("it has format 9, and this program reads formats up to {FORMAT}"));
        assert_eq!(message.advice, "Use the newest release of this program.");
        assert_eq!(message.to_string(), format!("{}\n{}", message.what, message.advice));
    }

    #[test]
    fn the_advice_of_a_wrapped_error_is_that_of_the_error_inside() {
        let inside = OlderPack { pack: 8, newest: 9, seen: SeenIn::Identity };
        let message = Message::of(&inside);
        assert!(message.advice.starts_with("Nothing was sealed to it: "), "{message}");
        assert_eq!(Message::from(NotebookFault::from(inside)), message);
    }

    #[test]
    fn a_message_without_advice_is_one_line() {
        assert_eq!(Message::without_advice("nothing works").to_string(), "nothing works");
    }
}
