//! A page of the form.

use amanat_shared::form::Page;

use super::back_button;
use crate::components::{Field, error_summary, question, save_button};
use crate::dom::{Node, button, el, el_class, p};
use crate::i18n;
use crate::state::{AppState, Step, is_informational};

/// The page: one question, or several that belong together.
pub fn questions(state: AppState, page: &'static Page) -> Vec<Node> {
    let language = state.language();
    let first = state.form.validation.with_untracked(|validation| validation.pages.first() == Some(&page.name));
    let mut nodes = vec![back_button(state)];
    if !first {
        nodes.push(el_class("p", "progress").reactive(move |node| {
            let (before, total) = state.form.validation.with(|validation| {
                (validation.pages.iter().position(|name| *name == page.name).unwrap_or(0), validation.pages.len())
            });
            let numbers = [("n", &*language.digits(before + 1)), ("total", &*language.digits(total))];
            node.clone().text(&i18n::UI_STEP_OF.with(language, &numbers));
        }));
    }
    if first && state.was_reloaded {
        nodes.push(el("div").attr("role", "status").reactive(move |node| {
            // Its text comes with the worker.
            if state.worker.was_ready.get() && !state.has_entries() {
                let button = i18n::UI_RETURNING.to(language);
                node.append(&p(&i18n::UI_RELOADED.with(language, &[("button", button)])).attr("class", "notice"));
            }
        }));
    }
    nodes.push(error_summary(state));
    if let Some(title) = &page.title {
        nodes.push(el("h1").text(title.get(state.form.language_tag.get_untracked())));
    }
    let is_heading = page.title.is_none() && page.questions.len() == 1;
    let all_optional = state
        .form
        .validation
        .with_untracked(|validation| page.optional_if.as_ref().is_some_and(|when| when.holds(&validation.answers)));
    for asked in &page.questions {
        nodes.push(question(Field { state, question: asked, path: asked.name.clone(), is_heading, all_optional }));
    }
    if !page.stop {
        // The first page only asks for a safe place.
        let (action, label) = if first && is_informational(page) {
            ("start", i18n::SAFETY_OK.to(language))
        } else {
            ("next", i18n::UI_CONTINUE.to(language))
        };
        nodes.push(button("primary", action, label, move || state.next(page)));
        // Whoever has begun is not offered what the phone has kept: sending that would hold up their own.
        nodes.push(if first && !state.has_entries() { resume_button(state) } else { save_button(state) });
    }
    nodes
}

/// The button that leads to what the phone has kept.
fn resume_button(state: AppState) -> Node {
    let label = i18n::UI_RETURNING.to(state.language());
    button("link below", "returning", label, move || state.go_when_worker_ready(Step::Resume))
}
