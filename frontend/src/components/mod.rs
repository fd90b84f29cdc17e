//! What pages are made of.

mod choices;
mod date;
mod field;
mod files;
mod question;
mod repeat;
mod summary;

pub use date::{calendar_name, calendar_of, precision_name, precision_of};
pub use field::{Field, quiet};
pub use question::question;
pub use summary::error_summary;
