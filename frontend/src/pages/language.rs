//! The first page: the choice of a language.

use crate::dom::{Node, button, el_class, event_attr};
use crate::history::push_sentinel;
use crate::i18n::Language;
use crate::state::AppState;

/// The page: one button a language.
pub fn language(state: AppState) -> Vec<Node> {
    let buttons = state.pack.form.languages.iter().map(|tag| {
        let language = Language::of(tag);
        let choose = button("primary", "language", language.own_name(), move || choose_language(state, tag));
        choose.attr("value", tag).attr("lang", tag).attr("dir", language.direction())
    });
    vec![el_class("div", "languages").children(buttons)]
}

/// Takes over the first page, which stood there before this program was loaded, and may have been touched already.
pub fn adopt(state: AppState, first: &Node) {
    let choose = move |chosen: &str| {
        if let Some(tag) = state.pack.form.languages.iter().find(|tag| *tag == chosen) {
            choose_language(state, tag);
        }
    };
    first.set_attr("class", "live");
    first.clone().on("click", move |event| choose(&event_attr(&event, "value")));
    choose(&first.get_attr("data-chosen"));
}

fn choose_language(state: AppState, tag: &'static str) {
    if let Some(first) = Node::by_id("first") {
        first.remove();
    }
    push_sentinel();
    state.set_language(tag);
    state.go_to_first_page();
}
