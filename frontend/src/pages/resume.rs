//! Somebody has been here before: what this phone has kept. Everybody is offered this page, so that the first screens tell
//! nobody whether something is kept.

use std::rc::Rc;

use js_sys::Array;

use super::back_button;
use crate::components::quiet;
use crate::dom::{Node, button, chosen_file, el, el_class, p};
use crate::i18n;
use crate::protocol::OPEN;
use crate::signal::Signal;
use crate::state::worker_client::{ask, draft_waits, file_waits, forget_draft, forget_files};
use crate::state::{AppState, Step};

/// The button that leads here.
pub fn resume_button(state: AppState) -> Node {
    button("link below", "returning", i18n::UI_RETURNING.to(state.language()), move || state.go_with_sealer(Step::Resume))
}

/// What the phone has kept, or that it has kept nothing; and the way to send a file that was saved.
pub fn resume(state: AppState) -> Vec<Node> {
    let language = state.language();
    let kept = el("div").reactive(move |node| {
        let (file, kept_draft) = (file_waits(state), draft_waits(state));
        let mut nodes = Vec::new();
        if file {
            nodes.extend(waiting_file(state));
        }
        if kept_draft {
            nodes.extend(waiting_draft(state));
        }
        if !file && !kept_draft {
            nodes.push(p(i18n::RETURNING_NOTHING.to(language)));
        }
        nodes.push(send_file(state));
        for shown in nodes {
            node.append(&shown);
        }
    });
    vec![back_button(state), el("h1").text(i18n::UI_RETURNING.to(language)), kept]
}

fn waiting_file(state: AppState) -> [Node; 3] {
    let language = state.language();
    let send = move || {
        state.resumes.set(true);
        state.go(Step::Sending);
    };
    [
        el("h2").text(i18n::SEALED_WAITING.to(language)),
        button("primary", "send-waiting", i18n::SEALED_SEND.to(language), send),
        button("secondary", "delete-waiting", i18n::SEALED_DELETE.to(language), move || forget_files(state)),
    ]
}

fn waiting_draft(state: AppState) -> [Node; 5] {
    let language = state.language();
    let said = Rc::new(Signal::new(None));
    let input = quiet(el("input")).attr("type", "text").attr("dir", "auto").attr("id", "words").attr("aria-describedby", "said");
    let label = el_class("label", "label").attr("for", "words").text(i18n::DRAFT_WORDS.to(language));
    let shown = Rc::clone(&said);
    let complaint = el("div").attr("id", "said").attr("role", "status").reactive(move |node| {
        if let Some((words, class)) = shown.get() {
            node.append(&p(words).attr("class", class));
        }
    });
    let typed = input.clone();
    let open = move || {
        let said = Rc::clone(&said);
        said.set(Some((i18n::UI_LOADING.to(language), "hint")));
        let words = typed.value();
        ask(state, OPEN, &Array::of1(&words.as_str().into()), move |answer| match answer {
            // A second touch has opened it, or it was deleted meanwhile.
            Some(_) if state.begun_anew.get_untracked() => {}
            Some(parts) if parts.length() > 0 => state.restore(words, &parts),
            Some(_) => said.set(Some((i18n::DRAFT_WRONG.to(language), "fault"))),
            None => said.set(Some((i18n::ERR_NO_PART.to(language), "fault"))),
        });
    };
    [
        el("h2").text(i18n::DRAFT_WAITING.to(language)),
        el_class("div", "question").child(label).child(input),
        complaint,
        button("primary", "open-draft", i18n::DRAFT_OPEN.to(language), open),
        button("secondary", "delete-draft", i18n::DRAFT_DELETE.to(language), move || forget_draft(state)),
    ]
}

/// Sends from here a sealed file that was saved, on this phone or another.
fn send_file(state: AppState) -> Node {
    let input = quiet(el("input")).attr("type", "file").attr("data-action", "send-file").on("change", move |event| {
        if let Some(file) = chosen_file(&event) {
            state.saved_file.replace(Some(file.into()));
            state.go(Step::Sending);
        }
    });
    el_class("label", "file link").child(el("span").text(i18n::SEALED_SEND_FILE.to(state.language()))).child(input)
}
