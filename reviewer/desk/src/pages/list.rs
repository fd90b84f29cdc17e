//! All cases, the most urgent first. Only the rows that can be seen are in the page, so that ten thousand scroll.

mod copies;
mod counts;
mod failures;
mod filters;
mod notebooks;
mod row;
mod warnings;

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement};

use crate::pages::counted;
use crate::state::Desk;
use copies::Copies;
use counts::Counts;
use failures::Failures;
use filters::Tools;
use notebooks::Notebooks;
use row::Row;
use warnings::Notices;

/// Pixels from one row to the next; the sheet says the same.
const ROW: usize = 40;
/// Rows drawn above and below what can be seen.
const SPARE: usize = 8;
/// Rows of a window that has not said how high it is.
const WINDOW_ROWS: usize = 30;

/// The list.
#[component]
pub fn List(desk: Desk) -> impl IntoView {
    let first = desk.first;
    let rows = RwSignal::new(WINDOW_ROWS);
    let found = desk.found;
    let count = move || found.with(Vec::len);
    let scrolled = move |event: Event| {
        let Some(window) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return };
        let pixels = |of: i32| usize::try_from(of).unwrap_or(0);
        first.set(pixels(window.scroll_top()) / ROW);
        rows.set(pixels(window.client_height()) / ROW + 1);
    };
    let window: NodeRef<Div> = NodeRef::new();
    window.on_load(move |element| {
        let top = i32::try_from(first.get_untracked() * ROW).unwrap_or(0);
        request_animation_frame(move || element.set_scroll_top(top));
    });
    // Another search begins at its best.
    Effect::new(move |before: Option<()>| {
        desk.filter.track();
        desk.sort.track();
        if before.is_some() {
            first.set(0);
            if let Some(element) = window.get_untracked() {
                element.set_scroll_top(0);
            }
        }
    });
    let range = Memo::new(move |_| {
        let to = (first.get() + rows.get() + SPARE).min(count());
        (first.get().saturating_sub(SPARE).min(to), to)
    });
    let height = |rows: usize| format!("{}px", rows * ROW);
    let heading = move || match (count(), desk.cases.with(|cases| cases.len())) {
        (found, all) if found == all => counted(all, "case", "cases"),
        (found, all) => format!("{found} of {}", counted(all, "case", "cases")),
    };

    view! { class = "ours",
        <h1 data-role="count">{heading}</h1>
        <Notices desk/>
        <Failures desk/>
        <Notebooks desk/>
        <Tools desk/>
        <Show when=move || count() == 0 && desk.cases.with(|cases| !cases.is_empty())>
            <p class="warning" data-role="none-found">
                "Nothing found. A name is found in its own letters; in Latin ones by its consonants, so try another spelling, the telephone number, or take a filter away."
            </p>
        </Show>
        <div class="window" data-role="window" tabindex="0" aria-label="Cases" node_ref=window on:scroll=scrolled>
            <table aria-rowcount=move || (count() + 1).to_string()>
                <thead>
                    <tr>
                        <th scope="col">"Case"</th>
                        <th scope="col">"Tier"</th>
                        <th scope="col">"Why"</th>
                        <th scope="col">"Deadline (days)"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"Country"</th>
                        <th scope="col" class="number">"Children"</th>
                        <Show when=move || desk.newest.get().is_some()>
                            <th scope="col">"Received"</th>
                        </Show>
                        <th scope="col">"Status"</th>
                        <th scope="col">"Marks"</th>
                        <Show when=move || desk.names.get()>
                            <th scope="col">"Name"</th>
                        </Show>
                    </tr>
                </thead>
                <tbody>
                    <tr aria-hidden="true" class="gap" style:height=move || height(range.get().0)></tr>
                    <For
                        each=move || {
                            let (from, to) = range.get();
                            found.with(|found| (from..to).filter_map(|place| Some((place, *found.get(place)?))).collect::<Vec<_>>())
                        }
                        key=move |placed| (*placed, desk.written.get())
                        children=move |(place, index)| view! { class = "ours", <Row desk place index/> }
                    />
                    <tr aria-hidden="true" class="gap" style:height=move || height(count() - range.get().1.min(count()))></tr>
                </tbody>
            </table>
        </div>
        <Copies desk/>
        <Counts desk/>
    }
}
