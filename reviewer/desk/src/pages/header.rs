//! The bar above every page, and the question before locking.

use std::time::Duration;

use amanat_reviewer_core::notebook::Notebook;
use leptos::prelude::*;

use super::two_lines;
use crate::save_notebook::save;
use crate::state::{AppState, Stage};

/// The browser has taken a file within this time.
const SAVED: Duration = Duration::from_secs(2);

/// Shows the bar, which stays in view so that a reviewer can lock at once.
#[component]
pub fn Header(state: AppState) -> impl IntoView {
    let at = move |stages: &[Stage]| stages.contains(&state.stage.get()) && !state.locking.get();
    let picked = move || state.picked.with(std::collections::BTreeSet::len);
    let unsaved = move || state.unsaved.get() || state.note_drafts.with(|all| all.values().any(|text| !text.trim().is_empty()));
    let is_written = move || unsaved() || state.notebook.with(|notebook| *notebook != Notebook::default());
    view! { class = "dynamic",
        <header>
            <span class="name">"Amanat desk"</span>
            <span class="offline">"offline: this page asks for nothing and sends nothing"</span>
            <Show when=move || at(&[Stage::Case, Stage::Refer])>
                <button data-action="list" on:click=move |_| state.stage.set(Stage::List)>"Back to the list"</button>
            </Show>
            <Show when=move || at(&[Stage::List])>
                <button data-action="files" on:click=move |_| state.stage.set(Stage::Unlock)>"Other files"</button>
            </Show>
            <Show when=move || picked() != 0 && at(&[Stage::List, Stage::Case])>
                <button data-action="refer" on:click=move |_| state.stage.set(Stage::Refer)>{move || format!("Refer ({})", picked())}</button>
            </Show>
            // No page learns whether a file was saved or the dialog was closed, so the notebook can be saved again.
            <Show when=move || is_written() && !state.locking.get()>
                <button class:primary=unsaved data-action="save" on:click=move |_| _ = save(state)>
                    {move || if unsaved() { "Save the notebook" } else { "Save the notebook again" }}
                </button>
            </Show>
            // The bar is in view on every page, so the fault is shown here.
            {move || state.save_fault.get().map(|message| view! { class = "dynamic",
                <p class="fault not-saved" role="alert" data-role="not-saved">"Not saved: "{two_lines(message)}</p>
            })}
            <Show when=move || state.unlocked.get() && !state.locking.get()>
                <label class="language">
                    "Labels in "
                    <select
                        data-role="language"
                        prop:value=move || state.language.get()
                        on:change=move |event| state.language.set(event_target_value(&event))
                    >
                        <option value="en">"English"</option>
                        <option value="fa-AF" lang="fa-AF">"دری"</option>
                        <option value="ps" lang="ps">"پښتو"</option>
                    </select>
                </label>
                <button data-action="lock" on:click=move |_| state.lock()>"Lock"</button>
            </Show>
        </header>
    }
}

/// Asks what happens to unsaved work, and hides every case meanwhile.
#[component]
pub fn Locking(state: AppState) -> impl IntoView {
    let save_first = move |_| {
        if save(state) {
            // The browser takes the file before the page is cleared.
            set_timeout(move || state.clear(), SAVED);
        }
    };
    view! { class = "dynamic",
        <section class="box danger" data-role="locking">
            <h1>"Something is not saved"</h1>
            <p>"What you wrote since the notebook was last saved would be lost."</p>
            <p class="tools">
                <button class="primary" data-action="save-and-lock" on:click=save_first>"Save the notebook, then lock"</button>
                <button data-action="lose-and-lock" on:click=move |_| state.clear()>"Lock and lose it"</button>
                <button data-action="stay" on:click=move |_| state.locking.set(false)>"Do not lock"</button>
            </p>
        </section>
    }
}
