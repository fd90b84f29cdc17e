//! After first contact: send now, or add more.

use super::{back_button, save_button};
use crate::dom::{Node, button, el, p};
use crate::draft::Draft;
use crate::words;

/// Two ways on.
pub fn more(draft: Draft) -> Vec<Node> {
    let language = draft.words();
    vec![
        back_button(draft),
        el("h1").text(words::MORE_TITLE.to(language)),
        p(words::MORE_TEXT.to(language)),
        button("primary", "send-now", words::UI_SEND_SHORT.to(language), move || draft.check(&draft.validation.get_untracked())),
        button("secondary", "add", words::UI_ADD_MORE_DETAILS.to(language), move || draft.add_more()),
        save_button(draft),
    ]
}
