//! The desk: one page, opened from the disk of a computer that is offline. What it does is in `amanat-reviewer`; here is what
//! a person sees and touches.
//!
//! - [`state`]: what the page knows, and where it stands;
//! - [`file_input`]: the files that a person chose, in folders and bundles too; [`blobs`]: their bytes;
//! - [`load`]: those files opened one after the other, so that the page stays alive;
//! - [`referral_draft`]: a referral that is being put together;
//! - [`pages`]: unlock, list, case, refer;
//! - [`download`]: handing a file to the person.
//!
//! Every `view!` names a class for all its elements: without one Leptos would write what never changes as HTML, which the
//! page's policy (Trusted Types) refuses, so that no text can ever become markup.
//!
//! It has no link, makes no request and stores nothing in the browser: what is to stay is saved as a sealed file.

mod blobs;
mod clock;
mod download;
mod file_input;
mod load;
mod pages;
mod referral_draft;
mod state;

use leptos::ev::DragEvent;
use leptos::prelude::*;

use state::{Desk, Stage};

/// How often the page looks whether the day is still the same.
const DAY_WATCH: std::time::Duration = std::time::Duration::from_secs(30);

fn main() {
    // A file that is dropped beside its place would be opened by the browser itself, with all that is in it.
    let keep = |event: DragEvent| event.prevent_default();
    let _dragged = window_event_listener(leptos::ev::dragover, keep);
    let _dropped = window_event_listener(leptos::ev::drop, keep);
    mount_to_body(Page);
}

#[component]
fn Page() -> impl IntoView {
    let desk = Desk::new(clock::today());
    let _watches = set_interval_with_handle(
        move || {
            if !desk.has_new_day.get_untracked() && clock::today() != desk.today {
                desk.has_new_day.set(true);
            }
        },
        DAY_WATCH,
    );
    // Before notes are lost with the page, the browser asks.
    let _asks = window_event_listener(leptos::ev::beforeunload, move |event| {
        if desk.unsaved.get_untracked() || desk.is_typing() {
            event.prevent_default();
        }
    });
    view! { class = "ours",
        <pages::Head desk/>
        <main>
            {move || match desk.stage.get() {
                _ if desk.locking.get() => view! { class = "ours", <pages::Locking desk/> }.into_any(),
                Stage::Unlock => view! { class = "ours", <pages::Unlock desk/> }.into_any(),
                Stage::Reading => view! { class = "ours", <pages::Reading desk/> }.into_any(),
                Stage::List => view! { class = "ours", <pages::List desk/> }.into_any(),
                Stage::Case => view! { class = "ours", <pages::Case desk/> }.into_any(),
                Stage::Refer => view! { class = "ours", <pages::Refer desk/> }.into_any(),
            }}
        </main>
    }
}
