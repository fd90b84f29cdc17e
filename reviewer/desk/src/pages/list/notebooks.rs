//! Notebooks among the chosen files: what each would bring, and its claimed authors.

use amanat_reviewer_core::notebook::{Author, MergeSummary};
use amanat_reviewer_core::{case_text, safe_text};
use leptos::prelude::*;

use crate::pages::{counted, listed};
use crate::state::{AppState, OfferedNotebook};

/// Lists each notebook that brings something new, with a button that merges it.
#[component]
pub fn Notebooks(state: AppState) -> impl IntoView {
    let rows = move || {
        let news = |offered: &OfferedNotebook| state.notebook.with(|notebook| notebook.clone().merge(offered.notebook.clone()));
        let offered = state.offered_notebooks.get();
        offered.into_iter().map(|it| (news(&it), it)).filter(|(news, _)| *news != MergeSummary::default()).collect::<Vec<_>>()
    };
    view! { class = "dynamic",
        <Show when=move || !rows().is_empty()>
            <section class="box" data-role="notebooks">
                <h2>"Notebooks among the files"</h2>
                <p class="hint">"Take in your own first, to go on with it. Of others, only what came from your colleague's own hand: a notebook does not prove who wrote it."</p>
                <ul>{move || rows().into_iter().map(|(news, offered)| row(state, &news, offered)).collect_view()}</ul>
            </section>
        </Show>
    }
}

fn row(state: AppState, news: &MergeSummary, offered: OfferedNotebook) -> impl IntoView + use<> {
    let authors: Vec<String> = news.authors.iter().map(Author::as_str).map(safe_text::isolated).collect();
    let parts = [
        (news.statuses, "status", "statuses"),
        (news.assigned, "case taken or given back", "cases taken or given back"),
        (news.notes, "note", "notes"),
        (news.erased, "note erased", "notes erased"),
        (news.log, "entry of what was done", "entries of what was done"),
    ];
    let mut parts: Vec<String> =
        parts.iter().filter(|(count, ..)| *count > 0).map(|(count, one, many)| counted(*count, one, many)).collect();
    parts.extend((!news.conflicts.is_empty()).then(|| counted(news.conflicts.len(), "CONFLICT", "CONFLICTS")));
    if news.newest_pack > 0 {
        parts.push(format!("that pack {} was seen", news.newest_pack));
    }
    let authors = if authors.is_empty() { String::new() } else { format!(", by {}", authors.join(", ")) };
    let lines = state.notebook.with_untracked(|ours| case_text::news(ours, &offered.notebook));
    let words = format!(": {}{authors} ", parts.join(", "));
    let (name, file) = (offered.file.clone(), offered.file.clone());
    let take = move |_| {
        let theirs = offered.notebook.clone();
        state.notebook.update(|notebook| drop(notebook.merge(theirs)));
        state.unsaved.set(true);
        state.apply_notebook();
        state
            .last_result
            .set(vec![format!("{file} was taken in."), "Save your notebook: what it brought is in it then.".to_owned()]);
    };
    view! { class = "dynamic",
        <li>
            <bdi>{name}</bdi>
            {words}
            <button data-action="take-in" on:click=take>"Take it in"</button>
            <details>
                <summary>"Read what it would bring"</summary>
                <ul data-role="news">{listed(lines)}</ul>
            </details>
        </li>
    }
}
