//! Any question of the form: chooses the control by the question's type.

mod repeat;

use amanat_shared::answers::Entry;
use amanat_shared::form::QuestionType;

use super::field::{Field, LabelLayout};
use super::text_input::{text_area, text_input};
use super::{choices, date, files};
use crate::dom::{Node, el, el_class, event_checked};
use crate::signal::TextMemo;

/// A question with everything inside it. One that is irrelevant is not in the page at all.
pub fn question(field: Field) -> Node {
    if field.question.relevant.is_none() {
        return control(&field);
    }
    let relevant = {
        let (state, path) = (field.state, field.path.clone());
        TextMemo::new(move || {
            state.form.validation.with(|validation| if validation.relevant.contains(&path) { "yes" } else { "" }).to_owned()
        })
    };
    el("div").reactive(move |node| {
        if !relevant.get().is_empty() {
            node.append(&control(&field));
        }
    })
}

fn control(field: &Field) -> Node {
    match field.question.r#type {
        QuestionType::Note => note(field),
        QuestionType::Text if field.question.multiline => text_area(field),
        QuestionType::Text => text_input(field, "text"),
        QuestionType::Integer => text_input(field, "numeric"),
        QuestionType::Phone => text_input(field, "tel"),
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
    let text = field.question.label.get(field.state.form.language_tag.get_untracked());
    let site = &field.state.pack.site;
    let mut node = el_class("p", "note").attr("data-question", &field.path);
    for (index, part) in text.split("{site}").enumerate() {
        if index > 0 {
            node = node.child(el("bdi").attr("dir", "ltr").text(site));
        }
        node = node.text(part);
    }
    node
}

fn acknowledge(field: &Field) -> Node {
    let (state, path) = (field.state, field.path.clone());
    let checked = matches!(state.entry(&path), Some(Entry::Acknowledged(true)));
    let input = field.control("input").attr("type", "checkbox").attr("value", "true").attr_if("checked", checked);
    let input = input.on("change", move |event| state.enter(&path, event_checked(&event).then_some(Entry::Acknowledged(true))));
    let label = el("span").text(field.question.label.get(state.form.language_tag.get_untracked()));
    field.layout(LabelLayout::InControl, vec![el_class("label", "choice").child(input).child(label)])
}

fn group(field: &Field) -> Node {
    let inner = field.question.questions.iter().map(|inner| question(field.inner(inner, &field.path))).collect();
    field.layout(LabelLayout::Legend, inner)
}
