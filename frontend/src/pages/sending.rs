//! Sealing and sending, with a progress that moves, until it is received.

use std::rc::Rc;
use std::time::Duration;

use js_sys::Array;
use leptos::prelude::{request_animation_frame, set_timeout};
use web_sys::{Blob, Url};

use super::receipt::code;
use crate::dom::{Node, button, el, p};
use crate::history::leave;
use crate::i18n;
use crate::protocol::{ALL, COPY, Failure, Wait};
use crate::signal::{Signal, TextMemo};
use crate::state::worker_client::{Progress, ask, is_own, seal_and_send, stop};
use crate::state::{AppState, Step};

/// Starts at once; "received" appears only after the server's commit.
pub fn sending(state: AppState) -> Vec<Node> {
    seal_and_send(state);
    // Buttons stay where they are while the share that has arrived grows: a page that is drawn anew takes no touch.
    let kind = TextMemo::new(move || match state.progress.get() {
        Progress::Sealing(_) => "sealing".to_owned(),
        Progress::Sending(_, wait) => ["sending ", &wait.code().to_string()].concat(),
        Progress::Received => "received".to_owned(),
        Progress::Failed(failure) => ["failed ", &failure.code().to_string()].concat(),
    });
    let content = el("div").attr("aria-live", "polite").reactive(move |node| {
        kind.get();
        match state.progress.get_untracked() {
            Progress::Received => received(state, node),
            Progress::Failed(failure) => failed(state, node, failure),
            Progress::Sealing(_) => {}
            Progress::Sending(_, wait) => waiting(state, node, wait),
        }
    });
    // What it means to close the page now.
    let closing = el("div").reactive(move |node| {
        let words = match (state.progress.get(), state.kept.get()) {
            (Progress::Sending(..), true) => i18n::SEND_KEPT,
            (Progress::Sending(..) | Progress::Sealing(_), false) if is_own(state) => i18n::SEND_NOT_KEPT,
            _ => return,
        };
        node.append(&p(words.to(state.language())).attr("class", "notice"));
    });
    vec![
        el("h1")
            .attr("id", "sending")
            .attr("tabindex", "-1")
            .text(i18n::UI_SENDING.to(state.language()))
            .hidden_while(move || matches!(state.progress.get(), Progress::Received | Progress::Failed(_))),
        el("div").reactive(move |node| moving(state, node)),
        content,
        closing,
    ]
}

/// How far it is.
fn moving(state: AppState, node: &Node) {
    let language = state.language();
    let (text, part) = match state.progress.get() {
        Progress::Sealing(part) => (i18n::UI_ENCRYPTING.to(language).to_owned(), part),
        Progress::Sending(acknowledged, _) => {
            // Never 100 % before the commit.
            let shown = acknowledged.min(ALL - ALL / 100);
            let percent = language.digits((shown * 100 / ALL) as usize);
            (i18n::SEND_ACKNOWLEDGED.with(language, &[("percent", &percent)]), shown)
        }
        Progress::Received | Progress::Failed(_) => return,
    };
    node.append(&p(&text));
    node.append(&el("progress").attr("max", &ALL.to_string()).attr("value", &part.to_string()).attr("aria-label", &text));
}

/// What it waits for, and what can be done meanwhile.
fn waiting(state: AppState, node: &Node, wait: Wait) {
    let language = state.language();
    let words = match wait {
        Wait::Nothing => return,
        Wait::Network => i18n::SEND_WAITING.to(language),
        Wait::Busy => i18n::SEND_BUSY.to(language),
        Wait::Full => i18n::ERR_SERVER_FULL.to(language),
        Wait::Answer => i18n::SEND_SLOW.to(language),
    };
    node.append(&p(words).attr("class", "warning"));
    copy_button(state, node);
    if state.saved_file.borrow().is_some() {
        node.append(&button("secondary", "back", i18n::UI_BACK.to(language), move || {
            stop(state);
            start_anew(state);
        }));
    }
}

