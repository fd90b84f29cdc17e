//! Counts without names, for publication.

use amanat_reviewer_core::notebook::Notebook;
use amanat_reviewer_core::safe_text;
use amanat_reviewer_core::stats::{self, Statistics, Table};
use leptos::prelude::*;

use crate::download;
use crate::pages::two_lines;
use crate::state::AppState;

/// Counts all cases, whatever the list shows, once the reviewer asks for it.
#[component]
pub fn Counts(state: AppState) -> impl IntoView {
    let opened = RwSignal::new(false);
    let not_saved = RwSignal::new(None);
    let counted = move || {
        let by_status = state.notebook.with(|notebook| *notebook != Notebook::default());
        state.cases.with(|cases| stats::of_cases(cases, by_status))
    };
    let save = move |_| not_saved.set(download::save("counts.txt", stats::text(&counted()).as_bytes()).err());
    view! { class = "dynamic",
        <section class="box" data-role="counts">
            <h2>"Counts for publication"</h2>
            <Show
                when=move || opened.get()
                fallback=move || view! { class = "dynamic", <button data-action="count" on:click=move |_| opened.set(true)>"Count all cases"</button> }
            >
                <p class="hint">
                    "By tens, and nothing under ten: no number points at somebody. Two publications a few days apart can still differ by one person."
                </p>
                {move || tables(counted())}
                <button data-action="save-counts" on:click=save>"Save the counts"</button>
                {move || not_saved.get().map(|why: download::NotTaken| view! { class = "dynamic", <p class="fault" role="alert">{two_lines(why.into())}</p> })}
            </Show>
        </section>
    }
}

fn tables(counts: Statistics) -> impl IntoView {
    let total = match counts.total {
        Some(total) => format!("{} to {} registrations.", total.from, total.to),
        None => "Fewer than 10 registrations: nothing is counted.".to_owned(),
    };
    view! { class = "dynamic",
        <p>{total}</p>
        <div class="counts">{counts.tables.into_iter().map(table).collect_view()}</div>
    }
}

fn table(table: Table) -> impl IntoView {
    let row = |value: String, count: String| {
        view! { class = "dynamic",
            <tr>
                <th scope="row" dir="auto">{safe_text::safe(&value)}</th>
                <td class="number">{count}</td>
            </tr>
        }
    };
    let given = table.given.into_iter().map(|given| row(given.value, format!("{} to {}", given.count.from, given.count.to)));
    let given = given.collect::<Vec<_>>();
    let hidden = table.hidden.into_iter().map(|value| row(value, "hidden".to_owned())).collect::<Vec<_>>();
    view! { class = "dynamic",
        <table>
            <caption>{table.of}</caption>
            <tbody>{given}{hidden}</tbody>
        </table>
    }
}
