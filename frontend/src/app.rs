//! The frame around every page: the banner of a demo, the way out, and the page of the present step.

use amanat_shared::pack::PackError;
use amanat_shared::seal::RecipientError;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::dom::{Node, button, effect, el, el_class, p};
use crate::history::{UNSENT, leave, listen};
use crate::i18n::{self, Language};
use crate::pages;
use crate::state::worker_client::warm_up;
use crate::state::{AppState, Step, load};

/// The whole application. Without a good pack there is no form.
#[component]
pub fn App() -> impl IntoView {
    if let Some(failed) = Node::by_id("failed") {
        failed.remove();
    }
    if let Some(body) = document().body().map(Node::wrap) {
        // What stood there before this program came: the first page, which may be under a finger now.
        let first = Node::by_id("first").unwrap_or_else(|| el("main"));
        match load() {
            Ok(loaded) => frame(&body, &first, AppState::new(loaded)),
            Err(error) => {
                first.remove();
                body.append(&el("main").children(pages::refused(&error)));
            }
        }
    }
}

fn frame(body: &Node, first: &Node, state: AppState) {
    effect(move || {
        let tag = state.language_tag.get();
        if let Some(root) = document().document_element() {
            // Neither fails: both are plain attributes of <html>.
            let _ = root.set_attribute("lang", tag);
            let _ = root.set_attribute("dir", Language::of(tag).direction());
        }
        document().set_title(state.form().title.get(tag));
    });
    // The browser asks before it closes a page with this attribute (public/boot.js).
    effect(move || {
        if let Some(root) = document().document_element().map(|root| Node::wrap(root.unchecked_into())) {
            root.toggle_attr(UNSENT, state.would_lose());
        }
    });
    if state.loaded.pack.demo {
        first.before(&demo_banner());
    }
    let header = el("header").reactive(move |node| {
        let language = Language::of(state.language_tag.get());
        let [long, short] = [("long", i18n::UI_EXIT), ("short", i18n::UI_EXIT_SHORT)]
            .map(|(class, words)| el_class("span", class).text(words.to(language)));
        node.append(&button("exit", "exit", "", move || leave(state)).child(long).child(short));
    });
    first.before(&header.hidden_while(move || state.step.get() == Step::Left));
    // Nothing of it shows while the first page stands there, which is a `main`, too.
    let stands = move || state.step.get() == Step::Language && Node::by_id("first").is_some();
    // It is shown before the page is put into it: what is hidden takes no focus.
    let main = el("main").attr("id", "main").hidden_while(stands);
    body.append(&main);
    // WebKit keeps text areas and lists of a page on the disk unless they stand in a form that says otherwise.
    main.append(&el("form").attr("autocomplete", "off").reactive(move |node| {
        let nodes = match state.step.get() {
            Step::Language if stands() => Vec::new(),
            Step::Language => pages::language(state),
            Step::Loading => pages::loading(state),
            Step::Resume => pages::resume(state),
            Step::Save => pages::save_draft(state),
            Step::Page(name) => state.page(&name).map_or_else(Vec::new, |page| pages::questions(state, page)),
            Step::More => pages::next_phase(state),
            Step::Check => pages::check(state),
            Step::Receipt => pages::receipt(state),
            Step::Sending => pages::sending(state),
            Step::Refused(signed) => {
                // The worker may say so while the first page still stands there, whose buttons lead into the form.
                if let Some(first) = Node::by_id("first") {
                    first.remove();
                }
                pages::refused(&if signed {
                    PackError::Recipients(RecipientError::None)
                } else {
                    PackError::Signatures { good: 0, needed: 0 }
                })
            }
            Step::Left => Vec::new(),
        };
        for page in nodes {
            node.append(&page);
        }
        // A new page begins at its top, and is read out from its heading.
        window().scroll_to_with_x_and_y(0.0, 0.0);
        if state.step.get_untracked() != Step::Language
            && let Some(heading) = node.query("h1")
        {
            heading.attr("tabindex", "-1").focus();
        }
    }));
    listen(state);
    pages::adopt(state, first);
    // Always: that this program is in the browser's cache says nothing about what was answered.
    warm_up(state);
}

fn demo_banner() -> Node {
    let languages = [(Language::Dari, "fa-AF"), (Language::Pashto, "ps"), (Language::English, "en")];
    let line = |(language, tag): (Language, &str)| {
        p(i18n::UI_DEMO_BANNER.to(language)).attr("lang", tag).attr("dir", language.direction())
    };
    el_class("div", "demo").attr("role", "note").children(languages.map(line))
}
