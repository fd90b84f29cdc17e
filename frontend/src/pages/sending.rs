//! Sealing and sending, with a progress that moves, until it is received.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::receipt::code_in_groups;
use crate::draft::{Draft, Step};
use crate::sending::{Progress, seal_and_send};
use crate::words;

/// Starts at once; "received" appears only after the server's commit.
pub fn sending(draft: Draft) -> AnyView {
    let language = draft.words();
    let progress = RwSignal::new(Progress::Sealing(0.0));
    let start = move || {
        progress.set(Progress::Sealing(0.0));
        spawn_local(async move {
            let ended = seal_and_send(draft, progress).await;
            progress.set(ended);
        });
    };
    start();
    let content = move || match progress.get() {
        Progress::Received => received(draft),
        Progress::SealFailed => view! {
            <p class="fault" role="alert">{words::SEND_SEAL_FAILED.to(language)}</p>
            <button type="button" class="secondary" data-action="back" on:click=move |_| draft.go(Step::Check)>{words::UI_BACK.to(language)}</button>
            <button type="button" class="primary" data-action="retry" on:click=move |_| start()>{words::UI_RETRY.to(language)}</button>
        }
        .into_any(),
        Progress::Refused(words) => view! {
            <p class="fault" role="alert">{words.to(language)}</p>
            <button type="button" class="secondary" data-action="back" on:click=move |_| draft.go(Step::Check)>{words::UI_BACK.to(language)}</button>
            <button type="button" class="primary" data-action="retry" on:click=move |_| start()>{words::UI_RETRY.to(language)}</button>
        }
        .into_any(),
        Progress::Sealing(part) => moving(words::UI_ENCRYPTING.to(language).to_owned(), part, None),
        Progress::Sending { acknowledged, waiting } => {
            // Never 100 % before the commit.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of one becomes 0 to 99")]
            let percent = (acknowledged * 100.0).min(99.0) as u32;
            let text = words::SEND_ACKNOWLEDGED.with(language, &[("percent", &language.digits(percent))]);
            moving(text, acknowledged.min(0.99), waiting.map(|words| words.to(language)))
        }
    };
    view! { <div aria-live="polite">{content}</div> }.into_any()
}

fn moving(text: String, part: f64, notice: Option<&'static str>) -> AnyView {
    view! {
        <p>{text.clone()}</p>
        <progress max="1" value=part aria-label=text></progress>
        {notice.map(|notice| view! { <p class="warning">{notice}</p> })}
    }
    .into_any()
}

fn received(draft: Draft) -> AnyView {
    let language = draft.words();
    let code = draft.receipt();
    view! {
        <h1 data-role="received">{words::SEND_RECEIVED.to(language)}</h1>
        <h2>{words::DONE_REF.to(language)}</h2>
        <p class="code" data-role="receipt" dir="ltr">{code_in_groups(&code)}</p>
        <p>{words::DONE_NEXT.to(language)}</p>
        <p>{words::DONE_WAIT.to(language)}</p>
        <p>{words::DONE_EMERGENCY.to(language)}</p>
        <p class="notice">{words::DONE_CLEAN.to(language)}</p>
    }
    .into_any()
}
