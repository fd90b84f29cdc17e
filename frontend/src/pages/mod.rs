//! The pages: one step, one page.

mod check;
mod language;
mod more;
mod questions;
mod receipt;
mod refused;
mod sending;
mod waiting;

pub use check::{check, shown_date};
pub use language::{adopt, language};
pub use more::more;
pub use questions::questions;
pub use receipt::receipt;
pub use refused::refused;
pub use sending::sending;
pub use waiting::waiting;

use crate::dom::{Node, button};
use crate::draft::Draft;
use crate::words;

/// The button that goes back.
fn back_button(draft: Draft) -> Node {
    button("back", "back", words::UI_BACK.to(draft.words()), move || draft.back())
}
