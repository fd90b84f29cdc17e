//! The offer of what this phone has kept. Everybody is offered this page, so that the first pages tell nobody whether something
//! is kept.

use std::rc::Rc;

use super::back_button;
use crate::components::without_suggestions;
use crate::dom::{Node, button, chosen_file, el, el_class, p};
use crate::i18n;
use crate::signal::Signal;
use crate::state::{AppState, NotOpened};

/// The kept file and the kept draft, or that nothing is kept; and a control to send a file that was saved.
pub fn resume(state: AppState) -> Vec<Node> {
    let language = state.language();
    let kept = el("div").reactive(move |node| {
        let (has_file, has_draft) = (state.has_earlier_file(), state.has_earlier_draft());
        let mut nodes = Vec::new();
        if has_file {
            nodes.extend(kept_file(state));
        }
        if has_draft {
            nodes.extend(kept_draft(state));
        }
        if !has_file && !has_draft {
            nodes.push(p(i18n::RETURNING_NOTHING.to(language)));
        }
        nodes.push(send_file(state));
        for child in nodes {
            node.append(&child);
        }
    });
    vec![back_button(state), el("h1").text(i18n::UI_RETURNING.to(language)), kept]
}

fn kept_file(state: AppState) -> [Node; 3] {
    let language = state.language();
    [
        el("h2").text(i18n::SEALED_WAITING.to(language)),
        button("primary", "send-waiting", i18n::SEALED_SEND.to(language), move || state.go_to_send_kept()),
        button("secondary", "delete-waiting", i18n::SEALED_DELETE.to(language), move || state.delete_kept_files()),
    ]
}

fn kept_draft(state: AppState) -> [Node; 5] {
    let language = state.language();
    // A text and its class.
    let status = Rc::new(Signal::new(None));
    let input = without_suggestions(el("input")).attr("type", "text").attr("dir", "auto");
    let input = input.attr("id", "words").attr("aria-describedby", "said");
    let label = el_class("label", "label").attr("for", "words").text(i18n::DRAFT_WORDS.to(language));
    let shown = Rc::clone(&status);
    let message = el("div").attr("id", "said").attr("role", "status").reactive(move |node| {
        if let Some((text, class)) = shown.get() {
            node.append(&p(text).attr("class", class));
        }
    });
    let typed = input.clone();
    let open = move || {
        let status = Rc::clone(&status);
        status.set(Some((i18n::UI_LOADING.to(language), "hint")));
        state.open_draft(typed.value(), move |why| {
            let text = match why {
                NotOpened::WrongPassphrase => i18n::DRAFT_WRONG.to(language),
                NotOpened::NoWorker => i18n::ERR_NO_PART.to(language),
            };
            status.set(Some((text, "fault")));
        });
    };
    [
        el("h2").text(i18n::DRAFT_WAITING.to(language)),
        el_class("div", "question").child(label).child(input),
        message,
        button("primary", "open-draft", i18n::DRAFT_OPEN.to(language), open),
        button("secondary", "delete-draft", i18n::DRAFT_DELETE.to(language), move || state.delete_draft()),
    ]
}

/// A control that sends a sealed file that was saved, on this phone or another.
fn send_file(state: AppState) -> Node {
    let input = without_suggestions(el("input")).attr("type", "file").attr("data-action", "send-file");
    let input = input.on("change", move |event| {
        if let Some(file) = chosen_file(&event) {
            state.go_to_send_file(file);
        }
    });
    el_class("label", "file link").child(el("span").text(i18n::SEALED_SEND_FILE.to(state.language()))).child(input)
}
