//! A referral: chosen columns of the picked cases, sealed to one partner. The page shows first what would be sent, and the
//! reviewer types the number of rows and columns.

mod columns;
mod consent;

use std::collections::BTreeSet;
use std::sync::Arc;

use amanat_reviewer_core::decrypt;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::referral::layout::Layout;
use amanat_reviewer_core::referral::partner::{Partner, PartnerKey, PartnerKind};
use amanat_reviewer_core::referral::{self, Confirmed, MOST_ROWS, MOST_ROWS_EVER, Pictures, Prepared, Request, RowLimit, preview};
use amanat_reviewer_core::safe_text;
use leptos::prelude::*;
use sha2::{Digest, Sha256};
use wasm_bindgen_futures::spawn_local;

use super::two_lines;
use crate::download;
use crate::load;
use crate::random::random;
use crate::state::{AppState, Stage};
use columns::Columns;
use consent::Consent;

const KINDS: [(&str, &str, PartnerKind); 3] = [
    ("partner", "UNHCR or a resettlement organisation", PartnerKind::Partner),
    ("government", "a resettlement government", PartnerKind::Government),
    ("association", "an association of prosecutors, judges or lawyers, to check who somebody is", PartnerKind::Association),
];

const RENAMED: &str = "a file has the name of another registration than the one that is in it, and is left out";
const RENAMED_ADVICE: &str = "What the list says of it may be another person's. Tell the coalition who brought it.";

/// Shows the referral's form.
#[component]
pub fn Refer(state: AppState) -> impl IntoView {
    let draft = state.referral_draft();
    draft.shown.set(None);
    draft.fault.set(None);
    spawn_local(async move {
        let mut opened = Vec::new();
        for file in state.picked.get_untracked() {
            match load::open(state, &file).await {
                Ok(case) if decrypt::identity_in_name(&file).is_none_or(|named| named == case.sha256) => opened.push(case),
                Ok(_) => draft.fault.set(Some(Message::new(RENAMED, RENAMED_ADVICE))),
                Err(fault) => draft.fault.set(Some(fault.into())),
            }
        }
        draft.cases.set(Arc::new(opened));
    });
    let partner = move |signal: RwSignal<String>| {
        move |event| {
            signal.set(event_target_value(&event));
            draft.for_another_partner();
        }
    };
    let choose_kind = move |event| {
        let value = event_target_value(&event);
        draft.kind.set(KINDS.iter().find(|(key, ..)| *key == value).map(|(.., kind)| *kind));
        draft.columns.set(Vec::new());
        draft.for_another_partner();
    };
    let is_kind = move |it: PartnerKind| draft.kind.get_untracked() == Some(it);
    // The referral contains the labels in the language that the reviewer read.
    Effect::new(move |_| {
        state.language.track();
        draft.shown.set(None);
    });
    let unopened = move || preview::unopened(state.failures.with(Vec::len));
    let heading = move || {
        let cases = draft.cases.with(|cases| cases.len());
        format!("Refer {} to one partner", super::counted(cases, "case", "cases"))
    };
    view! { class = "dynamic",
        <h1>{heading}</h1>
        <section class="fields">
            <label>"Your short name " <input type="text" data-role="author" autocomplete="off" maxlength="40"
                prop:value=move || state.author.get() on:input=move |event| state.author.set(event_target_value(&event))/></label>
            <label>"The partner's name " <input type="text" data-role="partner" autocomplete="off" spellcheck="false"
                prop:value=draft.partner.get_untracked() on:input=partner(draft.partner)/></label>
            <label>"What kind of partner it is " <select data-role="kind" on:change=choose_kind>
                <option value="" prop:selected=draft.kind.get_untracked().is_none()>"choose"</option>
                {KINDS.map(|(key, words, kind)| view! { class = "dynamic", <option value=key prop:selected=is_kind(kind)>{words}</option> }).to_vec()}
            </select></label>
            <label class="wide">"The partner's public key (age1…), as the partner sent it "
                <textarea data-role="key" rows="3" autocomplete="off" spellcheck="false"
                    prop:value=draft.key.get_untracked() on:input=partner(draft.key)></textarea></label>
            {move || fingerprint(&draft.key.get())}
        </section>
        {move || match draft.kind.get() {
            None => view! { class = "dynamic",
                <p class="warning" data-role="no-kind">"Choose first what kind of partner it is: what each person allowed, and which columns there are, hang on that."</p>
            }.into_any(),
            Some(kind) => view! { class = "dynamic",
                <Consent state kind/>
                <Columns kind chosen=draft.columns shown=draft.shown/>
            }.into_any(),
        }}
        <p><label><input type="checkbox" data-role="pictures" prop:checked=draft.pictures.get_untracked() on:change=move |event| {
            draft.pictures.set(event_target_checked(&event));
            draft.shown.set(None);
        }/> " Attached pictures go along, drawn anew. Look at each of them first."</label></p>
        {move || unopened().map(|words| view! { class = "dynamic", <p class="warning" data-role="unopened">{words}</p> })}
        <p><button data-action="preview" prop:disabled=move || draft.kind.get().is_none() on:click=move |_| look(state)>"Show what would go"</button></p>
        <div role="alert">{move || draft.fault.get().map(|message| view! { class = "dynamic", <p class="fault" data-role="fault">{two_lines(message)}</p> })}</div>
        {move || draft.shown.get().map(|text| view! { class = "dynamic", <Confirm state text/> })}
    }
}

