//! The mail that says that something waits: what it says ([`wording`]), how it travels ([`transport`]), when it is due
//! ([`crate::config::Schedule`]), and what sends it ([`worker`]).
//!
//! Its time says nothing about a person's, since it goes out on a fixed clock and not on arrival; its text says nothing
//! but that something waits. What is to be said is in the database ([`crate::store`]) until it has been said.

mod transport;
mod wording;
mod worker;

pub use transport::{SendError, Transport, TransportError};
pub use wording::Wording;
pub use worker::MailWorker;
