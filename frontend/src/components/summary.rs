//! The error summary: takes the focus and links to each field.

use leptos::html;
use leptos::prelude::*;

use super::element_id;
use crate::draft::Draft;
use crate::messages::message;
use crate::words;

/// What "continue" complained of, at the top of the page.
#[component]
pub fn ErrorSummary(draft: Draft) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if draft.shown.with(|shown| shown.iter().any(|fault| !fault.code.is_warning()))
            && let Some(element) = node.get()
        {
            // A page that cannot take the focus still shows the summary.
            let _ = element.focus();
            element.scroll_into_view();
        }
    });
    move || {
        let tag = draft.language.get_untracked();
        let faults: Vec<_> = draft.shown.with(|shown| shown.iter().filter(|fault| !fault.code.is_warning()).cloned().collect());
        (!faults.is_empty()).then(|| {
            let links = faults
                .into_iter()
                .map(|fault| {
                    let id = element_id(&fault.path);
                    let target = format!("#{id}");
                    // The address bar never changes: the link only moves the focus.
                    let follow = move |event: leptos::ev::MouseEvent| {
                        event.prevent_default();
                        focus(&id);
                    };
                    view! { <li><a href=target on:click=follow>{message(draft.form(), &fault, tag)}</a></li> }
                })
                .collect_view();
            view! {
                <div class="summary" role="alert" tabindex="-1" node_ref=node>
                    <h2>{words::ERR_SUMMARY_TITLE.to(draft.words())}</h2>
                    <ul>{links}</ul>
                </div>
            }
        })
    }
}

fn focus(id: &str) {
    use wasm_bindgen::JsCast;
    let Some(element) = document().get_element_by_id(id) else { return };
    let control = element.query_selector("input, select, textarea").ok().flatten().unwrap_or(element);
    control.scroll_into_view();
    if let Some(control) = control.dyn_ref::<web_sys::HtmlElement>() {
        let _ = control.focus();
    }
}
