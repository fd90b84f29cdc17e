//! Text, numbers and telephone numbers.

use amanat_shared::answers::Entry;

use super::field::{Field, LabelLayout};
use crate::dom::{Node, el, event_value};

/// The text that was entered so far.
pub fn entered_text(field: &Field) -> String {
    match field.state.entry(&field.path) {
        Some(Entry::Text(text)) => text,
        _ => String::new(),
    }
}

/// Enters the control's value whenever this event happens.
pub fn bind_text(field: &Field, control: Node, event: &str) -> Node {
    let (state, path) = (field.state, field.path.clone());
    control.on(event, move |event| {
        let text = event_value(&event);
        state.enter(&path, (!text.is_empty()).then_some(Entry::Text(text)));
    })
}

/// A text input of one line, for an `inputmode`.
pub fn text_input(field: &Field, mode: &str) -> Node {
    let direction = if mode == "text" { "auto" } else { "ltr" };
    let mut input = field.control("input").attr("type", "text").attr("inputmode", mode).attr("dir", direction);
    input = input.attr("value", &entered_text(field));
    let mut controls = Vec::new();
    if let Some(list) = field.question.suggestions.as_ref().and_then(|list| field.state.pack.form.lists.get(list)) {
        let tag = field.state.form.language_tag.get_untracked();
        let id = field.id_of("list");
        input.set_attr("list", &id);
        let options = list.iter().map(|choice| el("option").attr("value", choice.label.get(tag)));
        controls.push(el("datalist").attr("id", &id).children(options));
    }
    input = bind_text(field, input, "input");
    controls.insert(0, input);
    field.layout(LabelLayout::Label, controls)
}

/// A text input of several lines.
pub fn text_area(field: &Field) -> Node {
    let area = field.control("textarea").attr("rows", "6").attr("dir", "auto").text(&entered_text(field));
    field.layout(LabelLayout::Label, vec![bind_text(field, area, "input")])
}
