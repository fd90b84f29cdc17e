//! A referral: chosen columns of the cases that were picked, sealed to one partner. What would go is shown before anything is
//! made, and whoever makes it types how much that is.

mod columns;
mod consent;

use std::sync::Arc;

use amanat_reviewer::notebook::Event;
use amanat_reviewer::referral::consent::Asked;
use amanat_reviewer::referral::layout::Layout;
use amanat_reviewer::referral::partner::{Partner, PartnerKey, PartnerKind};
use amanat_reviewer::referral::{self, Confirmed, MOST_ROWS, MOST_ROWS_EVER, Most, Pictures, Prepared, Request, preview};
use amanat_reviewer::sealed::Opened;
use leptos::prelude::*;
use sha2::{Digest, Sha256};
use wasm_bindgen_futures::spawn_local;

use super::two_lines;
use crate::reading;
use crate::saving;
use crate::state::{Desk, Stage, random};
use columns::Columns;
use consent::Consent;

const KINDS: [(&str, &str, PartnerKind); 3] = [
    ("partner", "UNHCR or a resettlement organisation", PartnerKind::Partner),
    ("government", "a resettlement government", PartnerKind::Government),
    ("association", "an association of prosecutors, judges or lawyers, to check who somebody is", PartnerKind::Association),
];

/// What is being put together.
#[derive(Clone, Copy)]
struct Draft {
    cases: RwSignal<Arc<Vec<Opened>>, LocalStorage>,
    partner: RwSignal<String>,
    kind: RwSignal<PartnerKind>,
    key: RwSignal<String>,
    columns: RwSignal<Vec<String>>,
    asked: RwSignal<Vec<Asked>>,
    pictures: RwSignal<bool>,
    fault: RwSignal<Option<String>>,
    shown: RwSignal<Option<String>>,
    /// Whether so many persons would go that it needs a reason.
    many: RwSignal<bool>,
    /// What the partner's names of the cases are drawn from: those that were shown are those that go.
    seed: StoredValue<[u8; 32]>,
}

/// The page.
#[component]
pub fn Refer(desk: Desk) -> impl IntoView {
    let draft = Draft {
        cases: RwSignal::new_local(Arc::default()),
        partner: RwSignal::new(String::new()),
        kind: RwSignal::new(PartnerKind::Partner),
        key: RwSignal::new(String::new()),
        columns: RwSignal::new(Vec::new()),
        asked: RwSignal::new(Vec::new()),
        pictures: RwSignal::new(false),
        fault: RwSignal::new(None),
        shown: RwSignal::new(None),
        many: RwSignal::new(false),
        seed: StoredValue::new([0; 32]),
    };
    spawn_local(async move {
        let mut cases = Vec::new();
        for file in desk.picked.get_untracked() {
            match reading::open(desk, &file).await {
                Ok(case) => cases.push(case),
                Err(fault) => draft.fault.set(Some(fault.to_string())),
            }
        }
        draft.cases.set(Arc::new(cases));
    });
    let typed = |signal: RwSignal<String>| {
        move |event| {
            signal.set(event_target_value(&event));
            draft.shown.set(None);
        }
    };
    // What goes is in the words that were read.
    Effect::new(move |_| {
        desk.language.track();
        draft.shown.set(None);
    });
    let unopened = move || preview::unopened(desk.failures.with(Vec::len));
    view! { class = "ours",
        <h1>"Refer " {move || draft.cases.with(|cases| cases.len())} " cases to one partner"</h1>
        <section class="fields">
            <label>"Your short name " <input type="text" data-role="author" autocomplete="off" maxlength="40"
                prop:value=move || desk.author.get() on:input=move |event| desk.author.set(event_target_value(&event))/></label>
            <label>"The partner's name " <input type="text" data-role="partner" autocomplete="off" spellcheck="false" on:input=typed(draft.partner)/></label>
            <label>"It is " <select data-role="kind" on:change=move |event| {
                let value = event_target_value(&event);
                draft.kind.set(KINDS.iter().find(|(key, ..)| *key == value).map_or(PartnerKind::Partner, |(.., kind)| *kind));
                draft.columns.set(Vec::new());
                draft.shown.set(None);
            }>{KINDS.map(|(key, words, _)| view! { class = "ours", <option value=key>{words}</option> }).to_vec()}</select></label>
            <label class="wide">"The partner's public key (age1…), as the partner sent it "
                <textarea data-role="key" rows="3" autocomplete="off" spellcheck="false" on:input=typed(draft.key)></textarea></label>
            {move || fingerprint(&draft.key.get())}
        </section>
        {move || view! { class = "ours", <Columns kind=draft.kind.get() chosen=draft.columns shown=draft.shown/> }}
        <p><label><input type="checkbox" data-role="pictures" on:change=move |event| {
            draft.pictures.set(event_target_checked(&event));
            draft.shown.set(None);
        }/> " Attached pictures go along, drawn anew"</label></p>
        <Consent desk cases=draft.cases partner=draft.partner kind=draft.kind asked=draft.asked shown=draft.shown/>
        {move || unopened().map(|words| view! { class = "ours", <p class="warning" data-role="unopened">{words}</p> })}
        <p><button data-action="preview" on:click=move |_| look(desk, draft)>"Show what would go"</button></p>
        <div role="alert">{move || draft.fault.get().map(|words| view! { class = "ours", <p class="fault" data-role="fault">{two_lines(&words)}</p> })}</div>
        {move || draft.shown.get().map(|text| view! { class = "ours", <Confirm desk draft text/> })}
    }
}

