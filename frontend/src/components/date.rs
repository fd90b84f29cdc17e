//! A date in one of three calendars, as precise as the person knows it.

use std::rc::Rc;

use amanat_shared::answers::Entry;
use amanat_shared::dates::{Calendar, DateEntry, PartialDate, Precision};

use super::date_text::{calendar_label, converted_date};
use super::field::{Field, LabelLayout, without_suggestions};
use crate::dom::{Node, button, el, el_class, event_value, p};
use crate::i18n::{self, DeferredText};
use crate::signal::{Signal, TextMemo};
use crate::state::{AppState, calendar_from, calendar_name, precision_from, precision_name};

const CALENDARS: [Calendar; 3] = [Calendar::Solar, Calendar::Gregorian, Calendar::Lunar];

/// Every precision, its label, and whether only a question that names it offers it.
const PRECISIONS: [(Precision, DeferredText, bool); 6] = [
    (Precision::Day, i18n::DATE_PRECISION_DAY, false),
    (Precision::Month, i18n::DATE_PRECISION_MONTH, false),
    (Precision::Year, i18n::DATE_PRECISION_YEAR, false),
    (Precision::AgeInYear, i18n::DATE_AGE_MODE, true),
    (Precision::Unknown, i18n::UI_NOT_SURE, true),
    (Precision::Ongoing, i18n::F_STILL_WORKING, true),
];

/// A date that is being entered.
#[derive(Clone)]
struct DateInput {
    field: Field,
    entry: Rc<Signal<DateEntry>>,
}

impl DateInput {
    /// One part: its label above its control, hidden while `is_hidden` says so of the precision.
    fn part(
        &self,
        name: &'static str,
        label: DeferredText,
        control: Node,
        is_hidden: fn(Precision) -> bool,
        edit: fn(&mut DateEntry, String),
    ) -> Node {
        let id = self.field.id_of(name);
        let (state, path, entry) = (self.field.state, self.field.path.clone(), Rc::clone(&self.entry));
        let event = if matches!(name, "year" | "day" | "age") { "input" } else { "change" };
        let shown = Rc::clone(&entry);
        let control = without_suggestions(control).attr("id", &id).attr("data-part", name).on(event, move |event| {
            entry.update(|date| edit(date, event_value(&event)));
            enter(state, &path, &entry);
        });
        let label = el("label").attr("for", &id).text(label.to(state.language()));
        el_class("div", "part").child(label).child(control).hidden_while(move || is_hidden(shown.with(|date| date.precision)))
    }

    fn number(
        &self,
        name: &'static str,
        label: DeferredText,
        value: &str,
        is_hidden: fn(Precision) -> bool,
        edit: fn(&mut DateEntry, String),
    ) -> Node {
        let input = el("input").attr("type", "text").attr("inputmode", "numeric").attr("dir", "ltr").attr("value", value);
        self.part(name, label, input, is_hidden, edit)
    }

    fn precision(&self, initial: Precision) -> Node {
        let language = self.field.state.language();
        let question = self.field.question;
        let options = PRECISIONS
            .iter()
            .filter(|(precision, _, must_be_named)| !must_be_named || question.precisions.contains(precision))
            .map(|(precision, label, _)| option(precision_name(*precision), label.to(language), *precision == initial));
        self.part(
            "precision",
            i18n::DATE_PRECISION,
            el("select").children(options),
            |_| false,
            |date, text| date.precision = precision_from(&text),
        )
    }

    fn calendar(&self, initial: Calendar) -> Node {
        let language = self.field.state.language();
        let options =
            CALENDARS.map(|calendar| option(calendar_name(calendar), calendar_label(calendar).to(language), calendar == initial));
        self.part("calendar", i18n::DATE_CALENDAR, el("select").children(options), has_no_year, |date, text| {
            date.calendar = calendar_from(&text);
        })
    }

    /// The list of months, which are those of the chosen calendar.
    fn months(&self) -> Node {
        let language = self.field.state.language();
        let entry = Rc::clone(&self.entry);
        let calendar = TextMemo::new(move || entry.with(|date| calendar_name(date.calendar)).to_owned());
        let entry = Rc::clone(&self.entry);
        el("select").reactive(move |node| {
            let calendar = calendar_from(&calendar.get());
            let chosen = entry.with_untracked(|date| date.month.clone());
            node.append(&option("", "", chosen.is_empty()));
            for number in 1..=12 {
                let value = number.to_string();
                node.append(&option(&value, i18n::month(calendar, number).to(language), value == chosen));
            }
        })
    }

