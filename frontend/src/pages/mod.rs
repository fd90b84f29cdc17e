//! The pages: one step, one page.

mod check;
mod draft;
mod language;
mod loading;
mod more;
mod questions;
mod receipt;
mod refused;
mod returning;
mod sending;

pub use check::{check, shown_date};
pub use draft::save_draft;
pub use language::{adopt, language};
pub use loading::loading;
pub use more::more;
pub use questions::questions;
pub use receipt::receipt;
pub use refused::refused;
pub use returning::{returning, returning_button};
pub use sending::sending;

use crate::dom::{Node, button, el, p};
use crate::draft::{Draft, Step};
use crate::words;

/// The button that leads to keeping what was typed so far on the phone.
pub fn save_button(draft: Draft) -> Node {
    el("div").live(move |node| {
        if draft.unsaved.get() {
            node.append(&p(words::DRAFT_UNSAVED.to(draft.words())).set("class", "warning").set("role", "status"));
        }
        node.append(&button("link below", "save-draft", words::DRAFT_LINK.to(draft.words()), move || {
            draft.called_from.replace(draft.step.get_untracked());
            draft.go(Step::Save);
        }));
    })
}

/// The button that goes back.
fn back_button(draft: Draft) -> Node {
    button("back", "back", words::UI_BACK.to(draft.words()), move || draft.back())
}
