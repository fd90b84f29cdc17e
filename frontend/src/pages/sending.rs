//! The progress of sealing and sending, until the server has received the registration.

use std::rc::Rc;
use std::time::Duration;

use js_sys::Array;
use leptos::prelude::{request_animation_frame, set_timeout};
use web_sys::{Blob, Url};

use super::receipt::code;
use crate::dom::{Node, button, el, p};
use crate::history::leave;
use crate::i18n;
use crate::protocol::{COMPLETE, Failure, Wait};
use crate::signal::{Signal, TextMemo};
use crate::state::{AppState, Progress, Step};

/// The page, which starts the submission. "Received" appears only after the server's commit.
pub fn sending(state: AppState) -> Vec<Node> {
    state.submit();
    // The buttons stay in the page while the progress grows: new ones take no touch at first.
    let kind = TextMemo::new(move || match state.submission.progress.get() {
        Progress::Sealing(_) => "sealing".to_owned(),
        Progress::Sending(_, wait) => ["sending ", &wait.code().to_string()].concat(),
        Progress::Received => "received".to_owned(),
        Progress::Failed(failure) => ["failed ", &failure.code().to_string()].concat(),
    });
    let content = el("div").attr("aria-live", "polite").reactive(move |node| {
        kind.get();
        match state.submission.progress.get_untracked() {
            Progress::Received => received(state, node),
            Progress::Failed(failure) => failed(state, node, failure),
            Progress::Sealing(_) => {}
            Progress::Sending(_, wait) => waiting(state, node, wait),
        }
    });
    // It says what closing the page now would mean.
    let closing = el("div").reactive(move |node| {
        let text = match (state.submission.progress.get(), state.submission.is_kept.get()) {
            (Progress::Sending(..), true) => i18n::SEND_KEPT,
            (Progress::Sending(..) | Progress::Sealing(_), false) if state.sends_own_answers() => i18n::SEND_NOT_KEPT,
            _ => return,
        };
        node.append(&p(text.to(state.language())).attr("class", "notice"));
    });
    vec![
        el("h1")
            .attr("id", "sending")
            .attr("tabindex", "-1")
            .text(i18n::UI_SENDING.to(state.language()))
            .hidden_while(move || matches!(state.submission.progress.get(), Progress::Received | Progress::Failed(_))),
        el("div").reactive(move |node| progress_bar(state, node)),
        content,
        closing,
    ]
}

fn progress_bar(state: AppState, node: &Node) {
    let language = state.language();
    let (text, part) = match state.submission.progress.get() {
        Progress::Sealing(part) => (i18n::UI_ENCRYPTING.to(language).to_owned(), part),
        Progress::Sending(acknowledged, _) => {
            // It shows no 100 % before the commit.
            let shown = acknowledged.min(COMPLETE - COMPLETE / 100);
            let percent = language.digits((shown * 100 / COMPLETE) as usize);
            (i18n::SEND_ACKNOWLEDGED.with(language, &[("percent", &percent)]), shown)
        }
        Progress::Received | Progress::Failed(_) => return,
    };
    node.append(&p(&text));
    node.append(&el("progress").attr("max", &COMPLETE.to_string()).attr("value", &part.to_string()).attr("aria-label", &text));
}

/// The reason for the wait, and what can be done meanwhile.
fn waiting(state: AppState, node: &Node, wait: Wait) {
    let language = state.language();
    let text = match wait {
        Wait::Nothing => return,
        Wait::Network => i18n::SEND_WAITING.to(language),
        Wait::Busy => i18n::SEND_BUSY.to(language),
        Wait::Full => i18n::ERR_SERVER_FULL.to(language),
        Wait::Answer => i18n::SEND_SLOW.to(language),
    };
    node.append(&p(text).attr("class", "warning"));
    copy_button(state, node);
    if state.submission.is_saved_file() {
        node.append(&button("secondary", "back", i18n::UI_BACK.to(language), move || {
            state.stop_worker();
            start_again(state);
        }));
    }
}

