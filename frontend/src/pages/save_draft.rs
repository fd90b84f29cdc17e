//! Keeps on the phone what was typed so far, under words that are drawn by chance.

use std::rc::Rc;

use js_sys::Array;

use super::back_button;
use crate::dom::{Node, button, el, p};
use crate::i18n;
use crate::protocol::SUGGEST;
use crate::signal::Signal;
use crate::state::worker_client::{ask, draft_waits};
use crate::state::{AppState, Step};

/// What the page says of the draft, and the class of that text.
type Said = Rc<Signal<Option<(&'static str, &'static str)>>>;

/// Draws words, and keeps the draft under them. Nobody chooses words: those that people choose can be guessed.
pub fn save_draft(state: AppState) -> Vec<Node> {
    let language = state.language();
    let said: Said = Rc::new(Signal::new(None));
    let drawn = Rc::new(Signal::new(String::new()));
    let draw = {
        let drawn = Rc::clone(&drawn);
        move || {
            let drawn = Rc::clone(&drawn);
            ask(state, SUGGEST, &Array::of1(&(language as u32).into()), move |answer| {
                drawn.set(answer.and_then(|answer| answer.get(0).as_string()).unwrap_or_default());
            });
        }
    };
    draw();
    let shown = Rc::clone(&drawn);
    let words = p("").attr("class", "code words").attr("data-role", "words").attr("aria-live", "polite").reactive(move |node| {
        shown.with(|words| node.clone().text(words));
    });
    let keep = {
        let said = Rc::clone(&said);
        move || {
            let said = Rc::clone(&said);
            let words = drawn.get_untracked();
            if words.is_empty() {
                return said.set(Some((i18n::ERR_NO_PART.to(language), "fault")));
            }
            said.set(Some((i18n::UI_LOADING.to(language), "hint")));
            let page = match &*state.called_from.borrow() {
                Step::Page(name) => Some(name.clone()),
                _ => None,
            };
            state.save(words, page.as_ref(), move |kept| {
                said.set(Some(match kept {
                    Some(true) => (i18n::DRAFT_SAVED.to(language), "notice"),
                    Some(false) => (i18n::DRAFT_UNSAVED.to(language), "fault"),
                    None => (i18n::ERR_NO_PART.to(language), "fault"),
                }));
            });
        }
    };
    let mut nodes = vec![back_button(state), el("h1").text(i18n::DRAFT_SAVE.to(language)), p(i18n::DRAFT_EXPLAIN.to(language))];
    nodes.push(el("div").reactive(move |node| {
        if draft_waits(state) {
            node.append(&p(i18n::DRAFT_REPLACES.to(language)).attr("class", "warning"));
        }
    }));
    nodes.push(words);
    let told = Rc::clone(&said);
    nodes.push(el("div").attr("id", "said").attr("role", "status").reactive(move |node| {
        if let Some((text, class)) = told.get() {
            node.append(&p(text).attr("class", class));
        }
    }));
    nodes.push(el("div").reactive(move |node| {
        let text = |words: i18n::DeferredText| words.to(language);
        match said.get() {
            Some((_, "notice")) => node.append(&button("primary", "next", i18n::UI_CONTINUE.to(language), move || state.back())),
            // Words that are being kept are not drawn again.
            Some((_, "hint")) => {}
            _ => {
                node.append(&button("primary", "keep-draft", text(i18n::DRAFT_KEEP), keep.clone()));
                node.append(&button("secondary", "draw", text(i18n::DRAFT_DRAW), draw.clone()));
            }
        }
    }));
    nodes
}
