//! After first contact: send now, or add more.

use super::{back_button, save_button};
use crate::dom::{Node, button, el, p};
use crate::i18n;
use crate::state::Draft;

/// Two ways on.
pub fn next_phase(draft: Draft) -> Vec<Node> {
    let language = draft.words();
    vec![
        back_button(draft),
        el("h1").text(i18n::MORE_TITLE.to(language)),
        p(i18n::MORE_TEXT.to(language)),
        button("primary", "send-now", i18n::UI_SEND_SHORT.to(language), move || draft.check(&draft.validation.get_untracked())),
        button("secondary", "add", i18n::UI_ADD_MORE_DETAILS.to(language), move || draft.add_more()),
        save_button(draft),
    ]
}