fn failed(state: AppState, node: &Node, failure: Failure) {
    let language = state.language();
    let why = match failure {
        Failure::Seal => i18n::SEND_SEAL_FAILED,
        Failure::Revoked => i18n::SEND_REVOKED,
        Failure::Refused => i18n::SEND_REFUSED,
        Failure::NotSealed => i18n::SEALED_NOT_OURS,
    };
    node.append(&el("div").attr("role", "alert").child(el("h1").attr("class", "fault").text(why.to(language))));
    if failure != Failure::NotSealed {
        node.append(&button("primary", "retry", i18n::UI_RETRY.to(language), move || {
            state.submit();
            // The button that had the focus is gone, and the heading is shown again.
            request_animation_frame(|| Node::focus_by_id("sending"));
        }));
    }
    node.append(&button("secondary", "back", i18n::UI_BACK.to(language), move || {
        if state.sends_own_answers() {
            state.forget_source();
            state.go(Step::Check);
        } else {
            start_again(state);
        }
    }));
    if failure == Failure::Refused {
        copy_button(state, node);
    }
}

/// Goes to the first page once a file that is not this page's own has been sent, or not.
fn start_again(state: AppState) {
    state.forget_source();
    state.go_to_first_page();
}

/// A button that saves the sealed file, which can be sent later from any phone.
fn copy_button(state: AppState, node: &Node) {
    if state.submission.is_saved_file() {
        return;
    }
    let language = state.language();
    let status = Rc::new(Signal::new(None));
    let shown = Rc::clone(&status);
    node.append(&button("secondary", "save-file", i18n::SEALED_SAVE.to(language), move || {
        let status = Rc::clone(&status);
        state.copy_sealed(move |parts| {
            parts.iter().for_each(download);
            let text = if parts.is_some() { i18n::SEALED_SAVED.to(language) } else { i18n::ERR_NO_PART.to(language) };
            status.set(Some(text));
        });
    }));
    node.append(&el("div").attr("role", "status").reactive(move |node| {
        if let Some(text) = shown.get() {
            node.append(&p(text).attr("class", "notice"));
        }
    }));
}

/// An object URL, which is revoked when it is dropped. It is for sealed bytes only: the browser may move a `Blob` to the disk.
struct ObjectUrl(String);

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.0);
    }
}

impl ObjectUrl {
    /// The URL of these bytes, one part after the other.
    fn new(parts: &Array) -> Option<Self> {
        let blob = Blob::new_with_u8_array_sequence(parts).ok()?;
        Url::create_object_url_with_blob(&blob).ok().map(Self)
    }
}

/// Downloads bytes under a neutral name.
fn download(parts: &Array) {
    if let Some(url) = ObjectUrl::new(parts) {
        let link = el("a").attr("href", &url.0).attr("download", "file.bin");
        link.click();
        // The browser reads it after this returns.
        set_timeout(move || drop(url), Duration::from_mins(1));
    }
}

fn received(state: AppState, node: &Node) {
    let language = state.language();
    let heading = el("h1").attr("data-role", "received").attr("tabindex", "-1").text(i18n::SEND_RECEIVED.to(language));
    node.append(&heading);
    heading.focus();
    // Whoever came back to send what was kept has written the code down before.
    if state.sends_own_answers() {
        node.append(&el("h2").text(i18n::DONE_REF.to(language)));
        node.append(&code(state));
    }
    for text in [i18n::DONE_NEXT, i18n::DONE_WAIT, i18n::DONE_EMERGENCY] {
        node.append(&p(text.to(language)));
    }
    node.append(&p(i18n::DONE_CLEAN.to(language)).attr("class", "notice"));
    if state.submission.is_saved_file() {
        node.append(&button("primary", "start", i18n::UI_CONTINUE.to(language), move || start_again(state)));
    }
    node.append(&button("secondary", "clear", i18n::DONE_CLOSE.to(language), move || leave(state)));
}
