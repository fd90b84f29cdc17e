//! The pages: one step, one page.

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

pub use check::{check, shown_date};
pub use language::{adopt, language};
pub use loading::loading;
pub use next_phase::next_phase;
pub use questions::questions;
pub use receipt::receipt;
pub use refused::refused;
pub use resume::{resume, resume_button};
pub use save_draft::save_draft;
pub use sending::sending;

use crate::dom::{Node, button, el, p};
use crate::i18n;
use crate::state::{AppState, Step};

/// The button that leads to keeping what was typed so far on the phone.
pub fn save_button(state: AppState) -> Node {
    el("div").reactive(move |node| {
        if state.unsaved.get() {
            node.append(&p(i18n::DRAFT_UNSAVED.to(state.language())).attr("class", "warning").attr("role", "status"));
        }
        node.append(&button("link below", "save-draft", i18n::DRAFT_LINK.to(state.language()), move || {
            state.called_from.replace(state.step.get_untracked());
            state.go(Step::Save);
        }));
    })
}

/// The button that goes back.
fn back_button(state: AppState) -> Node {
    button("back", "back", i18n::UI_BACK.to(state.language()), move || state.back())
}
