//! One row of the list.

use amanat_reviewer_core::afghan_form::RegistrationKind;
use amanat_reviewer_core::cases::Proof;
use amanat_reviewer_core::cases::deadline_and_days;
use amanat_reviewer_core::safe_text;
use amanat_shared::form::Tier;
use leptos::prelude::*;

use crate::pages::counted;
use crate::state::AppState;

/// Shows the case at `index` of all, at the list's position `place`.
#[component]
pub fn Row(state: AppState, place: usize, index: usize) -> impl IntoView {
    let case = state.cases.with_untracked(|cases| cases[index].clone());
    let verdict = case.verdict.as_ref();
    let (tier, class) = match verdict.map(|verdict| verdict.tier) {
        Some(Tier::Emergency) => ("EMERGENCY", "emergency"),
        Some(Tier::Urgent) => ("Urgent", "urgent"),
        Some(Tier::Normal) => ("Normal", "normal"),
        None => ("Urgent?", "urgent"),
    };
    let rules: Vec<String> = verdict
        .iter()
        .flat_map(|verdict| &verdict.rules)
        .map(|rule| format!("{} {}", safe_text::safe(&rule.name), safe_text::safe(&rule.why)))
        .collect();
    let deadline = deadline_and_days(&case);
    let mut marks = case.standing.conflicts.clone();
    if case.deletion_asked() {
        marks.push("asks for deletion".to_owned());
    }
    if !case.later.is_empty() {
        marks.push(format!("{} later", case.later.len()));
    }
    if case.repeats.is_some() {
        marks.push("the same form, sent again".to_owned());
    }
    match (case.kind, case.proof) {
        (RegistrationKind::First, _) => {}
        (RegistrationKind::Deletion, Proof::Missing) => {
            marks.push("somebody who knows the case asks for deletion; not proven".to_owned());
        }
        (RegistrationKind::Update, Proof::Missing) => {
            marks.push("somebody who knows the case sends an update; not proven".to_owned());
        }
        (_, Proof::Elsewhere) => marks.push("of whom? look for the earlier form".to_owned()),
        (RegistrationKind::Update, _) => marks.push("update".to_owned()),
        (RegistrationKind::Deletion, _) => {}
    }
    if !case.claimed_by.is_empty() {
        marks.push(format!("{} not proven", counted(case.claimed_by.len(), "later form", "later forms")));
    }
    if case.standing.referred {
        marks.push("referred".to_owned());
    }
    if !case.form_known {
        marks.push("form not known".to_owned());
    }
    if !case.duplicates.others.is_empty() {
        marks.push("likely duplicate".to_owned());
    }
    if case.standing.notes > 0 {
        marks.push(counted(case.standing.notes, "note", "notes"));
    }
    let status = match &case.standing.assigned {
        Some(whose) => format!("{}, {}", case.standing.status.words(), safe_text::isolated(whose.as_str())),
        None => case.standing.status.words().to_owned(),
    };
    let (file, of_row, reference) = (case.file.clone(), case.file.clone(), case.reference().to_owned());
    let received = case.received.as_ref().map(|received| received.day().to_owned()).unwrap_or_default();
    let name = case.name.clone().unwrap_or_default();
    view! { class = "dynamic",
        <tr class=class data-case=case.sha256.clone() aria-rowindex=(place + 2).to_string() on:click=move |_| state.show(&of_row)>
            <td>
                <button class="link" data-action="open" on:click=move |event| {
                    event.stop_propagation();
                    state.show(&file);
                }>{reference}</button>
            </td>
            <td><strong>{tier}</strong></td>
            <td title=rules.join("\n")><span class="clamp">{rules.join("; ")}</span></td>
            <td>{deadline.unwrap_or_default()}</td>
            <td>{case.role.clone()}</td>
            <td>{case.country.clone()}</td>
            <td class="number">{case.children.map(|children| children.to_string()).unwrap_or_default()}</td>
            <Show when=move || state.newest_arrival.get().is_some()>
                <td>{received.clone()}</td>
            </Show>
            <td>{status}</td>
            <td title=marks.join("\n")><span class="clamp">{marks.join(", ")}</span></td>
            <Show when=move || state.shows_names.get()>
                <td dir="auto">{name.clone()}</td>
            </Show>
        </tr>
    }
}
