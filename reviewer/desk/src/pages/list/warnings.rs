//! Facts that a reviewer must know before reading the list: the last result, the assumed day, the notebook's readers, and what
//! is missing.

use amanat_reviewer_core::arrival_times;
use amanat_reviewer_core::newest_pack::OlderPack;
use amanat_reviewer_core::{clock_check, safe_text};
use leptos::prelude::*;

use crate::pages::two_lines;
use crate::state::AppState;

/// Shows the warnings one below the other.
#[component]
pub fn Warnings(state: AppState) -> impl IntoView {
    let done = move || state.last_result.get();
    let lines = move || done().into_iter().skip(1).map(|line| view! { class = "dynamic", <p>{line}</p> }).collect_view();
    view! { class = "dynamic",
        <Show when=move || !done().is_empty()>
            <section class="box" data-role="done" role="status">
                <h2>{move || done().into_iter().next()}</h2>
                {lines}
                <button data-action="seen" on:click=move |_| state.last_result.set(Vec::new())>"I have read it"</button>
            </section>
        </Show>
        <p class="hint" data-role="today">{move || format!("Today in Kabul, by this computer: {}. {}", state.today, readers(state))}</p>
        {move || clock_is_wrong(state).then(|| view! { class = "dynamic",
            <p class="fault" data-role="clock">
                <strong>"This computer's date cannot be right, so tiers and deadlines are wrong. Set the clock, then open this page again."</strong>
            </p>
        })}
        <Show when=move || state.has_new_day.get()>
            <p class="fault" data-role="new-day">
                <strong>"A new day has begun in Kabul since these files were opened: tiers and deadlines are those of yesterday. Save the notebook, then lock, and open the files again."</strong>
            </p>
        </Show>
        <Show when=move || state.cases.with(|cases| cases.is_empty())>
            <p class="warning" data-role="empty">
                "No registration was opened. Choose the whole folder that pull wrote, with the button: a folder that is dropped here no browser reads."
            </p>
        </Show>
        {move || arrival_times::missing(state.missing_files.get()).map(|words| view! { class = "dynamic", <p class="warning" data-role="missing">{words}</p> })}
        {move || older(state).map(|older| view! { class = "dynamic",
            <p class="fault" data-role="older-pack">{two_lines(older.into())}" A notebook that you save opens for you alone."</p>
        })}
        <Show when=move || older(state).is_none() && state.pack_to_seal_to().is_none()>
            <p class="warning" data-role="no-pack">
                "The newest pack.json is not among the files, or is not good today: your notebook opens for you alone. Choose the whole folder that pull wrote this week."
            </p>
        </Show>
    }
}

/// Returns the warning about a pack that is older than one that was seen; a merged notebook may know the newer one.
fn older(state: AppState) -> Option<OlderPack> {
    state.offered_notebooks.track();
    state.notebook.track();
    state.older_pack()
}

/// Returns the notebook's readers, and a hint if nothing is known of earlier packs.
fn readers(state: AppState) -> String {
    state.offered_notebooks.track();
    state.notebook.track();
    let Some(pack) = state.pack_to_seal_to() else { return String::new() };
    let names: Vec<String> = pack.recipients.iter().map(|recipient| safe_text::safe(&recipient.name)).collect();
    let remembers = state.identities.with_value(|identities| identities.as_ref().is_some_and(|it| it.remembers_packs()));
    let unknown = if remembers && state.newest_pack_seen.with_value(Option::is_none) {
        " Only the notebooks say whether there was a newer pack: identity.key.serial was not chosen beside the identity."
    } else {
        ""
    };
    let (names, issued) = (names.join(", "), safe_text::safe(&pack.issued));
    format!("A notebook that you save opens for: {names} (pack {} of {issued}).{unknown}", pack.serial)
}

/// Returns whether the day contradicts the pack or the arrival times.
fn clock_is_wrong(state: AppState) -> bool {
    state.stage.track();
    state.forms.with_value(|forms| clock_check::is_wrong(state.today, forms.pack(), state.newest_arrival.get()))
}
