//! After first contact: send now, or add more.

use super::{back_button, save_button};
use crate::dom::{Node, button, el, p};
use crate::i18n;
use crate::state::AppState;

/// Two ways on.
pub fn next_phase(state: AppState) -> Vec<Node> {
    let language = state.language();
    vec![
        back_button(state),
        el("h1").text(i18n::MORE_TITLE.to(language)),
        p(i18n::MORE_TEXT.to(language)),
        button("primary", "send-now", i18n::UI_SEND_SHORT.to(language), move || state.check(&state.validation.get_untracked())),
        button("secondary", "add", i18n::UI_ADD_MORE_DETAILS.to(language), move || state.add_more()),
        save_button(state),
    ]
}
