//! The code, which the person writes down before anything is sealed.

use std::rc::Rc;

use super::back_button;
use crate::components::without_suggestions;
use crate::dom::{Node, button, el, el_class, event_checked, p};
use crate::i18n;
use crate::signal::Signal;
use crate::state::{AppState, Step};

/// The page: the code and a button that says it is written down; only then the button that sends.
pub fn receipt(state: AppState) -> Vec<Node> {
    let language = state.language();
    let written = Rc::new(Signal::new(false));
    vec![
        back_button(state),
        el("h1").text(i18n::DONE_REF.to(language)),
        p(i18n::RECEIPT_NOT_YET.to(language)).attr("class", "notice").attr("role", "status"),
        code(state),
        p(i18n::RECEIPT_HELP.to(language)),
        el("div").reactive(move |node| {
            let written_now = Rc::clone(&written);
            node.append(&if written.get() {
                let keep = without_suggestions(el("input")).attr("type", "checkbox").attr("data-role", "keep");
                let keep = keep.attr_if("checked", state.submission.may_keep.get());
                let keep = keep.on("change", move |event| state.submission.may_keep.set(event_checked(&event)));
                node.append(
                    &el_class("label", "choice").child(keep.clone()).child(el("span").text(i18n::SEALED_KEEP.to(language))),
                );
                // The button that had the focus is gone.
                keep.focus();
                button("primary", "send", i18n::UI_SUBMIT.to(language), move || state.go(Step::Sending))
            } else {
                button("primary", "acknowledge", i18n::RECEIPT_WRITTEN.to(language), move || written_now.set(true))
            });
        }),
    ]
}

/// The code in six groups; a small screen breaks the line between groups, never inside one.
pub fn code(state: AppState) -> Node {
    let mut node = el_class("p", "code").attr("data-role", "receipt").attr("dir", "ltr");
    for group in state.receipt().to_string().split(' ') {
        node = node.child(el("span").text(group)).text(" ");
    }
    node
}
