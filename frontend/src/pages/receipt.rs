//! The code, shown and acknowledged before anything is sealed.

use std::rc::Rc;

use super::back_button;
use crate::components::quiet;
use crate::dom::{Node, button, el, el_class, event_checked, p};
use crate::i18n;
use crate::signal::Watched;
use crate::state::{Draft, Step};

/// The code, and a button that says it is written down; only then the one that sends.
pub fn receipt(draft: Draft) -> Vec<Node> {
    let language = draft.words();
    let written = Rc::new(Watched::new(false));
    vec![
        back_button(draft),
        el("h1").text(i18n::DONE_REF.to(language)),
        p(i18n::RECEIPT_NOT_YET.to(language)).attr("class", "notice").attr("role", "status"),
        code(draft),
        p(i18n::RECEIPT_HELP.to(language)),
        el("div").reactive(move |node| {
            let acknowledged = Rc::clone(&written);
            node.append(&if written.get() {
                let kept = quiet(el("input")).attr("type", "checkbox").attr("data-role", "keep");
                let kept = kept.attr_if("checked", draft.keeps.get());
                let kept = kept.on("change", move |event| draft.keeps.set(event_checked(&event)));
                node.append(
                    &el_class("label", "choice").child(kept.clone()).child(el("span").text(i18n::SEALED_KEEP.to(language))),
                );
                // The button that had the focus is gone.
                kept.focus();
                button("primary", "send", i18n::UI_SUBMIT.to(language), move || draft.go(Step::Sending))
            } else {
                button("primary", "acknowledge", i18n::RECEIPT_WRITTEN.to(language), move || acknowledged.set(true))
            });
        }),
    ]
}

/// The code in six groups, which a small screen breaks between, never inside.
pub fn code(draft: Draft) -> Node {
    let mut node = el_class("p", "code").attr("data-role", "receipt").attr("dir", "ltr");
    for group in draft.receipt().to_string().split(' ') {
        node = node.child(el("span").text(group)).text(" ");
    }
    node
}
