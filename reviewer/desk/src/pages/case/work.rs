//! What reviewers make of a case: its status, whose it is, notes. All of it goes into the notebook.

use amanat_reviewer_core::notebook::{self, Author, Note, Status, WriteFault, when};
use amanat_reviewer_core::{case_text, safe_text};
use leptos::prelude::*;

use crate::pages::{listed, two_lines};
use crate::state::{Desk, random};

/// Reads and writes the notebook's page of this registration (SHA-256, hex).
#[component]
pub fn Work(desk: Desk, sha256: String) -> impl IntoView {
    let fault: RwSignal<Option<String>> = RwSignal::new(None);
    let id = StoredValue::new(sha256);
    let work =
        Memo::new(move |_| id.with_value(|id| desk.notebook.with(|notebook| notebook.work(id).cloned().unwrap_or_default())));
    let named = move || Author::new(&desk.author.get()).is_some();
    let done = move |result: Result<(), WriteFault>| fault.set(result.err().map(|fault| fault.to_string()));

    let set_status = move |event| {
        let (value, Some(pen)) = (event_target_value(&event), desk.pen()) else { return };
        let Some(status) = Status::ALL.into_iter().find(|status| status.words() == value) else { return };
        done(id.with_value(|id| desk.write(|notebook| notebook.set_status(id, status, &pen))));
    };
    let take = move |_| {
        let Some(pen) = desk.pen() else { return };
        let owner = if work.with_untracked(|work| work.assigned() == Some(&pen.author)) { None } else { Some(pen.author.clone()) };
        done(id.with_value(|id| desk.write(|notebook| notebook.assign(id, owner, &pen))));
    };
    // What is typed stays with the case until it is added: here, or when the notebook is saved.
    let typed = move || desk.typing.with(|all| id.with_value(|id| all.get(id).cloned().unwrap_or_default()));
    let typing = move |event| {
        desk.typing.update(|all| drop(all.insert(id.get_value(), event_target_value(&event))));
    };
    let add = move |_| {
        let Some(pen) = desk.pen() else { return };
        let result = id.with_value(|id| desk.write(|notebook| notebook.add_note(id, number(), &typed(), &pen)));
        if result.is_ok() {
            desk.typing.update(|all| drop(all.remove(&id.get_value())));
        }
        done(result);
    };
    let sure = RwSignal::new(false);
    let erase = move |_| done(id.with_value(|id| desk.write(|notebook| notebook.erase_notes(id))));
    let to_erase = move || work.with(|work| work.status() == Status::DeletedOnRequest && !work.notes.is_empty());
    let past = move || {
        desk.notebook.with(|notebook| {
            id.with_value(|id| notebook.log().filter(|entry| entry.tells_of(id)).flat_map(case_text::logged).collect::<Vec<_>>())
        })
    };
    let mine =
        move || work.with(|work| work.assigned().is_some_and(|whose| Author::new(&desk.author.get()).as_ref() == Some(whose)));
    view! { class = "ours",
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
                        prop:value=move || desk.author.get()
                        on:input=move |event| desk.author.set(event_target_value(&event))
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
                        {Status::ALL.map(|status| view! { class = "ours", <option value=status.words()>{status.words()}</option> }).to_vec()}
                    </select>
                </label>
                <button data-action="take" prop:disabled=move || !named() on:click=take>
                    {move || if mine() { "Give it back" } else { "Take it" }}
                </button>
            </p>
            {move || (!work.with(notebook::Work::conflicts).is_empty()).then(|| view! { class = "ours",
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
                        view! { class = "ours", <button data-action="erase-notes" on:click=erase>"Yes, erase them for good, in all notebooks"</button> }.into_any()
                    } else {
                        view! { class = "ours", <button data-action="erase" on:click=move |_| sure.set(true)>"Erase the notes …"</button> }.into_any()
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
                <div role="alert">{move || fault.get().map(|words| view! { class = "ours", <p class="fault">{two_lines(&words)}</p> })}</div>
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
        safe_text::lines(&note.text).into_iter().map(|line| view! { class = "ours", <p dir="auto">{line}</p> }).collect_view();
    view! { class = "ours",
        <li>
            <span class="hint">{when(note.time)}", "<bdi>{safe_text::safe(note.author.as_str())}</bdi></span>
            {lines}
        </li>
    }
}

/// What numbers a note.
fn number() -> [u8; 16] {
    let mut id = [0; 16];
    random(&mut id);
    id
}
