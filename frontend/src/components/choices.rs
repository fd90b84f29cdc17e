//! One of a list, or any of it.

use amanat_shared::answers::Entry;
use amanat_shared::form::Choice;
use leptos::prelude::*;

use super::field::{Field, Shell};
use super::question::{line, typed};
use crate::words;

/// More choices than this become a native list, which a small screen scrolls better.
const MOST_RADIOS: usize = 20;

/// Radio buttons, or a native list; free text where the list hangs on another answer and says so.
pub fn select_one(field: &Field) -> AnyView {
    let Some(by) = &field.question.choices_by else { return one_of(field, None) };
    let deciding = {
        let draft = field.draft;
        Memo::new(move |_| draft.reading.with(|reading| reading.answers.text(&by.question).map(str::to_owned)))
    };
    let field = field.clone();
    (move || one_of(&field, deciding.get().as_deref())).into_any()
}

fn one_of(field: &Field, deciding: Option<&str>) -> AnyView {
    let Some(choices) = field.draft.form().choices(field.question, deciding) else { return line(field, "text") };
    let tag = field.draft.language.get_untracked();
    let chosen = typed(field);
    if choices.len() > MOST_RADIOS {
        let (draft, path) = (field.draft, field.path.clone());
        let options = choices
            .into_iter()
            .map(|choice| view! { <option value=choice.name.as_str() selected=choice.name == chosen>{choice.label.get(tag)}</option> })
            .collect_view();
        let control = view! {
            <select
                id=field.id()
                autocomplete="off"
                aria-describedby=field.described_by()
                on:change=move |event| {
                    let name = event_target_value(&event);
                    draft.enter(&path, (!name.is_empty()).then_some(Entry::Text(name)));
                }
            >
                <option value="" selected=chosen.is_empty()>{words::UI_CHOOSE.to(draft.words())}</option>
                {options}
            </select>
        };
        return field.around(Shell::Label, control.into_any());
    }
    let radios = choices
        .into_iter()
        .map(|choice| {
            let (draft, path) = (field.draft, field.path.clone());
            let name = choice.name.as_str();
            view! {
                <label class="choice">
                    <input
                        type="radio"
                        name=field.id()
                        value=name
                        autocomplete="off"
                        prop:checked=name == chosen
                        on:change=move |_| draft.enter(&path, Some(Entry::Text(name.to_owned())))
                    />
                    <span>{choice.label.get(tag)}</span>
                </label>
            }
        })
        .collect_view();
    field.around(Shell::Fieldset, radios.into_any())
}

/// Check boxes. Ticking one that excludes others unticks them, and the other way round.
pub fn select_multiple(field: &Field) -> AnyView {
    let choices = field.draft.form().choices(field.question, None).unwrap_or_default();
    let tag = field.draft.language.get_untracked();
    let initially = match field.draft.entry(&field.path) {
        Some(Entry::Many(names)) => names,
        _ => Vec::new(),
    };
    let ticked = RwSignal::new(initially);
    let boxes = choices.into_iter().map(|choice| one_box(field, choice, ticked, tag)).collect_view();
    let control = view! { <p class="hint">{words::UI_SELECT_ALL.to(field.draft.words())}</p>{boxes} };
    field.around(Shell::Fieldset, control.into_any())
}

fn one_box(field: &Field, choice: &'static Choice, ticked: RwSignal<Vec<String>>, tag: &'static str) -> impl IntoView + use<> {
    let (draft, path, question) = (field.draft, field.path.clone(), field.question);
    let name = choice.name.as_str();
    let change = move |on: bool| {
        ticked.update(|names| {
            names.retain(|other| {
                other != name
                    && !(on
                        && (question.exclusive.contains(other)
                            || question.exclusive.iter().any(|exclusive| exclusive == name)
                            || question.conflicts.iter().any(|pair| pair.contains(other) && pair.iter().any(|one| one == name))))
            });
            if on {
                names.push(name.to_owned());
            }
        });
        let names = ticked.get_untracked();
        draft.enter(&path, (!names.is_empty()).then_some(Entry::Many(names)));
    };
    view! {
        <label class="choice">
            <input
                type="checkbox"
                value=name
                autocomplete="off"
                prop:checked=move || ticked.with(|names| names.iter().any(|one| one == name))
                on:change=move |event| change(event_target_checked(&event))
            />
            <span>{choice.label.get(tag)}</span>
        </label>
    }
}
