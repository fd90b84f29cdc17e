//! A date in one of three calendars, as exact as the person knows it.

use amanat_shared::answers::Entry;
use amanat_shared::dates::{Calendar, DateEntry, Precision};
use leptos::prelude::*;

use super::field::{Field, Shell};
use crate::pages::shown_date;
use crate::words::{self, Words};

const CALENDARS: [(Calendar, &str, Words); 3] =
    [(Calendar::Solar, "solar", words::DATE_SOLAR), (Calendar::Gregorian, "gregorian", words::DATE_GREGORIAN), (Calendar::Lunar, "lunar", words::DATE_LUNAR)];

/// Every precision: value, words, and whether only a form that names it offers it.
const PRECISIONS: [(Precision, &str, Words, bool); 6] = [
    (Precision::Day, "day", words::DATE_PRECISION_DAY, false),
    (Precision::Month, "month", words::DATE_PRECISION_MONTH, false),
    (Precision::Year, "year", words::DATE_PRECISION_YEAR, false),
    (Precision::AgeInYear, "age_in_year", words::DATE_AGE_MODE, true),
    (Precision::Unknown, "unknown", words::UI_NOT_SURE, true),
    (Precision::Ongoing, "ongoing", words::F_STILL_WORKING, true),
];

/// The parts of a date, and beneath them what they mean in the other calendar.
pub fn date(field: &Field) -> AnyView {
    let (draft, path, question) = (field.draft, field.path.clone(), field.question);
    let language = draft.words();
    let initially = match draft.entry(&path) {
        Some(Entry::Date(date)) => date,
        _ => DateEntry { calendar: question.calendar.unwrap_or_default(), ..DateEntry::default() },
    };
    let entry = RwSignal::new(initially.clone());
    let change = {
        let path = path.clone();
        move |edit: &dyn Fn(&mut DateEntry)| {
            entry.update(|date| edit(date));
            let date = entry.get_untracked();
            draft.enter(&path, (!date.is_blank()).then_some(Entry::Date(date)));
        }
    };
    let id = |part: &str| format!("{}-{part}", field.id());
    let precision = Memo::new(move |_| entry.with(|date| date.precision));
    let calendar = Memo::new(move |_| entry.with(|date| date.calendar));
    let no_year = move || matches!(precision.get(), Precision::Unknown | Precision::Ongoing);
    let no_month = move || no_year() || matches!(precision.get(), Precision::Year | Precision::AgeInYear);
    let no_day = move || no_month() || precision.get() == Precision::Month;
    let no_age = move || precision.get() != Precision::AgeInYear;

    let precisions = PRECISIONS
        .into_iter()
        .filter(|(precision, _, _, named)| !named || question.precisions.contains(precision))
        .map(|(precision, value, words, _)| view! { <option value=value selected=precision == initially.precision>{words.to(language)}</option> })
        .collect_view();
    let calendars = CALENDARS
        .into_iter()
        .map(|(calendar, value, words)| view! { <option value=value selected=calendar == initially.calendar>{words.to(language)}</option> })
        .collect_view();
    let month = initially.month.clone();
    let months = move || {
        let calendar = calendar.get();
        (1..=12)
            .map(|number| view! { <option value=number.to_string() selected=month == number.to_string()>{words::month(calendar, number).to(language)}</option> })
            .collect_view()
    };
    let number = |part: &'static str, label: Words, value: &str, hidden: Signal<bool>, edit: fn(&mut DateEntry, String)| {
        let change = change.clone();
        view! {
            <div class="part" hidden=move || hidden.get()>
                <label for=id(part)>{label.to(language)}</label>
                <input
                    type="text"
                    inputmode="numeric"
                    dir="ltr"
                    class=part
                    id=id(part)
                    data-part=part
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=value.to_owned()
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        change(&|date| edit(date, text.clone()));
                    }
                />
            </div>
        }
    };
    let year = number("year", words::DATE_YEAR, &initially.year, Signal::derive(no_year), |date, text| date.year = text);
    let day = number("day", words::DATE_DAY, &initially.day, Signal::derive(no_day), |date, text| date.day = text);
    let age = number("age", words::DATE_AGE, &initially.age, Signal::derive(no_age), |date, text| date.age = text);
    let meaning = move || shown_date(draft, &path).map(|text| view! { <p class="converted" role="status">{text}</p> });
    let (on_precision, on_calendar, on_month) = (change.clone(), change.clone(), change.clone());
    let control = view! {
        <div class="part">
            <label for=id("precision")>{words::DATE_PRECISION.to(language)}</label>
            <select
                id=id("precision")
                data-part="precision"
                autocomplete="off"
                on:change=move |event| {
                    let value = event_target_value(&event);
                    let chosen = PRECISIONS.into_iter().find(|(_, name, ..)| *name == value).map_or(Precision::Day, |(precision, ..)| precision);
                    on_precision(&|date| date.precision = chosen);
                }
            >{precisions}</select>
        </div>
        <div class="part" hidden=no_year>
            <label for=id("calendar")>{words::DATE_CALENDAR.to(language)}</label>
            <select
                id=id("calendar")
                data-part="calendar"
                autocomplete="off"
                on:change=move |event| {
                    let value = event_target_value(&event);
                    let chosen = CALENDARS.into_iter().find(|(_, name, _)| *name == value).map_or(Calendar::Solar, |(calendar, ..)| calendar);
                    on_calendar(&|date| date.calendar = chosen);
                }
            >{calendars}</select>
        </div>
        <div class="parts">
            {age}
            {day}
            <div class="part" hidden=no_month>
                <label for=id("month")>{words::DATE_MONTH.to(language)}</label>
                <select
                    id=id("month")
                    data-part="month"
                    autocomplete="off"
                    on:change=move |event| {
                        let value = event_target_value(&event);
                        on_month(&|date| date.month.clone_from(&value));
                    }
                >
                    <option value="" selected=initially.month.is_empty()></option>
                    {months}
                </select>
            </div>
            {year}
        </div>
        {meaning}
    };
    field.around(Shell::Fieldset, control.into_any())
}
