//! A group that may be given several times.

use amanat_shared::answers::{Entries, Entry};
use leptos::prelude::{Notify, Track, Trigger};

use super::field::{Field, LabelLayout};
use super::question::{add_button, question};
use crate::dom::{Node, button, el, el_class};
use crate::i18n;

/// The items so far, each with a button that removes it, and one that adds another.
pub fn repeat(field: &Field) -> Node {
    let most = field.question.constraint.max.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
    // Told of every item added or removed, so that the list is drawn anew then, and not at every key pressed.
    let version = Trigger::new();
    let shown = field.clone();
    let list = el("div").reactive(move |node| {
        version.track();
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
                set(&field, left, version);
                // The button that had the focus is gone.
                Node::focus_by_id(&field.id());
            });
            let label = shown.question.label.get(shown.state.language_tag.get_untracked());
            let number = el_class("legend", "label").text(&[label, " ", &language.digits(index + 1)].concat());
            node.append(&el_class("fieldset", "item").child(number).children(inner).child(remove));
        }
    });
    let adding = field.clone();
    let add = add_button(field, move || {
        let mut more = items(&adding);
        if more.len() < most {
            more.push(Entries::default());
            set(&adding, more, version);
        }
    });
    field.around(LabelLayout::Fieldset, vec![list, add])
}

fn items(field: &Field) -> Vec<Entries> {
    match field.state.entry(&field.path) {
        Some(Entry::Repeat(items)) => items,
        _ => Vec::new(),
    }
}

fn set(field: &Field, items: Vec<Entries>, version: Trigger) {
    field.state.enter(&field.path, (!items.is_empty()).then_some(Entry::Repeat(items)));
    version.notify();
}
