//! A group of questions that may be answered several times.

use amanat_shared::answers::{Entries, Entry};
use leptos::prelude::{Notify, Track, Trigger};

use super::super::field::{Field, LabelLayout};
use super::question;
use crate::dom::{Node, button, el, el_class};
use crate::i18n;

/// The items so far, each with a button that removes it, and a button that adds one.
pub fn repeat(field: &Field) -> Node {
    let max = field.question.constraint.max.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
    // It is notified when an item is added or removed, so that the list is built again then, and not at every key.
    let changed = Trigger::new();
    let shown = field.clone();
    let list = el("div").reactive(move |node| {
        changed.track();
        let language = shown.state.language();
        for index in 0..items(&shown).len() {
            let field = shown.clone();
            let path = [&shown.path, "/", &index.to_string()].concat();
            let inner = shown.question.questions.iter().map(|inner| question(shown.inner(inner, &path)));
            let remove = button("secondary", "remove", i18n::UI_REMOVE_PERSON.to(language), move || {
                let mut left = items(&field);
                if index < left.len() {
                    left.remove(index);
                }
                set_items(&field, left, changed);
                // The button that had the focus is gone.
                Node::focus_by_id(&field.id());
            });
            let label = shown.question.label.get(shown.state.form.language_tag.get_untracked());
            let number = el_class("legend", "label").text(&[label, " ", &language.digits(index + 1)].concat());
            node.append(&el_class("fieldset", "item").child(number).children(inner).child(remove));
        }
    });
    let adding = field.clone();
    let add = button("secondary", "add", i18n::UI_ADD_ANOTHER.to(field.state.language()), move || {
        let mut more = items(&adding);
        if more.len() < max {
            more.push(Entries::default());
            set_items(&adding, more, changed);
        }
    });
    field.layout(LabelLayout::Legend, vec![list, add])
}

fn items(field: &Field) -> Vec<Entries> {
    match field.state.entry(&field.path) {
        Some(Entry::Repeat(items)) => items,
        _ => Vec::new(),
    }
}

fn set_items(field: &Field, items: Vec<Entries>, changed: Trigger) {
    field.state.enter(&field.path, (!items.is_empty()).then_some(Entry::Repeat(items)));
    changed.notify();
}
