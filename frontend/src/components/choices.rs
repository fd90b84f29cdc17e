//! Choices: one of a list, or several.

use std::cell::RefCell;
use std::rc::Rc;

use amanat_shared::answers::Entry;
use amanat_shared::form::Question;

use super::field::{Field, LabelLayout, without_suggestions};
use super::text_input::{bind_text, entered_text, text_input};
use crate::dom::{Node, el, el_class, event_checked, keep_alive};
use crate::i18n;
use crate::signal::TextMemo;

/// More choices than this become a native list, which is easier to scroll on a small screen.
const MAX_RADIOS: usize = 20;

/// Radio buttons or a native list; a text input where the choices depend on another answer, for which the form has no list.
pub fn select_one(field: &Field) -> Node {
    let Some(by) = &field.question.choices_by else { return one_of(field, None) };
    let deciding = {
        let state = field.state;
        TextMemo::new(move || {
            state.form.validation.with(|validation| validation.answers.text(&by.question).unwrap_or_default().to_owned())
        })
    };
    let field = field.clone();
    el("div").reactive(move |node| {
        let deciding = deciding.get();
        // No choice has an empty name.
        node.append(&one_of(&field, Some(&*deciding).filter(|choice| !choice.is_empty())));
    })
}

fn one_of(field: &Field, deciding: Option<&str>) -> Node {
    let Some(choices) = field.state.pack.form.choices(field.question, deciding) else { return text_input(field, "text") };
    let tag = field.state.form.language_tag.get_untracked();
    let chosen = entered_text(field);
    if choices.len() > MAX_RADIOS {
        let option = |value: &str, label: &str| el("option").attr("value", value).text(label).attr_if("selected", value == chosen);
        let list = field
            .control("select")
            .child(option("", i18n::UI_CHOOSE.to(field.state.language())))
            .children(choices.iter().map(|choice| option(&choice.name, choice.label.get(tag))));
        return field.layout(LabelLayout::Label, vec![bind_text(field, list, "change")]);
    }
    let radios = choices
        .iter()
        .map(|choice| {
            let input =
                without_suggestions(el("input")).attr("type", "radio").attr("name", &field.id()).attr("value", &choice.name);
            let mut input = bind_text(field, input.attr_if("checked", choice.name == chosen), "change");
            if field.all_optional || !field.question.required || field.path.contains('/') {
                input = clear_on_second_touch(field, input, &choice.name);
            }
            el_class("label", "choice").child(input).child(el("span").text(choice.label.get(tag)))
        })
        .collect();
    field.layout(LabelLayout::Legend, radios)
}

/// Lets a person whose answer is optional take it back by touching it once more.
fn clear_on_second_touch(field: &Field, input: Node, name: &'static str) -> Node {
    let (state, path, radio) = (field.state, field.path.clone(), input.clone());
    // `click` comes before `change`: a choice that is new is not the entry yet.
    input.on("click", move |_| {
        if matches!(state.entry(&path), Some(Entry::Text(entered)) if entered == name) {
            radio.set_checked(false);
            state.enter(&path, None);
        }
    })
}

/// Check boxes. Checking one that excludes others unchecks them, and the other way round.
pub fn select_multiple(field: &Field) -> Node {
    let choices = field.state.pack.form.choices(field.question, None).unwrap_or_default();
    let tag = field.state.form.language_tag.get_untracked();
    let initially = match field.state.entry(&field.path) {
        Some(Entry::Many(names)) => names,
        _ => Vec::new(),
    };
    let boxes: Rc<Vec<(&'static str, Node)>> = Rc::new(
        choices
            .iter()
            .map(|choice| {
                let input = without_suggestions(el("input")).attr("type", "checkbox").attr("value", &choice.name);
                (choice.name.as_str(), input.attr_if("checked", initially.contains(&choice.name)))
            })
            .collect(),
    );
    let checked = Rc::new(RefCell::new(initially));
    let mut controls = vec![el_class("p", "hint").text(i18n::UI_SELECT_ALL.to(field.state.language()))];
    for (choice, (name, input)) in choices.iter().zip(boxes.iter()) {
        let (state, path, question, name) = (field.state, field.path.clone(), field.question, *name);
        // Weak: the boxes must not keep each other alive.
        let (others, checked) = (Rc::downgrade(&boxes), Rc::clone(&checked));
        let input = input.clone().on("change", move |event| {
            let mut names = checked.take();
            let on = event_checked(&event);
            names.retain(|other| other != name && !(on && exclude_each_other(question, other, name)));
            if on {
                names.push(name.to_owned());
            }
            for (other, input) in others.upgrade().iter().flat_map(|boxes| boxes.iter()) {
                input.set_checked(names.iter().any(|one| one == other));
            }
            checked.replace(names.clone());
            state.enter(&path, (!names.is_empty()).then_some(Entry::Many(names)));
        });
        controls.push(el_class("label", "choice").child(input).child(el("span").text(choice.label.get(tag))));
    }
    keep_alive(Box::new(boxes));
    field.layout(LabelLayout::Legend, controls)
}

fn exclude_each_other(question: &Question, one: &str, other: &str) -> bool {
    question.exclusive.iter().any(|name| name == one || name == other)
        || question.conflicts.iter().any(|pair| pair.iter().any(|name| name == one) && pair.iter().any(|name| name == other))
}
