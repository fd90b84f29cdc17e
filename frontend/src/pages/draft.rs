//! What was typed so far, kept on the phone under words of the person's own.

use std::rc::Rc;

use js_sys::Array;

use super::{back_button, with_sealer};
use crate::components::quiet;
use crate::dom::{Node, button, el, of, p};
use crate::draft::{Draft, Step};
use crate::protocol::{OPEN, SUGGEST, Saving};
use crate::sealer::{ask, forget_draft};
use crate::watched::Watched;
use crate::words;

/// What a page with words on it says at present, and how.
type Said = Rc<Watched<Option<(&'static str, &'static str)>>>;

/// The words' field under its label, and what is said of it.
fn words_field(draft: Draft, said: &Said) -> (Node, [Node; 2]) {
    let said = Rc::clone(said);
    let input = quiet(el("input")).set("type", "text").set("dir", "auto").set("id", "words").set("aria-describedby", "said");
    let label = of("label", "label").set("for", "words").text(words::DRAFT_WORDS.to(draft.words()));
    let complaint = el("div").set("id", "said").set("role", "status").live(move |node| {
        if let Some((words, class)) = said.get() {
            node.append(&p(words).set("class", class));
        }
    });
    (input.clone(), [of("div", "question").add(label).add(input), complaint])
}

/// Chooses words, and keeps it.
pub fn save_draft(draft: Draft) -> Vec<Node> {
    let language = draft.words();
    let said: Said = Rc::new(Watched::new(None));
    let (input, field) = words_field(draft, &said);
    let suggested = Rc::new(Watched::new(String::new()));
    let shown = Rc::clone(&suggested);
    ask(draft, SUGGEST, &Array::of1(&(language as u32).into()), move |answer| {
        suggested.set(answer.and_then(|answer| answer.get(0).as_string()).unwrap_or_default());
    });
    let suggestion = el("div").live(move |node| {
        shown.with(|words| {
            if !words.is_empty() {
                node.append(&p(words::DRAFT_SUGGESTION.to(language)));
                node.append(&p(words).set("class", "code words"));
            }
        });
    });
    let done = Rc::clone(&said);
    let keep = move || {
        let said = Rc::clone(&said);
        said.set(Some((words::UI_LOADING.to(language), "hint")));
        let page = match &*draft.called_from.borrow() {
            Step::Page(name) => Some(name.clone()),
            _ => None,
        };
        draft.save(input.value(), page.as_ref(), move |became| {
            said.set(Some(match became {
                Some(Saving::Saved) => (words::DRAFT_SAVED.to(language), "notice"),
                Some(Saving::Weak) => (words::DRAFT_WEAK.to(language), "fault"),
                Some(Saving::Failed) => (words::DRAFT_UNSAVED.to(language), "fault"),
                None => (words::ERR_NO_PART.to(language), "fault"),
            }));
        });
    };
    let mut nodes =
        vec![back_button(draft), el("h1").text(words::DRAFT_SAVE.to(language)), p(words::DRAFT_EXPLAIN.to(language)), suggestion];
    nodes.extend(field);
    nodes.push(el("div").live(move |node| {
        let saved = matches!(done.get(), Some((_, "notice")));
        node.append(&if saved {
            button("primary", "next", words::UI_CONTINUE.to(language), move || draft.back())
        } else {
            button("primary", "keep-draft", words::DRAFT_KEEP.to(language), keep.clone())
        });
    }));
    nodes
}

/// Opens what is kept, or deletes it.
pub fn open_draft(draft: Draft) -> Vec<Node> {
    let language = draft.words();
    vec![with_sealer(draft, words::UI_LOADING.to(language), move || {
        let said: Said = Rc::new(Watched::new(None));
        let (input, [field, complaint]) = words_field(draft, &said);
        let open = move || {
            let said = Rc::clone(&said);
            said.set(Some((words::UI_LOADING.to(language), "hint")));
            let words = input.value();
            ask(draft, OPEN, &Array::of1(&words.as_str().into()), move |answer| match answer {
                // Opened before, by a second touch, or deleted meanwhile.
                Some(_) if draft.begun_anew.get() => {}
                Some(parts) if parts.length() > 0 => draft.restore(words, &parts),
                Some(_) => said.set(Some((words::DRAFT_WRONG.to(language), "fault"))),
                None => said.set(Some((words::ERR_NO_PART.to(language), "fault"))),
            });
        };
        let delete = move || {
            forget_draft(draft);
            draft.to_first_page();
        };
        vec![
            el("h1").text(words::DRAFT_WAITING.to(language)),
            field,
            complaint,
            button("primary", "open-draft", words::DRAFT_OPEN.to(language), open),
            button("secondary", "delete-draft", words::DRAFT_DELETE.to(language), delete),
        ]
    })]
}
