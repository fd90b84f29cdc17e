//! Notebooks that lay among the files: what each would bring, and who says to have written it.

use amanat_reviewer::notebook::{Author, News};
use amanat_reviewer::terminal;
use leptos::prelude::*;

use crate::state::{Desk, Offered};

/// One line for each that brings something, with a button to take it in.
#[component]
pub fn Notebooks(desk: Desk) -> impl IntoView {
    let rows = move || {
        let news = |offered: &Offered| desk.notebook.with(|notebook| notebook.clone().merge(offered.notebook.clone()));
        let offered = desk.offered.get();
        offered.into_iter().map(|it| (news(&it), it)).filter(|(news, _)| *news != News::default()).collect::<Vec<_>>()
    };
    view! { class = "ours",
        <Show when=move || !rows().is_empty()>
            <section class="box" data-role="notebooks">
                <h2>"Notebooks among the files"</h2>
                <p class="hint">"Take in only what came from your colleague's own hand: a notebook does not prove who wrote it."</p>
                <ul>{move || rows().into_iter().map(|(news, offered)| row(desk, &news, offered)).collect_view()}</ul>
            </section>
        </Show>
    }
}

fn row(desk: Desk, news: &News, offered: Offered) -> impl IntoView + use<> {
    let authors: Vec<String> = news.authors.iter().map(Author::as_str).map(terminal::isolated).collect();
    let parts = [
        (news.statuses, "statuses"),
        (news.assigned, "cases of somebody else's now"),
        (news.notes, "notes"),
        (news.erased, "notes erased"),
        (news.log, "entries of the log"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let words = format!(": {}, by {} ", parts.join(", "), authors.join(", "));
    let file = offered.file.clone();
    let take = move |_| {
        let theirs = offered.notebook.clone();
        desk.notebook.update(|notebook| drop(notebook.merge(theirs)));
        desk.unsaved.set(true);
        desk.stand();
    };
    view! { class = "ours", <li><bdi>{file}</bdi>{words}<button data-action="take-in" on:click=take>"Take it in"</button></li> }
}
