//! One `Field` renders label, hint, fault and ARIA for every kind of question, so accessibility is written once.

use amanat_shared::answers::Fault;
use amanat_shared::form::Question;
use leptos::prelude::*;

use crate::draft::Draft;
use crate::messages::message;
use crate::words;

/// How label and control belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shell {
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
    pub draft: Draft,
    /// The question.
    pub question: &'static Question,
    /// Where its answer is: `name`, `group/name`, `repeat/0/name`.
    pub path: String,
    /// The only question of its page: its label is the page's heading.
    pub heading: bool,
    /// Nothing on its page has to be answered, whatever the form says otherwise.
    pub all_optional: bool,
}

/// The `id` of a question's (first) control.
pub fn element_id(path: &str) -> String {
    format!("q-{}", path.replace('/', "-"))
}

impl Field {
    /// The `id` of its (first) control.
    pub fn id(&self) -> String {
        element_id(&self.path)
    }

    /// A question inside this one, whose answer stands below `path`.
    pub fn inner(&self, question: &'static Question, path: &str) -> Self {
        Self { question, path: format!("{path}/{}", question.name), heading: false, ..self.clone() }
    }

    /// `aria-describedby`: hint and fault.
    pub fn described_by(&self) -> String {
        format!("{0}-hint {0}-fault", self.id())
    }

    /// What is complained of: what "continue" found, and warnings at once.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> =
            self.draft.shown.with(|shown| shown.iter().filter(|fault| fault.path == self.path && !fault.code.is_warning()).cloned().collect());
        self.draft.reading.with(|reading| {
            faults.extend(reading.faults.iter().filter(|fault| fault.path == self.path && fault.code.is_warning()).cloned());
        });
        faults
    }

    /// Label, hint and fault around a control.
    pub fn around(&self, shell: Shell, control: AnyView) -> AnyView {
        let tag = self.draft.language.get_untracked();
        let language = self.draft.words();
        let question = self.question;
        let optional = (self.all_optional || !question.required).then(|| view! { " " <span class="optional">{words::UI_OPTIONAL.to(language)}</span> });
        let label = question.label.get(tag);
        let hint = question.hint.as_ref().map(|hint| view! { <p class="hint" id=format!("{}-hint", self.id())>{hint.get(tag)}</p> });
        let faults = {
            let field = self.clone();
            Memo::new(move |_| {
                let form = field.draft.form();
                field.faults().iter().map(|fault| (fault.code.is_warning(), message(form, fault, tag))).collect::<Vec<_>>()
            })
        };
        let complaint = view! {
            <div id=format!("{}-fault", self.id())>
                {move || faults.get().into_iter().map(|(warning, text)| {
                    let class = if warning { "warning" } else { "fault" };
                    view! { <p class=class>{text}</p> }
                }).collect_view()}
            </div>
        };
        let class = move || if faults.with(|faults| faults.iter().any(|(warning, _)| !warning)) { "question faulty" } else { "question" };
        let inner = match shell {
            Shell::Bare => view! { {hint}{complaint}{control} }.into_any(),
            Shell::Label if self.heading => {
                view! { <h1><label for=self.id()>{label}{optional}</label></h1>{hint}{complaint}{control} }.into_any()
            }
            Shell::Label => view! { <label class="label" for=self.id()>{label}{optional}</label>{hint}{complaint}{control} }.into_any(),
            Shell::Fieldset => {
                let legend = if self.heading {
                    view! { <legend><h1>{label}{optional}</h1></legend> }.into_any()
                } else {
                    view! { <legend class="label">{label}{optional}</legend> }.into_any()
                };
                view! { <fieldset id=self.id() tabindex="-1" aria-describedby=self.described_by()>{legend}{hint}{complaint}{control}</fieldset> }
                    .into_any()
            }
        };
        view! { <div class=class data-question=self.path.clone()>{inner}</div> }.into_any()
    }
}
