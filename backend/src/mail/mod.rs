//! The mail that says that something waits: what it says ([`wording`]), how it travels ([`transport`]), when it is due
//! ([`schedule`]), and what sends it ([`worker`]).
//!
//! Its time says nothing about a person's, since it goes out on a fixed clock and not on arrival; its text says nothing
//! but that something waits. What is to be said is in the database ([`crate::store`]) until it has been said.

mod schedule;
mod transport;
mod wording;
mod worker;

pub use schedule::{Schedule, TimeOfDay};
pub use transport::{SendError, Transport, TransportError};
pub use wording::Wording;
pub use worker::Worker;
