//! A sealed file waits on this phone. Neutral words: nothing here says what it is.

use super::with_sealer;
use crate::dom::{Node, button, el};
use crate::draft::{Draft, Step};
use crate::sealer::{begin, forget_what_waits};
use crate::words;

/// Send it, or delete it and begin.
pub fn waiting(draft: Draft) -> Vec<Node> {
    let language = draft.words();
    let send = move || {
        draft.resumes.set(true);
        draft.go(Step::Sending);
    };
    let delete = move || {
        forget_what_waits(draft);
        begin(draft);
    };
    vec![with_sealer(draft, words::UI_LOADING.to(language), move || {
        vec![
            el("h1").text(words::SEALED_WAITING.to(language)),
            button("primary", "send-waiting", words::SEALED_SEND.to(language), send),
            button("secondary", "delete-waiting", words::SEALED_DELETE.to(language), delete),
        ]
    })]
}
