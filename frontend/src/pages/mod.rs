//! The pages: one step, one page.

mod check;
mod language;
mod more;
mod questions;
mod receipt;
mod refused;
mod sending;

pub use check::{check, shown_date};
pub use language::language;
pub use more::more;
pub use questions::questions;
pub use receipt::receipt;
pub use refused::refused;
pub use sending::sending;

use leptos::prelude::*;

use crate::draft::Draft;
use crate::words::{self, Words};

/// The button that goes on.
fn next_button(draft: Draft, action: &'static str, label: Words, on_click: impl Fn() + 'static) -> AnyView {
    view! {
        <button type="button" class="primary" data-action=action on:click=move |_| on_click()>{label.to(draft.words())}</button>
    }
    .into_any()
}

/// The button that goes back.
fn back_button(draft: Draft) -> AnyView {
    view! {
        <button type="button" class="back" data-action="back" on:click=move |_| draft.back()>{words::UI_BACK.to(draft.words())}</button>
    }
    .into_any()
}
