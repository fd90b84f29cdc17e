//! The list of cases, the most urgent first. Only the visible rows are in the page, so that ten thousand cases scroll.

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
use crate::state::AppState;
use copies::Copies;
use counts::Counts;
use failures::Failures;
use filters::Filters;
use notebooks::Notebooks;
use row::Row;
use warnings::Warnings;

/// The height of a row in pixels, as in the style sheet.
const ROW: usize = 40;
/// The number of rows that are drawn above and below the visible ones.
const SPARE: usize = 8;
/// The number of rows until the window's height is known.
const WINDOW_ROWS: usize = 30;

/// Shows the list.
#[component]
pub fn List(state: AppState) -> impl IntoView {
    let first = state.first_row;
    let rows = RwSignal::new(WINDOW_ROWS);
    let found = state.listed;
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
    // Another search or order starts at the top.
    Effect::new(move |before: Option<()>| {
        state.filter.track();
        state.sort.track();
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
    let heading = move || match (count(), state.cases.with(|cases| cases.len())) {
        (found, all) if found == all => counted(all, "case", "cases"),
        (found, all) => format!("{found} of {}", counted(all, "case", "cases")),
    };

    view! { class = "dynamic",
        <h1 data-role="count">{heading}</h1>
        <Warnings state/>
        <Failures state/>
        <Notebooks state/>
        <Filters state/>
        <Show when=move || count() == 0 && state.cases.with(|cases| !cases.is_empty())>
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
                        <Show when=move || state.newest_arrival.get().is_some()>
                            <th scope="col">"Received"</th>
                        </Show>
                        <th scope="col">"Status"</th>
                        <th scope="col">"Marks"</th>
                        <Show when=move || state.shows_names.get()>
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
                        key=move |placed| (*placed, state.notebook_version.get())
                        children=move |(place, index)| view! { class = "dynamic", <Row state place index/> }
                    />
                    <tr aria-hidden="true" class="gap" style:height=move || height(count() - range.get().1.min(count()))></tr>
                </tbody>
            </table>
        </div>
        <Copies state/>
        <Counts state/>
    }
}
