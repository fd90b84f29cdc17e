//! The pages: one step, one page.

mod check;
mod draft;
mod language;
mod more;
mod questions;
mod receipt;
mod refused;
mod returning;
mod sending;

pub use check::{check, shown_date};
pub use draft::save_draft;
pub use language::{adopt, language};
pub use more::more;
pub use questions::questions;
pub use receipt::receipt;
pub use refused::refused;
pub use returning::{returning, returning_button};
pub use sending::sending;

use crate::dom::{Node, button, el, p};
use crate::draft::{Draft, Step};
use crate::words;

/// What needs the sealer, or its words, once it is there; until then what stands in for it.
fn with_sealer(draft: Draft, until: &'static str, make: impl Fn() -> Vec<Node> + 'static) -> Node {
    el("div").live(move |node| {
        let nodes = if draft.speaks.get() { make() } else { vec![p(until)] };
        for made in nodes {
            node.append(&made);
        }
    })
}

/// The button that leads to keeping what was typed so far on the phone.
fn save_button(draft: Draft) -> Node {
    with_sealer(draft, "", move || {
        let unsaved = Some(p(words::DRAFT_UNSAVED.to(draft.words())).set("class", "warning").set("role", "status"));
        let mut nodes: Vec<Node> = unsaved.filter(|_| draft.unsaved.get()).into_iter().collect();
        nodes.push(button("link below", "save-draft", words::DRAFT_LINK.to(draft.words()), move || {
            draft.called_from.replace(draft.step.get_untracked());
            draft.go(Step::Save);
        }));
        nodes
    })
}

/// The button that goes back.
fn back_button(draft: Draft) -> Node {
    button("back", "back", words::UI_BACK.to(draft.words()), move || draft.back())
}
