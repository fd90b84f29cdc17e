//! Check your answers: each under its label, with a way to change it.

use amanat_shared::answers::{Answer, Answers};
use amanat_shared::dates::{Calendar, Day, PartialDate, Precision};
use amanat_shared::form::{Form, Page, Question, QuestionType};
use leptos::prelude::*;

use super::{back_button, next_button};
use crate::draft::{Draft, Step};
use crate::words::{self, Language, month};

/// All answers, by section.
pub fn check(draft: Draft) -> AnyView {
    let tag = draft.language.get_untracked();
    let language = draft.words();
    let reading = draft.reading.get_untracked();
    let pages: Vec<&'static Page> = reading.pages.iter().filter_map(|name| draft.page(name)).collect();
    let sections = draft
        .form()
        .sections
        .iter()
        .map(|section| {
            let rows = pages
                .iter()
                .filter(|page| page.section == section.name)
                .flat_map(|page| page.questions.iter().map(move |question| (page, question)))
                .filter(|(_, question)| question.r#type != QuestionType::Note && reading.relevant.contains(&question.name))
                .map(|(page, question)| row(draft, page, question, &reading.answers))
                .collect::<Vec<_>>();
            (!rows.is_empty()).then(|| view! { <h2>{section.label.get(tag)}</h2><dl>{rows}</dl> })
        })
        .collect_view();
    view! {
        {back_button(draft)}
        <h1>{words::UI_CHECK_ANSWERS.to(language)}</h1>
        <p class="hint">{words::CHECK_INCOMPLETE.to(language)}</p>
        {sections}
        <p>{words::CHECK_DECLARE.to(language)}</p>
        {next_button(draft, "next", words::UI_CONTINUE, move || draft.go(Step::Receipt))}
    }
    .into_any()
}

fn row(draft: Draft, page: &'static Page, question: &'static Question, answers: &Answers) -> AnyView {
    let tag = draft.language.get_untracked();
    let language = draft.words();
    let answer = answers.get(&question.name);
    let label = question.field.as_ref().filter(|_| question.r#type == QuestionType::Acknowledge).unwrap_or(&question.label).get(tag);
    let shown = answer.map_or_else(
        || view! { <span class="missing">{words::UI_NOT_PROVIDED.to(language)}</span> }.into_any(),
        |answer| value(draft.form(), question, answer, answers, tag),
    );
    let change = move |_| {
        draft.returning.set(true);
        draft.go(Step::Page(page.name.clone()));
    };
    view! {
        <div class="row">
            <dt>{label}</dt>
            <dd>{shown}</dd>
            <dd>
                <button type="button" class="link" data-action="change" value=question.name.as_str() on:click=change>
                    {words::UI_CHANGE.to(language)}
                    <span class="visually-hidden">" " {label}</span>
                </button>
            </dd>
        </div>
    }
    .into_any()
}

fn value(form: &'static Form, question: &'static Question, answer: &Answer, answers: &Answers, tag: &'static str) -> AnyView {
    let language = Language::of(tag);
    let choice = |name: &str| {
        let deciding = question.choices_by.as_ref().and_then(|by| answers.text(&by.question));
        let choices = form.choices(question, deciding).unwrap_or_default();
        choices.iter().find(|choice| choice.name == name).map_or_else(|| name.to_owned(), |choice| choice.label.get(tag).to_owned())
    };
    let inner = |answers: &Answers| {
        question
            .questions
            .iter()
            .filter_map(|inner| {
                let answer = answers.get(&inner.name)?;
                Some(view! { <p>{inner.label.get(tag)} ": " {value(form, inner, answer, answers, tag)}</p> })
            })
            .collect_view()
    };
    match answer {
        Answer::Acknowledged(_) => words::UI_YES.to(language).into_any(),
        Answer::Integer(number) => number.to_string().into_any(),
        Answer::Text(text) if question.r#type == QuestionType::SelectOne => choice(text).into_any(),
        Answer::Text(text) => view! { <bdi class="typed">{text.clone()}</bdi> }.into_any(),
        Answer::Many(names) if question.r#type == QuestionType::SelectMultiple => {
            names.iter().map(|name| view! { <p>{choice(name)}</p> }).collect_view().into_any()
        }
        Answer::Many(names) => language.digits(names.len()).into_any(),
        Answer::Date(date) => {
            let also = meaning(date, language).map(|text| view! { <p class="hint">{text}</p> });
            view! { {given(date, language)}{also} }.into_any()
        }
        Answer::Phone(phone) => view! { <bdi dir="ltr">{phone.e164.clone().unwrap_or_else(|| phone.raw.clone())}</bdi> }.into_any(),
        Answer::Group(answers) => inner(answers).into_any(),
        Answer::Repeat(items) => items.iter().map(|item| view! { <div class="item">{inner(item)}</div> }).collect_view().into_any(),
    }
}

/// A date as it was given.
fn given(date: &PartialDate, language: Language) -> String {
    let calendar = match date.calendar {
        Calendar::Solar => words::DATE_SOLAR,
        Calendar::Gregorian => words::DATE_GREGORIAN,
        Calendar::Lunar => words::DATE_LUNAR,
    };
    let year = date.year.map_or_else(String::new, |year| year.to_string());
    let name = |number: u8| month(date.calendar, usize::from(number)).to(language);
    let text = match (date.precision, date.month, date.day) {
        (Precision::Unknown, ..) => return words::UI_NOT_SURE.to(language).to_owned(),
        (Precision::Ongoing, ..) => return words::F_STILL_WORKING.to(language).to_owned(),
        (Precision::AgeInYear, ..) => {
            format!("{} {} {} {year}", words::DATE_AGE.to(language), date.age.unwrap_or(0), words::DATE_AGE_IN_YEAR.to(language))
        }
        (_, Some(number), Some(day)) => format!("{day} {} {year}", name(number)),
        (_, Some(number), None) => format!("{} {year}", name(number)),
        _ => year,
    };
    format!("{text} ({})", calendar.to(language))
}

/// What it means in the other calendar that people use.
fn meaning(date: &PartialDate, language: Language) -> Option<String> {
    let (earliest, latest) = (date.earliest()?, date.latest()?);
    let other = if date.calendar == Calendar::Gregorian { Calendar::Solar } else { Calendar::Gregorian };
    let written = |day: Day| {
        let (year, number, day) = day.in_calendar(other);
        format!("{day} {} {year}", month(other, usize::from(number)).to(language))
    };
    Some(if earliest == latest {
        words::DATE_CONVERTED.with(language, &[("date", &written(earliest))])
    } else {
        words::DATE_CONVERTED_RANGE.with(language, &[("from", &written(earliest)), ("to", &written(latest))])
    })
}

/// What the date entered at this path means, once it is one.
pub fn shown_date(draft: Draft, path: &str) -> Option<String> {
    let language = draft.words();
    draft.reading.with(|reading| {
        let mut answers = &reading.answers;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            match answers.get(part)? {
                Answer::Date(date) if parts.peek().is_none() => return meaning(date, language),
                Answer::Group(inner) => answers = inner,
                Answer::Repeat(items) => answers = items.get(parts.next()?.parse::<usize>().ok()?)?,
                _ => return None,
            }
        }
        None
    })
}
