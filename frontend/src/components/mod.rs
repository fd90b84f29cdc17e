//! The components that pages are made of.

mod choices;
mod date;
mod date_text;
mod field;
mod files;
mod question;
mod save_button;
mod summary;
mod text_input;

pub use date_text::{converted_date, given_date};
pub use field::{Field, without_suggestions};
pub use question::question;
pub use save_button::save_button;
pub use summary::error_summary;
