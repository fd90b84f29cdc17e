//! Before the first question: what the whole way needs has to be there, so that whoever has begun is never left waiting.

use super::back_button;
use crate::dom::{Node, button, el, p};
use crate::i18n;
use crate::state::AppState;
use crate::state::worker_client::warm_up;

/// Goes on by itself once the sealer has come; says at once that it has not.
pub fn loading(state: AppState) -> Vec<Node> {
    let language = state.language();
    let said = el("div").attr("role", "status").reactive(move |node| {
        if state.missing.get() {
            node.append(&p(i18n::ERR_NO_PART.to(language)).attr("class", "fault"));
            node.append(&p(i18n::SEND_WAITING.to(language)));
        }
    });
    let again = el("div").reactive(move |node| {
        if state.missing.get() {
            node.append(&button("primary", "retry", i18n::UI_RETRY.to(language), move || warm_up(state)));
        }
    });
    vec![back_button(state), el("h1").attr("data-role", "loading").text(i18n::UI_LOADING.to(language)), said, again]
}
