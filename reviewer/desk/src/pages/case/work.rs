//! The reviewers' work on a case: its status, its owner, notes. All of it is in the notebook.

use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::{self, Author, Note, Status, WriteFault, when};
use amanat_reviewer_core::{case_text, safe_text};
use leptos::prelude::*;

use crate::pages::{listed, two_lines};
use crate::random::random;
use crate::state::AppState;

/// Reads and writes the notebook's entries on this registration (SHA-256, hex).
#[component]
pub fn Work(state: AppState, sha256: String) -> impl IntoView {
    let fault: RwSignal<Option<Message>> = RwSignal::new(None);
    let id = StoredValue::new(sha256);
    let work =
        Memo::new(move |_| id.with_value(|id| state.notebook.with(|notebook| notebook.work(id).cloned().unwrap_or_default())));
    let named = move || Author::new(&state.author.get()).is_some();
    let done = move |result: Result<(), WriteFault>| fault.set(result.err().map(Message::from));

    let set_status = move |event| {
        let (value, Some(stamp)) = (event_target_value(&event), state.stamp()) else { return };
        let Some(status) = Status::ALL.into_iter().find(|status| status.words() == value) else { return };
        done(id.with_value(|id| state.write(|notebook| notebook.set_status(id, status, &stamp))));
    };
    let take = move |_| {
        let Some(stamp) = state.stamp() else { return };
        let owner =
            if work.with_untracked(|work| work.assigned() == Some(&stamp.author)) { None } else { Some(stamp.author.clone()) };
        done(id.with_value(|id| state.write(|notebook| notebook.assign(id, owner, &stamp))));
    };
    // A typed note stays with its case until it is added, here or when the notebook is saved.
    let typed = move || state.note_drafts.with(|all| id.with_value(|id| all.get(id).cloned().unwrap_or_default()));
    let typing = move |event| {
        state.note_drafts.update(|all| drop(all.insert(id.get_value(), event_target_value(&event))));
    };
    let add = move |_| {
        let Some(stamp) = state.stamp() else { return };
        let result = id.with_value(|id| state.write(|notebook| notebook.add_note(id, number(), &typed(), &stamp)));
        if result.is_ok() {
            state.note_drafts.update(|all| drop(all.remove(&id.get_value())));
        }
        done(result);
    };
    let sure = RwSignal::new(false);
    let erase = move |_| done(id.with_value(|id| state.write(|notebook| notebook.erase_notes(id))));
    let to_erase = move || work.with(|work| work.status() == Status::DeletedOnRequest && !work.notes.is_empty());
    let past = move || {
        state.notebook.with(|notebook| {
            id.with_value(|id| notebook.log().filter(|entry| entry.tells_of(id)).flat_map(case_text::logged).collect::<Vec<_>>())
        })
    };
    let mine =
        move || work.with(|work| work.assigned().is_some_and(|whose| Author::new(&state.author.get()).as_ref() == Some(whose)));
    view! { class = "dynamic",
        <section class="box" data-role="work">
            <h2>"Work on this case"</h2>
            <p class="no-print tools">
                <label>
                    "Your short name "
                    <input
                        type="text"
                        data-role="author"
                        autocomplete="off"
                        spellcheck="false"
                        maxlength="40"
                        prop:value=move || state.author.get()
                        on:input=move |event| state.author.set(event_target_value(&event))
                    />
                </label>
                <label>
                    "Status "
                    <select
                        data-role="case-status"
                        prop:value=move || work.with(|work| work.status().words())
                        prop:disabled=move || !named()
                        on:change=set_status
                    >
                        {Status::ALL.map(|status| view! { class = "dynamic", <option value=status.words()>{status.words()}</option> }).to_vec()}
                    </select>
                </label>
                <button data-action="take" prop:disabled=move || !named() on:click=take>
                    {move || if mine() { "Give it back" } else { "Take it" }}
                </button>
            </p>
            {move || (!work.with(notebook::Work::conflicts).is_empty()).then(|| view! { class = "dynamic",
                <div class="warning" data-role="conflict">
                    <ul>{listed(work.with(notebook::Work::conflicts))}</ul>
                    <p>"Neither knew of the other. What was written last counts until one of you sets it anew."</p>
                </div>
            })}
            <p>
                {move || work.with(status)}
                {move || work.with(|work| work.assigned().map(|whose| format!(" Assigned to {}.", safe_text::isolated(whose.as_str()))))}
            </p>
            <ul>{move || listed(past())}</ul>
            <ul class="notes">{move || work.with(|work| work.notes.iter().map(note).collect_view())}</ul>
            <Show when=to_erase>
                <p class="no-print">
                    {move || if sure.get() {
                        view! { class = "dynamic", <button data-action="erase-notes" on:click=erase>"Yes, erase them for good, in all notebooks"</button> }.into_any()
                    } else {
                        view! { class = "dynamic", <button data-action="erase" on:click=move |_| sure.set(true)>"Erase the notes …"</button> }.into_any()
                    }}
                    <span class="hint">" The person asked for deletion: what was written about them goes too, here and where this notebook is merged."</span>
                </p>
            </Show>
            <div class="no-print">
                <label class="label" for="note">"A note"</label>
                <textarea id="note" data-role="note" rows="3" dir="auto" autocomplete="off" spellcheck="false" prop:value=typed on:input=typing></textarea>
                <p><button data-action="add-note" prop:disabled=move || !named() on:click=add>"Add the note"</button></p>
                <Show when=move || !named()>
                    <p class="hint">"Type your short name first: your colleagues see who wrote what."</p>
                </Show>
                <div role="alert">{move || fault.get().map(|message| view! { class = "dynamic", <p class="fault">{two_lines(message)}</p> })}</div>
            </div>
        </section>
    }
}

fn status(work: &notebook::Work) -> String {
    match work.status.last() {
        Some(status) => {
            format!("Status: {}, by {}, {}.", status.value.words(), safe_text::isolated(status.author.as_str()), when(status.time))
        }
        None => format!("Status: {}.", work.status().words()),
    }
}

fn note(note: &Note) -> impl IntoView + use<> {
    let lines =
        safe_text::lines(&note.text).into_iter().map(|line| view! { class = "dynamic", <p dir="auto">{line}</p> }).collect_view();
    view! { class = "dynamic",
        <li>
            <span class="hint">{when(note.time)}", "<bdi>{safe_text::safe(note.author.as_str())}</bdi></span>
            {lines}
        </li>
    }
}

/// Returns a new note's id.
fn number() -> [u8; 16] {
    let mut id = [0; 16];
    random(&mut id);
    id
}
