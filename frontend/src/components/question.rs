//! Any question of the form: chooses the control by its type.

use amanat_shared::answers::Entry;
use amanat_shared::form::QuestionType;
use leptos::prelude::*;

use super::field::{Field, Shell};
use super::{choices, date, files, repeat};
use crate::words;

/// A question with everything inside it. Irrelevant ones are not in the page at all.
pub fn question(field: Field) -> AnyView {
    if field.question.relevant.is_none() {
        return body(field);
    }
    let relevant = {
        let (draft, path) = (field.draft, field.path.clone());
        Memo::new(move |_| draft.reading.with(|reading| reading.relevant.contains(&path)))
    };
    (move || relevant.get().then(|| body(field.clone()))).into_any()
}

fn body(field: Field) -> AnyView {
    match field.question.r#type {
        QuestionType::Note => note(&field),
        QuestionType::Text if field.question.multiline => lines(&field),
        QuestionType::Text => line(&field, "text"),
        QuestionType::Integer => line(&field, "numeric"),
        QuestionType::Phone => line(&field, "tel"),
        QuestionType::SelectOne => choices::select_one(&field),
        QuestionType::SelectMultiple => choices::select_multiple(&field),
        QuestionType::Acknowledge => acknowledge(&field),
        QuestionType::Date => date::date(&field),
        QuestionType::Image | QuestionType::File => files::files(&field),
        QuestionType::Group => group(&field),
        QuestionType::Repeat => repeat::repeat(&field),
    }
}

fn note(field: &Field) -> AnyView {
    let text = field.question.label.get(field.draft.language.get_untracked());
    let site = &field.draft.loaded.pack.site;
    let parts: Vec<&str> = text.split("{site}").collect();
    let last = parts.len() - 1;
    let shown = parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| view! { {part}{(index < last).then(|| view! { <bdi dir="ltr">{site.as_str()}</bdi> })} })
        .collect_view();
    view! { <p class="note" data-question=field.path.clone()>{shown}</p> }.into_any()
}

/// What is typed so far.
pub fn typed(field: &Field) -> String {
    match field.draft.entry(&field.path) {
        Some(Entry::Text(text)) => text,
        _ => String::new(),
    }
}

/// Takes what is typed.
fn takes(field: &Field) -> impl Fn(String) + use<> {
    let (draft, path) = (field.draft, field.path.clone());
    move |text| draft.enter(&path, (!text.is_empty()).then_some(Entry::Text(text)))
}

/// A control of one line.
pub fn line(field: &Field, mode: &'static str) -> AnyView {
    let enter = takes(field);
    let latin = mode != "text";
    let suggestions = field.question.suggestions.as_ref().and_then(|list| field.draft.form().lists.get(list)).map(|list| {
        let tag = field.draft.language.get_untracked();
        let options = list.iter().map(|choice| view! { <option value=choice.label.get(tag)></option> }).collect_view();
        view! { <datalist id=format!("{}-list", field.id())>{options}</datalist> }
    });
    let list = suggestions.is_some().then(|| format!("{}-list", field.id()));
    let control = view! {
        <input
            type="text"
            inputmode=mode
            dir=if latin { "ltr" } else { "auto" }
            id=field.id()
            list=list
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-describedby=field.described_by()
            prop:value=typed(field)
            on:input=move |event| enter(event_target_value(&event))
        />
        {suggestions}
    };
    field.around(Shell::Label, control.into_any())
}

fn lines(field: &Field) -> AnyView {
    let enter = takes(field);
    let control = view! {
        <textarea
            rows="6"
            dir="auto"
            id=field.id()
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-describedby=field.described_by()
            prop:value=typed(field)
            on:input=move |event| enter(event_target_value(&event))
        ></textarea>
    };
    field.around(Shell::Label, control.into_any())
}

fn acknowledge(field: &Field) -> AnyView {
    let (draft, path) = (field.draft, field.path.clone());
    let ticked = matches!(draft.entry(&path), Some(Entry::Acknowledged(true)));
    let control = view! {
        <label class="choice">
            <input
                type="checkbox"
                value="true"
                id=field.id()
                autocomplete="off"
                aria-describedby=field.described_by()
                prop:checked=ticked
                on:change=move |event| draft.enter(&path, event_target_checked(&event).then_some(Entry::Acknowledged(true)))
            />
            <span>{field.question.label.get(draft.language.get_untracked())}</span>
        </label>
    };
    field.around(Shell::Bare, control.into_any())
}

fn group(field: &Field) -> AnyView {
    let inner = field
        .question
        .questions
        .iter()
        .map(|inner| question(field.inner(inner, &field.path)))
        .collect_view();
    field.around(Shell::Fieldset, inner.into_any())
}

/// The button that puts in one more.
pub fn add_button(field: &Field, on_click: impl Fn() + 'static) -> AnyView {
    let language = field.draft.words();
    view! {
        <button type="button" class="secondary" data-action="add" on:click=move |_| on_click()>{words::UI_ADD_ANOTHER.to(language)}</button>
    }
    .into_any()
}
