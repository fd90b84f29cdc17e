//! What is to be known before the list is read: what was done last, what day it is taken for, whom the notebook is sealed to,
//! and what is missing.

use amanat_reviewer_core::arrival_times;
use amanat_reviewer_core::{clock_check, safe_text};
use leptos::prelude::*;

use crate::pages::two_lines;
use crate::state::Desk;

/// One under the other.
#[component]
pub fn Notices(desk: Desk) -> impl IntoView {
    let done = move || desk.done.get();
    let lines = move || done().into_iter().skip(1).map(|line| view! { class = "ours", <p>{line}</p> }).collect_view();
    view! { class = "ours",
        <Show when=move || !done().is_empty()>
            <section class="box" data-role="done" role="status">
                <h2>{move || done().into_iter().next()}</h2>
                {lines}
                <button data-action="seen" on:click=move |_| desk.done.set(Vec::new())>"I have read it"</button>
            </section>
        </Show>
        <p class="hint" data-role="today">{move || format!("Today in Kabul, by this computer: {}. {}", desk.today, readers(desk))}</p>
        {move || clock_is_wrong(desk).then(|| view! { class = "ours",
            <p class="fault" data-role="clock">
                <strong>"This computer's date cannot be right, so tiers and deadlines are wrong. Set the clock, then open this page again."</strong>
            </p>
        })}
        <Show when=move || desk.has_new_day.get()>
            <p class="fault" data-role="new-day">
                <strong>"A new day has begun in Kabul since these files were opened: tiers and deadlines are those of yesterday. Save the notebook, then lock, and open the files again."</strong>
            </p>
        </Show>
        <Show when=move || desk.cases.with(|cases| cases.is_empty())>
            <p class="warning" data-role="empty">
                "No registration was opened. Choose the whole folder that pull wrote, with the button: a folder that is dropped here no browser reads."
            </p>
        </Show>
        {move || arrival_times::missing(desk.missing.get()).map(|words| view! { class = "ours", <p class="warning" data-role="missing">{words}</p> })}
        {move || older(desk).map(|words| view! { class = "ours",
            <p class="fault" data-role="older-pack">{two_lines(&words)}" A notebook that you save opens for you alone."</p>
        })}
        <Show when=move || older(desk).is_none() && desk.seals_to().is_none()>
            <p class="warning" data-role="no-pack">
                "The newest pack.json is not among the files, or is not good today: your notebook opens for you alone. Choose the whole folder that pull wrote this week."
            </p>
        </Show>
    }
}

/// What is to be said of a pack that is older than one that was seen. Notebooks that are taken in may bring it.
fn older(desk: Desk) -> Option<String> {
    desk.offered.track();
    desk.notebook.track();
    desk.older_pack().map(|older| older.to_string())
}

/// Whom the notebook opens for, and whether nothing is known of earlier packs.
fn readers(desk: Desk) -> String {
    desk.offered.track();
    desk.notebook.track();
    let Some(pack) = desk.seals_to() else { return String::new() };
    let names: Vec<String> = pack.recipients.iter().map(|recipient| safe_text::safe(&recipient.name)).collect();
    let remembers = desk.identities.with_value(|identities| identities.as_ref().is_some_and(|it| it.remembers_packs()));
    let unknown = if remembers && desk.seen.with_value(Option::is_none) {
        " Only the notebooks say whether there was a newer pack: identity.key.serial was not chosen beside the identity."
    } else {
        ""
    };
    let (names, issued) = (names.join(", "), safe_text::safe(&pack.issued));
    format!("A notebook that you save opens for: {names} (pack {} of {issued}).{unknown}", pack.serial)
}

/// Whether the day contradicts what is known.
fn clock_is_wrong(desk: Desk) -> bool {
    desk.stage.track();
    desk.forms.with_value(|forms| clock_check::is_wrong(desk.today, forms.pack(), desk.newest.get()))
}
