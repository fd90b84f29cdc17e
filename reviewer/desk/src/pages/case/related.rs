//! Other registrations that belong to a case, or may be the same person's; and questions for an interviewer.

use amanat_reviewer_core::decrypt::Opened;
use amanat_reviewer_core::interview_flags;
use leptos::prelude::*;

use crate::state::Desk;

/// Earlier and later registrations, likely duplicates.
#[component]
pub fn Related(desk: Desk) -> impl IntoView {
    let rows = move || {
        let Some(case) = desk.case() else { return Vec::new() };
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
    let many = move || desk.case().is_some_and(|case| case.duplicates.many);
    view! { class = "ours",
        <Show when=move || !rows().is_empty()>
            <section class="box" data-role="related">
                <h2>"Belongs together"</h2>
                <ul>{move || rows().into_iter().map(|(words, sha256)| related(desk, &words, &sha256)).collect_view()}</ul>
                <Show when=many>
                    <p>"There are many more with the same telephone or name."</p>
                </Show>
            </section>
        </Show>
    }
}

fn related(desk: Desk, words: &str, sha256: &str) -> impl IntoView + use<> {
    let file = desk.cases.with_untracked(|cases| cases.iter().find(|case| case.sha256 == sha256).map(|case| case.file.clone()));
    let reference: String = sha256.chars().take(12).collect();
    view! { class = "ours",
        <li>
            {format!("{words} ")}
            {file.map(|file| view! { class = "ours", <button class="link" on:click=move |_| desk.show(&file)>{reference}</button> })}
        </li>
    }
}

/// What the answers say together that no single one says.
pub fn questions(desk: Desk, case: &Opened) -> Option<impl IntoView + use<>> {
    let lines = interview_flags::flags(&case.registration.answers, desk.today);
    (!lines.is_empty()).then(|| {
        view! { class = "ours",
            <section class="box" data-role="questions">
                <h2>"To know and to ask"</h2>
                <ul>{lines.into_iter().map(|flag| view! { class = "ours", <li>{flag.line}</li> }).collect_view()}</ul>
            </section>
        }
    })
}
