//! The error summary, which takes the focus and links to each field.

use leptos::prelude::*;

use crate::dom::{Node, el, el_class};
use crate::i18n;
use crate::state::AppState;
use crate::validation_messages::{message, question_at};

/// The faults that "continue" found, at the top of the page.
pub fn error_summary(state: AppState) -> Node {
    el("div").reactive(move |node| {
        let tag = state.form.language_tag.get_untracked();
        let faults: Vec<_> =
            state.navigation.page_faults.with(|faults| faults.iter().filter(|fault| !fault.code.is_warning()).cloned().collect());
        if faults.is_empty() {
            return;
        }
        let links = faults.iter().map(|fault| {
            let id = state.element_id(&fault.path);
            let mut text = message(&state.pack.form, fault, tag);
            // Several messages may have the same text.
            if let Some(question) = question_at(&state.pack.form, &fault.path).filter(|_| faults.len() > 1)
                && !text.contains(question.label.get(tag))
            {
                text = [question.label.get(tag), ": ", &text].concat();
            }
            // The message names the group, and the item of a repeat.
            if let Some((outer, inner)) = fault.path.split_once('/')
                && let Some(group) = question_at(&state.pack.form, outer)
            {
                let number = inner.split('/').next().and_then(|index| index.parse::<usize>().ok());
                let number = number.map_or_else(String::new, |index| [" ", &state.language().digits(index + 1)].concat());
                text = [group.label.get(tag), &number, ": ", &text].concat();
            }
            let link = el("a").attr("href", &["#", &id].concat()).text(&text);
            // The link only moves the focus: the address never changes.
            el("li").child(link.on("click", move |event| {
                event.prevent_default();
                if let Some(element) = Node::by_id(&id) {
                    element.query_or_self("input, select, textarea").focus();
                    // The question and its fault are seen with it.
                    Node::by_id(&[&id, "-question"].concat()).unwrap_or(element).scroll_into_view();
                }
            }))
        });
        let summary = el_class("div", "summary")
            .attr("role", "alert")
            .attr("tabindex", "-1")
            .child(el("h2").text(i18n::ERR_SUMMARY_TITLE.to(state.language())))
            .child(el("ul").children(links));
        node.append(&summary);
        // It takes no focus before it is in the page, which a new page is only after this returns.
        request_animation_frame(move || summary.focus_and_scroll());
    })
}
