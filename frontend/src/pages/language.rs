//! The first page: three languages.

use leptos::prelude::*;

use crate::draft::{Draft, Step};
use crate::words::Language;

/// One button a language.
pub fn language(draft: Draft) -> AnyView {
    let buttons = draft
        .form()
        .languages
        .iter()
        .map(|tag| {
            let language = Language::of(tag);
            let choose = move |_| {
                draft.language.set(tag.as_str());
                let first = draft.reading.with_untracked(|reading| reading.pages.first().cloned());
                if let Some(first) = first {
                    draft.go(Step::Page(first));
                }
            };
            view! {
                <button
                    type="button"
                    class="primary language"
                    data-action="language"
                    value=tag.as_str()
                    lang=tag.as_str()
                    dir=language.direction()
                    on:click=choose
                >{language.own_name()}</button>
            }
        })
        .collect_view();
    view! { <div class="languages">{buttons}</div> }.into_any()
}
