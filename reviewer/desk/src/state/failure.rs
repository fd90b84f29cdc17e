//! Files that could not be opened.

use amanat_reviewer_core::decrypt::Fault;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::safe_text;

/// The kind of a file that is not a registration.
pub const OTHER: &str = "other";

/// A file that could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The file's name, safe to show.
    pub file: String,
    /// The reason, and what to do.
    pub message: Message,
    /// See [`Fault::kind`].
    pub kind: &'static str,
    /// See [`Fault::may_be_a_person`].
    pub may_be_a_person: bool,
}

impl Failure {
    /// Describes a registration that was not opened, by its file's name without `.age`.
    pub fn of(name: &str, fault: &Fault) -> Self {
        Self {
            file: safe_text::isolated(&format!("{name}.age")),
            message: Message::of(fault),
            kind: fault.kind(),
            may_be_a_person: fault.may_be_a_person(),
        }
    }
}
