//! Mail to reviewers: its text ([`wording`]), its delivery ([`transport`]), and the worker that sends it ([`worker`]).
//!
//! Mail goes out on a fixed clock ([`crate::config::Schedule`]) and not on arrival, so that its time tells nothing of a person.
//! Its text says only that something waits. The database holds pending notices until their mail is sent ([`crate::store`]).

mod transport;
mod wording;
mod worker;

pub use transport::{SendError, Transport, TransportError};
pub use wording::Wording;
pub use worker::MailWorker;
