//! The first page: the identity, its passphrase, and the files.

mod files;
mod identity;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, File, FileList, HtmlInputElement};

use crate::state::{AppState, LOCKED};
use files::Files;
use identity::Identity;

/// Shows the first page.
#[component]
pub fn Unlock(state: AppState) -> impl IntoView {
    let ready = RwSignal::new(state.identities.with_value(Option::is_some));
    let was_locked = window().location().hash().is_ok_and(|hash| hash.strip_prefix('#') == Some(LOCKED)) && !ready.get_untracked();
    view! { class = "dynamic",
        <Show when=move || was_locked && !ready.get()>
            <p class="good" role="status" data-role="locked">"Locked. This page has forgotten everything."</p>
        </Show>
        <h1>"Open the registrations"</h1>
        <ol class="steps">
            <Identity state ready/>
            <Files state ready/>
        </ol>
        <p class="hint">
            "Use this page only on a computer that is never online. What you open stays in this window's memory: Lock clears it."
        </p>
    }
}

fn files_of(event: &Event) -> Vec<File> {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    input.and_then(|input| input.files()).map(|list| listed(&list)).unwrap_or_default()
}

fn listed(list: &FileList) -> Vec<File> {
    (0..list.length()).filter_map(|index| list.get(index)).collect()
}
