//! The search, the filters and the order of the list.

use amanat_reviewer_core::afghan_form::RegistrationKind;
use amanat_reviewer_core::cases::{Assigned, Sort};
use amanat_reviewer_core::notebook::{Author, Status};
use amanat_shared::form::Tier;
use leptos::prelude::*;

use crate::state::AppState;

const TIERS: [(&str, &str, Tier); 3] =
    [("emergency", "emergency", Tier::Emergency), ("urgent", "urgent", Tier::Urgent), ("normal", "normal", Tier::Normal)];
const SORTS: [(&str, &str, Sort); 4] = [
    ("triage", "as a human should look", Sort::Triage),
    ("deadline", "nearest deadline", Sort::Deadline),
    ("received", "newest", Sort::Received),
    ("status", "status", Sort::Status),
];
const KINDS: [(&str, &str, RegistrationKind); 3] = [
    ("first", "first registrations", RegistrationKind::First),
    ("update", "updates", RegistrationKind::Update),
    ("deletion", "requests for deletion", RegistrationKind::Deletion),
];

/// Shows the search, the filters, the order and whether names are shown.
#[component]
pub fn Filters(state: AppState) -> impl IntoView {
    let filter = state.filter;
    // A reviewer who comes back from a case finds the list unchanged.
    let (before, order) = (filter.get_untracked(), state.sort.get_untracked());
    let countries = Memo::new(move |_| {
        let mut all: Vec<(String, String)> = state
            .cases
            .with(|cases| cases.iter().filter_map(|case| Some((case.country_key.clone()?, case.country.clone()))).collect());
        all.sort();
        all.dedup();
        all
    });
    let whose = move |value: &str| match value {
        "nobody" => Some(Assigned::Nobody),
        "me" => Author::new(&state.author.get_untracked()).map(Assigned::To),
        _ => None,
    };
    view! { class = "dynamic",
        <form class="tools" role="search" on:submit=|event| event.prevent_default()>
            <label>
                "Find "
                <input
                    type="text"
                    data-role="find"
                    autocomplete="off"
                    spellcheck="false"
                    dir="auto"
                    placeholder="name, phone or case"
                    prop:value=filter.get_untracked().text
                    on:input=move |event| filter.update(|filter| filter.text = event_target_value(&event))
                />
            </label>
            <Choice name="tier" label="Tier" all=TIERS.map(|(key, words, _)| (key.to_owned(), words.to_owned())).to_vec()
                now=TIERS.iter().find(|(.., it)| before.tier == Some(*it)).map(|(key, ..)| (*key).to_owned())
                chosen=move |value| filter.update(|filter| filter.tier = TIERS.iter().find(|(key, ..)| *key == value).map(|(.., it)| *it))/>
            <Choice name="status" label="Status" all=Status::ALL.map(|status| (status.words().to_owned(), status.words().to_owned())).to_vec()
                now=before.status.map(|status| status.words().to_owned())
                chosen=move |value| filter.update(|filter| filter.status = Status::ALL.into_iter().find(|status| status.words() == value))/>
            {move || view! { class = "dynamic",
                <Choice name="country" label="Country" all=countries.get()
                    now=filter.get_untracked().country
                    chosen=move |value: String| filter.update(|filter| filter.country = (!value.is_empty()).then_some(value))/>
            }}
            <Choice name="kind" label="Kind" all=KINDS.map(|(key, words, _)| (key.to_owned(), words.to_owned())).to_vec()
                now=KINDS.iter().find(|(.., it)| before.kind == Some(*it)).map(|(key, ..)| (*key).to_owned())
                chosen=move |value| filter.update(|filter| filter.kind = KINDS.iter().find(|(key, ..)| *key == value).map(|(.., it)| *it))/>
            <Choice name="whose" label="Whose" all=vec![("me".to_owned(), "mine".to_owned()), ("nobody".to_owned(), "nobody's".to_owned())]
                now=before.assigned.as_ref().map(|whose| if *whose == Assigned::Nobody { "nobody" } else { "me" }.to_owned())
                chosen=move |value: String| filter.update(|filter| filter.assigned = whose(&value))/>
            <Choice name="days" label="Deadline" all=["3", "7", "30"].map(|days| (days.to_owned(), format!("within {days} days"))).to_vec()
                now=before.within_days.map(|days| days.to_string())
                chosen=move |value: String| filter.update(|filter| filter.within_days = value.parse().ok())/>
            <label>
                "Order "
                <select data-role="sort" on:change=move |event| {
                    let value = event_target_value(&event);
                    state.sort.set(SORTS.iter().find(|(key, ..)| *key == value).map_or(Sort::Triage, |(.., it)| *it));
                }>
                    {SORTS.map(|(key, words, sort)| view! { class = "dynamic", <option value=key prop:selected=sort == order>{words}</option> }).to_vec()}
                </select>
            </label>
            <label>
                <input
                    type="checkbox"
                    data-role="names"
                    prop:checked=move || state.shows_names.get()
                    on:change=move |event| state.shows_names.set(event_target_checked(&event))
                />
                " Show names"
            </label>
        </form>
    }
}

/// A drop-down list whose first choice is "all".
#[component]
fn Choice(
    name: &'static str,
    label: &'static str,
    all: Vec<(String, String)>,
    now: Option<String>,
    chosen: impl Fn(String) + 'static,
) -> impl IntoView {
    let option = |(key, words): (String, String)| {
        let selected = now.as_ref() == Some(&key);
        view! { class = "dynamic", <option value=key prop:selected=selected>{words}</option> }
    };
    let options = all.into_iter().map(option).collect_view();
    view! { class = "dynamic",
        <label>
            {label}" "
            <select data-role=name on:change=move |event| chosen(event_target_value(&event))>
                <option value="">"all"</option>
                {options}
            </select>
        </label>
    }
}
