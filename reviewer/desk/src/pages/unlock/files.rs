//! The second step: the folder or the files, chosen or dropped.

use leptos::ev::DragEvent;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Event;

use super::{files_of, listed};
use crate::load;
use crate::state::AppState;

/// Takes files once an identity is unlocked.
#[component]
pub fn Files(state: AppState, ready: RwSignal<bool>) -> impl IntoView {
    let dragged = RwSignal::new(false);
    let chosen = move |event: Event| spawn_local(load::read(state, files_of(&event)));
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        dragged.set(false);
        let files = event.data_transfer().and_then(|dropped| dropped.files()).map(|list| listed(&list)).unwrap_or_default();
        spawn_local(load::read(state, files));
    };

    view! { class = "dynamic",
            <li class:waiting=move || !ready.get()>
                <span class="label">"The folder that pull wrote"</span>
                <p class="hint">"All of it: the sealed files, the pack, and the notebooks of your colleagues."</p>
                <label class="button">
                    "Choose the folder"
                    <input
                        type="file"
                        data-role="folder"
                        prop:webkitdirectory=true
                        multiple=true
                        prop:disabled=move || !ready.get()
                        on:change=chosen
                    />
                </label>
                <label class="button">
                    "Choose files"
                    <input type="file" data-role="files" multiple=true prop:disabled=move || !ready.get() on:change=chosen/>
                </label>
                <Show when=move || ready.get()>
                    <div
                        class="drop"
                        class:over=move || dragged.get()
                        data-role="drop"
                        on:dragover=move |event: DragEvent| {
                            event.prevent_default();
                            dragged.set(true);
                        }
                        on:dragleave=move |_| dragged.set(false)
                        on:drop=dropped
                    >
                        "… or drop the files here, or a bundle of them"
                    </div>
                </Show>
            </li>
    }
}
