//! The desk: one page, opened from the disk of a computer that is offline. Its logic is in `amanat-reviewer-core`; this crate
//! shows it.
//!
//! - [`state`] holds the page's state.
//! - [`file_input`] collects the files that a person chose, in folders and bundles too; [`blobs`] reads their bytes.
//! - [`load`] opens those files one after the other and lets the page answer meanwhile.
//! - [`referral_draft`] holds a referral that is being prepared; [`save_notebook`] seals the notebook.
//! - [`pages`] shows unlocking, the list, a case, a referral.
//! - [`download`] hands a file to the person.
//!
//! Every `view!` has the global class `dynamic`. Without a global class, Leptos writes elements that never change as HTML, which
//! the page's policy (Trusted Types) refuses, so that no text can ever become markup.
//!
//! The desk has no link, makes no request and stores nothing in the browser: a person saves sealed files.

mod blobs;
mod clock;
mod download;
mod file_input;
mod load;
mod pages;
mod random;
mod referral_draft;
mod save_notebook;
mod state;

use leptos::ev::DragEvent;
use leptos::prelude::*;

use state::{AppState, Stage};

/// The page checks this often whether a new day has begun.
const DAY_WATCH: std::time::Duration = std::time::Duration::from_secs(30);

fn main() {
    // The browser itself would open a file that is dropped beside the drop area, with everything in it.
    let keep = |event: DragEvent| event.prevent_default();
    let _dragged = window_event_listener(leptos::ev::dragover, keep);
    let _dropped = window_event_listener(leptos::ev::drop, keep);
    mount_to_body(Page);
}

#[component]
fn Page() -> impl IntoView {
    let state = AppState::new(clock::today());
    let _watches = set_interval_with_handle(
        move || {
            if !state.has_new_day.get_untracked() && clock::today() != state.today {
                state.has_new_day.set(true);
            }
        },
        DAY_WATCH,
    );
    // The browser asks before notes are lost with the page.
    let _asks = window_event_listener(leptos::ev::beforeunload, move |event| {
        if state.unsaved.get_untracked() || state.is_typing() {
            event.prevent_default();
        }
    });
    view! { class = "dynamic",
        <pages::Header state/>
        <main>
            {move || match state.stage.get() {
                _ if state.locking.get() => view! { class = "dynamic", <pages::Locking state/> }.into_any(),
                Stage::Unlock => view! { class = "dynamic", <pages::Unlock state/> }.into_any(),
                Stage::Loading => view! { class = "dynamic", <pages::Loading state/> }.into_any(),
                Stage::List => view! { class = "dynamic", <pages::List state/> }.into_any(),
                Stage::Case => view! { class = "dynamic", <pages::Case state/> }.into_any(),
                Stage::Refer => view! { class = "dynamic", <pages::Refer state/> }.into_any(),
            }}
        </main>
    }
}
