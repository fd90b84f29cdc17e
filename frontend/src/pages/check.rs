//! The check of all answers: each under its label, with a button to change it.

use amanat_shared::answers::{Answer, Answers};
use amanat_shared::form::{Form, Page, Question, QuestionType};

use super::back_button;
use crate::components::{converted_date, given_date, save_button};
use crate::dom::{Node, button, el, el_class, p};
use crate::i18n::{self, Language};
use crate::state::AppState;

/// The page: all answers, by section.
pub fn check(state: AppState) -> Vec<Node> {
    let tag = state.form.language_tag.get_untracked();
    let language = state.language();
    let validation = state.form.validation.get_untracked();
    let mut nodes = vec![
        back_button(state),
        el("h1").text(i18n::UI_CHECK_ANSWERS.to(language)),
        p(i18n::CHECK_INCOMPLETE.to(language)).attr("class", "hint"),
    ];
    for section in &state.pack.form.sections {
        let mut rows = el("dl");
        let mut any = false;
        for page in validation.pages.iter().filter_map(|name| state.page(name)).filter(|page| page.section == section.name) {
            for question in &page.questions {
                if question.r#type != QuestionType::Note && validation.relevant.contains(&question.name) {
                    rows = rows.child(row(state, page, question, &validation.answers));
                    any = true;
                }
            }
        }
        if any {
            nodes.push(el("h2").text(section.label.get(tag)));
            nodes.push(rows);
        }
    }
    nodes.push(p(i18n::CHECK_DECLARE.to(language)));
    nodes.push(button("primary", "next", i18n::UI_CONTINUE.to(language), move || state.go_to_receipt()));
    nodes.push(save_button(state));
    nodes
}

fn row(state: AppState, page: &'static Page, question: &'static Question, answers: &Answers) -> Node {
    let tag = state.form.language_tag.get_untracked();
    let language = state.language();
    let label =
        question.field.as_ref().filter(|_| question.r#type == QuestionType::Acknowledge).unwrap_or(&question.label).get(tag);
    let shown = match answers.get(&question.name) {
        Some(answer) => value(&state.pack.form, question, answer, answers, tag),
        None => el_class("span", "missing").text(i18n::UI_NOT_PROVIDED.to(language)),
    };
    let change = button("link", "change", i18n::UI_CHANGE.to(language), move || {
        state.go_to_change(page);
    });
    let change = change.attr("value", &question.name).child(el_class("span", "visually-hidden").text(" ").text(label));
    el_class("div", "row").child(el("dt").text(label)).child(el("dd").child(shown)).child(el("dd").child(change))
}

fn value(form: &'static Form, question: &'static Question, answer: &Answer, answers: &Answers, tag: &'static str) -> Node {
    let language = Language::of(tag);
    let span = el("span");
    let choice = |name: &str| {
        let deciding = question.choices_by.as_ref().and_then(|by| answers.text(&by.question));
        let choices = form.choices(question, deciding).unwrap_or_default();
        choices.iter().find(|choice| choice.name == name).map_or_else(|| name.to_owned(), |choice| choice.label.get(tag).to_owned())
    };
    match answer {
        Answer::Acknowledged(_) => span.text(i18n::UI_YES.to(language)),
        Answer::Integer(number) => span.text(&language.in_digits(number.to_string())),
        Answer::Text(text) if question.r#type == QuestionType::SelectOne => span.text(&choice(text)),
        Answer::Text(text) => el_class("bdi", "typed").text(text),
        Answer::Many(names) if question.r#type == QuestionType::SelectMultiple => {
            span.children(names.iter().map(|name| p(&choice(name))))
        }
        Answer::Many(names) => span.text(&language.digits(names.len())),
        Answer::Date(date) => {
            let span = span.text(&given_date(date, language));
            match converted_date(date, language) {
                Some(converted) => span.child(p(&converted).attr("class", "hint")),
                None => span,
            }
        }
        Answer::Phone(phone) => {
            let span = span.child(el("bdi").attr("dir", "auto").text(&phone.raw));
            match phone.e164.as_ref().filter(|e164| **e164 != phone.raw) {
                // The number as it was understood, where it was typed otherwise.
                Some(e164) => span.child(el_class("p", "hint").child(el("bdi").attr("dir", "ltr").text(e164))),
                None => span,
            }
        }
        Answer::Group(inner) => inside(form, question, inner, tag),
        Answer::Repeat(items) => span.children(items.iter().map(|item| inside(form, question, item, tag))),
    }
}

fn inside(form: &'static Form, question: &'static Question, answers: &Answers, tag: &'static str) -> Node {
    let mut node = el_class("div", "item");
    for inner in &question.questions {
        if let Some(answer) = answers.get(&inner.name) {
            node = node.child(p(inner.label.get(tag)).text(": ").child(value(form, inner, answer, answers, tag)));
        }
    }
    node
}