    /// A question which year is meant, with a button for each, where the typed year is likely one of another calendar or has two
    /// digits.
    fn which_year(&self, calendar: Node, year: Node) -> Node {
        let (field, entry) = (self.field.clone(), Rc::clone(&self.entry));
        let state = field.state;
        let shown = Rc::clone(&entry);
        let candidates = TextMemo::new(move || {
            let years = shown.with(|date| date.years_meant(state.today()));
            years.iter().map(|(calendar, year)| [calendar_name(*calendar), " ", &year.to_string(), "\n"].concat()).collect()
        });
        el("div").attr("role", "status").reactive(move |node| {
            let language = state.language();
            let candidates = candidates.get();
            if !candidates.is_empty() {
                node.append(&p(i18n::ERR_WHICH_YEAR.to(language)).attr("class", "warning"));
            }
            for (name, meant) in candidates.lines().filter_map(|line| line.split_once(' ')) {
                let label = calendar_label(calendar_from(name)).to(language);
                let label = language.in_digits([meant, " – ", label].concat());
                let (entry, path) = (Rc::clone(&entry), field.path.clone());
                let (calendar, year, name, meant) = (calendar.clone(), year.clone(), name.to_owned(), meant.to_owned());
                node.append(&button("secondary", "year", &label, move || {
                    entry.update(|date| date.choose_year(calendar_from(&name), &meant));
                    calendar.set_value(&name);
                    year.set_value(&entry.get_untracked().year);
                    enter(state, &path, &entry);
                    year.focus();
                }));
            }
        })
    }

    /// The same date in the other calendar, once it is one.
    fn conversion(&self) -> Node {
        let (language, entry) = (self.field.state.language(), Rc::clone(&self.entry));
        el("div").attr("role", "status").reactive(move |node| {
            let date = entry.with(|entry| PartialDate::read(entry).ok());
            if let Some(text) = date.and_then(|date| converted_date(&date, language)) {
                node.append(&p(&text).attr("class", "converted"));
            }
        })
    }
}

/// Enters the date as it was edited.
fn enter(state: AppState, path: &str, entry: &Signal<DateEntry>) {
    let date = entry.get_untracked();
    state.enter(path, (!date.is_blank()).then_some(Entry::Date(date)));
}

fn has_no_year(precision: Precision) -> bool {
    matches!(precision, Precision::Unknown | Precision::Ongoing)
}

fn has_no_month(precision: Precision) -> bool {
    has_no_year(precision) || matches!(precision, Precision::Year | Precision::AgeInYear)
}

fn has_no_day(precision: Precision) -> bool {
    has_no_month(precision) || precision == Precision::Month
}

fn option(value: &str, label: &str, is_selected: bool) -> Node {
    el("option").attr("value", value).text(label).attr_if("selected", is_selected)
}

/// The parts of a date, and beneath them the same date in the other calendar.
pub fn date(field: &Field) -> Node {
    let initial = match field.state.entry(&field.path) {
        Some(Entry::Date(date)) => date,
        _ => DateEntry { calendar: field.question.calendar.unwrap_or_default(), ..DateEntry::default() },
    };
    let input = DateInput { field: field.clone(), entry: Rc::new(Signal::new(initial.clone())) };
    let has_no_age = |precision| precision != Precision::AgeInYear;
    let age = input.number("age", i18n::DATE_AGE, &initial.age, has_no_age, |date, text| date.age = text);
    let day = input.number("day", i18n::DATE_DAY, &initial.day, has_no_day, |date, text| date.day = text);
    let month = input.part("month", i18n::DATE_MONTH, input.months(), has_no_month, |date, text| date.month = text);
    let year = input.number("year", i18n::DATE_YEAR, &initial.year, has_no_year, |date, text| date.year = text);
    let calendar = input.calendar(initial.calendar);
    let which_year = input.which_year(calendar.query_or_self("select"), year.query_or_self("input"));
    let parts = el_class("div", "parts").child(age).child(day).child(month).child(year);
    let controls = vec![input.precision(initial.precision), calendar, parts, which_year, input.conversion()];
    field.layout(LabelLayout::Legend, controls)
}
