//! One `Field` renders label, hint, fault and ARIA for every kind of question, so accessibility is written once.

use amanat_shared::form::Question;
use amanat_shared::validate::Fault;

use crate::dom::{Node, el, el_class, p};
use crate::i18n;
use crate::signal::TextMemo;
use crate::state::AppState;
use crate::validation_messages::message;

/// How label and control belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LabelLayout {
    /// One control: a `label`.
    Label,
    /// Several: a `fieldset` with a `legend`.
    Fieldset,
    /// The control carries its own label.
    Bare,
}

/// A question as it is being shown.
#[derive(Clone)]
pub struct Field {
    /// The form's state.
    pub state: AppState,
    /// The question.
    pub question: &'static Question,
    /// Where its answer is: `name`, `group/name`, `repeat/0/name`.
    pub path: String,
    /// The only question of its page: its label is the page's heading.
    pub heading: bool,
    /// Nothing on its page has to be answered, whatever the form says otherwise.
    pub all_optional: bool,
}

impl Field {
    /// The `id` of its (first) control.
    pub fn id(&self) -> String {
        self.state.element_id(&self.path)
    }

    /// The `id` of another of its elements.
    pub fn id_of(&self, part: &str) -> String {
        [&self.id(), "-", part].concat()
    }

    /// A question inside this one, whose answer stands below `path`.
    pub fn inner(&self, question: &'static Question, path: &str) -> Self {
        Self { question, path: [path, "/", &question.name].concat(), heading: false, ..self.clone() }
    }

    /// A control of this field: named for its label, described by hint and fault, kept from the browser's own services.
    pub fn control(&self, tag: &str) -> Node {
        self.described(quiet(el(tag)))
    }

    /// An element with the field's `id`, described by hint and fault.
    fn described(&self, node: Node) -> Node {
        node.attr("id", &self.id()).attr("aria-describedby", &[&self.id_of("hint"), " ", &self.id_of("fault")].concat())
    }

    /// Label, hint and fault around its controls.
    pub fn around(&self, shell: LabelLayout, controls: Vec<Node>) -> Node {
        let tag = self.state.language_tag.get_untracked();
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
        let inner = match shell {
            LabelLayout::Bare => outer.clone(),
            LabelLayout::Label => {
                let label = labelled(el_class("label", "label").attr("for", &self.id()));
                outer.append(&if self.heading { el("h1").child(label) } else { label });
                outer.clone()
            }
            LabelLayout::Fieldset => {
                let legend =
                    if self.heading { el("legend").child(labelled(el("h1"))) } else { labelled(el_class("legend", "label")) };
                let fieldset = self.described(el("fieldset")).attr("tabindex", "-1").child(legend);
                outer.append(&fieldset);
                fieldset
            }
        };
        if let Some(hint) = &question.hint {
            inner.append(&el_class("p", "hint").attr("id", &self.id_of("hint")).text(hint.get(tag)));
        }
        inner.append(&self.complaints(&outer));
        for control in controls {
            inner.append(&control);
        }
        outer
    }

    /// What is wrong with it: what "continue" found, and warnings at once.
    fn complaints(&self, outer: &Node) -> Node {
        let (field, outer) = (self.clone(), outer.clone());
        let has_inner = !self.question.questions.is_empty();
        // A line each: a letter for its class, and its words, in which there are no lines.
        let found = TextMemo::new(move || {
            let (state, mut found) = (field.state, String::new());
            let mut say = |faults: &[Fault], warnings: bool| {
                for fault in faults.iter().filter(|fault| fault.path == field.path && fault.code.is_warning() == warnings) {
                    found += if warnings { "w" } else { "f" };
                    found += &message(state.form(), fault, state.language_tag.get_untracked());
                    found += "\n";
                }
            };
            state.shown.with(|shown| say(shown, false));
            state.validation.with(|validation| say(&validation.faults, true));
            found
        });
        el("div").attr("id", &self.id_of("fault")).reactive(move |node| {
            let mut faulty = false;
            for line in found.get().lines() {
                let (kind, text) = line.split_at(1);
                faulty |= kind == "f";
                node.append(&p(text).attr("class", if kind == "f" { "fault" } else { "warning" }));
            }
            outer.set_attr("class", if faulty { "question faulty" } else { "question" });
            // The controls of questions inside a group have faults of their own.
            if !has_inner {
                for control in outer.query_all("input, select, textarea") {
                    control.set_attr("aria-invalid", if faulty { "true" } else { "false" });
                }
            }
        })
    }
}

/// A control that the browser neither remembers nor checks.
pub fn quiet(node: Node) -> Node {
    node.attr("autocomplete", "off").attr("autocapitalize", "off").attr("autocorrect", "off").attr("spellcheck", "false")
}
