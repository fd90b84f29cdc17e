//! Saves a draft on the phone, under a passphrase that is drawn at random.

use std::rc::Rc;

use super::back_button;
use crate::dom::{Node, button, el, p};
use crate::i18n;
use crate::signal::Signal;
use crate::state::AppState;

/// The page's message and its class.
type Status = Rc<Signal<Option<(&'static str, &'static str)>>>;
type Passphrase = Rc<Signal<String>>;

/// The passphrase, and buttons that save the draft under it or draw another. Nobody chooses the words: those that people choose
/// can be guessed.
pub fn save_draft(state: AppState) -> Vec<Node> {
    let language = state.language();
    let status: Status = Rc::new(Signal::new(None));
    let passphrase: Passphrase = Rc::new(Signal::new(String::new()));
    let drawn = Rc::clone(&passphrase);
    let draw = move || {
        let drawn = Rc::clone(&drawn);
        state.draw_passphrase(move |passphrase| drawn.set(passphrase.unwrap_or_default()));
    };
    draw();
    let shown = Rc::clone(&passphrase);
    let words = p("").attr("class", "code words").attr("data-role", "words").attr("aria-live", "polite");
    let words = words.reactive(move |node| {
        shown.with(|passphrase| node.clone().text(passphrase));
    });
    let replaces = el("div").reactive(move |node| {
        if state.has_earlier_draft() {
            node.append(&p(i18n::DRAFT_REPLACES.to(language)).attr("class", "warning"));
        }
    });
    let shown = Rc::clone(&status);
    let message = el("div").attr("id", "said").attr("role", "status").reactive(move |node| {
        if let Some((text, class)) = shown.get() {
            node.append(&p(text).attr("class", class));
        }
    });
    let keep = {
        let status = Rc::clone(&status);
        move || save(state, &status, passphrase.get_untracked())
    };
    let buttons = el("div").reactive(move |node| match status.get() {
        Some((_, "notice")) => node.append(&button("primary", "next", i18n::UI_CONTINUE.to(language), move || state.back())),
        // While the draft is being saved, no other passphrase is drawn.
        Some((_, "hint")) => {}
        _ => {
            node.append(&button("primary", "keep-draft", i18n::DRAFT_KEEP.to(language), keep.clone()));
            node.append(&button("secondary", "draw", i18n::DRAFT_DRAW.to(language), draw.clone()));
        }
    });
    vec![
        back_button(state),
        el("h1").text(i18n::DRAFT_SAVE.to(language)),
        p(i18n::DRAFT_EXPLAIN.to(language)),
        replaces,
        words,
        message,
        buttons,
    ]
}

fn save(state: AppState, status: &Status, passphrase: String) {
    let language = state.language();
    if passphrase.is_empty() {
        return status.set(Some((i18n::ERR_NO_PART.to(language), "fault")));
    }
    status.set(Some((i18n::UI_LOADING.to(language), "hint")));
    let status = Rc::clone(status);
    state.save_draft(passphrase, state.page_before_saving().as_ref(), move |is_kept| {
        status.set(Some(match is_kept {
            Some(true) => (i18n::DRAFT_SAVED.to(language), "notice"),
            Some(false) => (i18n::DRAFT_UNSAVED.to(language), "fault"),
            None => (i18n::ERR_NO_PART.to(language), "fault"),
        }));
    });
}
