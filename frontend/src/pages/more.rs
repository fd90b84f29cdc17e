//! After first contact: send now, or add more.

use leptos::prelude::*;

use super::{back_button, next_button};
use crate::draft::Draft;
use crate::words;

/// Two ways on.
pub fn more(draft: Draft) -> AnyView {
    let language = draft.words();
    view! {
        {back_button(draft)}
        <h1>{words::MORE_TITLE.to(language)}</h1>
        <p>{words::MORE_TEXT.to(language)}</p>
        {next_button(draft, "send-now", words::UI_SEND_SHORT, move || draft.check(&draft.reading.get_untracked()))}
        <button type="button" class="secondary" data-action="add" on:click=move |_| draft.add_more()>
            {words::UI_ADD_MORE_DETAILS.to(language)}
        </button>
    }
    .into_any()
}
