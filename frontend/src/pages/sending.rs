//! Sealing and sending, with a progress that moves, until it is received.

use super::receipt::code;
use crate::dom::{Node, button, el, p};
use crate::draft::{Draft, Step};
use crate::protocol::{ALL, Failure, Wait};
use crate::sealer::{Progress, begin, seal_and_send};
use crate::way::leave;
use crate::words;

/// Starts at once; "received" appears only after the server's commit.
pub fn sending(draft: Draft) -> Vec<Node> {
    seal_and_send(draft);
    let content = el("div").set("aria-live", "polite").live(move |node| {
        let language = draft.words();
        match draft.progress.get() {
            Progress::Received => received(draft, node),
            Progress::Failed(failure) => {
                let why = match failure {
                    Failure::Seal => words::SEND_SEAL_FAILED,
                    Failure::Revoked => words::SEND_REVOKED,
                    Failure::Refused => words::SEND_REFUSED,
                };
                node.append(&p(why.to(language)).set("class", "fault").set("role", "alert"));
                node.append(&button("secondary", "back", words::UI_BACK.to(language), move || {
                    if draft.resumes.take() { begin(draft) } else { draft.go(Step::Check) }
                }));
                node.append(&button("primary", "retry", words::UI_RETRY.to(language), move || seal_and_send(draft)));
            }
            Progress::Sealing(part) => moving(node, words::UI_ENCRYPTING.to(language), part),
            Progress::Sending(acknowledged, wait) => {
                // Never 100 % before the commit.
                let shown = acknowledged.min(ALL - ALL / 100);
                let percent = language.digits((shown * 100 / ALL) as usize);
                moving(node, &words::SEND_ACKNOWLEDGED.with(language, &[("percent", &percent)]), shown);
                let waiting = match wait {
                    Wait::Nothing => return,
                    Wait::Network => words::SEND_WAITING,
                    Wait::Busy => words::SEND_BUSY,
                    Wait::Full => words::ERR_SERVER_FULL,
                };
                node.append(&p(waiting.to(language)).set("class", "warning"));
            }
        }
    });
    vec![
        el("h1").text(words::UI_SENDING.to(draft.words())).hidden_while(move || draft.progress.get() == Progress::Received),
        content,
    ]
}

fn moving(node: &Node, text: &str, part: u32) {
    node.append(&p(text));
    node.append(&el("progress").set("max", &ALL.to_string()).set("value", &part.to_string()).set("aria-label", text));
}

fn received(draft: Draft, node: &Node) {
    let language = draft.words();
    let heading = el("h1").set("data-role", "received").set("tabindex", "-1").text(words::SEND_RECEIVED.to(language));
    node.append(&heading);
    heading.point();
    // Who comes back to send what was kept has written the code down before.
    if !draft.resumes.get() {
        node.append(&el("h2").text(words::DONE_REF.to(language)));
        node.append(&code(draft));
    }
    for words in [words::DONE_NEXT, words::DONE_WAIT, words::DONE_EMERGENCY] {
        node.append(&p(words.to(language)));
    }
    node.append(&p(words::DONE_CLEAN.to(language)).set("class", "notice"));
    node.append(&button("secondary", "clear", words::DONE_CLOSE.to(language), move || leave(draft)));
}
