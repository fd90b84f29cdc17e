//! The first page: three languages.

use crate::dom::{Node, button, of};
use crate::draft::{Draft, Step};
use crate::words::Language;

/// One button a language.
pub fn language(draft: Draft) -> Vec<Node> {
    let buttons = draft.form().languages.iter().map(|tag| {
        let language = Language::of(tag);
        let choose = button("primary", "language", language.own_name(), move || {
            draft.speak(tag);
            if let Some(first) = draft.reading.with_untracked(|reading| reading.pages.first().cloned()) {
                draft.go(Step::Page(first));
            }
        });
        choose.set("value", tag).set("lang", tag).set("dir", language.direction())
    });
    vec![of("div", "languages").all(buttons)]
}
