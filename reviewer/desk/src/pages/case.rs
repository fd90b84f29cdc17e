//! The page of one case: how this person may be contacted and what may be shared, then every answer, then the attachments.

mod attachment;
mod related;
mod work;

use std::sync::Arc;

use amanat_reviewer_core::case_text::deadlines;
use amanat_reviewer_core::case_view::{self, CaseView, Section};
use amanat_reviewer_core::cases::{Case as Listed, tier_words};
use amanat_reviewer_core::decrypt::{Binding, Fault, Opened};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::safe_text;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{listed, two_lines};
use crate::load;
use crate::state::AppState;
use attachment::Attachment;
use related::{Related, questions};
use work::Work;

/// A file that could not be opened: the reason, and the id if a reviewer may work on it all the same.
#[derive(Clone)]
struct Unopened {
    message: Message,
    sha256: Option<String>,
}

/// Opens and shows the chosen case.
#[component]
pub fn Case(state: AppState) -> impl IntoView {
    let opened: RwSignal<Option<Result<Arc<Opened>, Unopened>>> = RwSignal::new(None);
    Effect::new(move |_| {
        let name = state.open_case.get();
        opened.set(None);
        spawn_local(async move {
            let result = match load::open(state, &name).await {
                Ok(case) => Ok(Arc::new(case)),
                // A reviewer can put aside a file that the form never makes, so that it leaves the top of the list. A damaged
                // file stays, since it is a person's.
                Err(fault @ Fault::Refused(_)) => {
                    Err(Unopened { message: fault.into(), sha256: load::refused(state, &name).await })
                }
                Err(fault) => Err(Unopened { message: fault.into(), sha256: None }),
            };
            if state.open_case.get_untracked() == name {
                opened.set(Some(result));
            }
        });
    });
    view! { class = "dynamic",
        {move || match opened.get() {
            None => view! { class = "dynamic", <p>"Opening…"</p> }.into_any(),
            Some(Err(Unopened { message, sha256 })) => {
                let work = sha256.map(|sha256| view! { class = "dynamic", <Work state sha256/> });
                view! { class = "dynamic", <p class="fault" role="alert" data-role="refused">{two_lines(message)}</p>{work} }.into_any()
            }
            Some(Ok(case)) => view! { class = "dynamic", <Whole state case/> }.into_any(),
        }}
    }
}

#[component]
fn Whole(state: AppState, case: Arc<Opened>) -> impl IntoView {
    // The list knows the file by its name, which a stick can give to another file; this id is computed from the bytes.
    let identity = case.sha256.clone();
    let renamed = state.case().is_some_and(|listed| listed.sha256 != identity);
    let reference: String = identity.chars().take(12).collect();
    let of_sheet = case.clone();
    let name = case.registration.answers.text("name_native").map(safe_text::isolated);
    let warnings = move || state.case().as_ref().map(Listed::warnings).unwrap_or_default();
    let other_proof = case.binding == Binding::Other;
    let picked = move || state.picked.with(|picked| picked.contains(&state.open_case.get()));
    let pick = move |_| {
        state.picked.update(|picked| {
            let file = state.open_case.get_untracked();
            if !picked.remove(&file) {
                picked.insert(file);
            }
        });
    };
    let sheet = Memo::new(move |_| case_view::view(&of_sheet.registration, &state.forms.get_value(), &state.language.get()));
    let direction = move || if state.language.get() == "en" { "ltr" } else { "rtl" };
    let attachments =
        (0..case.files.len()).map(|index| view! { class = "dynamic", <Attachment case=case.clone() index/> }).collect_view();
    view! { class = "dynamic",
        <article data-role="case">
            <h1>"Case " <code>{reference}</code>" "<bdi>{name}</bdi></h1>
            <p class="hint">{move || sheet.get().form}</p>
            <p class="print-only">{format!("Printed on {} (Kabul). Paper is a copy that nothing locks: burn it after use.", state.today)}</p>
            {urgency(state)}
            <p class="hint no-print"><button data-action="print" on:click=move |_| drop(window().print())>"Print this case"</button>" "<button data-action="pick" on:click=pick>{move || if picked() { "Take out of the referral" } else { "Pick for a referral" }}</button></p>
            <Show when=move || renamed>
                <p class="warning" data-role="renamed">
                    "This file has the name of another one. What the list said of it may be another person's. Tell the coalition."
                </p>
            </Show>
            <Show when=move || other_proof>
                <p class="warning" data-role="other-proof">
                    "Its delete proof is not the one that its header binds: no acknowledgement deletes it. Our form does not make such files. Tell the coalition."
                </p>
            </Show>
            <Show when=move || !sheet.get().form_known>
                <p class="warning">
                    "This form is not known here: keys are shown in place of labels. Choose the folder with the pack that it came with."
                </p>
            </Show>
            <Show when=move || sheet.get().form_earlier>
                <p class="warning" data-role="earlier-form">
                    "This was filled in under an earlier form than the newest one here. Its own words are shown."
                </p>
            </Show>
            <section class="box danger" data-role="contact">
                <h2>"Before you contact this person"</h2>
                {move || warnings().into_iter().map(|words| view! { class = "dynamic", <p class="fault" data-role="superseded"><strong>{words}</strong></p> }).collect_view()}
                <ul>{move || listed(sheet.get().contact)}</ul>
            </section>
            <section class="box" data-role="sharing">
                <h2>"Consent, and what may be shared"</h2>
                <ul>{move || listed(sheet.get().sharing)}</ul>
            </section>
            <Related state/>
            {questions(state, &case)}
            <Work state sha256=identity/>
            <div class="answers" dir=direction>{move || sections(sheet.get())}</div>
            <section>
                <h2>"Attachments"</h2>
                {if case.files.is_empty() { Some("None.") } else { None }}
                {attachments}
            </section>
        </article>
    }
}

/// Shows the tier, the rules that fired, and the deadlines.
fn urgency(state: AppState) -> Option<impl IntoView + use<>> {
    let case = state.case()?;
    let verdict = case.verdict?;
    let detained = case.threat.is_detained.then(|| view! { class = "dynamic", <p><strong>"Detained now."</strong></p> });
    let deadlines = deadlines(&verdict).into_iter().map(|line| view! { class = "dynamic", <p>{line}</p> }).collect_view();
    let rules = verdict.rules.iter().map(|rule| format!("{}: {}", safe_text::safe(&rule.name), safe_text::safe(&rule.why)));
    let rules = rules.map(|rule| view! { class = "dynamic", <li>{rule}</li> }).collect_view();
    Some(view! { class = "dynamic",
        <section class="box" data-role="urgency">
            <h2>{tier_words(Some(verdict.tier)).to_owned()}</h2>
            <ul>{rules}</ul>
            {detained}
            {deadlines}
        </section>
    })
}

fn sections(sheet: CaseView) -> impl IntoView {
    sheet.sections.into_iter().map(section).collect_view()
}

fn section(section: Section) -> impl IntoView {
    let rows = section.rows.into_iter().map(|row| {
        let lines = row.lines.into_iter().map(|line| view! { class = "dynamic", <p dir="auto">{line}</p> }).collect_view();
        view! { class = "dynamic",
            <div class="row">
                <dt dir="auto">{row.label}</dt>
                <dd>{lines}</dd>
            </div>
        }
    });
    view! { class = "dynamic",
        <section data-section=section.name>
            <h2 dir="auto">{section.heading}</h2>
            <dl>{rows.collect_view()}</dl>
        </section>
    }
}