fn failed(state: AppState, node: &Node, failure: Failure) {
    let language = state.language();
    let why = match failure {
        Failure::Seal => i18n::SEND_SEAL_FAILED,
        Failure::Revoked => i18n::SEND_REVOKED,
        Failure::Refused => i18n::SEND_REFUSED,
        Failure::NotOurs => i18n::SEALED_NOT_OURS,
    };
    node.append(&el("div").attr("role", "alert").child(el("h1").attr("class", "fault").text(why.to(language))));
    if failure != Failure::NotOurs {
        node.append(&button("primary", "retry", i18n::UI_RETRY.to(language), move || {
            seal_and_send(state);
            // The button that had the focus is gone, and the heading is shown again.
            request_animation_frame(|| Node::focus_by_id("sending"));
        }));
    }
    node.append(&button("secondary", "back", i18n::UI_BACK.to(language), move || {
        if is_own(state) {
            state.resumes.set(false);
            state.go(Step::Check);
        } else {
            start_anew(state);
        }
    }));
    if failure == Failure::Refused {
        copy_button(state, node);
    }
}

/// To whatever else there is to do, once another file than this page's own has been sent, or not.
fn start_anew(state: AppState) {
    state.resumes.set(false);
    state.saved_file.take();
    state.to_first_page();
}

/// A button that saves the sealed file: it can be sent later, from any phone.
fn copy_button(state: AppState, node: &Node) {
    if state.saved_file.borrow().is_some() {
        return;
    }
    let language = state.language();
    let told = Rc::new(Signal::new(None));
    let shown = Rc::clone(&told);
    node.append(&button("secondary", "save-file", i18n::SEALED_SAVE.to(language), move || {
        let told = Rc::clone(&told);
        ask(state, COPY, &Array::new(), move |answer| {
            let parts = answer.filter(|parts| parts.length() > 0);
            parts.iter().for_each(download);
            told.set(Some(if parts.is_some() { i18n::SEALED_SAVED.to(language) } else { i18n::ERR_NO_PART.to(language) }));
        });
    }));
    node.append(&el("div").attr("role", "status").reactive(move |node| {
        if let Some(words) = shown.get() {
            node.append(&p(words).attr("class", "notice"));
        }
    }));
}

/// An address under which the page has bytes of its own, until it is dropped. Sealed ones only: a `Blob` may be moved to the disk.
struct ObjectUrl(String);

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.0);
    }
}

impl ObjectUrl {
    /// Of these bytes, one part after the other.
    fn of(parts: &Array) -> Option<Self> {
        let blob = Blob::new_with_u8_array_sequence(parts).ok()?;
        Url::create_object_url_with_blob(&blob).ok().map(Self)
    }
}

/// Hands bytes to the browser's downloads, under a neutral name.
fn download(parts: &Array) {
    if let Some(url) = ObjectUrl::of(parts) {
        let link = el("a").attr("href", &url.0).attr("download", "file.bin");
        link.click();
        // It is read after this returns.
        set_timeout(move || drop(url), Duration::from_mins(1));
    }
}

fn received(state: AppState, node: &Node) {
    let language = state.language();
    let heading = el("h1").attr("data-role", "received").attr("tabindex", "-1").text(i18n::SEND_RECEIVED.to(language));
    node.append(&heading);
    heading.focus();
    // Who comes back to send what was kept has written the code down before.
    if is_own(state) {
        node.append(&el("h2").text(i18n::DONE_REF.to(language)));
        node.append(&code(state));
    }
    for words in [i18n::DONE_NEXT, i18n::DONE_WAIT, i18n::DONE_EMERGENCY] {
        node.append(&p(words.to(language)));
    }
    node.append(&p(i18n::DONE_CLEAN.to(language)).attr("class", "notice"));
    if state.saved_file.borrow().is_some() {
        node.append(&button("primary", "start", i18n::UI_CONTINUE.to(language), move || start_anew(state)));
    }
    node.append(&button("secondary", "clear", i18n::DONE_CLOSE.to(language), move || leave(state)));
}
