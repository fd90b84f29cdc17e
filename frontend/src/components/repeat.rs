//! A group that may be given several times.

use amanat_shared::answers::{Entries, Entry};
use leptos::prelude::*;

use super::field::{Field, Shell};
use super::question::{add_button, question};
use crate::words;

/// The items so far, each with a button that removes it, and one that adds another.
pub fn repeat(field: &Field) -> AnyView {
    let (draft, path) = (field.draft, field.path.clone());
    let items = {
        let path = path.clone();
        move || match draft.entry(&path) {
            Some(Entry::Repeat(items)) => items,
            _ => Vec::new(),
        }
    };
    // Grows with every item added or removed, so that the list is drawn anew then, and not at every key pressed.
    let version = RwSignal::new(0_u32);
    let most = field.question.constraint.max.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
    let set = {
        let path = path.clone();
        move |items: Vec<Entries>| {
            draft.enter(&path, (!items.is_empty()).then_some(Entry::Repeat(items)));
            version.update(|version| *version += 1);
        }
    };
    let list = {
        let (field, items, set) = (field.clone(), items.clone(), set.clone());
        move || {
            version.track();
            let language = field.draft.words();
            (0..items().len())
                .map(|index| {
                    let inner = field
                        .question
                        .questions
                        .iter()
                        .map(|inner| question(field.inner(inner, &format!("{}/{index}", field.path))))
                        .collect_view();
                    let (items, set) = (items.clone(), set.clone());
                    let remove = move |_| {
                        let mut left = items();
                        if index < left.len() {
                            left.remove(index);
                        }
                        set(left);
                    };
                    view! {
                        <fieldset class="item">
                            <legend class="label">{language.digits(index + 1)}</legend>
                            {inner}
                            <button type="button" class="secondary" data-action="remove" on:click=remove>
                                {words::UI_REMOVE_PERSON.to(language)}
                            </button>
                        </fieldset>
                    }
                })
                .collect_view()
        }
    };
    let add = move || {
        let mut more = items();
        if more.len() < most {
            more.push(Entries::default());
            set(more);
        }
    };
    let control = view! { {list}{add_button(field, add)} };
    field.around(Shell::Fieldset, control.into_any())
}
