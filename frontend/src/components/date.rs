//! A date in one of three calendars, as exact as the person knows it.

use std::rc::Rc;

use amanat_shared::answers::Entry;
use amanat_shared::dates::{Calendar, DateEntry, Precision};

use super::field::{Field, LabelLayout, quiet};
use crate::dom::{Node, button, el, el_class, event_value, p};
use crate::i18n::{self, DeferredText};
use crate::pages::shown_date;
use crate::signal::{Signal, TextMemo};
use crate::state::{AppState, today};

const CALENDARS: [(Calendar, &str, DeferredText); 3] = [
    (Calendar::Solar, "solar", i18n::DATE_SOLAR),
    (Calendar::Gregorian, "gregorian", i18n::DATE_GREGORIAN),
    (Calendar::Lunar, "lunar", i18n::DATE_LUNAR),
];

/// Every precision: value, words, and whether only a form that names it offers it.
const PRECISIONS: [(Precision, &str, DeferredText, bool); 6] = [
    (Precision::Day, "day", i18n::DATE_PRECISION_DAY, false),
    (Precision::Month, "month", i18n::DATE_PRECISION_MONTH, false),
    (Precision::Year, "year", i18n::DATE_PRECISION_YEAR, false),
    (Precision::AgeInYear, "age_in_year", i18n::DATE_AGE_MODE, true),
    (Precision::Unknown, "unknown", i18n::UI_NOT_SURE, true),
    (Precision::Ongoing, "ongoing", i18n::F_STILL_WORKING, true),
];

/// A calendar's value in the page.
pub fn calendar_name(calendar: Calendar) -> &'static str {
    CALENDARS.iter().find(|(other, ..)| *other == calendar).map_or("", |(_, name, _)| name)
}

/// The calendar of this value.
pub fn calendar_of(name: &str) -> Calendar {
    CALENDARS.iter().find(|(_, other, _)| *other == name).map_or(Calendar::Solar, |(calendar, ..)| *calendar)
}

/// A precision's value in the page.
pub fn precision_name(precision: Precision) -> &'static str {
    PRECISIONS.iter().find(|(other, ..)| *other == precision).map_or("", |(_, name, ..)| name)
}

/// The precision of this value.
pub fn precision_of(name: &str) -> Precision {
    PRECISIONS.iter().find(|(_, other, ..)| *other == name).map_or(Precision::Day, |(precision, ..)| *precision)
}

/// A date being entered.
#[derive(Clone)]
struct Editing {
    field: Field,
    entry: Rc<Signal<DateEntry>>,
}

impl Editing {
    /// One part: its label above its control, hidden while the precision leaves it out.
    fn part(
        &self,
        name: &'static str,
        label: DeferredText,
        control: Node,
        left_out: fn(Precision) -> bool,
        edit: fn(&mut DateEntry, String),
    ) -> Node {
        let id = self.field.id_of(name);
        let (state, path, entry) = (self.field.state, self.field.path.clone(), Rc::clone(&self.entry));
        let event = if matches!(name, "year" | "day" | "age") { "input" } else { "change" };
        let shown = Rc::clone(&entry);
        let control = quiet(control).attr("id", &id).attr("data-part", name).on(event, move |event| {
            entry.update(|date| edit(date, event_value(&event)));
            entered(state, &path, &entry);
        });
        let label = el("label").attr("for", &id).text(label.to(state.language()));
        el_class("div", "part").child(label).child(control).hidden_while(move || left_out(shown.with(|date| date.precision)))
    }

    fn number(
        &self,
        name: &'static str,
        label: DeferredText,
        value: &str,
        left_out: fn(Precision) -> bool,
        edit: fn(&mut DateEntry, String),
    ) -> Node {
        let input = el("input").attr("type", "text").attr("inputmode", "numeric").attr("dir", "ltr").attr("value", value);
        self.part(name, label, input, left_out, edit)
    }
}

/// Takes what was edited.
fn entered(state: AppState, path: &str, entry: &Signal<DateEntry>) {
    let date = entry.get_untracked();
    state.enter(path, (!date.is_blank()).then_some(Entry::Date(date)));
}

