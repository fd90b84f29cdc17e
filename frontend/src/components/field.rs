//! Renders label, hint, fault and ARIA attributes of every question, so that accessibility is written once.

use amanat_shared::form::Question;
use amanat_shared::validate::Fault;

use crate::dom::{Node, el, el_class, p};
use crate::i18n;
use crate::signal::TextMemo;
use crate::state::AppState;
use crate::validation_messages::message;

/// The element that labels the controls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LabelLayout {
    /// A `label`, for one control.
    Label,
    /// The `legend` of a `fieldset`, for several controls.
    Legend,
    /// No element: the control brings its own label.
    InControl,
}

/// A question on a page.
#[derive(Clone)]
pub struct Field {
    /// The application's state.
    pub state: AppState,
    /// The question.
    pub question: &'static Question,
    /// The path of its answer: `name`, `group/name` or `repeat/0/name`.
    pub path: String,
    /// It is the only question of its page, and its label is the page's heading.
    pub is_heading: bool,
    /// No question of its page has to be answered, even one that the form says is required.
    pub all_optional: bool,
}

impl Field {
    /// The `id` of its first control.
    pub fn id(&self) -> String {
        self.state.element_id(&self.path)
    }

    /// The `id` of another of its elements.
    pub fn id_of(&self, part: &str) -> String {
        [&self.id(), "-", part].concat()
    }

    /// A question inside this one, whose answer stands below `path`.
    pub fn inner(&self, question: &'static Question, path: &str) -> Self {
        Self { question, path: [path, "/", &question.name].concat(), is_heading: false, ..self.clone() }
    }

    /// A control of this field: its label refers to it, hint and fault describe it, and the browser suggests nothing for it.
    pub fn control(&self, tag: &str) -> Node {
        self.described(without_suggestions(el(tag)))
    }

    /// An element with the field's `id`, described by hint and fault.
    fn described(&self, node: Node) -> Node {
        node.attr("id", &self.id()).attr("aria-describedby", &[&self.id_of("hint"), " ", &self.id_of("fault")].concat())
    }

    /// The whole question: label, hint, fault and controls.
    pub fn layout(&self, label: LabelLayout, controls: Vec<Node>) -> Node {
        let tag = self.state.form.language_tag.get_untracked();
        let question = self.question;
        let outer = el_class("div", "question").attr("id", &self.id_of("question")).attr("data-question", &self.path);

        let labelled = |node: Node| {
            let node = node.text(question.label.get(tag));
            if self.all_optional || !question.required {
                node.text(" ").child(el_class("span", "optional").text(i18n::UI_OPTIONAL.to(self.state.language())))
            } else {
                node
            }
        };
        let inner = match label {
            LabelLayout::InControl => outer.clone(),
            LabelLayout::Label => {
                let label = labelled(el_class("label", "label").attr("for", &self.id()));
                outer.append(&if self.is_heading { el("h1").child(label) } else { label });
                outer.clone()
            }
            LabelLayout::Legend => {
                let legend =
                    if self.is_heading { el("legend").child(labelled(el("h1"))) } else { labelled(el_class("legend", "label")) };
                let fieldset = self.described(el("fieldset")).attr("tabindex", "-1").child(legend);
                outer.append(&fieldset);
                fieldset
            }
        };
        if let Some(hint) = &question.hint {
            inner.append(&el_class("p", "hint").attr("id", &self.id_of("hint")).text(hint.get(tag)));
        }
        inner.append(&self.faults(&outer));
        for control in controls {
            inner.append(&control);
        }
        outer
    }

    /// The messages about its answer: faults that "continue" found, and warnings at once.
    fn faults(&self, outer: &Node) -> Node {
        let (field, outer) = (self.clone(), outer.clone());
        let has_inner = !self.question.questions.is_empty();
        // One line a message: a letter for its class, then its text, which has no line break.
        let found = TextMemo::new(move || {
            let (state, mut found) = (field.state, String::new());
            let mut add = |faults: &[Fault], warnings: bool| {
                for fault in faults.iter().filter(|fault| fault.path == field.path && fault.code.is_warning() == warnings) {
                    found += if warnings { "w" } else { "f" };
                    found += &message(&state.pack.form, fault, state.form.language_tag.get_untracked());
                    found += "\n";
                }
            };
            state.navigation.page_faults.with(|faults| add(faults, false));
            state.form.validation.with(|validation| add(&validation.faults, true));
            found
        });
        el("div").attr("id", &self.id_of("fault")).reactive(move |node| {
            let mut faulty = false;
            for line in found.get().lines() {
                let (class, text) = line.split_at(1);
                faulty |= class == "f";
                node.append(&p(text).attr("class", if class == "f" { "fault" } else { "warning" }));
            }
            outer.set_attr("class", if faulty { "question faulty" } else { "question" });
            // The controls of a group's questions have faults of their own.
            if !has_inner {
                for control in outer.query_all("input, select, textarea") {
                    control.set_attr("aria-invalid", if faulty { "true" } else { "false" });
                }
            }
        })
    }
}

/// A control whose text the browser neither remembers nor checks.
pub fn without_suggestions(node: Node) -> Node {
    node.attr("autocomplete", "off").attr("autocapitalize", "off").attr("autocorrect", "off").attr("spellcheck", "false")
}
