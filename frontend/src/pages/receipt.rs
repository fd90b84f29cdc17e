//! The code, shown and acknowledged before anything is sealed.

use amanat_shared::receipt::Receipt;
use leptos::prelude::*;

use super::{back_button, next_button};
use crate::draft::{Draft, Step};
use crate::words;

/// The code, and a button that says it is written down; only then the one that sends.
pub fn receipt(draft: Draft) -> AnyView {
    let language = draft.words();
    let code = draft.receipt();
    let written = RwSignal::new(false);
    view! {
        {back_button(draft)}
        <h1>{words::DONE_REF.to(language)}</h1>
        <p class="notice" role="status">{words::RECEIPT_NOT_YET.to(language)}</p>
        <p class="code" data-role="receipt" dir="ltr">{code_in_groups(&code)}</p>
        <p>{words::RECEIPT_HELP.to(language)}</p>
        {move || if written.get() {
            next_button(draft, "send", words::UI_SUBMIT, move || draft.go(Step::Sending))
        } else {
            next_button(draft, "acknowledge", words::RECEIPT_WRITTEN, move || written.set(true))
        }}
    }
    .into_any()
}

/// Six groups, which a small screen breaks between, never inside.
pub fn code_in_groups(code: &Receipt) -> AnyView {
    code.to_string().split(' ').map(|group| view! { <span>{group.to_owned()}</span>" " }).collect_view().into_any()
}
