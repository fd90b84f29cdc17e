//! Sealing and sending, with a progress that moves, until it is received.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::receipt::code;
use crate::dom::{Node, button, el, p};
use crate::draft::{Draft, Step};
use crate::sending::{ALL, Progress, seal_and_send};
use crate::words;

/// Starts at once; "received" appears only after the server's commit.
pub fn sending(draft: Draft) -> Vec<Node> {
    let progress = RwSignal::new(Progress::Sealing(0));
    start(draft, progress);
    let content = el("div").set("aria-live", "polite").live(move |node| {
        let language = draft.words();
        match progress.get() {
            Progress::Received => received(draft, node),
            Progress::Failed(why) => {
                node.append(&p(why.to(language)).set("class", "fault").set("role", "alert"));
                node.append(&button("secondary", "back", words::UI_BACK.to(language), move || draft.go(Step::Check)));
                node.append(&button("primary", "retry", words::UI_RETRY.to(language), move || start(draft, progress)));
            }
            Progress::Sealing(part) => moving(node, words::UI_ENCRYPTING.to(language), part),
            Progress::Sending { acknowledged, waiting } => {
                // Never 100 % before the commit.
                let shown = acknowledged.min(ALL - ALL / 100);
                let percent = language.digits((shown * 100 / ALL) as usize);
                moving(node, &words::SEND_ACKNOWLEDGED.with(language, &[("percent", &percent)]), shown);
                if let Some(waiting) = waiting {
                    node.append(&p(waiting.to(language)).set("class", "warning"));
                }
            }
        }
    });
    vec![content]
}

fn start(draft: Draft, progress: RwSignal<Progress>) {
    progress.set(Progress::Sealing(0));
    spawn_local(async move {
        let ended = seal_and_send(draft, progress).await;
        progress.set(ended);
    });
}

fn moving(node: &Node, text: &str, part: u32) {
    node.append(&p(text));
    node.append(&el("progress").set("max", &ALL.to_string()).set("value", &part.to_string()).set("aria-label", text));
}

fn received(draft: Draft, node: &Node) {
    let language = draft.words();
    node.append(&el("h1").set("data-role", "received").text(words::SEND_RECEIVED.to(language)));
    node.append(&el("h2").text(words::DONE_REF.to(language)));
    node.append(&code(draft));
    for words in [words::DONE_NEXT, words::DONE_WAIT, words::DONE_EMERGENCY] {
        node.append(&p(words.to(language)));
    }
    node.append(&p(words::DONE_CLEAN.to(language)).set("class", "notice"));
}
