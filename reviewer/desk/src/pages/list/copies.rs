//! Checks, before an acknowledgement, that this computer has a whole copy of every opened file.

use amanat_reviewer_core::decrypt::is_whole;
use amanat_reviewer_core::safe_text;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, Event, File, HtmlInputElement};

use crate::blobs::{MOST_BYTES, bytes};
use crate::clock::Yielder;
use crate::pages::counted;
use crate::state::AppState;

/// At most this many files are named.
const MOST_NAMED: usize = 20;

/// Whether every file has a whole copy, and a message about it.
type Found = (bool, String);

/// Asks for a folder, and looks for each opened file in it.
#[component]
pub fn Copies(state: AppState) -> impl IntoView {
    let found: RwSignal<Option<Found>> = RwSignal::new(None);
    let working = RwSignal::new(false);
    let chosen = move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let list = input.and_then(|input| input.files());
        let files: Vec<File> = list.map(|list| (0..list.length()).filter_map(|at| list.get(at)).collect()).unwrap_or_default();
        found.set(None);
        working.set(true);
        spawn_local(async move {
            found.set(Some(compare(state, &files).await));
            working.set(false);
        });
    };
    view! { class = "dynamic",
        <details data-role="copies">
            <summary>"Before you acknowledge: check the copy on this computer"</summary>
            <p class="hint">"Some days after enough reviewers have acknowledged a file, the server deletes it. Then the copy on this computer is the only one: a stick gets lost. Copy the folder from the stick first, then choose the copy here."</p>
            <label class="button">
                "Choose the folder on this computer"
                <input
                    type="file"
                    data-role="copy"
                    prop:webkitdirectory=true
                    multiple=true
                    prop:disabled=move || working.get()
                    on:change=chosen
                />
            </label>
            <div role="status">
                {move || found.get().map(|(whole, words)| view! { class = "dynamic",
                    <p class:good=whole class:fault=!whole data-role="copies-found">{words}</p>
                })}
            </div>
        </details>
    }
}

async fn compare(state: AppState, copies: &[File]) -> Found {
    let files = state.files.get_value();
    let mut yielder = Yielder::new();
    let mut lacking = Vec::new();
    for (name, file) in &files {
        let wanted = format!("{name}.age");
        let mut whole = false;
        for copy in copies.iter().filter(|copy| copy.name().eq_ignore_ascii_case(&wanted)) {
            whole |= is_copy(name, file, copy).await;
        }
        if !whole {
            lacking.push(safe_text::safe(&name.chars().take(12).collect::<String>()));
        }
        if yielder.is_due() {
            yielder.yield_now().await;
        }
    }
    match (files.len(), lacking.len()) {
        (0, _) => (false, "No file was opened here, so there is nothing to compare.".to_owned()),
        (all, 0) => {
            (true, format!("All is there: {} in that folder, whole. You may acknowledge them.", counted(all, "file", "files")))
        }
        (all, few) => {
            let named: Vec<String> = lacking.into_iter().take(MOST_NAMED).collect();
            (
                false,
                format!(
                    "Do not acknowledge yet: {few} of {} not in that folder, or not whole: {}. Copy the folder from the stick again.",
                    counted(all, "file is", "files are"),
                    named.join(", ")
                ),
            )
        }
    }
}

/// Returns whether a copy holds the registration, by the hash that is its name, or byte for byte.
async fn is_copy(name: &str, file: &Blob, copy: &Blob) -> bool {
    let Ok(copy) = bytes(copy, MOST_BYTES).await else { return false };
    match is_whole(name, &copy) {
        Some(whole) => whole,
        None => bytes(file, MOST_BYTES).await.is_ok_and(|bytes| bytes == copy),
    }
}
