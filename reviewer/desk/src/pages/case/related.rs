//! Registrations that belong to a case or may be the same person's, and questions for an interviewer.

use amanat_reviewer_core::decrypt::Opened;
use amanat_reviewer_core::interview_flags;
use leptos::prelude::*;

use crate::state::AppState;

/// Lists earlier and later registrations, and likely duplicates.
#[component]
pub fn Related(state: AppState) -> impl IntoView {
    let rows = move || {
        let Some(case) = state.case() else { return Vec::new() };
        let joined = |what: &'static str| {
            move |joined: amanat_reviewer_core::cases::Joined| (format!("{what}: {}", joined.kind.words()), joined.sha256)
        };
        let mut rows: Vec<(String, String)> = case.later.into_iter().map(joined("Later")).collect();
        rows.extend(case.earlier.into_iter().map(joined("Earlier")));
        let claim = |what: &'static str| {
            move |claim: amanat_reviewer_core::cases::Claim| {
                (format!("{what}: {} ({})", claim.kind.words(), claim.lacks.words()), claim.sha256)
            }
        };
        rows.extend(case.claims.into_iter().map(claim("Names without a proof")));
        rows.extend(case.claimed_by.into_iter().map(claim("Somebody who knows the case says")));
        rows.extend(case.repeats.map(|first| ("The same signed text as".to_owned(), first)));
        rows.extend(
            case.duplicates.others.into_iter().map(|other| (format!("Likely duplicate: {}", other.why.words()), other.sha256)),
        );
        rows
    };
    let many = move || state.case().is_some_and(|case| case.duplicates.many);
    view! { class = "dynamic",
        <Show when=move || !rows().is_empty()>
            <section class="box" data-role="related">
                <h2>"Belongs together"</h2>
                <ul>{move || rows().into_iter().map(|(words, sha256)| related(state, &words, &sha256)).collect_view()}</ul>
                <Show when=many>
                    <p>"There are many more with the same telephone or name."</p>
                </Show>
            </section>
        </Show>
    }
}

fn related(state: AppState, words: &str, sha256: &str) -> impl IntoView + use<> {
    let file = state.cases.with_untracked(|cases| cases.iter().find(|case| case.sha256 == sha256).map(|case| case.file.clone()));
    let reference: String = sha256.chars().take(12).collect();
    view! { class = "dynamic",
        <li>
            {format!("{words} ")}
            {file.map(|file| view! { class = "dynamic", <button class="link" on:click=move |_| state.show(&file)>{reference}</button> })}
        </li>
    }
}

/// Lists what only several answers together tell.
pub fn questions(state: AppState, case: &Opened) -> Option<impl IntoView + use<>> {
    let lines = interview_flags::flags(&case.registration.answers, state.today);
    (!lines.is_empty()).then(|| {
        view! { class = "dynamic",
            <section class="box" data-role="questions">
                <h2>"To know and to ask"</h2>
                <ul>{lines.into_iter().map(|flag| view! { class = "dynamic", <li>{flag.line}</li> }).collect_view()}</ul>
            </section>
        }
    })
}
