//! One row of the list.

use amanat_reviewer::terminal;
use amanat_shared::form::Tier;
use leptos::prelude::*;

use crate::state::Desk;

/// The case at `index` of all, in the list's place `place`.
#[component]
pub fn Row(desk: Desk, place: usize, index: usize) -> impl IntoView {
    let case = desk.cases.with_untracked(|cases| cases[index].clone());
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
        .map(|rule| format!("{} {}", terminal::safe(&rule.name), terminal::safe(&rule.why)))
        .collect();
    let days = verdict.and_then(|verdict| verdict.deadline_days).map(|days| days.to_string());
    let mut marks = Vec::new();
    if case.deletion_asked() {
        marks.push("asks for deletion".to_owned());
    }
    if !case.later.is_empty() {
        marks.push(format!("{} later", case.later.len()));
    }
    if !case.earlier.is_empty() {
        marks.push("update".to_owned());
    }
    if !case.duplicates.others.is_empty() {
        marks.push("likely duplicate".to_owned());
    }
    if case.standing.notes > 0 {
        marks.push(format!("{} notes", case.standing.notes));
    }
    let status = match &case.standing.assigned {
        Some(whose) => format!("{}, {}", case.standing.status.words(), terminal::isolated(whose.as_str())),
        None => case.standing.status.words().to_owned(),
    };
    let (file, reference) = (case.file.clone(), case.reference().to_owned());
    let name = case.name.clone().unwrap_or_default();
    view! { class = "ours",
        <tr class=class data-case=case.sha256.clone() aria-rowindex=(place + 2).to_string()>
            <td><strong>{tier}</strong></td>
            <td title=rules.join("\n")>{rules.join("; ")}</td>
            <td class="number">{days.unwrap_or_default()}</td>
            <td>{case.role.clone()}</td>
            <td>{case.country.clone()}</td>
            <td class="number">{case.children.map(|children| children.to_string()).unwrap_or_default()}</td>
            <td>{case.received.as_ref().map(|received| received.day().to_owned()).unwrap_or_default()}</td>
            <td>{status}</td>
            <td>{marks.join(", ")}</td>
            <Show when=move || desk.names.get()>
                <td dir="auto">{name.clone()}</td>
            </Show>
            <td>
                <button class="link" data-action="open" on:click=move |_| desk.show(&file)>{reference}</button>
            </td>
        </tr>
    }
}
