//! The first page: three languages.

use crate::dom::{Node, attribute_of, button, of};
use crate::history::set_out;
use crate::i18n::Language;
use crate::state::Draft;

/// One button a language.
pub fn language(draft: Draft) -> Vec<Node> {
    let buttons = draft.form().languages.iter().map(|tag| {
        let language = Language::of(tag);
        let choose = button("primary", "language", language.own_name(), move || choose_language(draft, tag));
        choose.set("value", tag).set("lang", tag).set("dir", language.direction())
    });
    vec![of("div", "languages").all(buttons)]
}

/// Brings the first page to life that stood there before this program came, and may have been touched already.
pub fn adopt(draft: Draft, first: &Node) {
    let choose = move |chosen: &str| {
        if let Some(tag) = draft.form().languages.iter().find(|tag| *tag == chosen) {
            choose_language(draft, tag);
        }
    };
    first.put("class", "live");
    first.clone().on("click", move |event| choose(&attribute_of(&event, "value")));
    choose(&first.attribute("data-chosen"));
}

/// Goes on in a language.
fn choose_language(draft: Draft, tag: &'static str) {
    if let Some(first) = Node::by_id("first") {
        first.remove();
    }
    set_out();
    draft.speak(tag);
    draft.to_first_page();
}