/// To be compared by voice.
fn fingerprint(key: &str) -> Option<impl IntoView + use<>> {
    (!key.trim().is_empty()).then(|| match PartnerKey::parse(key) {
        Ok(key) => view! { class = "ours", <p data-role="fingerprint">"Compare by voice with the partner: "<strong>{key.fingerprint()}</strong></p> }.into_any(),
        Err(error) => view! { class = "ours", <p class="fault">{two_lines(&error.to_string())}</p> }.into_any(),
    })
}

fn with_prepared<T>(desk: Desk, draft: Draft, then: impl FnOnce(&Prepared<'_>) -> Result<T, String>) -> Result<T, String> {
    let layout = Layout::built_in();
    let partner = Partner {
        name: referral::name(&draft.partner.get_untracked()).map_err(|error| error.to_string())?,
        kind: draft.kind.get_untracked(),
        key: PartnerKey::parse(&draft.key.get_untracked()).map_err(|error| error.to_string())?,
    };
    let (cases, columns) = (draft.cases.get_untracked(), draft.columns.get_untracked());
    let (forms, language, asked, others) =
        (desk.forms.get_value(), desk.language.get_untracked(), draft.asked.get_untracked(), desk.others.get_value());
    let request = Request {
        layout: &layout,
        columns: &columns,
        partner: &partner,
        forms: &forms,
        language: &language,
        today: desk.today,
        asked: &asked,
        pictures: if draft.pictures.get_untracked() { Pictures::DrawnAnew } else { Pictures::None },
        others: &others,
    };
    let mut drawn = 0_u64;
    let again = |bytes: &mut [u8]| {
        for piece in bytes.chunks_mut(32) {
            drawn += 1;
            let next = Sha256::digest([&draft.seed.get_value()[..], &drawn.to_be_bytes()].concat());
            piece.copy_from_slice(&next[..piece.len()]);
        }
    };
    let prepared = referral::prepare(&request, &cases, again).map_err(|error| error.to_string())?;
    then(&prepared)
}

fn look(desk: Desk, draft: Draft) {
    draft.shown.set(None);
    draft.seed.update_value(|seed| random(seed));
    match with_prepared(desk, draft, |prepared| Ok((preview::preview(prepared), prepared.rows() > MOST_ROWS))) {
        Ok((text, many)) => {
            draft.fault.set(None);
            draft.many.set(many);
            draft.shown.set(Some(text));
        }
        Err(words) => draft.fault.set(Some(words)),
    }
}

/// What would go, and the two numbers.
#[component]
fn Confirm(desk: Desk, draft: Draft, text: String) -> impl IntoView {
    let (rows, columns, reason) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let typed = |signal: RwSignal<String>| move |event| signal.set(event_target_value(&event));
    let make = move |_| {
        let parsed = |signal: RwSignal<String>| signal.get_untracked().trim().parse::<usize>().unwrap_or(usize::MAX);
        let confirmed = Confirmed { rows: parsed(rows), columns: parsed(columns) };
        let result = with_prepared(desk, draft, |prepared| {
            let reason = reason.get_untracked();
            let most = if draft.many.get_untracked() { Most::new(MOST_ROWS_EVER, Some(&reason)) } else { Ok(Most::default()) };
            let most = most.map_err(|error| error.to_string())?;
            let pen = desk.pen().ok_or("your name is missing\nType your short name above: it stands in the log.")?;
            let made =
                referral::make(prepared, confirmed, &most, pen.author.as_str(), pen.now).map_err(|error| error.to_string())?;
            // Nothing leaves that the notebook cannot keep.
            let mut id = [0; 16];
            random(&mut id);
            let event = Event::Referred(made.log.referral.clone());
            let mut noted = desk.notebook.get_untracked();
            noted.add_event(id, event, &pen).map_err(|fault| fault.to_string())?;
            saving::save(&format!("referral-{}.age", made.log.referral.file.get(..12).unwrap_or_default()), &made.sealed)
                .map_err(|why| why.to_string())?;
            Ok(noted)
        });
        match result {
            Ok(noted) => {
                let _: Result<(), ()> = desk.write(|notebook| {
                    *notebook = noted;
                    Ok(())
                });
                desk.picked.set(std::collections::BTreeSet::new());
                desk.stage.set(Stage::List);
            }
            Err(words) => draft.fault.set(Some(words)),
        }
    };
    view! { class = "ours",
        <section class="box" data-role="preview">
            <h2>"This would go. Nothing has been made yet."</h2>
            <pre>{text}</pre>
            <Show when=move || draft.many.get()>
                <p><label>{format!("More than {MOST_ROWS} persons go only for a reason, which is logged ")}
                    <input type="text" data-role="reason" autocomplete="off" dir="auto" on:input=typed(reason)/></label></p>
            </Show>
            <p class="tools">
                <label>"Number of rows (persons) " <input type="text" inputmode="numeric" data-role="rows" autocomplete="off" on:input=typed(rows)/></label>
                <label>"Number of columns " <input type="text" inputmode="numeric" data-role="columns" autocomplete="off" on:input=typed(columns)/></label>
                <button class="primary" data-action="make" on:click=make>"Seal it to this partner"</button>
            </p>
        </section>
    }
}
