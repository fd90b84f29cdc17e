//! Shows the page of the present step, and around it the banner of a demo and the button to leave.

use amanat_shared::pack::PackError;
use amanat_shared::seal::RecipientError;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::clock::today;
use crate::dom::{Node, button, effect, el, el_class, p};
use crate::history::{UNSENT, leave, listen, was_reloaded};
use crate::i18n::{self, Language};
use crate::pack_loader::load;
use crate::pages;
use crate::protocol::Distrust;
use crate::state::{AppState, Step};

/// The whole application. Without a good pack there is no form.
#[component]
pub fn App() -> impl IntoView {
    if let Some(failed) = Node::by_id("failed") {
        failed.remove();
    }
    if let Some(body) = document().body().map(Node::wrap) {
        // The first page stood there before this program was loaded; a finger may be on it now.
        let first = Node::by_id("first").unwrap_or_else(|| el("main"));
        match load() {
            Ok(loaded) => build(&body, &first, AppState::new(&loaded.pack, &loaded.signed_json, today, was_reloaded())),
            Err(error) => {
                first.remove();
                body.append(&el("main").children(pages::refused(&error)));
            }
        }
    }
}

fn build(body: &Node, first: &Node, state: AppState) {
    effect(move || {
        let tag = state.form.language_tag.get();
        if let Some(root) = document().document_element() {
            // Neither fails: both are plain attributes of <html>.
            let _ = root.set_attribute("lang", tag);
            let _ = root.set_attribute("dir", Language::of(tag).direction());
        }
        document().set_title(state.pack.form.title.get(tag));
    });
    // public/boot.js has the browser ask before it closes a page with this attribute.
    effect(move || {
        if let Some(root) = document().document_element().map(|root| Node::wrap(root.unchecked_into())) {
            root.toggle_attr(UNSENT, state.would_lose_answers());
        }
    });
    if state.pack.demo {
        first.before(&demo_banner());
    }
    first.before(&header(state));
    // The main element is empty while the first page, which is a `main` too, stands there.
    let is_first_page = move || state.navigation.step.get() == Step::Language && Node::by_id("first").is_some();
    // It is shown before the page is put into it: a hidden element takes no focus.
    let main = el("main").attr("id", "main").hidden_while(is_first_page);
    body.append(&main);
    // WebKit writes text areas and lists to the disk unless they stand in a form that forbids it.
    main.append(&el("form").attr("autocomplete", "off").reactive(move |node| {
        let step = state.navigation.step.get();
        let is_language = step == Step::Language;
        for child in if is_first_page() { Vec::new() } else { page(state, step) } {
            node.append(&child);
        }
        // A new page begins at its top, and a screen reader begins at its heading.
        window().scroll_to_with_x_and_y(0.0, 0.0);
        if !is_language && let Some(heading) = node.query("h1") {
            heading.attr("tabindex", "-1").focus();
        }
    }));
    listen(state);
    pages::adopt(state, first);
    // Everybody's page starts the worker: that it is in the browser's cache says nothing about what was answered.
    state.start_worker();
}

fn header(state: AppState) -> Node {
    let header = el("header").reactive(move |node| {
        let language = Language::of(state.form.language_tag.get());
        let [long, short] = [("long", i18n::UI_EXIT), ("short", i18n::UI_EXIT_SHORT)]
            .map(|(class, text)| el_class("span", class).text(text.to(language)));
        node.append(&button("exit", "exit", "", move || leave(state)).child(long).child(short));
    });
    header.hidden_while(move || state.navigation.step.get() == Step::Left)
}

/// The page of a step.
fn page(state: AppState, step: Step) -> Vec<Node> {
    match step {
        Step::Language => pages::language(state),
        Step::Loading => pages::loading(state),
        Step::Resume => pages::resume(state),
        Step::SaveDraft => pages::save_draft(state),
        Step::Page(name) => state.page(&name).map_or_else(Vec::new, |page| pages::questions(state, page)),
        Step::NextPhase => pages::next_phase(state),
        Step::Check => pages::check(state),
        Step::Receipt => pages::receipt(state),
        Step::Sending => pages::sending(state),
        Step::Refused(why) => {
            // The worker may refuse while the first page still stands there, whose buttons lead into the form.
            if let Some(first) = Node::by_id("first") {
                first.remove();
            }
            pages::refused(&match why {
                Distrust::Recipients => PackError::Recipients(RecipientError::None),
                Distrust::Signatures => PackError::Signatures { good: 0, needed: 0 },
            })
        }
        Step::Left => Vec::new(),
    }
}

fn demo_banner() -> Node {
    let languages = [(Language::Dari, "fa-AF"), (Language::Pashto, "ps"), (Language::English, "en")];
    let line = |(language, tag): (Language, &str)| {
        p(i18n::UI_DEMO_BANNER.to(language)).attr("lang", tag).attr("dir", language.direction())
    };
    el_class("div", "demo").attr("role", "note").children(languages.map(line))
}
