//! First contact is complete: send now, or add more.

use super::back_button;
use crate::components::save_button;
use crate::dom::{Node, button, el, p};
use crate::i18n;
use crate::state::AppState;

/// The page that offers the pack's further phases.
pub fn next_phase(state: AppState) -> Vec<Node> {
    let language = state.language();
    let send_now = move || state.go_to_check(&state.form.validation.get_untracked());
    vec![
        back_button(state),
        el("h1").text(i18n::MORE_TITLE.to(language)),
        p(i18n::MORE_TEXT.to(language)),
        button("primary", "send-now", i18n::UI_SEND_SHORT.to(language), send_now),
        button("secondary", "add", i18n::UI_ADD_MORE_DETAILS.to(language), move || state.open_next_phases()),
        save_button(state),
    ]
}
