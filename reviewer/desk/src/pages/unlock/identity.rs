//! The first step: the decryption identity and its passphrase.

use std::sync::Arc;

use amanat_reviewer_core::identities::{Identities, IdentityFile, Locked};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::newest_pack;
use gloo::timers::future::TimeoutFuture;
use leptos::html::Input;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, File};
use zeroize::Zeroizing;

use super::files_of;
use crate::blobs;
use crate::pages::two_lines;
use crate::state::AppState;

const MOST_KEY_BYTES: f64 = 64.0 * 1024.0;
/// The browser draws the message within this time, before the work that blocks it.
const DRAW_MILLIS: u32 = 50;

/// An identity that is being unlocked. Copies are the same one.
#[derive(Clone, Copy)]
struct Unlocking {
    state: AppState,
    /// An identity file that needs its passphrase.
    locked: RwSignal<Option<Arc<Locked>>>,
    /// The file `identity.key.serial`, if it was chosen with the identity.
    record: StoredValue<Option<Vec<u8>>>,
    /// Whether the identity is unlocked.
    ready: RwSignal<bool>,
    /// Whether the passphrase is being tried.
    working: RwSignal<bool>,
    fault: RwSignal<Option<Message>>,
}

impl Unlocking {
    /// Reads the files that were chosen: an identity, and perhaps its record of the newest pack.
    fn choose(self, event: &Event) {
        let (records, identities): (Vec<File>, Vec<File>) =
            files_of(event).into_iter().partition(|file| newest_pack::is_record(&file.name()));
        let Some(file) = identities.into_iter().next() else { return };
        spawn_local(async move {
            self.locked.set(None);
            self.ready.set(false);
            self.fault.set(None);
            self.record.set_value(match records.first() {
                Some(file) => Some(blobs::bytes(file, MOST_KEY_BYTES).await.unwrap_or_default()),
                None => None,
            });
            let read = match blobs::bytes(&file, MOST_KEY_BYTES).await {
                Ok(bytes) => IdentityFile::read(&Zeroizing::new(bytes)).map_err(Message::from),
                Err(_) => Err(Message::new("this is not an identity", "Give the file identity.key that keygen wrote.")),
            };
            match read {
                Ok(IdentityFile::Ready(identities)) => self.finish(identities),
                Ok(IdentityFile::Locked(file)) => self.locked.set(Some(Arc::new(file))),
                Err(message) => self.fault.set(Some(message)),
            }
        });
    }

    /// Tries the passphrase in the field, and empties the field.
    fn try_passphrase(self, field: NodeRef<Input>) {
        let (Some(file), Some(input)) = (self.locked.get_untracked(), field.get_untracked()) else { return };
        let words = Zeroizing::new(input.value());
        if words.is_empty() {
            self.fault.set(Some(Message::new("the passphrase is missing", "Type it into the field, then unlock.")));
            return;
        }
        input.set_value("");
        self.working.set(true);
        spawn_local(async move {
            TimeoutFuture::new(DRAW_MILLIS).await;
            let result = file.unlock(&words);
            self.working.set(false);
            match result {
                Ok(identities) => self.finish(identities),
                Err(wrong) => self.fault.set(Some(wrong.into())),
            }
        });
    }

    /// Keeps an unlocked identity in the page's state, with its record of the newest pack.
    fn finish(self, identities: Identities) {
        let seen =
            self.record.with_value(|record| record.as_ref().map(|record| newest_pack::read(record, &identities)).transpose());
        match seen {
            Ok(seen) => {
                self.state.newest_pack_seen.set_value(seen);
                self.state.identities.set_value(Some(Arc::new(identities)));
                self.state.unlocked.set(true);
                self.fault.set(None);
                self.locked.set(None);
                self.ready.set(true);
            }
            Err(foreign) => {
                let Message { what, advice } = foreign.into();
                self.fault.set(Some(Message { what: format!("the file beside the identity: {what}"), advice }));
            }
        }
    }
}

/// Asks for the identity, and for its passphrase where it has one.
#[component]
pub fn Identity(state: AppState, ready: RwSignal<bool>) -> impl IntoView {
    let unlocking = Unlocking {
        state,
        locked: RwSignal::new(None),
        record: StoredValue::new(None),
        ready,
        working: RwSignal::new(false),
        fault: RwSignal::new(None),
    };
    let Unlocking { locked, working, fault, .. } = unlocking;
    let passphrase: NodeRef<Input> = NodeRef::new();
    // The reviewer can type at once.
    passphrase.on_load(|field| drop(field.focus()));

    view! { class = "dynamic",
            <li>
                <label class="label" for="identity">"Your decryption identity"</label>
                <p class="hint">"The file identity.key that keygen made, and with it identity.key.serial, which tells an old list of reviewers from the newest. They never leave this computer."</p>
                <input id="identity" type="file" data-role="identity" multiple=true on:change=move |event| unlocking.choose(&event)/>
                <Show when=move || locked.get().is_some()>
                    <form on:submit=move |event| {
                        event.prevent_default();
                        unlocking.try_passphrase(passphrase);
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
                    {move || fault.get().map(|message| view! { class = "dynamic", <p class="fault">{two_lines(message)}</p> })}
                </div>
            </li>
    }
}
