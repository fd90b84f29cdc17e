//! The form on the phone.
use leptos::prelude::*;

fn main() {
    mount_to_body(|| view! { <p>"…"</p> });
}
