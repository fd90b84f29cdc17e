//! The pages, and the bar above them.

mod case;
mod list;
mod reading;
mod refer;
mod unlock;

pub use case::Case;
pub use list::List;
pub use reading::Reading;
pub use refer::Refer;
pub use unlock::Unlock;

use leptos::prelude::*;

use amanat_reviewer::notebook::Notebook;
use amanat_reviewer::notebook::file::{self, Readers, SUFFIX};

use crate::clock;
use crate::saving;
use crate::state::{Desk, Failure, Stage};

/// The bar above every page.
#[component]
pub fn Head(desk: Desk) -> impl IntoView {
    let lists = move || matches!(desk.stage.get(), Stage::Case | Stage::Refer);
    let picked = move || desk.picked.with(std::collections::BTreeSet::len);
    let unlocked = move || {
        desk.stage.track();
        desk.identities.with_value(Option::is_some)
    };
    view! { class = "ours",
        <header>
            <span class="name">"Amanat desk"</span>
            <span class="offline">"offline: this page asks for nothing and sends nothing"</span>
            <Show when=lists>
                <button data-action="list" on:click=move |_| desk.stage.set(Stage::List)>"Back to the list"</button>
            </Show>
            <Show when=move || desk.stage.get() == Stage::List>
                <button data-action="files" on:click=move |_| desk.stage.set(Stage::Unlock)>"Other files"</button>
            </Show>
            <Show when=move || picked() != 0 && !matches!(desk.stage.get(), Stage::Refer | Stage::Unlock | Stage::Reading)>
                <button data-action="refer" on:click=move |_| desk.stage.set(Stage::Refer)>{move || format!("Refer ({})", picked())}</button>
            </Show>
            // Whether a file was saved or the dialogue closed, no page is told: so it can be saved again.
            <Show when=move || desk.unsaved.get() || desk.notebook.with(|notebook| *notebook != Notebook::default())>
                <button class:primary=move || desk.unsaved.get() data-action="save" on:click=move |_| save(desk)>
                    {move || if desk.unsaved.get() { "Save the notebook" } else { "Save the notebook again" }}
                </button>
            </Show>
            <Show when=unlocked>
                <label class="language">
                    "Labels in "
                    <select
                        data-role="language"
                        prop:value=move || desk.language.get()
                        on:change=move |event| desk.language.set(event_target_value(&event))
                    >
                        <option value="en">"English"</option>
                        <option value="fa-AF" lang="fa-AF">"دری"</option>
                        <option value="ps" lang="ps">"پښتو"</option>
                    </select>
                </label>
                <button data-action="lock" on:click=move |_| Desk::lock()>"Lock"</button>
            </Show>
        </header>
    }
}

/// Seals the notebook to the pack's reviewers and hands it to the person.
fn save(desk: Desk) {
    let Some(identities) = desk.identities.get_value() else { return };
    let sealed = Readers::new(desk.forms.get_value().pack(), &identities.recipients())
        .and_then(|readers| desk.notebook.with_untracked(|notebook| file::seal(notebook, &readers)));
    let failed = |words: String| {
        desk.failures.update(|all| all.push(Failure { file: "The notebook".to_owned(), words }));
        desk.stage.set(Stage::List);
    };
    match sealed {
        // Only what opens again is called saved.
        Ok(sealed)
            if !desk.notebook.with_untracked(|now| file::open(&sealed, &identities, clock::now()).is_ok_and(|it| it == *now)) =>
        {
            failed(
                "what was sealed does not open as it was\nDo not lock. Tell the coalition, and copy your notes by hand.".to_owned(),
            );
        }
        Ok(sealed) => {
            let name = desk.pen().map(|pen| pen.author.as_str().chars().filter(|it| it.is_alphanumeric()).collect::<String>());
            let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| "desk".to_owned());
            match saving::save(&format!("{name}{SUFFIX}"), &sealed) {
                Ok(()) => desk.unsaved.set(false),
                Err(why) => failed(why.to_string()),
            }
        }
        Err(fault) => failed(fault.to_string()),
    }
}

/// What went wrong, in two lines: what happened, what to do.
pub fn two_lines(words: &str) -> impl IntoView + use<> {
    let (what, advice) = words.split_once('\n').unwrap_or((words, ""));
    view! { class = "ours",
        <strong>{what.to_owned()}</strong>
        <br/>
        {advice.to_owned()}
    }
}
