//! The identity, its passphrase, and the files.

use std::sync::Arc;

use amanat_reviewer_core::identities::{Identities, IdentityFile, Locked};
use amanat_reviewer_core::newest_pack;
use gloo::timers::future::TimeoutFuture;
use leptos::ev::DragEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, File, FileList, HtmlInputElement};
use zeroize::Zeroizing;

use super::two_lines;
use crate::blobs;
use crate::load;
use crate::state::{Desk, LOCKED};

const MOST_KEY_BYTES: f64 = 64.0 * 1024.0;
/// Time for the browser to draw what was said before the work that holds it up.
const DRAW_MILLIS: u32 = 50;

/// The first page.
#[component]
pub fn Unlock(desk: Desk) -> impl IntoView {
    let locked: RwSignal<Option<Arc<Locked>>> = RwSignal::new(None);
    let fault = RwSignal::new(String::new());
    let record: StoredValue<Option<Vec<u8>>> = StoredValue::new(None);
    let ready = RwSignal::new(desk.identities.with_value(Option::is_some));
    let working = RwSignal::new(false);
    let dragged = RwSignal::new(false);
    let passphrase: NodeRef<leptos::html::Input> = NodeRef::new();

    // The hand is on the keyboard already.
    passphrase.on_load(|field| drop(field.focus()));
    let was_locked = window().location().hash().is_ok_and(|hash| hash.strip_prefix('#') == Some(LOCKED)) && !ready.get_untracked();

    let identity_chosen = move |event: Event| {
        let (records, identities): (Vec<File>, Vec<File>) =
            files_of(&event).into_iter().partition(|file| newest_pack::is_record(&file.name()));
        let Some(file) = identities.into_iter().next() else { return };
        spawn_local(async move {
            locked.set(None);
            ready.set(false);
            fault.set(String::new());
            record.set_value(match records.first() {
                Some(file) => Some(blobs::bytes(file, MOST_KEY_BYTES).await.unwrap_or_default()),
                None => None,
            });
            let read = match blobs::bytes(&file, MOST_KEY_BYTES).await {
                Ok(bytes) => IdentityFile::read(&Zeroizing::new(bytes)).map_err(|fault| fault.to_string()),
                Err(_) => Err("this is not an identity\nGive the file identity.key that keygen wrote.".to_owned()),
            };
            match read {
                Ok(IdentityFile::Ready(identities)) => match unlocked(desk, record, identities) {
                    Ok(()) => ready.set(true),
                    Err(words) => fault.set(words),
                },
                Ok(IdentityFile::Locked(file)) => locked.set(Some(Arc::new(file))),
                Err(words) => fault.set(words),
            }
        });
    };
    let unlock = move || {
        let (Some(file), Some(input)) = (locked.get_untracked(), passphrase.get_untracked()) else { return };
        let words = Zeroizing::new(input.value());
        if words.is_empty() {
            fault.set("the passphrase is missing\nType it into the field, then unlock.".to_owned());
            return;
        }
        input.set_value("");
        working.set(true);
        spawn_local(async move {
            TimeoutFuture::new(DRAW_MILLIS).await;
            let result = file.unlock(&words);
            working.set(false);
            match result {
                Ok(identities) => match unlocked(desk, record, identities) {
                    Ok(()) => {
                        fault.set(String::new());
                        locked.set(None);
                        ready.set(true);
                    }
                    Err(words) => fault.set(words),
                },
                Err(wrong) => fault.set(wrong.to_string()),
            }
        });
    };
    let chosen = move |event: Event| spawn_local(load::read(desk, files_of(&event)));
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        dragged.set(false);
        let files = event.data_transfer().and_then(|dropped| dropped.files()).map(|list| listed(&list)).unwrap_or_default();
        spawn_local(load::read(desk, files));
    };

    view! { class = "ours",
        <Show when=move || was_locked && !ready.get()>
            <p class="good" role="status" data-role="locked">"Locked. This page has forgotten everything."</p>
        </Show>
        <h1>"Open the registrations"</h1>
        <ol class="steps">
            <li>
                <label class="label" for="identity">"Your decryption identity"</label>
                <p class="hint">"The file identity.key that keygen made, and with it identity.key.serial, which tells an old list of reviewers from the newest. They never leave this computer."</p>
                <input id="identity" type="file" data-role="identity" multiple=true on:change=identity_chosen/>
                <Show when=move || locked.get().is_some()>
                    <form on:submit=move |event| {
                        event.prevent_default();
                        unlock();
                    }>
                        <label class="label" for="passphrase">"Its passphrase"</label>
                        <input
                            id="passphrase"
                            type="password"
                            data-role="passphrase"
                            autocomplete="off"
                            node_ref=passphrase
                            prop:disabled=move || working.get()
                        />
                        <button type="submit" class="primary" data-action="unlock" prop:disabled=move || working.get()>
                            {move || if working.get() { "Unlocking… this takes some seconds" } else { "Unlock" }}
                        </button>
                    </form>
                </Show>
                <Show when=move || ready.get()>
                    <p class="good" data-role="unlocked">"Unlocked."</p>
                </Show>
                <div role="alert">
                    {move || (!fault.get().is_empty()).then(|| view! { class = "ours", <p class="fault">{two_lines(&fault.get())}</p> })}
                </div>
            </li>
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
        </ol>
        <p class="hint">
            "Use this page only on a computer that is never online. What you open stays in this window's memory: Lock clears it."
        </p>
    }
}

/// Puts an identity on the desk, with what it remembers of packs, if that was chosen.
fn unlocked(desk: Desk, record: StoredValue<Option<Vec<u8>>>, identities: Identities) -> Result<(), String> {
    let seen = record.with_value(|record| record.as_ref().map(|record| newest_pack::read(record, &identities)).transpose());
    desk.seen.set_value(seen.map_err(|foreign| format!("the file beside the identity: {foreign}"))?);
    desk.identities.set_value(Some(Arc::new(identities)));
    desk.unlocked.set(true);
    Ok(())
}

fn files_of(event: &Event) -> Vec<File> {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    input.and_then(|input| input.files()).map(|list| listed(&list)).unwrap_or_default()
}

fn listed(list: &FileList) -> Vec<File> {
    (0..list.length()).filter_map(|index| list.get(index)).collect()
}
