//! One case: how this person may be contacted and what may be shared, then every answer, then the attachments.

mod attachment;
mod related;
mod work;

use std::sync::Arc;

use amanat_reviewer_core::case_text::deadlines;
use amanat_reviewer_core::case_view::{self, CaseView, Section};
use amanat_reviewer_core::cases::{Case as Listed, tier_words};
use amanat_reviewer_core::decrypt::{Binding, Fault, Opened};
use amanat_reviewer_core::safe_text;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{listed, two_lines};
use crate::load;
use crate::state::Desk;
use attachment::Attachment;
use related::{Related, questions};
use work::Work;

/// Why a file could not be opened, and its identity where a reviewer may work on it all the same.
#[derive(Clone)]
struct Unopened {
    words: String,
    sha256: Option<String>,
}

/// The case that was chosen.
#[component]
pub fn Case(desk: Desk) -> impl IntoView {
    let opened: RwSignal<Option<Result<Arc<Opened>, Unopened>>> = RwSignal::new(None);
    Effect::new(move |_| {
        let name = desk.chosen.get();
        opened.set(None);
        spawn_local(async move {
            let result = match load::open(desk, &name).await {
                Ok(case) => Ok(Arc::new(case)),
                // What our form never makes can be put away, or it stands at the top for ever; what is damaged is a person's.
                Err(fault @ Fault::Refused(_)) => {
                    Err(Unopened { words: fault.to_string(), sha256: load::refused(desk, &name).await })
                }
                Err(fault) => Err(Unopened { words: fault.to_string(), sha256: None }),
            };
            if desk.chosen.get_untracked() == name {
                opened.set(Some(result));
            }
        });
    });
    view! { class = "ours",
        {move || match opened.get() {
            None => view! { class = "ours", <p>"Opening…"</p> }.into_any(),
            Some(Err(Unopened { words, sha256 })) => {
                let work = sha256.map(|sha256| view! { class = "ours", <Work desk sha256/> });
                view! { class = "ours", <p class="fault" role="alert" data-role="refused">{two_lines(&words)}</p>{work} }.into_any()
            }
            Some(Ok(case)) => view! { class = "ours", <Whole desk case/> }.into_any(),
        }}
    }
}

#[component]
fn Whole(desk: Desk, case: Arc<Opened>) -> impl IntoView {
    // The list goes by the file's name, which a stick can give to another's file; this is computed from the file.
    let identity = case.sha256.clone();
    let renamed = desk.case().is_some_and(|listed| listed.sha256 != identity);
    let reference: String = identity.chars().take(12).collect();
    let of_sheet = case.clone();
    let name = case.registration.answers.text("name_native").map(safe_text::isolated);
    let warnings = move || desk.case().as_ref().map(Listed::warnings).unwrap_or_default();
    let other_proof = case.binding == Binding::Other;
    let picked = move || desk.picked.with(|picked| picked.contains(&desk.chosen.get()));
    let pick = move |_| {
        desk.picked.update(|picked| {
            let file = desk.chosen.get_untracked();
            if !picked.remove(&file) {
                picked.insert(file);
            }
        });
    };
    let sheet = Memo::new(move |_| case_view::view(&of_sheet.registration, &desk.forms.get_value(), &desk.language.get()));
    let direction = move || if desk.language.get() == "en" { "ltr" } else { "rtl" };
    let attachments =
        (0..case.files.len()).map(|index| view! { class = "ours", <Attachment case=case.clone() index/> }).collect_view();
    view! { class = "ours",
        <article data-role="case">
            <h1>"Case " <code>{reference}</code>" "<bdi>{name}</bdi></h1>
            <p class="hint">{move || sheet.get().form}</p>
            <p class="print-only">{format!("Printed on {} (Kabul). Paper is a copy that nothing locks: burn it after use.", desk.today)}</p>
            {urgency(desk)}
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
                {move || warnings().into_iter().map(|words| view! { class = "ours", <p class="fault" data-role="superseded"><strong>{words}</strong></p> }).collect_view()}
                <ul>{move || listed(sheet.get().contact)}</ul>
            </section>
            <section class="box" data-role="sharing">
                <h2>"Consent, and what may be shared"</h2>
                <ul>{move || listed(sheet.get().sharing)}</ul>
            </section>
            <Related desk/>
            {questions(desk, &case)}
            <Work desk sha256=identity/>
            <div class="answers" dir=direction>{move || sections(sheet.get())}</div>
            <section>
                <h2>"Attachments"</h2>
                {if case.files.is_empty() { Some("None.") } else { None }}
                {attachments}
            </section>
        </article>
    }
}

/// The tier, the rules that fired, and the deadlines.
fn urgency(desk: Desk) -> Option<impl IntoView + use<>> {
    let case = desk.case()?;
    let verdict = case.verdict?;
    let detained = case.threat.is_detained.then(|| view! { class = "ours", <p><strong>"Detained now."</strong></p> });
    let deadlines = deadlines(&verdict).into_iter().map(|line| view! { class = "ours", <p>{line}</p> }).collect_view();
    let rules = verdict.rules.iter().map(|rule| format!("{}: {}", safe_text::safe(&rule.name), safe_text::safe(&rule.why)));
    let rules = rules.map(|rule| view! { class = "ours", <li>{rule}</li> }).collect_view();
    Some(view! { class = "ours",
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
        let lines = row.lines.into_iter().map(|line| view! { class = "ours", <p dir="auto">{line}</p> }).collect_view();
        view! { class = "ours",
            <div class="row">
                <dt dir="auto">{row.label}</dt>
                <dd>{lines}</dd>
            </div>
        }
    });
    view! { class = "ours",
        <section data-section=section.name>
            <h2 dir="auto">{section.heading}</h2>
            <dl>{rows.collect_view()}</dl>
        </section>
    }
}
