//! Any question of the form: chooses the control by its type.

use amanat_shared::answers::Entry;
use amanat_shared::form::QuestionType;

use super::field::{Field, LabelLayout};
use super::{choices, date, files, repeat};
use crate::dom::{Node, button, el, el_class, event_checked, event_value};
use crate::i18n;
use crate::signal::TextMemo;

/// A question with everything inside it. Irrelevant ones are not in the page at all.
pub fn question(field: Field) -> Node {
    if field.question.relevant.is_none() {
        return body(&field);
    }
    let relevant = {
        let (state, path) = (field.state, field.path.clone());
        TextMemo::new(move || {
            state.validation.with(|validation| if validation.relevant.contains(&path) { "yes" } else { "" }).to_owned()
        })
    };
    el("div").reactive(move |node| {
        if !relevant.get().is_empty() {
            node.append(&body(&field));
        }
    })
}

fn body(field: &Field) -> Node {
    match field.question.r#type {
        QuestionType::Note => note(field),
        QuestionType::Text if field.question.multiline => lines(field),
        QuestionType::Text => line(field, "text"),
        QuestionType::Integer => line(field, "numeric"),
        QuestionType::Phone => line(field, "tel"),
        QuestionType::SelectOne => choices::select_one(field),
        QuestionType::SelectMultiple => choices::select_multiple(field),
        QuestionType::Acknowledge => acknowledge(field),
        QuestionType::Date => date::date(field),
        QuestionType::Image | QuestionType::File => files::files(field),
        QuestionType::Group => group(field),
        QuestionType::Repeat => repeat::repeat(field),
    }
}

fn note(field: &Field) -> Node {
    let text = field.question.label.get(field.state.language_tag.get_untracked());
    let site = &field.state.loaded.pack.site;
    let mut node = el_class("p", "note").attr("data-question", &field.path);
    for (index, part) in text.split("{site}").enumerate() {
        if index > 0 {
            node = node.child(el("bdi").attr("dir", "ltr").text(site));
        }
        node = node.text(part);
    }
    node
}

/// What is typed so far.
pub fn typed(field: &Field) -> String {
    match field.state.entry(&field.path) {
        Some(Entry::Text(text)) => text,
        _ => String::new(),
    }
}

/// Takes what is typed or chosen.
pub fn takes(field: &Field, control: Node, event: &str) -> Node {
    let (state, path) = (field.state, field.path.clone());
    control.on(event, move |event| {
        let text = event_value(&event);
        state.enter(&path, (!text.is_empty()).then_some(Entry::Text(text)));
    })
}

/// A control of one line.
pub fn line(field: &Field, mode: &str) -> Node {
    let direction = if mode == "text" { "auto" } else { "ltr" };
    let mut input =
        field.control("input").attr("type", "text").attr("inputmode", mode).attr("dir", direction).attr("value", &typed(field));
    let mut controls = Vec::new();
    if let Some(list) = field.question.suggestions.as_ref().and_then(|list| field.state.form().lists.get(list)) {
        let tag = field.state.language_tag.get_untracked();
        let id = field.id_of("list");
        input.set_attr("list", &id);
        controls.push(
            el("datalist").attr("id", &id).children(list.iter().map(|choice| el("option").attr("value", choice.label.get(tag)))),
        );
    }
    input = takes(field, input, "input");
    controls.insert(0, input);
    field.around(LabelLayout::Label, controls)
}

fn lines(field: &Field) -> Node {
    let area = field.control("textarea").attr("rows", "6").attr("dir", "auto").text(&typed(field));
    field.around(LabelLayout::Label, vec![takes(field, area, "input")])
}

fn acknowledge(field: &Field) -> Node {
    let (state, path) = (field.state, field.path.clone());
    let ticked = matches!(state.entry(&path), Some(Entry::Acknowledged(true)));
    let input = field.control("input").attr("type", "checkbox").attr("value", "true").attr_if("checked", ticked);
    let input = input.on("change", move |event| state.enter(&path, event_checked(&event).then_some(Entry::Acknowledged(true))));
    let label = el("span").text(field.question.label.get(state.language_tag.get_untracked()));
    field.around(LabelLayout::Bare, vec![el_class("label", "choice").child(input).child(label)])
}

fn group(field: &Field) -> Node {
    let inner = field.question.questions.iter().map(|inner| question(field.inner(inner, &field.path))).collect();
    field.around(LabelLayout::Fieldset, inner)
}

/// The button that puts in one more.
pub fn add_button(field: &Field, act: impl FnMut() + 'static) -> Node {
    button("secondary", "add", i18n::UI_ADD_ANOTHER.to(field.state.language()), act)
}
