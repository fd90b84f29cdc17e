//! Files that could not be opened.

use amanat_reviewer_core::decrypt::counted;
use amanat_reviewer_core::unopened;
use leptos::prelude::*;

use crate::pages::{counted as counted_files, two_lines};
use crate::state::{AppState, Failure, OTHER};

/// At most this many failures are listed; the heading counts all.
const MOST: usize = 200;

/// Up to this many failures are shown without a touch.
const FEW: usize = 3;

/// Lists the failures under a heading with their number.
#[component]
pub fn Failures(state: AppState) -> impl IntoView {
    let failures = state.failures;
    let row = |failure: Failure| view! { class = "dynamic", <li><bdi class="file">{failure.file}</bdi>": "{two_lines(failure.message)}</li> };
    let is_fault =
        move || failures.with(|failures| failures.iter().any(|failure| failure.may_be_a_person || failure.kind == OTHER));
    let heading = move || {
        let counts = failures.with(|failures| counted(failures.iter().map(|failure| failure.kind)));
        let persons = failures.with(|failures| failures.iter().filter(|failure| failure.may_be_a_person).count());
        let files = counted_files(failures.with(Vec::len), "file", "files");
        match (persons, failures.with(Vec::len)) {
            (0, _) => format!("{files} not used ({counts})"),
            (1, 1) => format!("{files} could not be opened ({counts}): a person may wait in it"),
            (persons, all) if persons == all => format!("{files} could not be opened ({counts}): a person may wait in each"),
            (persons, _) => format!("{files} could not be opened ({counts}): a person may wait in {persons} of them"),
        }
    };
    view! { class = "dynamic",
        {move || unopened::before_you(state.sealed_before_joining.get()).map(|message| view! { class = "dynamic",
            <p class="warning" data-role="before-you">{two_lines(message)}</p>
        })}
        <Show when=move || failures.with(|failures| !failures.is_empty())>
            <details class:fault=is_fault class:hint=move || !is_fault() data-role="failures" prop:open=move || failures.with(Vec::len) <= FEW>
                <summary>{heading}</summary>
                <ul>{move || failures.get().into_iter().take(MOST).map(row).collect_view()}</ul>
            </details>
        </Show>
    }
}
