//! Before the first question: what the whole way needs has to be there, so that whoever has begun is never left waiting.

use super::back_button;
use crate::dom::{Node, button, el, p};
use crate::draft::Draft;
use crate::words;
use crate::worker_client::warm_up;

/// Goes on by itself once the sealer has come; says at once that it has not.
pub fn loading(draft: Draft) -> Vec<Node> {
    let language = draft.words();
    let said = el("div").set("role", "status").live(move |node| {
        if draft.missing.get() {
            node.append(&p(words::ERR_NO_PART.to(language)).set("class", "fault"));
            node.append(&p(words::SEND_WAITING.to(language)));
        }
    });
    let again = el("div").live(move |node| {
        if draft.missing.get() {
            node.append(&button("primary", "retry", words::UI_RETRY.to(language), move || warm_up(draft)));
        }
    });
    vec![back_button(draft), el("h1").set("data-role", "loading").text(words::UI_LOADING.to(language)), said, again]
}
