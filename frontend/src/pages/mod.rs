//! The pages, one for each [`crate::state::Step`].

mod check;
mod language;
mod loading;
mod next_phase;
mod questions;
mod receipt;
mod refused;
mod resume;
mod save_draft;
mod sending;

pub use check::check;
pub use language::{adopt, language};
pub use loading::loading;
pub use next_phase::next_phase;
pub use questions::questions;
pub use receipt::receipt;
pub use refused::refused;
pub use resume::resume;
pub use save_draft::save_draft;
pub use sending::sending;

use crate::dom::{Node, button};
use crate::i18n;
use crate::state::AppState;

/// The button that goes one page back.
fn back_button(state: AppState) -> Node {
    button("back", "back", i18n::UI_BACK.to(state.language()), move || state.back())
}