/// Asks which year is meant, where the typed one is of another calendar or has two digits: a button for each.
fn which_year(editing: &Editing, calendar: &Node, year: &Node) -> Node {
    let (field, entry) = (editing.field.clone(), Rc::clone(&editing.entry));
    let (state, calendar, year) = (field.state, calendar.clone(), year.clone());
    let shown = Rc::clone(&entry);
    let asked = TextMemo::new(move || {
        let years = shown.with(|date| date.years_meant(today()));
        years.iter().map(|(calendar, year)| [calendar_name(*calendar), " ", &year.to_string(), "\n"].concat()).collect()
    });
    el("div").attr("role", "status").reactive(move |node| {
        let language = state.language();
        let asked = asked.get();
        if !asked.is_empty() {
            node.append(&p(i18n::ERR_WHICH_YEAR.to(language)).attr("class", "warning"));
        }
        for (name, meant) in asked.lines().filter_map(|line| line.split_once(' ')) {
            let words = CALENDARS.iter().find(|(_, other, _)| *other == name).map_or("", |(.., words)| words.to(language));
            let label = language.in_digits([meant, " – ", words].concat());
            let (entry, path) = (Rc::clone(&entry), field.path.clone());
            let (calendar, year, name, meant) = (calendar.clone(), year.clone(), name.to_owned(), meant.to_owned());
            node.append(&button("secondary", "year", &label, move || {
                entry.update(|date| date.choose_year(calendar_of(&name), &meant));
                calendar.set_value(&name);
                year.set_value(&entry.get_untracked().year);
                entered(state, &path, &entry);
                year.focus();
            }));
        }
    })
}

fn no_year(precision: Precision) -> bool {
    matches!(precision, Precision::Unknown | Precision::Ongoing)
}

fn no_month(precision: Precision) -> bool {
    no_year(precision) || matches!(precision, Precision::Year | Precision::AgeInYear)
}

fn no_day(precision: Precision) -> bool {
    no_month(precision) || precision == Precision::Month
}

fn option(value: &str, label: &str, selected: bool) -> Node {
    el("option").attr("value", value).text(label).attr_if("selected", selected)
}

/// The parts of a date, and beneath them what they mean in the other calendar.
pub fn date(field: &Field) -> Node {
    let (state, question) = (field.state, field.question);
    let language = state.language();
    let initially = match state.entry(&field.path) {
        Some(Entry::Date(date)) => date,
        _ => DateEntry { calendar: question.calendar.unwrap_or_default(), ..DateEntry::default() },
    };
    let editing = Editing { field: field.clone(), entry: Rc::new(Signal::new(initially.clone())) };

    let precisions = PRECISIONS
        .iter()
        .filter(|(precision, _, _, named)| !named || question.precisions.contains(precision))
        .map(|(precision, value, words, _)| option(value, words.to(language), *precision == initially.precision));
    let calendars =
        CALENDARS.iter().map(|(calendar, value, words)| option(value, words.to(language), *calendar == initially.calendar));
    let entry = Rc::clone(&editing.entry);
    let calendar = TextMemo::new(move || entry.with(|date| calendar_name(date.calendar)).to_owned());
    let entry = Rc::clone(&editing.entry);
    let months = el("select").reactive(move |node| {
        let calendar = calendar_of(&calendar.get());
        let chosen = entry.with_untracked(|date| date.month.clone());
        node.append(&option("", "", chosen.is_empty()));
        for number in 1..=12 {
            let value = number.to_string();
            node.append(&option(&value, i18n::month(calendar, number).to(language), value == chosen));
        }
    });
    let entry = Rc::clone(&editing.entry);
    let meaning = el("div").attr("role", "status").reactive(move |node| {
        if let Some(text) = entry.with(|date| shown_date(state, date)) {
            node.append(&p(&text).attr("class", "converted"));
        }
    });
    let year = editing.number("year", i18n::DATE_YEAR, &initially.year, no_year, |date, text| date.year = text);
    let calendar = editing.part("calendar", i18n::DATE_CALENDAR, el("select").children(calendars), no_year, |date, text| {
        date.calendar = calendar_of(&text);
    });
    let which = which_year(&editing, &calendar.query_or_self("select"), &year.query_or_self("input"));
    let parts = el_class("div", "parts")
        .child(editing.number(
            "age",
            i18n::DATE_AGE,
            &initially.age,
            |precision| precision != Precision::AgeInYear,
            |date, text| date.age = text,
        ))
        .child(editing.number("day", i18n::DATE_DAY, &initially.day, no_day, |date, text| date.day = text))
        .child(editing.part("month", i18n::DATE_MONTH, months, no_month, |date, text| date.month = text))
        .child(year);
    field.around(
        LabelLayout::Fieldset,
        vec![
            editing.part(
                "precision",
                i18n::DATE_PRECISION,
                el("select").children(precisions),
                |_| false,
                |date, text| date.precision = precision_of(&text),
            ),
            calendar,
            parts,
            which,
            meaning,
        ],
    )
}