/// Shows the key's fingerprint, which reviewer and partner compare by voice.
fn fingerprint(key: &str) -> Option<impl IntoView + use<>> {
    (!key.trim().is_empty()).then(|| match PartnerKey::parse(key) {
        Ok(key) => {
            let old = (!key.is_post_quantum()).then(|| {
                view! { class = "dynamic", <p class="warning">"This key is of the old kind: whoever keeps the file may be able to open it in some decades. It may be used; better ask for a key that begins with age1pq1."</p> }
            });
            view! { class = "dynamic",
                <p data-role="fingerprint">"Compare by voice with the partner: "<strong>{key.fingerprint()}</strong></p>
                {old}
            }.into_any()
        }
        Err(error) => view! { class = "dynamic", <p class="fault">{two_lines(error.into())}</p> }.into_any(),
    })
}

fn with_prepared<T>(state: AppState, then: impl FnOnce(&Prepared<'_>) -> Result<T, Message>) -> Result<T, Message> {
    let (layout, draft) = (Layout::built_in(), state.referral_draft());
    let partner = Partner {
        name: referral::name(&draft.partner.get_untracked())?,
        kind: draft.kind.get_untracked().ok_or_else(|| Message::new("the kind of partner is not chosen", "Choose it above."))?,
        key: PartnerKey::parse(&draft.key.get_untracked())?,
    };
    let (cases, columns) = (draft.cases.get_untracked(), draft.columns.get_untracked());
    let (forms, language, asked, others) =
        (state.forms.get_value(), state.language.get_untracked(), draft.asked.get_untracked(), state.superseding.get_value());
    let notebook = state.notebook.get_untracked();
    let request = Request {
        layout: &layout,
        columns: &columns,
        partner: &partner,
        forms: &forms,
        language: &language,
        today: state.today,
        asked: &asked,
        pictures: if draft.pictures.get_untracked() { Pictures::DrawnAnew } else { Pictures::None },
        others: &others,
        notebook: &notebook,
    };
    let mut drawn = 0_u64;
    let again = |bytes: &mut [u8]| {
        for piece in bytes.chunks_mut(32) {
            drawn += 1;
            let next = Sha256::digest([&draft.seed.get_value()[..], &drawn.to_be_bytes()].concat());
            piece.copy_from_slice(&next[..piece.len()]);
        }
    };
    let prepared = referral::prepare(&request, &cases, again)?;
    then(&prepared)
}

fn look(state: AppState) {
    let draft = state.referral_draft();
    draft.shown.set(None);
    match with_prepared(state, |prepared| Ok((preview::preview(prepared), prepared.rows()))) {
        Ok((text, rows)) => {
            draft.fault.set(None);
            draft.rows.set(rows);
            draft.shown.set(Some(text));
        }
        Err(message) => draft.fault.set(Some(message)),
    }
    // The preview is longer than the screen and below the button.
    request_animation_frame(|| {
        if let Ok(Some(shown)) = document().query_selector("[data-role=preview], [data-role=fault]") {
            shown.scroll_into_view();
        }
    });
}

/// Seals the referral, hands the file to the person and logs it. Returns what the list then says.
fn make(state: AppState, confirmed: Confirmed, reason: &str) -> Result<Vec<String>, Message> {
    if let Some(older) = state.older_pack() {
        return Err(older.into());
    }
    let many = state.referral_draft().rows.get_untracked() > MOST_ROWS;
    with_prepared(state, |prepared| {
        let most = if many { RowLimit::new(MOST_ROWS_EVER, Some(reason)) } else { Ok(RowLimit::default()) };
        let most = most?;
        let stamp = state
            .stamp()
            .ok_or_else(|| Message::new("your name is missing", "Type your short name above: it stands in the log."))?;
        let made = referral::make(prepared, confirmed, &most, stamp.author.as_str(), stamp.now)?;
        // The notebook accepts the entry before anything leaves.
        let mut id = [0; 16];
        random(&mut id);
        let (partner, file) = (made.log.referral.partner.clone(), made.log.referral.file.clone());
        let mut noted = state.notebook.get_untracked();
        noted.add_referral(id, made.log.referral, &stamp)?;
        let name = format!("referral-{}.age", file.get(..12).unwrap_or_default());
        download::save(&name, &made.sealed)?;
        let _: Result<(), ()> = state.write(|notebook| {
            *notebook = noted;
            Ok(())
        });
        Ok(vec![
            format!("Sealed for {}.", safe_text::isolated(&partner)),
            format!("The file {name} is where this browser saves (as a rule the folder Downloads). Only that partner can open it."),
            "Carry it on a stick to the online computer, and send it to the partner as you send them other files.".to_owned(),
            "It is noted in your notebook, which is not saved yet: save it now.".to_owned(),
        ])
    })
}

/// Shows the preview, and asks for its two numbers.
#[component]
fn Confirm(state: AppState, text: String) -> impl IntoView {
    let draft = state.referral_draft();
    let (rows, columns, reason) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let typed = |signal: RwSignal<String>| move |event| signal.set(event_target_value(&event));
    let seal = move |_| {
        let parsed = |signal: RwSignal<String>| signal.get_untracked().trim().parse::<usize>().unwrap_or(usize::MAX);
        match make(state, Confirmed { rows: parsed(rows), columns: parsed(columns) }, &reason.get_untracked()) {
            Ok(done) => {
                draft.clear();
                state.picked.set(BTreeSet::new());
                state.last_result.set(done);
                state.stage.set(Stage::List);
                window().scroll_to_with_x_and_y(0.0, 0.0);
            }
            Err(message) => draft.fault.set(Some(message)),
        }
    };
    let nobody = move || draft.rows.get() == 0;
    view! { class = "dynamic",
        <section class="box" data-role="preview">
            <h2>{move || if nobody() { "Nobody would go" } else { "This would go. Nothing has been made yet." }}</h2>
            <pre>{text}</pre>
            <Show when=move || { draft.rows.get() > MOST_ROWS }>
                <p><label>{format!("More than {MOST_ROWS} persons go only for a reason, which is logged ")}
                    <input type="text" data-role="reason" autocomplete="off" dir="auto" on:input=typed(reason)/></label></p>
            </Show>
            <Show when=move || !nobody()>
                <p class="tools">
                    <label>"Number of rows (persons) " <input type="text" inputmode="numeric" data-role="rows" autocomplete="off" on:input=typed(rows)/></label>
                    <label>"Number of columns " <input type="text" inputmode="numeric" data-role="columns" autocomplete="off" on:input=typed(columns)/></label>
                    <button class="primary" data-action="make" on:click=seal>"Seal it to this partner"</button>
                </p>
            </Show>
        </section>
    }
}
