//! The wait for the worker, before the first question: from there to sending, nothing more is needed from the network.

use super::back_button;
use crate::dom::{Node, button, el, p};
use crate::i18n;
use crate::state::AppState;

/// The page, which the first question replaces once the worker is ready. It says at once if the worker could not be loaded.
pub fn loading(state: AppState) -> Vec<Node> {
    let language = state.language();
    let status = el("div").attr("role", "status").reactive(move |node| {
        if state.worker.is_missing.get() {
            node.append(&p(i18n::ERR_NO_PART.to(language)).attr("class", "fault"));
            node.append(&p(i18n::SEND_WAITING.to(language)));
        }
    });
    let retry = el("div").reactive(move |node| {
        if state.worker.is_missing.get() {
            node.append(&button("primary", "retry", i18n::UI_RETRY.to(language), move || state.start_worker()));
        }
    });
    vec![back_button(state), el("h1").attr("data-role", "loading").text(i18n::UI_LOADING.to(language)), status, retry]
}
