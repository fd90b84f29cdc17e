//! What each person said about telling this kind of partner; and whether who wanted to be asked was.

use std::sync::Arc;

use amanat_reviewer::referral::all_others;
use amanat_reviewer::referral::consent::{Asked, Word, word};
use amanat_reviewer::referral::partner::PartnerKind;
use amanat_reviewer::referral::preview::STANDING;
use amanat_reviewer::sealed::Opened;
use amanat_reviewer::terminal;
use amanat_shared::dates::Day;
use leptos::prelude::*;

use crate::state::Desk;

/// One line for each case.
#[component]
pub fn Consent(
    desk: Desk,
    cases: RwSignal<Arc<Vec<Opened>>, LocalStorage>,
    partner: RwSignal<String>,
    kind: RwSignal<PartnerKind>,
    asked: RwSignal<Vec<Asked>>,
    shown: RwSignal<Option<String>>,
) -> impl IntoView {
    let rows = move || {
        let (cases, kind) = (cases.get(), kind.get());
        // A yes to one partner is none to another.
        partner.track();
        asked.set(Vec::new());
        let others = all_others(&desk.others.get_value(), &cases);
        let row = |case: &Opened| {
            let word = word(&case.registration, kind, desk.today, &others);
            let never = case.registration.answers.text("share_never").map(terminal::lines).unwrap_or_default();
            let never = never
                .into_iter()
                .map(|line| view! { class = "ours", <p dir="auto">"Never with (their words): "{line}</p> })
                .collect_view();
            let reference: String = case.sha256.chars().take(12).collect();
            let id = case.sha256.clone();
            let confirm = move |event| {
                let day = Day::from_iso(&event_target_value(&event)).filter(|day| *day <= desk.today);
                let by = desk.pen().map(|pen| pen.author.as_str().to_owned());
                asked.update(|all| {
                    all.retain(|asked| asked.case != id);
                    if let (Some(on), Some(by)) = (day, by) {
                        all.push(Asked { case: id.clone(), on, by });
                    }
                });
                shown.set(None);
            };
            let what = match word {
                Word::Yes => view! { class = "ours", <span class="good">"The person said yes."</span> }.into_any(),
                Word::Refused(why) => view! { class = "ours", <span class="fault">"Stays here: "{why.to_string()}</span> }.into_any(),
                Word::AskFirst => view! { class = "ours",
                    <label class="warning">
                        "The person wants to be asked first. Asked by you about this partner, and they said yes, on (as 2026-11-23; empty: stays here) "
                        <input type="text" data-role="asked" autocomplete="off" on:input=confirm/>
                    </label>
                }.into_any(),
            };
            view! { class = "ours", <li><code>{reference}</code>" "{what}{never}</li> }
        };
        cases.iter().map(row).collect_view()
    };
    view! { class = "ours",
        <section data-role="consent">
            <h2>"What they allowed"</h2>
            <p class="hint">{STANDING}</p>
            <ul>{rows}</ul>
        </section>
    }
}
