//! The pages, and the bar above them.

mod case;
mod list;
mod reading;
mod unlock;

pub use case::Case;
pub use list::List;
pub use reading::Reading;
pub use unlock::Unlock;

use leptos::prelude::*;

use crate::state::{Desk, Stage};

/// The bar above every page.
#[component]
pub fn Head(desk: Desk) -> impl IntoView {
    let lists = move || desk.stage.get() == Stage::Case;
    let unlocked = move || desk.stage.get() != Stage::Unlock;
    view! {
        <header>
            <span class="name">"Amanat desk"</span>
            <span class="offline">"offline: this page asks for nothing and sends nothing"</span>
            <Show when=lists>
                <button data-action="list" on:click=move |_| desk.stage.set(Stage::List)>"Back to the list"</button>
            </Show>
            <Show when=unlocked>
                <label class="language">
                    "Labels in "
                    <select
                        data-role="language"
                        prop:value=move || desk.language.get()
                        on:change=move |event| desk.language.set(event_target_value(&event))
                    >
                        <option value="en">"English"</option>
                        <option value="fa-AF" lang="fa-AF">"دری"</option>
                        <option value="ps" lang="ps">"پښتو"</option>
                    </select>
                </label>
                <button data-action="lock" on:click=move |_| Desk::lock()>"Lock"</button>
            </Show>
        </header>
    }
}

/// What went wrong, in two lines: what happened, what to do.
pub fn two_lines(words: &str) -> impl IntoView + use<> {
    let (what, advice) = words.split_once('\n').unwrap_or((words, ""));
    view! {
        <strong>{what.to_owned()}</strong>
        <br/>
        {advice.to_owned()}
    }
}
