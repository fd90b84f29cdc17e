//! All cases, the most urgent first. Only the rows that can be seen are in the page, so that ten thousand scroll.

use std::sync::Arc;

use amanat_reviewer::cases::Case;
use amanat_shared::form::Tier;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement};

use super::two_lines;
use crate::state::{Desk, Stage};

/// Pixels from one row to the next; the sheet says the same.
const ROW: usize = 40;
/// Rows drawn above and below what can be seen.
const SPARE: usize = 8;
/// Rows of a window that has not said how high it is.
const WINDOW_ROWS: usize = 30;

/// The list.
#[component]
pub fn List(desk: Desk) -> impl IntoView {
    let first = RwSignal::new(0_usize);
    let rows = RwSignal::new(WINDOW_ROWS);
    let names = RwSignal::new(false);
    let cases = desk.cases;
    let count = move || cases.get().len();
    let scrolled = move |event: Event| {
        let Some(window) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return };
        let pixels = |of: i32| usize::try_from(of).unwrap_or(0);
        first.set(pixels(window.scroll_top()) / ROW);
        rows.set(pixels(window.client_height()) / ROW + 1);
    };
    let range = Memo::new(move |_| {
        let from = first.get().saturating_sub(SPARE).min(count());
        (from, (first.get() + rows.get() + SPARE).min(count()))
    });
    let height = |rows: usize| format!("{}px", rows * ROW);

    view! {
        <h1>{move || format!("{} cases", count())}</h1>
        <Failures desk/>
        <p class="tools">
            <label>
                <input type="checkbox" data-role="names" prop:checked=move || names.get() on:change=move |event| names.set(event_target_checked(&event))/>
                " Show names"
            </label>
        </p>
        <div class="window" data-role="window" tabindex="0" aria-label="Cases" on:scroll=scrolled>
            <table aria-rowcount=move || (count() + 1).to_string()>
                <thead>
                    <tr>
                        <th scope="col">"Tier"</th>
                        <th scope="col">"Why"</th>
                        <th scope="col">"Days"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"Country"</th>
                        <th scope="col">"Children"</th>
                        <Show when=move || names.get()>
                            <th scope="col">"Name"</th>
                        </Show>
                        <th scope="col">"Case"</th>
                    </tr>
                </thead>
                <tbody>
                    <tr aria-hidden="true" class="gap" style:height=move || height(range.get().0)></tr>
                    <For
                        each=move || { let (from, to) = range.get(); from..to }
                        key=move |index| cases.get_untracked().get(*index).map(|case| case.file.clone())
                        children=move |index| view! { <Row desk index names/> }
                    />
                    <tr aria-hidden="true" class="gap" style:height=move || height(count() - range.get().1.min(count()))></tr>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(desk: Desk, index: usize, names: RwSignal<bool>) -> impl IntoView {
    let cases: Arc<Vec<Case>> = desk.cases.get_untracked();
    let case = cases[index].clone();
    let (tier, class) = match case.verdict.as_ref().map(|verdict| verdict.tier) {
        Some(Tier::Emergency) => ("EMERGENCY", "emergency"),
        Some(Tier::Urgent) => ("Urgent", "urgent"),
        Some(Tier::Normal) => ("Normal", "normal"),
        None => ("Urgent?", "urgent"),
    };
    let rules = case.verdict.as_ref().map(|verdict| verdict.rules.join(" ")).unwrap_or_default();
    let days = case.verdict.as_ref().and_then(|verdict| verdict.deadline_days).map(|days| days.to_string());
    let file = case.file.clone();
    let reference: String = case.file.chars().take(12).collect();
    let name = case.name.clone().unwrap_or_default();
    view! {
        <tr class=class data-case=case.file.clone() aria-rowindex=(index + 2).to_string()>
            <td><strong>{tier}</strong></td>
            <td>{rules}</td>
            <td class="number">{days.unwrap_or_default()}</td>
            <td>{case.role.clone()}</td>
            <td>{case.country.clone()}</td>
            <td class="number">{case.children.map(|children| children.to_string()).unwrap_or_default()}</td>
            <Show when=move || names.get()>
                <td dir="auto">{name.clone()}</td>
            </Show>
            <td>
                <button
                    class="link"
                    data-action="open"
                    on:click=move |_| {
                        desk.chosen.set(file.clone());
                        desk.stage.set(Stage::Case);
                    }
                >
                    {reference}
                </button>
            </td>
        </tr>
    }
}

/// What could not be opened, one under the other, behind a line that says how many.
#[component]
fn Failures(desk: Desk) -> impl IntoView {
    let failures = desk.failures;
    let row = |failure: crate::state::Failure| {
        view! { <li><bdi class="file">{failure.file}</bdi>": "{two_lines(&failure.words)}</li> }
    };
    view! {
        <Show when=move || !failures.get().is_empty()>
            <details class="fault" data-role="failures">
                <summary>{move || format!("{} files could not be opened", failures.get().len())}</summary>
                <ul>{move || failures.get().into_iter().map(row).collect_view()}</ul>
            </details>
        </Show>
    }
}
