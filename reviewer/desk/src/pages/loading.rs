//! The progress of opening the files.

use leptos::prelude::*;

use crate::state::AppState;

/// Shows the progress.
#[component]
pub fn Loading(state: AppState) -> impl IntoView {
    let progress = state.progress;
    view! { class = "dynamic",
        <h1>"Opening the registrations"</h1>
        <progress
            max=move || progress.get().all.max(1).to_string()
            prop:value=move || progress.get().done.to_string()
            aria-label="Files opened"
        ></progress>
        <p data-role="progress">{move || format!("{} of {}", progress.get().done, progress.get().all)}</p>
    }
}
