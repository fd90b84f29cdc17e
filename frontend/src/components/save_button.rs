//! The button that leads to saving a draft.

use crate::dom::{Node, button, el, p};
use crate::i18n;
use crate::state::AppState;

/// The button, and above it a warning if the draft could not be saved again.
pub fn save_button(state: AppState) -> Node {
    el("div").reactive(move |node| {
        let language = state.language();
        if state.persistence.has_failed.get() {
            node.append(&p(i18n::DRAFT_UNSAVED.to(language)).attr("class", "warning").attr("role", "status"));
        }
        let label = i18n::DRAFT_LINK.to(language);
        node.append(&button("link below", "save-draft", label, move || state.go_to_save_draft()));
    })
}
