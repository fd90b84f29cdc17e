//! Each person's consent for this kind of partner, whether a person who wants to be asked was asked, and what else a reviewer
//! must read before a referral.

use amanat_reviewer_core::afghan_form::RegistrationKind;
use amanat_reviewer_core::cases::Case;
use amanat_reviewer_core::cases::Proof;
use amanat_reviewer_core::contact_rules;
use amanat_reviewer_core::decrypt::Opened;
use amanat_reviewer_core::notebook::{Event, when};
use amanat_reviewer_core::referral::all_others;
use amanat_reviewer_core::referral::consent::{ASKED_DAYS, Asked, ConsentDecision, word};
use amanat_reviewer_core::referral::partner::{Named, PartnerKind};
use amanat_reviewer_core::referral::preview::STANDING;
use amanat_reviewer_core::safe_text;
use amanat_shared::dates::Day;
use leptos::prelude::*;

use crate::pages::listed as entries;
use crate::state::AppState;

/// Shows one entry per case.
#[component]
pub fn Consent(state: AppState, kind: PartnerKind) -> impl IntoView {
    let draft = state.referral_draft();
    let rows = move || {
        let cases = draft.cases.get();
        // A consent for one partner is not one for another.
        let name = draft.partner.get();
        draft.key.track();
        draft.asked.set(Vec::new());
        let others = all_others(&state.superseding.get_value(), &cases);
        let one = |case: &Opened| {
            let word = word(case, Named { name: &name, kind }, state.today, &others);
            person(state, case, word, others.never(case).as_deref())
        };
        cases.iter().map(one).collect_view()
    };
    view! { class = "dynamic",
        <section data-role="consent">
            <h2>"What they allowed"</h2>
            <p class="hint">{STANDING}</p>
            <ul>{rows}</ul>
        </section>
    }
}

fn person(state: AppState, case: &Opened, word: ConsentDecision, never: Option<&str>) -> impl IntoView + use<> {
    let answers = &case.registration.answers;
    let never = never.map(safe_text::lines).unwrap_or_default();
    let never = never.into_iter().map(|line| view! { class = "dynamic", <p dir="auto">"Never with (their words): "{line}</p> });
    let never = never.collect_view();
    let reference: String = case.sha256.chars().take(12).collect();
    let name = answers.text("name_native").map(safe_text::isolated);
    let listed = state.cases.with_untracked(|cases| cases.iter().find(|it| it.sha256 == case.sha256).cloned());
    let warnings = warnings(state, &case.sha256, listed.as_ref());
    let warnings = warnings.into_iter().map(|words| view! { class = "dynamic", <p class="warning">{words}</p> }).collect_view();
    let what = match word {
        ConsentDecision::Yes => view! { class = "dynamic", <span class="good">"The person said yes."</span> }.into_any(),
        ConsentDecision::Refused(why) => view! { class = "dynamic", <span class="fault">"Stays here: "{why.to_string()}</span> }.into_any(),
        ConsentDecision::AskFirst => view! { class = "dynamic",
            <Ask state why="The person wants to be asked first." id=case.sha256.clone() contact=contact_rules::contact(answers)/>
        }.into_any(),
        ConsentDecision::Resembles => view! { class = "dynamic",
            <strong class="fault" data-role="resembles">"The person named somebody like this partner as NEVER to be told: see their words below."</strong>
            <Ask state why="Ask whether they mean this partner." id=case.sha256.clone() contact=contact_rules::contact(answers)/>
        }.into_any(),
    };
    view! { class = "dynamic",
        <li>
            <p><code>{reference}</code>" "<bdi>{name}</bdi>" "{what}</p>
            {warnings}
            {never}
        </li>
    }
}

/// Asks for the day on which the person was asked about this partner, and shows how they may be contacted.
#[component]
fn Ask(state: AppState, why: &'static str, id: String, contact: Vec<String>) -> impl IntoView {
    let asked = state.referral_draft().asked;
    let fault: RwSignal<Option<String>> = RwSignal::new(None);
    let confirm = move |event| {
        let typed = event_target_value(&event);
        asked.update(|all| all.retain(|asked| asked.case != id));
        state.referral_draft().shown.set(None);
        let author = state.stamp().map(|stamp| stamp.author.as_str().to_owned());
        let said = match (Day::from_iso(typed.trim()), author) {
            _ if typed.trim().is_empty() => None,
            (None, _) => Some("This is no date that can be read here. Write it as 2026-11-23.".to_owned()),
            (Some(on), _) if on > state.today => Some("That day has not been yet.".to_owned()),
            (Some(on), _) if !Asked::counts(on, state.today) => {
                Some(format!("That is more than {ASKED_DAYS} days ago. The person wants to be asked each time: ask again."))
            }
            (Some(_), None) => Some("Type your short name above first: it is noted who asked.".to_owned()),
            (Some(on), Some(by)) => {
                asked.update(|all| all.push(Asked { case: id.clone(), on, by }));
                None
            }
        };
        fault.set(said);
    };
    view! { class = "dynamic",
        <label class="warning">
            {why}" Asked by you about this partner, and they said yes, on (as 2026-11-23; empty: stays here) "
            <input type="text" data-role="asked" autocomplete="off" on:input=confirm/>
        </label>
        {move || fault.get().map(|words| view! { class = "dynamic", <span class="fault" role="alert" data-role="asked-fault">" "{words}</span> })}
        <details>
            <summary>"How this person may be asked, and how never"</summary>
            <ul class="box danger">{entries(contact)}</ul>
        </details>
    }
}

/// Returns what is known of the person beside the answers: later forms, likely duplicates, earlier referrals.
fn warnings(state: AppState, sha256: &str, listed: Option<&Case>) -> Vec<String> {
    let mut warnings: Vec<String> = listed.map(Case::warnings).unwrap_or_default();
    let likely = listed.map(|case| case.duplicates.others.clone()).unwrap_or_default();
    state.cases.with_untracked(|cases| {
        for other in likely.iter().filter_map(|likely| cases.iter().find(|case| case.sha256 == likely.sha256)) {
            let what = match (other.kind, other.proof) {
                (RegistrationKind::First, _) => "is a form of its own",
                (RegistrationKind::Deletion, Proof::Missing) => "asks for deletion, which nothing proves",
                (RegistrationKind::Update, Proof::Missing) => "says that it is an update, which nothing proves",
                (RegistrationKind::Deletion, _) => "ASKS FOR DELETION",
                (RegistrationKind::Update, _) => "is an update, which may take back a yes",
            };
            warnings.push(format!("{} is likely the same person's, and {what}. Read it first.", other.reference()));
        }
    });
    state.notebook.with_untracked(|notebook| {
        for entry in notebook.log().filter(|entry| entry.tells_of(sha256)) {
            if let Event::Referred(referral) = &entry.event {
                let (partner, author) = (safe_text::isolated(&referral.partner), safe_text::isolated(entry.author.as_str()));
                warnings.push(format!("Was referred already to {partner}, by {author}, {}.", when(entry.time)));
            }
        }
    });
    warnings
}
