//! A page of the form.

use amanat_shared::form::{Page, QuestionType};
use leptos::prelude::*;

use super::{back_button, next_button};
use crate::components::{ErrorSummary, Field, question};
use crate::draft::{Draft, today};
use crate::words;

/// A page: one question, or those that belong together.
pub fn questions(draft: Draft, page: &'static Page) -> AnyView {
    let tag = draft.language.get_untracked();
    let language = draft.words();
    let asked = page.questions.iter().filter(|question| question.r#type != QuestionType::Note).count();
    let heading = page.title.as_ref().map(|title| view! { <h1>{title.get(tag)}</h1> });
    let alone = heading.is_none() && page.questions.len() == 1;
    let first = draft.reading.with_untracked(|reading| reading.pages.first() == Some(&page.name));
    let progress = (!first).then(|| {
        let at = move || draft.reading.with(|reading| (reading.pages.iter().position(|name| *name == page.name).unwrap_or(0), reading.pages.len()));
        view! {
            <p class="progress">
                {move || {
                    let (before, total) = at();
                    words::UI_STEP_OF.with(language, &[("n", &language.digits(before + 1)), ("total", &language.digits(total))])
                }}
            </p>
        }
    });
    let all_optional =
        page.optional_if.as_ref().is_some_and(|condition| draft.reading.with_untracked(|reading| condition.holds(&reading.answers, today())));
    let all = page
        .questions
        .iter()
        .map(|one| question(Field { draft, question: one, path: one.name.clone(), heading: alone, all_optional }))
        .collect_view();
    // The first page asks for nothing but a safe place.
    let (action, label) = if first && asked == 0 { ("start", words::SAFETY_OK) } else { ("next", words::UI_CONTINUE) };
    let forward = (!page.stop).then(|| next_button(draft, action, label, move || draft.next(page)));
    view! {
        {back_button(draft)}
        {progress}
        <ErrorSummary draft />
        {heading}
        {all}
        {forward}
    }
    .into_any()
}
