//! What could not be opened.

use amanat_reviewer::sealed::counted;
use leptos::prelude::*;

use crate::pages::two_lines;
use crate::state::{Desk, Failure};

/// Most that are listed: the rest is counted.
const MOST: usize = 200;

/// As many are shown at once.
const FEW: usize = 3;

/// One under the other, behind a line that says how many.
#[component]
pub fn Failures(desk: Desk) -> impl IntoView {
    let failures = desk.failures;
    let row =
        |failure: Failure| view! { class = "ours", <li><bdi class="file">{failure.file}</bdi>": "{two_lines(&failure.words)}</li> };
    let heading = move || {
        let counts = failures.with(|failures| counted(failures.iter().map(|failure| failure.kind)));
        match failures.with(Vec::len) {
            1 => format!("1 file could not be opened ({counts}): a person may wait in it"),
            many => format!("{many} files could not be opened ({counts}): a person may wait in each"),
        }
    };
    view! { class = "ours",
        <Show when=move || failures.with(|failures| !failures.is_empty())>
            <details class="fault" data-role="failures" prop:open=move || failures.with(Vec::len) <= FEW>
                <summary>{heading}</summary>
                <ul>{move || failures.get().into_iter().take(MOST).map(row).collect_view()}</ul>
            </details>
        </Show>
    }
}
