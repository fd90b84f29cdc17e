//! The pages, and the bar above them.

mod case;
mod list;
mod loading;
mod refer;
mod unlock;

pub use case::Case;
pub use list::List;
pub use loading::Reading;
pub use refer::Refer;
pub use unlock::Unlock;

use std::time::Duration;

use amanat_reviewer_core::notebook::file::{self, Readers, SUFFIX};
use amanat_reviewer_core::notebook::{MergeSummary, Notebook};
use leptos::prelude::*;

use crate::clock;
use crate::download;
use crate::state::{Desk, Offered, Stage};

/// Until a browser has taken a file that was handed to it.
const SAVED: Duration = Duration::from_secs(2);

/// The bar above every page. It stays in view: whoever hears a step locks at once.
#[component]
pub fn Head(desk: Desk) -> impl IntoView {
    let at = move |stages: &[Stage]| stages.contains(&desk.stage.get()) && !desk.locking.get();
    let picked = move || desk.picked.with(std::collections::BTreeSet::len);
    let unsaved = move || desk.unsaved.get() || desk.typing.with(|all| all.values().any(|text| !text.trim().is_empty()));
    let is_written = move || unsaved() || desk.notebook.with(|notebook| *notebook != Notebook::default());
    view! { class = "ours",
        <header>
            <span class="name">"Amanat desk"</span>
            <span class="offline">"offline: this page asks for nothing and sends nothing"</span>
            <Show when=move || at(&[Stage::Case, Stage::Refer])>
                <button data-action="list" on:click=move |_| desk.stage.set(Stage::List)>"Back to the list"</button>
            </Show>
            <Show when=move || at(&[Stage::List])>
                <button data-action="files" on:click=move |_| desk.stage.set(Stage::Unlock)>"Other files"</button>
            </Show>
            <Show when=move || picked() != 0 && at(&[Stage::List, Stage::Case])>
                <button data-action="refer" on:click=move |_| desk.stage.set(Stage::Refer)>{move || format!("Refer ({})", picked())}</button>
            </Show>
            // Whether a file was saved or the dialogue closed, no page is told: so it can be saved again.
            <Show when=move || is_written() && !desk.locking.get()>
                <button class:primary=unsaved data-action="save" on:click=move |_| _ = save(desk)>
                    {move || if unsaved() { "Save the notebook" } else { "Save the notebook again" }}
                </button>
            </Show>
            // Where the eye is, on every page.
            {move || desk.not_saved.get().map(|words| view! { class = "ours",
                <p class="fault not-saved" role="alert" data-role="not-saved">"Not saved: "{two_lines(&words)}</p>
            })}
            <Show when=move || desk.unlocked.get() && !desk.locking.get()>
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
                <button data-action="lock" on:click=move |_| desk.lock()>"Lock"</button>
            </Show>
        </header>
    }
}

/// Nothing of any case is on the page while this is asked.
#[component]
pub fn Locking(desk: Desk) -> impl IntoView {
    let save_first = move |_| {
        if save(desk) {
            // The browser takes the file before the page goes.
            set_timeout(move || desk.clear(), SAVED);
        }
    };
    view! { class = "ours",
        <section class="box danger" data-role="locking">
            <h1>"Something is not saved"</h1>
            <p>"What you wrote since the notebook was last saved would be lost."</p>
            <p class="tools">
                <button class="primary" data-action="save-and-lock" on:click=save_first>"Save the notebook, then lock"</button>
                <button data-action="lose-and-lock" on:click=move |_| desk.clear()>"Lock and lose it"</button>
                <button data-action="stay" on:click=move |_| desk.locking.set(false)>"Do not lock"</button>
            </p>
        </section>
    }
}

/// Seals the notebook to the pack's reviewers and hands it to the person. What was typed as a note goes into it. Gives back
/// whether it was handed over.
fn save(desk: Desk) -> bool {
    desk.not_saved.set(None);
    let failed = |words: String| {
        desk.not_saved.set(Some(words));
        false
    };
    let Some(identities) = desk.identities.get_value() else { return false };
    if desk.is_typing() && desk.pen().is_none() {
        return failed("your short name is missing, so the note that you typed was not added\nType your name beside the note: your colleagues see who wrote what.".to_owned());
    }
    if let Err(fault) = desk.add_typed() {
        return failed(fault.to_string());
    }
    let name = desk.pen().map(|pen| pen.author.as_str().chars().filter(|it| it.is_alphanumeric()).collect::<String>());
    let name = format!("{}{SUFFIX}", name.filter(|name| !name.is_empty()).unwrap_or_else(|| "desk".to_owned()));
    // As the notebook among the files is spelled: `Ali` and `ali` are one reviewer, and a stick of Windows' has one file for both.
    let spelled = desk.offered.with_untracked(|all| {
        all.iter().filter_map(|offered| offered.owner.clone()).find(|owner| Some(owner) == file::owner(&name).as_ref())
    });
    let name = spelled.map_or(name, |owner| format!("{owner}{SUFFIX}"));
    let merged = |offered: &Offered| {
        desk.notebook.with_untracked(|ours| ours.clone().merge(offered.notebook.clone())) == MergeSummary::default()
    };
    let is_this = |offered: &&Offered| offered.owner.is_some() && offered.owner == file::owner(&name);
    if let Some(offered) = desk.offered.with_untracked(|all| all.iter().filter(is_this).find(|offered| !merged(offered)).cloned()) {
        return failed(format!(
            "{} is among the files, and was not taken in: saving would put a new one in its place\nIf it is yours, take it in first, in the list; if it is not, write under another short name.",
            offered.file
        ));
    }
    let sealed = Readers::new(desk.seals_to().as_ref(), &identities.recipients()).and_then(|readers| {
        desk.notebook.update(|notebook| readers.noted_in(notebook));
        desk.notebook.with_untracked(|notebook| file::seal(notebook, &readers))
    });
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err(fault) => return failed(fault.to_string()),
    };
    // Only what opens again is called saved.
    let opens = file::open(&sealed, &identities, clock::now());
    if !desk.notebook.with_untracked(|now| opens.is_ok_and(|it| it == *now)) {
        return failed(
            "what was sealed does not open as it was\nDo not lock. Tell the coalition, and copy your notes by hand.".to_owned(),
        );
    }
    match download::save(&name, &sealed) {
        Ok(()) => {
            desk.unsaved.set(false);
            true
        }
        Err(why) => failed(why.to_string()),
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

/// `1 case`, `2 cases`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Lines as entries of a list. What belongs to the line above begins with spaces.
pub fn listed(lines: Vec<String>) -> impl IntoView {
    let entry = |line: String| {
        let more = line.starts_with(' ');
        view! { class = "ours", <li class:more=more>{line}</li> }
    };
    lines.into_iter().map(entry).collect_view()
}
