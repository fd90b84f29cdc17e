//! While the files are opened.

use leptos::prelude::*;

use crate::state::Desk;

/// How far it is.
#[component]
pub fn Reading(desk: Desk) -> impl IntoView {
    let progress = desk.progress;
    view! { class = "ours",
        <h1>"Opening the registrations"</h1>
        <progress
            max=move || progress.get().all.max(1).to_string()
            prop:value=move || progress.get().done.to_string()
            aria-label="Files opened"
        ></progress>
        <p data-role="progress">{move || format!("{} of {}", progress.get().done, progress.get().all)}</p>
    }
}
