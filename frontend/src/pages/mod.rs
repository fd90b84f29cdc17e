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
pub use resume::{returning, returning_button};
pub use save_draft::save_draft;
pub use sending::sending;

use crate::dom::{Node, button, el, p};
use crate::i18n;
use crate::state::{Draft, Step};

/// The button that leads to keeping what was typed so far on the phone.
pub fn save_button(draft: Draft) -> Node {
    el("div").reactive(move |node| {
        if draft.unsaved.get() {
            node.append(&p(i18n::DRAFT_UNSAVED.to(draft.words())).attr("class", "warning").attr("role", "status"));
        }
        node.append(&button("link below", "save-draft", i18n::DRAFT_LINK.to(draft.words()), move || {
            draft.called_from.replace(draft.step.get_untracked());
            draft.go(Step::Save);
        }));
    })
}

/// The button that goes back.
fn back_button(draft: Draft) -> Node {
    button("back", "back", i18n::UI_BACK.to(draft.words()), move || draft.back())
}
